//! The power of two of a shared exponent.
//!
//! Functionality: 2^x at the scale of k - 2 bits, for x in [-28, 0) with f fractional bits, as
//! sums of what the second and the third role hold.
//!
//! - The sharing of x is rerandomised by public coins ([`super::dither`]), as roundings of both factors
//!   cancel over uniform addends. First knows a = x0 + x1, second and third know b = x2;
//!   x = a + b modulo 32·2^f. The power is a product of a number that a fixes up to a choice of eight by b, and of a
//!   number that b fixes: see [`crate::gadgets::powers_of_two`].
//! - First shares the eight numbers U(a): U0 is drawn by first and third, first sends U1 = U - U0 to
//!   second.
//! - Second takes the summand U1[h_b]·V(b), third U0[h_b]·V(b), first 0.
//!
//! Cost: 8k bits an element, 1 round; what comes out is an additive sharing like that of any
//! product, and is scaled down like one. Range: [-28, 0); the result for lower values means
//! nothing. Error: the rounding of both factors, see [`crate::gadgets::powers_of_two`].
//!
//! Views. Second receives U1 = U - U0, masked by U0, which is uniform, drawn by first and third and
//! unknown to second; nothing of what second holds depends on a. First and third receive nothing.
//!
//! Source: own; a lookup table whose index is shared (compare Dessouky et al., "Pushing the
//! Communication Barrier in Secure Computation using Lookup Tables", NDSS 2017), made short by
//! 2^(a + b) = 2^a · 2^b.

use ditto_core::Ring;
use ditto_core::pack::packed_len;
use num_traits::{WrappingMul, WrappingSub};

use super::dither::dithered_addend;
use crate::gadgets::powers_of_two::{ENTRIES, Tables};
use crate::party::message::{Message, Received};
use crate::rep3::Rep3Share;
use crate::rep3::party::{PartyError, Peer, Purpose, Rep3, Role};
use crate::rep3::product::Rep3Product;

