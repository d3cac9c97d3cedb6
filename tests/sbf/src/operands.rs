//! Operands worth trying: the edges of every width, and random bits of every length.

/// Bit lengths around which carries and branches change.
const EDGES: [u32; 14] = [0, 1, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 96, 127];

/// Values at and beside powers of two, and their complements.
#[must_use]
pub fn edges() -> Vec<u128> {
    let mut values = vec![10, 1_000_000_000, 0x8000_0000_0000_0001_8000_0000_0000_0000];
    for bits in EDGES {
        let power = 1u128 << bits;
        values.extend([power, power.wrapping_sub(1), power.wrapping_add(1)]);
        values.extend([!power, power.wrapping_neg()]);
    }
    values.sort_unstable();
    values.dedup();
    values
}

/// Every pair of edge values.
#[must_use]
pub fn edge_pairs() -> Vec<(u128, u128)> {
    let edges = edges();
    edges
        .iter()
        .flat_map(|a| edges.iter().map(|b| (*a, *b)))
        .collect()
}

/// A repeatable source of random operands.
pub struct Random(u64);

impl Random {
    /// A source for this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits (`SplitMix64`).
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A value of a random bit length: uniform values would almost never be small.
    pub fn value(&mut self) -> u128 {
        let bits = (u128::from(self.word()) << 64) | u128::from(self.word());
        let value = bits >> (self.word() % 128);
        // Some signed operands should be small and negative.
        if self.word().is_multiple_of(4) {
            value.wrapping_neg()
        } else {
            value
        }
    }

    /// Pairs of such values; now and then the second is close to the first.
    pub fn pairs(&mut self, count: usize) -> Vec<(u128, u128)> {
        (0..count)
            .map(|_| {
                let a = self.value();
                let b = match self.word() % 8 {
                    0 => a.wrapping_add(u128::from(self.word() % 3)).wrapping_sub(1),
                    1 => a >> (self.word() % 128),
                    _ => self.value(),
                };
                (a, b)
            })
            .collect()
    }
}
