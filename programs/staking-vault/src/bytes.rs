//! Reading numbers and addresses at fixed places of foreign accounts.

use anchor_lang::prelude::*;

/// `N` bytes at `offset`; `None` past the end.
pub fn array<const N: usize>(data: &[u8], offset: usize) -> Option<[u8; N]> {
    data.get(offset..)?.first_chunk::<N>().copied()
}

/// A little-endian `u64`.
pub fn u64_at(data: &[u8], offset: usize) -> Option<u64> {
    array(data, offset).map(u64::from_le_bytes)
}

/// A little-endian `i64`.
pub fn i64_at(data: &[u8], offset: usize) -> Option<i64> {
    array(data, offset).map(i64::from_le_bytes)
}

/// A little-endian `i32`.
pub fn i32_at(data: &[u8], offset: usize) -> Option<i32> {
    array(data, offset).map(i32::from_le_bytes)
}

/// A little-endian `u16`.
pub fn u16_at(data: &[u8], offset: usize) -> Option<u16> {
    array(data, offset).map(u16::from_le_bytes)
}

/// An address.
pub fn address_at(data: &[u8], offset: usize) -> Option<Address> {
    array(data, offset).map(Address::new_from_array)
}

/// The data of a foreign account.
pub fn of(view: &AccountView) -> &[u8] {
    // SAFETY: nothing in this program holds or makes a mutable reference to the data of an account
    // that it does not own, and no call is made while the slice lives.
    #[expect(unsafe_code, reason = "see above")]
    unsafe {
        view.borrow_unchecked()
    }
}
