//! Reading accounts and events: eight bytes that name the type, then the struct as it lies.

use bytemuck::{Pod, Zeroable};

/// A little-endian `u128` that can lie at any offset.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct U128Le([u8; 16]);

impl U128Le {
    /// The number.
    pub fn get(self) -> u128 {
        u128::from_le_bytes(self.0)
    }
}

impl From<u128> for U128Le {
    fn from(number: u128) -> Self {
        Self(number.to_le_bytes())
    }
}

/// Why bytes are not the account or event they were read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// The first eight bytes name another type.
    #[error(
        "the data is of another type: check the address, and that it belongs to the staking vault"
    )]
    WrongDiscriminator,
    /// The data ends too early.
    #[error("the data is shorter than its type: {found} of {expected} bytes")]
    TooShort {
        /// Bytes there are.
        found: usize,
        /// Bytes there must be.
        expected: usize,
    },
}

/// An account or event with a fixed layout.
pub trait Layout: Pod {
    /// The eight bytes before it.
    const DISCRIMINATOR: [u8; 8];
    /// Bytes of an account of this type.
    const SPACE: usize = 8 + size_of::<Self>();

    /// Reads the whole data of an account or event. Bytes after it are ignored: a later version
    /// may have more.
    ///
    /// # Errors
    /// If the data is of another type or too short.
    fn parse(data: &[u8]) -> Result<Self, LayoutError> {
        let short = || LayoutError::TooShort {
            found: data.len(),
            expected: Self::SPACE,
        };
        let (discriminator, body) = data.split_first_chunk::<8>().ok_or_else(short)?;
        if *discriminator != Self::DISCRIMINATOR {
            return Err(LayoutError::WrongDiscriminator);
        }
        let body = body.get(..size_of::<Self>()).ok_or_else(short)?;
        Ok(bytemuck::pod_read_unaligned(body))
    }

    /// The bytes [`Layout::parse`] reads.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Self::DISCRIMINATOR.to_vec();
        bytes.extend_from_slice(bytemuck::bytes_of(self));
        bytes
    }
}
