//! Reading numbers at fixed places.

/// `N` bytes at `offset`; `None` past the end.
#[inline]
pub fn array<const N: usize>(data: &[u8], offset: usize) -> Option<[u8; N]> {
    data.get(offset..)?.first_chunk::<N>().copied()
}

/// A little-endian `u64`.
#[inline]
pub fn u64_at(data: &[u8], offset: usize) -> Option<u64> {
    array(data, offset).map(u64::from_le_bytes)
}

/// A little-endian `i64`.
#[inline]
pub fn i64_at(data: &[u8], offset: usize) -> Option<i64> {
    array(data, offset).map(i64::from_le_bytes)
}

/// A little-endian `i32`.
#[inline]
pub fn i32_at(data: &[u8], offset: usize) -> Option<i32> {
    array(data, offset).map(i32::from_le_bytes)
}

/// A little-endian `u32`.
#[inline]
pub fn u32_at(data: &[u8], offset: usize) -> Option<u32> {
    array(data, offset).map(u32::from_le_bytes)
}

/// A little-endian `u16`.
#[inline]
pub fn u16_at(data: &[u8], offset: usize) -> Option<u16> {
    array(data, offset).map(u16::from_le_bytes)
}
