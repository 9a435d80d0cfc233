//! AES-128 counter mode on 512-bit registers (VAES): the counters never leave the registers and the
//! keystream goes straight to its destination.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use zeroize::Zeroize;

use crate::isa;

/// 128-bit lanes in a register.
const LANES: usize = 4;
/// Registers in flight: enough to cover the latency of a round, and with the round keys still fewer
/// than 32.
const REGISTERS: usize = 8;
const BLOCK_BYTES: usize = 16;
const WIDE_BYTES: usize = LANES * BLOCK_BYTES;
const STRIDE_BYTES: usize = REGISTERS * WIDE_BYTES;

/// The eleven round keys. They exist only where [`isa::vaes`] is true; wiped when dropped (what a
/// call leaves of them in registers or on the stack is not).
pub(super) struct RoundKeys([[u8; BLOCK_BYTES]; 11]);

impl RoundKeys {
    /// Expands a key.
    pub(super) fn new(key: &[u8; BLOCK_BYTES]) -> Self {
        assert!(isa::vaes(), "there is no VAES here");
        let mut keys = Self([[0; BLOCK_BYTES]; 11]);
        // SAFETY: the features were just checked.
        unsafe { expand(key, &mut keys.0) };
        keys
    }

    /// Writes the encrypted counter blocks from number `first` on; the last may be cut short.
    pub(super) fn keystream(&self, nonce: &[u8; 12], first: u32, out: &mut [u8]) {
        // SAFETY: `new` is the only constructor and it checked the features.
        unsafe { keystream(&self.0, nonce, first, out) }
    }
}

impl Drop for RoundKeys {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[target_feature(enable = "aes")]
fn expand(key: &[u8; BLOCK_BYTES], keys: &mut [[u8; BLOCK_BYTES]; 11]) {
    /// One step of the key schedule (FIPS 197, section 5.2), four words at once.
    #[target_feature(enable = "aes")]
    fn step<const RCON: i32>(previous: __m128i) -> __m128i {
        let rotated = _mm_aeskeygenassist_si128::<RCON>(previous);
        let rotated = _mm_shuffle_epi32::<0xff>(rotated);
        let mut key = _mm_xor_si128(previous, _mm_slli_si128::<4>(previous));
        key = _mm_xor_si128(key, _mm_slli_si128::<8>(key));
        _mm_xor_si128(key, rotated)
    }

    let k0 = load128(key);
    let k1 = step::<0x01>(k0);
    let k2 = step::<0x02>(k1);
    let k3 = step::<0x04>(k2);
    let k4 = step::<0x08>(k3);
    let k5 = step::<0x10>(k4);
    let k6 = step::<0x20>(k5);
    let k7 = step::<0x40>(k6);
    let k8 = step::<0x80>(k7);
    let k9 = step::<0x1b>(k8);
    let k10 = step::<0x36>(k9);
    for (bytes, key) in keys.iter_mut().zip([k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10]) {
        // SAFETY: `bytes` is 16 bytes long and an unaligned store needs no more.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), key) };
    }
}

#[target_feature(enable = "avx512f,avx512bw,vaes")]
fn keystream(keys: &[[u8; BLOCK_BYTES]; 11], nonce: &[u8; 12], first: u32, out: &mut [u8]) {
    let keys = keys.map(|key| _mm512_broadcast_i32x4(load128(&key)));
    let mut block = [0; BLOCK_BYTES];
    block[..12].copy_from_slice(nonce);
    // The counter is kept as a little-endian word, on which the processor can add, in the top word
    // of each lane; `swap` turns it big-endian just before it is encrypted.
    block[12..].copy_from_slice(&first.to_le_bytes());
    let start = _mm512_broadcast_i32x4(load128(&block));
    let lane = _mm512_set_epi32(3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0);
    let mut counter = _mm512_add_epi32(start, lane);
    let step = _mm512_maskz_set1_epi32(TOP_WORDS, LANES as i32);
    let swap =
        _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));

    let (strides, rest) = out.as_chunks_mut::<STRIDE_BYTES>();
    for stride in strides {
        let mut state = [counter; REGISTERS];
        for slot in &mut state {
            *slot = _mm512_xor_si512(_mm512_shuffle_epi8(counter, swap), keys[0]);
            counter = _mm512_add_epi32(counter, step);
        }
        for key in &keys[1..10] {
            for slot in &mut state {
                *slot = _mm512_aesenc_epi128(*slot, *key);
            }
        }
        for (slot, bytes) in state.iter().zip(stride.as_chunks_mut::<WIDE_BYTES>().0) {
            let block = _mm512_aesenclast_epi128(*slot, keys[10]);
            // SAFETY: `bytes` is 64 bytes long and an unaligned store needs no more.
            unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), block) };
        }
    }
    for bytes in rest.chunks_mut(WIDE_BYTES) {
        let mut block = _mm512_xor_si512(_mm512_shuffle_epi8(counter, swap), keys[0]);
        counter = _mm512_add_epi32(counter, step);
        for key in &keys[1..10] {
            block = _mm512_aesenc_epi128(block, *key);
        }
        block = _mm512_aesenclast_epi128(block, keys[10]);
        let mask = u64::MAX >> (WIDE_BYTES - bytes.len());
        // SAFETY: the mask has one bit for each byte of `bytes` (1 to 64), and a masked store
        // touches no other.
        unsafe { _mm512_mask_storeu_epi8(bytes.as_mut_ptr().cast(), mask, block) };
    }
}

/// Selects the last 32-bit word of each 128-bit lane.
const TOP_WORDS: __mmask16 = 0b1000_1000_1000_1000;

#[inline(always)]
fn load128(bytes: &[u8; BLOCK_BYTES]) -> __m128i {
    // SAFETY: `bytes` is 16 bytes long and an unaligned load needs no more; SSE2 is part of x86-64.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}