/// 2^x for exponents of `frac` fractional bits.
pub(crate) fn exp2<R: Ring>(
    party: &mut Rep3,
    x: &Rep3Share<R>,
    frac: u32,
) -> Result<Rep3Product<R>, PartyError> {
    let tables = Tables::new::<R>(frac);
    let role = party.start("power of two");
    let addend = dithered_addend(party, role, x, R::Word::default());
    let (n, k) = (x.len(), R::BITS);
    let entries = ENTRIES * n;
    // The entry that b chooses, times the factor that b fixes.
    let chosen = |table: &[R::Word]| -> Vec<R::Word> {
        let product = |(entries, b): (&[R::Word], &R::Word)| {
            let (index, factor) = tables.right(*b);
            entries[index].wrapping_mul(&factor)
        };
        table.chunks_exact(ENTRIES).zip(&addend).map(product).collect()
    };
    let summand = match role {
        Role::First => {
            let mut table: Vec<R::Word> = party.draw(Peer::Prev, Purpose::Component, entries, k);
            for (masked, &a) in table.chunks_exact_mut(ENTRIES).zip(&addend) {
                let left = tables.left(a);
                for (masked, left) in masked.iter_mut().zip(left) {
                    *masked = left.wrapping_sub(masked);
                }
            }
            Message::new().put(&table, k).send(party, Peer::Next)?;
            party.round();
            vec![R::Word::default(); n]
        }
        Role::Second => {
            party.round();
            let mut received = Received::from(party, Peer::Prev, packed_len(entries, k))?;
            let table: Vec<R::Word> = received.take(entries, k);
            chosen(&table)
        }
        Role::Third => {
            let table: Vec<R::Word> = party.draw(Peer::Next, Purpose::Component, entries, k);
            party.round();
            chosen(&table)
        }
    };
    Ok(Rep3Product::Additive { shape: x.shape().to_vec(), summand })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ditto_core::prg::Key;
    use ditto_core::tiny::Z6;
    use ditto_core::{Word, Z32};

    use ditto_net::{Links, memory};
    use num_traits::WrappingAdd;

    use super::*;
    use crate::party::keys::RunKeys;
    use crate::rep3::party::Script;
    use crate::rep3::share;

    /// Numbers of the operation at which the roles fall to the parties in all three ways.
    const ROTATIONS: std::ops::Range<u64> = 0..3;

    fn advance(party: &mut Rep3, earlier: u64) {
        party.skip(earlier);
    }

    /// A stream that the protocol must not draw from.
    fn forbidden(who: &'static str) -> Script {
        Box::new(move |_, purpose, _, _| panic!("{who} draw {purpose:?}"))
    }

    /// The stream of first and third: U0.
    fn given<R: Ring>(table: Vec<u64>) -> Script {
        Box::new(move |op, purpose, n, width| {
            assert_eq!((purpose, n, width), (Purpose::Component, table.len(), R::BITS), "{op}");
            table.clone()
        })
    }

    /// Runs the roles one after another, as nobody waits but second, with U0 for the common
    /// randomness of first and third. What second receives must be U(a) - U0, nobody else may draw
    /// or receive, and the result must be the product of the two factors.
    fn check<R: Ring>(a: &[u64], b: &[u64], frac: u32, table: &[u64]) {
        let word = R::Word::from_u64;
        let n = a.len();
        // Any division of a.
        let x0: Vec<R::Word> = (0..n as u64).map(|i| word(i.wrapping_mul(0x9e37_79b9))).collect();
        let x1 = |i: usize| word(a[i]).wrapping_sub(&x0[i]);
        let x1: Vec<R::Word> = (0..n).map(x1).collect();
        let x2: Vec<R::Word> = b.iter().map(|&b| word(b)).collect();
        let tables = Tables::new::<R>(frac);
        let expected: Vec<R::Word> = (0..n)
            .flat_map(|i| {
                let u0 = &table[ENTRIES * i..][..ENTRIES];
                let u = tables.left(word(a[i]));
                (0..ENTRIES).map(move |j| u[j].wrapping_sub(&word(u0[j])))
            })
            .collect();
        let mut bytes = Vec::new();
        R::Word::pack(&expected, R::BITS, &mut bytes);

        for earlier in ROTATIONS {
            let player = |role: usize| (role + earlier as usize + 1) % 3;
            let links = || {
                let mut links = memory::trio(Duration::from_secs(5)).map(Some);
                [0, 1, 2].map(|role| links[player(role)].take().expect("each once"))
            };
            let run = |role: usize, links: Links, scripts: [Script; 2]| {
                let [next, prev] = scripts;
                let mut party = Rep3::scripted(player(role), links, next, prev);
                advance(&mut party, earlier);
                let (first, second) = match role {
                    0 => (&x0, &x1),
                    1 => (&x1, &x2),
                    _ => (&x2, &x0),
                };
                let x = share(player(role), &[n], first.clone(), second.clone());
                let product = exp2::<R>(&mut party, &x, frac).expect("no error");
                let Rep3Product::Additive { summand, .. } = product else {
                    panic!("powers are not reshared")
                };
                summand
            };
            let u0 = || given::<R>(table.to_vec());

            let [first, mut second, _] = links();
            let of_first = run(0, first, [forbidden("first and second"), u0()]);
            let received = second.prev.recv(earlier + 1).expect("a message");
            assert_eq!(received, bytes, "what second receives");

            // Third waits for no message, and there is none for it.
            let [first, second, third] = links();
            run(0, first, [forbidden("first and second"), u0()]);
            let of_second =
                run(1, second, [forbidden("second and third"), forbidden("first and second")]);
            let of_third = run(2, third, [u0(), forbidden("second and third")]);
            assert!(of_first.iter().all(|s| *s == R::Word::default()));
            for i in 0..n {
                let (index, factor) = tables.right(x2[i]);
                let power = tables.left(word(a[i]))[index].wrapping_mul(&factor);
                assert_eq!(of_second[i].wrapping_add(&of_third[i]), power, "element {i}");
            }
        }
    }

    /// Every a with every value of every word of U0, on a ring of 6 bits: the message is U(a) - U0
    /// word by word, a bijection of U0, so it is uniform like U0 whatever a is.
    #[test]
    fn second_receives_the_table_less_a_mask_it_cannot_draw() {
        for frac in [0, 1] {
            let (mut a, mut b, mut table) = (Vec::new(), Vec::new(), Vec::new());
            for i in 0..64 * 64 {
                let (value, mask) = (i / 64, i % 64);
                a.push(value);
                b.push((value ^ mask) * 37 % 64);
                // All words take all values, and no two of them the same ones together.
                table.extend((0..ENTRIES as u64).map(|j| (mask * (2 * j + 1) + 11 * j) % 64));
            }
            check::<Z6>(&a, &b, frac, &table);
        }
        let word = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let a: Vec<u64> = (0..100).map(word).collect();
        let b: Vec<u64> = (100..200).map(word).collect();
        let table: Vec<u64> = (1000..1000 + 8 * 100).map(word).collect();
        check::<Z32>(&a, &b, 8, &table);
    }

    /// With keys: each of the eight words, and each difference of two neighbours, is uniform in its
    /// lowest and in its highest byte, though a is the same in all elements.
    #[test]
    fn words_that_second_receives_are_uniform() {
        const N: usize = 1 << 14;
        for earlier in ROTATIONS {
            let id = (earlier as usize + 1) % 3;
            let [first, mut second, _] = {
                let mut links = memory::trio(Duration::from_secs(5)).map(Some);
                [0, 1, 2].map(|role| links[(id + role) % 3].take().expect("each once"))
            };
            let [next, prev, common] = [1, 2, 3].map(|byte| Key::new([byte; 16]));
            let keys = RunKeys::new(next, prev, common).into_session();
            let mut party = Rep3::new(id, first, keys);
            advance(&mut party, earlier);
            let component = |x: u32| vec![x; N];
            let x = share(id, &[N], component(0x1234_5678), component(0x0bad_cafe));
            exp2::<Z32>(&mut party, &x, 8).expect("no error");
            let received = second.prev.recv(earlier + 1).expect("a message");
            let words: Vec<u32> = Word::unpack(&received, ENTRIES * N, 32).expect("as long");
            for j in 0..ENTRIES {
                for shift in [0, 24] {
                    let mut counts = [[0u32; 256]; 2];
                    for table in words.chunks_exact(ENTRIES) {
                        let neighbour = table[(j + 1) % ENTRIES];
                        for (counts, seen) in
                            counts.iter_mut().zip([table[j], table[j].wrapping_sub(neighbour)])
                        {
                            counts[(seen >> shift & 0xff) as usize] += 1;
                        }
                    }
                    for counts in counts {
                        let expected = N as f64 / 256.0;
                        let off = |c: u32| (f64::from(c) - expected).powi(2) / expected;
                        let chi: f64 = counts.into_iter().map(off).sum();
                        // 255 degrees of freedom, five standard deviations; the keys are fixed.
                        let deviation = (2.0f64 * 255.0).sqrt();
                        assert!((chi - 255.0).abs() <= 5.0 * deviation, "word {j}: {chi}");
                    }
                }
            }
        }
    }
}
