//! The generator: published vectors of AES, streams and their draws, on every kernel.

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use super::*;

fn kernels() -> Vec<Kernel> {
    let mut kernels = vec![Kernel::Portable];
    if Kernel::detected() != Kernel::Portable {
        kernels.push(Kernel::detected());
    }
    kernels
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    let digits: String = text.split_whitespace().collect();
    assert_eq!(digits.len(), 2 * N);
    std::array::from_fn(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap())
}

/// Encrypts one block of any content: session, op and purpose are the nonce's own bytes and the
/// stream is moved to the wanted block number.
fn encrypt(kernel: Kernel, key: &[u8; 16], block: [u8; 16]) -> [u8; 16] {
    let word = u128::from_be_bytes(block);
    let prg = Prg::with_kernel(&Key::new(*key), (word >> 96) as u32, kernel);
    let mut stream = prg.stream((word >> 40) as u64 & ((1 << 56) - 1), (word >> 32) as u8);
    stream.next = u64::from(word as u32);
    let mut out = [0; 16];
    stream.fill_bytes(&mut out);
    out
}

/// A key is wiped when it is dropped, and so is what is expanded from it; moving one leaves no copy, as
/// its bytes stay where they are.
#[test]
fn keys_are_wiped_and_stay_in_place() {
    fn wiped<T: ZeroizeOnDrop>() {}
    wiped::<Key>();
    wiped::<Aes128Enc>();
    let key = Key::new(hex("00010203 04050607 08090a0b 0c0d0e0f"));
    let before = key.expose().as_ptr();
    let moved = std::hint::black_box([key]);
    assert_eq!(moved[0].expose().as_ptr(), before);
}

/// The three ways to make a key.
#[test]
fn keys_are_the_bytes_that_they_are_made_from() {
    let bytes: [u8; 16] = hex("00010203 04050607 08090a0b 0c0d0e0f");
    assert_eq!(Key::new(bytes).expose(), &bytes);
    assert_eq!(Key::filled(|key| *key = bytes).expose(), &bytes);
    let good: Result<Key, ()> = Key::try_filled(|key| {
        *key = bytes;
        Ok(())
    });
    assert_eq!(good.unwrap().expose(), &bytes);
    assert_eq!(Key::try_filled(|_| Err("no bytes")).unwrap_err(), "no bytes");
}

#[test]
fn fips_197_vectors() {
    for kernel in kernels() {
        // Appendix B and appendix C.1.
        let key = hex("2b7e1516 28aed2a6 abf71588 09cf4f3c");
        let block = hex("3243f6a8 885a308d 313198a2 e0370734");
        let expected: [u8; 16] = hex("3925841d 02dc09fb dc118597 196a0b32");
        assert_eq!(encrypt(kernel, &key, block), expected, "{kernel:?}");
        let key = hex("00010203 04050607 08090a0b 0c0d0e0f");
        let block = hex("00112233 44556677 8899aabb ccddeeff");
        let expected: [u8; 16] = hex("69c4e0d8 6a7b0430 d8cdb780 70b4c55a");
        assert_eq!(encrypt(kernel, &key, block), expected, "{kernel:?}");
    }
}

