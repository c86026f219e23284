//! Chance that can be had again.

use rand::SeedableRng as _;
use rand::rngs::StdRng;

/// Names a seed that shall be used instead of a new one.
const SEED: &str = "DESKSIDE_SEED";

/// Where all chance of a run comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dice {
    seed: u64,
}

impl Dice {
    /// With the seed of the environment (`DESKSIDE_SEED`), or a new one.
    #[must_use]
    pub fn of_run() -> Self {
        let given = std::env::var(SEED).ok().and_then(|seed| seed.trim().parse().ok());
        Self { seed: given.unwrap_or_else(rand::random) }
    }

    /// With this seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self { seed }
    }

    /// The seed, to be printed.
    #[must_use]
    pub fn seed(self) -> u64 {
        self.seed
    }

    /// The dice of one who plays: what others throw, and how often, changes nothing of it.
    #[must_use]
    pub fn of_player(self, name: &str, number: u64) -> StdRng {
        // FNV-1a (Fowler, Noll, Vo), 64 bits: the standard library's hasher may change between versions.
        let bytes = name.bytes().chain(number.to_le_bytes()).chain(self.seed.to_le_bytes());
        let mixed = bytes
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        StdRng::seed_from_u64(mixed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt as _;

    #[test]
    fn a_seed_gives_the_same_again_and_each_player_their_own() {
        let throw = |seed, name, number| Dice::of(seed).of_player(name, number).random::<u64>();
        assert_eq!(throw(1, "proxy", 2), throw(1, "proxy", 2));
        assert_ne!(throw(1, "proxy", 2), throw(2, "proxy", 2));
        assert_ne!(throw(1, "proxy", 2), throw(1, "proxy", 3));
        assert_ne!(throw(1, "proxy", 2), throw(1, "user", 2));
    }
}
