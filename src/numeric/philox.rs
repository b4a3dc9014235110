//! Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random
//! numbers: as easy as 1, 2, 3" (SC 2011).
//!
//! Flows in: a 128-bit counter and a 64-bit key. Flows out: 128 random bits, a pure function of
//! both. [`PhiloxStream`] strings blocks together for rejection samplers, whose number of draws
//! is not known beforehand: each (seed, purpose, path, step, factor) has a stream of its own.

use rand::rand_core::utils::fill_bytes_via_next_word;
use rand::rand_core::{Infallible, TryRng};

const MULTIPLIER: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const LOW_WORD: u64 = 0xFFFF_FFFF;
const ROUNDS: u32 = 10;

/// One block of Philox4x32-10: four random words from a counter and a key.
pub fn block(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    wide_block(counter.map(u64::from), key).map(|word| word as u32)
}

/// The same on words held in the low halves of 64-bit lanes, where the widening product lives;
/// the high halves come out as garbage.
#[inline(always)]
pub(super) fn wide_block(counter: [u64; 4], key: [u32; 2]) -> [u64; 4] {
    let [mut x0, mut x1, mut x2, mut x3] = counter;
    for round in 0..ROUNDS {
        let key_0 = key[0].wrapping_add(WEYL[0].wrapping_mul(round));
        let key_1 = key[1].wrapping_add(WEYL[1].wrapping_mul(round));
        let product_0 = (x0 & LOW_WORD) * MULTIPLIER[0];
        let product_1 = (x2 & LOW_WORD) * MULTIPLIER[1];
        x0 = (product_1 >> 32) ^ x1 ^ u64::from(key_0);
        x2 = (product_0 >> 32) ^ x3 ^ u64::from(key_1);
        x1 = product_1;
        x3 = product_0;
    }
    [x0, x1, x2, x3]
}

/// Splits a 64-bit number into (low, high) words.
pub(super) fn words(number: u64) -> [u32; 2] {
    [number as u32, (number >> 32) as u32]
}

/// An endless stream of random words: counter low words count blocks, all else is its identity.
///
/// Equal identities give equal streams; the period is 2⁶⁴ blocks of four words.
#[derive(Debug, Clone)]
pub struct PhiloxStream {
    key: [u32; 2],
    identity: [u32; 2],
    next_block: u64,
    buffer: [u32; 4],
    used: usize,
}

impl PhiloxStream {
    /// The stream whose 128-bit identity is the Philox block of `counter` under `key`: half of
    /// the bits become its key, half the high words of its counters, so that two of 2⁴⁰ streams
    /// meet with probability below 1e-14.
    pub fn derived(counter: [u32; 4], key: [u32; 2]) -> Self {
        let [key_0, key_1, high_0, high_1] = block(counter, key);
        Self {
            key: [key_0, key_1],
            identity: [high_0, high_1],
            next_block: 0,
            buffer: [0; 4],
            used: 4,
        }
    }

    fn next_word(&mut self) -> u32 {
        if self.used == self.buffer.len() {
            let [low, high] = words(self.next_block);
            self.buffer = block([low, high, self.identity[0], self.identity[1]], self.key);
            self.next_block = self.next_block.wrapping_add(1);
            self.used = 0;
        }
        let word = self.buffer[self.used];
        self.used += 1;
        word
    }
}

impl TryRng for PhiloxStream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.next_word())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let low = u64::from(self.next_word());
        Ok(low | u64::from(self.next_word()) << 32)
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        fill_bytes_via_next_word(destination, || self.try_next_u32())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    /// Known answers of Random123 (DEShawResearch/random123, `tests/kat_vectors`).
    #[test]
    fn known_answers() {
        let ones = u32::MAX;
        let cases = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([ones; 4], [ones; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, expected) in cases {
            assert_eq!(block(counter, key), expected);
        }
    }

    #[test]
    fn a_stream_is_its_blocks_in_order() {
        let identity = block([1, 2, 3, 4], [5, 6]);
        let mut stream = PhiloxStream::derived([1, 2, 3, 4], [5, 6]);
        for index in 0..3 {
            let counter = [index, 0, identity[2], identity[3]];
            for word in block(counter, [identity[0], identity[1]]) {
                assert_eq!(stream.next_u32(), word);
            }
        }
    }

    #[test]
    fn wide_and_narrow_draws_read_the_same_words() {
        let mut wide = PhiloxStream::derived([0; 4], [7, 0]);
        let mut narrow = wide.clone();
        let low = u64::from(narrow.next_u32());
        assert_eq!(wide.next_u64(), low | u64::from(narrow.next_u32()) << 32);
    }
}