#[test]
fn sp_800_38a_counter_mode_vectors() {
    // F.5.1: the counter starts at f0f1..feff, so its last word runs over fcfdfeff..fcfdff02.
    let plaintext: [u8; 64] =
        hex("6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
         30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710");
    let ciphertext: [u8; 64] =
        hex("874d6191b620e3261bef6864990db6ce 9806f66b7970fdff8617187bb9fffdff
         5ae4df3edbd5d35e5b4f09020db03eab 1e031dda2fbe03d1792170a0f3009cee");
    for kernel in kernels() {
        let key = Key::new(hex("2b7e151628aed2a6abf7158809cf4f3c"));
        let prg = Prg::with_kernel(&key, 0xf0f1_f2f3, kernel);
        let mut stream = prg.stream(0x00f4_f5f6_f7f8_f9fa, 0xfb);
        stream.next = 0xfcfd_feff;
        let mut out = [0; 64];
        stream.fill_bytes(&mut out);
        let sum: Vec<u8> = out.iter().zip(plaintext).map(|(a, b)| a ^ b).collect();
        assert_eq!(sum, ciphertext, "{kernel:?}");
    }
}

#[test]
fn words_are_little_endian_bytes() {
    let prg = Prg::new(&Key::new([7; 16]), 1);
    let bytes: Vec<u8> = prg.stream(2, 3).words(64);
    let u16s: Vec<u8> =
        prg.stream(2, 3).words::<u16>(32).iter().flat_map(|w| w.to_le_bytes()).collect();
    let u32s: Vec<u8> =
        prg.stream(2, 3).words::<u32>(16).iter().flat_map(|w| w.to_le_bytes()).collect();
    let u64s: Vec<u8> =
        prg.stream(2, 3).words::<u64>(8).iter().flat_map(|w| w.to_le_bytes()).collect();
    assert_eq!(bytes, u16s);
    assert_eq!(bytes, u32s);
    assert_eq!(bytes, u64s);
}

#[test]
fn nonces_do_not_collide() {
    let draw = |session, op, purpose| {
        let prg = Prg::new(&Key::new([9; 16]), session);
        prg.stream(op, purpose).words::<u64>(2)
    };
    let last_op = (1 << 56) - 1;
    let nonces = [
        (0, 0, 0),
        (1, 0, 0),
        (0, 1, 0),
        (0, 0, 1),
        (0, 256, 0),
        (0, last_op, 0),
        (0, last_op, 255),
    ];
    for (i, a) in nonces.iter().enumerate() {
        for b in &nonces[..i] {
            assert_ne!(draw(a.0, a.1, a.2), draw(b.0, b.1, b.2));
        }
    }
}

#[test]
fn a_stream_reaches_its_last_block() {
    for kernel in kernels() {
        let prg = Prg::with_kernel(&Key::new([1; 16]), 0, kernel);
        let mut stream = prg.stream(0, 0);
        stream.next = STREAM_BLOCKS - 3;
        let at_once: Vec<u8> = stream.words(48);
        stream.fill_bytes(&mut []);
        assert_eq!(at_once[32..], encrypt(kernel, &[1; 16], u128::from(u32::MAX).to_be_bytes()));
    }
}

#[test]
#[should_panic(expected = "a stream ends after 2^32 blocks")]
fn a_stream_does_not_wrap() {
    let mut stream = Prg::new(&Key::new([1; 16]), 0).stream(0, 0);
    stream.next = STREAM_BLOCKS - 3;
    stream.fill_bytes(&mut [0; 49]);
}

#[test]
#[should_panic(expected = "more than 56 bits")]
fn an_operation_number_has_56_bits() {
    Prg::new(&Key::new([1; 16]), 0).stream(1 << 56, 0);
}

#[test]
fn keys_do_not_print() {
    assert_eq!(format!("{:?}", Key::new([0xab; 16])), "Key(..)");
}

/// Seeds of failures go to the one folder at the root of the workspace.
fn config() -> ProptestConfig {
    let seeds = FileFailurePersistence::Direct("../proptest-regressions/prg.txt");
    ProptestConfig { failure_persistence: Some(Box::new(seeds)), cases: 256, ..Default::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn kernels_agree(key: [u8; 16], session: u32, op in 0u64..1 << 56, purpose: u8,
                     first: u32, len in 0usize..3000) {
        let draw = |kernel| {
            let mut stream = Prg::with_kernel(&Key::new(key), session, kernel).stream(op, purpose);
            stream.next = u64::from(first.min(u32::MAX - 1000));
            stream.words::<u8>(len)
        };
        let portable = draw(Kernel::Portable);
        for kernel in kernels() {
            prop_assert_eq!(&draw(kernel), &portable, "{:?}", kernel);
        }
    }

    #[test]
    fn whole_blocks_join_up(pieces in prop::collection::vec(0usize..40, 0..6), last in 0usize..200) {
        for kernel in kernels() {
            let prg = Prg::with_kernel(&Key::new([5; 16]), 1, kernel);
            let mut stream = prg.stream(1, 1);
            let mut joined: Vec<u8> = Vec::new();
            for piece in &pieces {
                joined.extend(stream.words::<u8>(piece * BLOCK_BYTES));
            }
            joined.extend(stream.words::<u8>(last));
            prop_assert_eq!(&joined, &prg.stream(1, 1).words::<u8>(joined.len()));
        }
    }

    #[test]
    fn a_draw_uses_whole_blocks(len in 0usize..200) {
        let prg = Prg::new(&Key::new([5; 16]), 1);
        let mut stream = prg.stream(1, 1);
        stream.words::<u8>(len);
        let next = stream.words::<u8>(16);
        let start = len.next_multiple_of(BLOCK_BYTES);
        prop_assert_eq!(&next, &prg.stream(1, 1).words::<u8>(start + 16)[start..]);
    }

    #[test]
    fn chunks_are_one_draw(n in 0usize..5000) {
        let prg = Prg::new(&Key::new([5; 16]), 1);
        let mut chunks = Vec::new();
        let mut stream = prg.stream(1, 1);
        stream.for_each_chunk::<u32>(n, |start, words| {
            assert_eq!(start, chunks.len());
            chunks.extend_from_slice(words);
        });
        let mut other = prg.stream(1, 1);
        prop_assert_eq!(chunks, other.words::<u32>(n));
        prop_assert_eq!(stream.next, other.next);
    }
}

/// As a generator of `rand_core` a stream gives the words of its blocks: those of the published vectors
/// of AES-128 (FIPS 197, appendix B, has the cipher; a key and a counter of zeros are common test input).
#[test]
fn a_stream_is_a_generator_of_its_blocks() {
    use rand_core::{Rng, SeedableRng};

    let mut stream = Stream::from_seed([0; 16]);
    assert_eq!(Rng::next_u32(&mut stream), 0xd44b_e966);
    let words: Vec<u64> = Prg::new(&Key::new([0; 16]), 0).stream(0, 0).words(4);
    // A word spends a block of two.
    assert_eq!(Rng::next_u64(&mut stream), words[2]);
    let mut bytes = [0; 20];
    let mut again = Stream::from_seed([0; 16]);
    Rng::fill_bytes(&mut again, &mut bytes);
    assert_eq!(bytes[..8], words[0].to_le_bytes());
    assert_ne!(Stream::seed_from_u64(1).words::<u64>(2), Stream::seed_from_u64(2).words::<u64>(2));
}
