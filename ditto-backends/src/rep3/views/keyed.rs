//! Statistics of messages with real keys: what the enumerations take for granted, that every mask is a
//! stream of its own, through the code that makes streams of sessions, operations and purposes.
//!
//! All elements have the same shares, so whatever differs between them is a mask. Every bit of a message
//! is a fair coin, for the elements of every place modulo 64 by themselves: an element that is left out
//! of masking now and then is seen too. So is every bit of the difference of two messages that one party
//! receives, in one operation or in two: two masks from one stream would cancel.

use std::ops::Range;

use ditto_core::{Levels, Linear, Ring, StepFunction, StepFunctions, Word, Z32, Z64};

use crate::party::recorded_links::{self, MessageLog, recorded_trio};
use crate::rep3::party::{PartyError, Peer, Purpose, Rep3, Role};
use crate::rep3::product::Rep3Product;
use crate::rep3::protocols::open::open_to_first;
use crate::rep3::protocols::{
    bit_to_ring, exp2, is_negative, reshare, row_maximum, step_functions, transfer, truncate, widen,
};
use crate::rep3::{Rep3Share, run, share};

/// Elements of a batch.
const N: usize = 1 << 14;

/// A part of a message, one after another.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    /// So many values of so many bits, each of an element.
    Packed(usize, u32),
    /// Words of bits of 64 elements.
    Words(usize),
    /// Bytes that other tests are about.
    Other(usize),
}

/// Components that all elements have in common.
const SHARES: [[u64; 3]; 3] = [[0, 0, 0], [0x1234_5678, 0x0bad_cafe, 77], [1, u64::MAX, 1 << 31]];

fn constant<R: Ring>(party: &Rep3, components: [u64; 3], n: usize) -> Rep3Share<R> {
    let words = |c: usize| vec![R::Word::from_u64(components[c % 3]); n];
    share(party.id(), &[n], words(party.id()), words(party.id() + 1))
}

/// What each party receives.
fn messages<O: Send>(
    parties: [Rep3; 3],
    logs: &[MessageLog; 3],
    body: impl Fn(&mut Rep3) -> Result<O, PartyError> + Sync,
) -> [Vec<Vec<u8>>; 3] {
    let results = run::threads(parties, [(); 3], |party, ()| body(party));
    run::all_of(results).unwrap_or_else(|e| panic!("{e}"));
    logs.each_ref().map(recorded_links::received)
}

fn values(message: &[u8], fields: &[Field]) -> Vec<(Field, Vec<u64>)> {
    let mut rest = message;
    let mut all = Vec::new();
    for &field in fields {
        let (count, width) = match field {
            Field::Packed(count, width) => (count, width),
            Field::Words(count) => (count, 64),
            Field::Other(bytes) => (8 * bytes, 1),
        };
        let (bytes, after) = rest.split_at((count * width as usize).div_ceil(8));
        rest = after;
        if !matches!(field, Field::Other(_)) {
            let values = <u64 as Word>::unpack(bytes, count, width).expect("as long as it is");
            all.push((field, values));
        }
    }
    assert!(rest.is_empty(), "{} bytes are of no field of {fields:?}", rest.len());
    all
}

/// Six standard deviations of a fair coin, for every bit of every class.
fn fair(field: Field, values: impl Iterator<Item = u64> + Clone) -> Result<(), String> {
    let (classes, width) = match field {
        Field::Packed(_, width) => (64, width),
        _ => (1, 64),
    };
    for class in 0..classes {
        let members = values.clone().skip(class).step_by(classes);
        let count = members.clone().count();
        assert!(count >= 64, "{count} values are too few to tell");
        let mut ones = vec![0usize; width as usize];
        for value in members {
            for (bit, ones) in ones.iter_mut().enumerate() {
                *ones += (value >> bit & 1) as usize;
            }
        }
        for (bit, ones) in ones.into_iter().enumerate() {
            let off = (ones as f64 - count as f64 / 2.0).abs();
            if off > 3.0 * (count as f64).sqrt() {
                return Err(format!("bit {bit} is 1 in {ones} of {count}, class {class}"));
            }
        }
    }
    Ok(())
}

/// Every field that a party received, and every difference of two.
fn check(what: &str, received: &[(Field, Vec<u64>)], pairs: bool) -> Result<(), String> {
    for (number, (field, own)) in received.iter().enumerate() {
        let name = |e| format!("{what}, field {number} ({field:?}): {e}");
        fair(*field, own.iter().copied()).map_err(name)?;
        for (other, (same, theirs)) in received[..number].iter().enumerate() {
            if pairs && same == field {
                let name = |e| format!("{what}, field {number} less field {other}: {e}");
                let both = own.iter().zip(theirs);
                fair(*field, both.clone().map(|(a, b)| a.wrapping_sub(*b))).map_err(name)?;
                fair(*field, both.map(|(a, b)| a ^ b)).map_err(name)?;
            }
        }
    }
    Ok(())
}

/// The fields of the messages of one operation to the first, second and third role.
type Layouts = [Vec<Vec<Field>>; 3];

/// `body` twice, the second time with the roles gone on: each party's messages of both.
fn is_masked<R: Ring, O: Send>(
    what: &str,
    shares: &[[u64; 3]],
    layouts: &Layouts,
    pairs: bool,
    body: impl Fn(&mut Rep3, Rep3Share<R>) -> Result<O, PartyError> + Sync,
) {
    for (seed, &components) in (40..).zip(shares) {
        let logs: [MessageLog; 3] = Default::default();
        let parties = run::seeded_over(recorded_trio(&logs), seed);
        let received = messages(parties, &logs, |party| {
            let x = constant::<R>(party, components, N);
            body(party, x.clone())?;
            body(party, x)
        });
        for (party, messages) in received.iter().enumerate() {
            // Party 1 plays the first role of the first operation, party 2 of the second.
            let fields = [1, 2].map(|first| &layouts[(party + 3 - first) % 3]);
            let fields: Vec<_> = fields.into_iter().flatten().collect();
            assert_eq!(messages.len(), fields.len(), "{what}: messages to party {party}");
            let all: Vec<_> =
                messages.iter().zip(fields).flat_map(|(m, fields)| values(m, fields)).collect();
            let what = format!("{what} of {components:x?}, party {party}");
            check(&what, &all, pairs).unwrap_or_else(|leak| panic!("{leak}"));
        }
    }
}

fn transfer_layouts(d: u32, beside: Option<u32>) -> Layouts {
    let mut to_second = vec![Field::Packed(N, d)];
    to_second.extend(beside.map(|beside| Field::Packed(N, beside)));
    let one = || vec![Field::Packed(N, d)];
    [vec![], vec![to_second, one()], vec![one(), one()]]
}

fn product<R: Ring>(party: &Rep3, components: [u64; 3]) -> Rep3Product<R> {
    let summand = vec![R::Word::from_u64(components[party.id()]); N];
    Rep3Product::Additive { shape: vec![N], summand }
}

#[test]
fn truncations_and_conversions_are_masked_with_real_keys() {
    let layouts = transfer_layouts(8, Some(32));
    is_masked::<Z32, _>("a truncation", &SHARES, &layouts, true, |party, x| {
        truncate(party, Rep3Product::Shared(x), 8)
    });
    let layouts = transfer_layouts(22, Some(22));
    is_masked::<Z32, _>("a widening", &SHARES, &layouts, true, |party, x| {
        widen::<Z32, Z64>(party, &x, 10)
    });
    for (number, components) in SHARES.into_iter().enumerate() {
        let mut layouts = transfer_layouts(8, Some(32));
        layouts[0].insert(0, vec![Field::Packed(N, 32)]);
        layouts[1].insert(0, vec![Field::Packed(N, 32)]);
        let what = format!("product {number} that is truncated");
        is_masked::<Z32, _>(&what, &SHARES[..1], &layouts, true, |party, _| {
            truncate(party, product::<Z32>(party, components), 8)
        });
        let layouts = [(); 3].map(|()| vec![vec![Field::Packed(N, 64)]]);
        let what = format!("product {number} that is reshared");
        is_masked::<Z64, _>(&what, &SHARES[..1], &layouts, true, |party, _| {
            reshare(party, product::<Z64>(party, components))
        });
    }
}

#[test]
fn comparisons_and_bits_are_masked_with_real_keys() {
    let plane = N / 64;
    let words = |planes: usize| vec![Field::Words(planes * plane)];
    // One addend in 9 planes, carries of 8 bits, then 4, 2 and 1 pairs of groups.
    let joined = || [words(7), words(3), words(1)];
    let to = |before: Vec<Vec<Field>>| before.into_iter().chain(joined()).collect::<Vec<_>>();
    let layouts = [to(vec![words(8)]), to(vec![words(8)]), to(vec![words(9)])];
    is_masked::<Z32, _>("a comparison", &SHARES, &layouts, true, |party, x| {
        is_negative(party, &x, 9)
    });
    let mut layouts = layouts;
    for (layout, more) in layouts.iter_mut().zip(transfer_layouts(32, Some(32))) {
        layout.extend(more);
    }
    is_masked::<Z32, _>("a sign in the ring", &SHARES[..1], &layouts, true, |party, x| {
        let bit = is_negative(party, &x, 9)?;
        bit_to_ring::<Z32>(party, &bit)
    });
}

#[test]
fn lookups_are_masked_with_real_keys() {
    let layouts = [vec![], vec![vec![Field::Packed(8 * N, 32)]], vec![]];
    is_masked::<Z32, _>("a power of two", &SHARES, &layouts, true, |party, x| exp2(party, &x, 8));

    let function = StepFunction { frac: 4, values: vec![1.0, 2.0] };
    let steps = StepFunctions::new(0.0..256.0, vec![3.0], vec![function]);
    // Corrections are looked at where they are made.
    let corrections = Field::Other(16 * 8 * N + 4 * 9 * N + 2 * N);
    let of_both = || vec![vec![corrections], vec![Field::Packed(N, 32)]];
    let layouts = [vec![], of_both(), of_both()];
    is_masked::<Z32, _>("a step function", &SHARES[..2], &layouts, true, |party, x| {
        Ok(step_functions(party, &x, 0, &steps)?.len())
    });
}

/// What first receives of a position is no pair of messages to compare: their sum is the position.
#[test]
fn maxima_are_masked_with_real_keys() {
    const ROW: usize = 4;
    let levels = Levels { low: -16.0, step: 1.0, count: 64 };
    let rows = N / ROW;
    let (codes, strings) = (vec![Field::Words(N)], vec![Field::Words(rows * ROW)]);
    let ands = [vec![Field::Words(2 * rows)], vec![Field::Words(rows)]];
    let result = vec![Field::Packed(rows, 32)];
    let position = || vec![Field::Words(rows)];
    let layouts = [
        [ands.to_vec(), vec![position(), position()]].concat(),
        [
            vec![strings.clone()],
            ands.to_vec(),
            vec![vec![Field::Packed(64 * rows, 32)], result.clone()],
        ]
        .concat(),
        [vec![codes, strings], ands.to_vec(), vec![result]].concat(),
    ];
    is_masked::<Z32, _>("a maximum", &SHARES[..2], &layouts, false, |party, x| {
        let x = x.reshape(&[rows, ROW]);
        row_maximum(party, &x, 8, &levels)
    });
}

/// What a receiver of a transfer gets is masked by more than the pads that it draws itself: with either
/// of them subtracted it is still uniform. With both pads from one stream, what first sends would be
/// masked by the receiver's own.
#[test]
fn pads_of_a_receiver_unmask_nothing() {
    const D: u32 = 8;
    for choice in [0, u32::MAX] {
        let logs: [MessageLog; 3] = Default::default();
        let parties = run::seeded_over(recorded_trio(&logs), 70);
        let received = messages(parties, &logs, |party| {
            let all = |word: u32| move |piece: Range<usize>| vec![word; piece.len()];
            let choices = all(choice);
            match party.start("transfer") {
                Role::First => {
                    let messages = |piece: Range<usize>| [all(3)(piece.clone()), all(9)(piece)];
                    transfer::send(party, D, N, 0, messages, |_, _| Vec::new()).map(drop)
                }
                Role::Second => transfer::receive_second(party, D, N, 0, choices, |_, _, _| ()),
                Role::Third => transfer::receive_third(party, D, N, choices, |_, _| ()),
            }
        });
        // The same keys once more, for what each receiver draws; party 1 is the first.
        let mut again = run::seeded_over(recorded_trio(&Default::default()), 70);
        for (receiver, first) in [(2, Peer::Prev), (0, Peer::Next)] {
            let party = &mut again[receiver];
            party.start("transfer");
            let field = Field::Packed(N, D);
            let pads =
                [Purpose::Pad0, Purpose::Pad1].map(|pad| party.draw::<u32>(first, pad, N, D));
            for (number, message) in received[receiver].iter().enumerate() {
                let (_, got) = values(message, &[field]).remove(0);
                for (pad, words) in pads.iter().enumerate() {
                    let pairs = got.iter().zip(words);
                    let less = pairs.map(|(got, &pad)| got.wrapping_sub(u64::from(pad)));
                    let place = format!("message {number} to party {receiver} less pad {pad}");
                    fair(field, less).unwrap_or_else(|leak| panic!("{place}: {leak}"));
                }
            }
        }
    }
}

/// The strings whose sum first gets: both messages are masked, in every word by itself, as a string has
/// few words.
#[test]
fn openings_to_first_are_masked_with_real_keys() {
    let string = || vec![Field::Packed(N, 64)];
    let layouts = [vec![string(), string()], vec![], vec![]];
    is_masked::<Z32, _>("an opening", &SHARES[1..2], &layouts, false, |party, _| {
        let role = party.start("row maximum");
        let strings = if role == Role::First { vec![] } else { vec![1 << 17; N] };
        open_to_first(party, role, strings, N)
    });
}

/// Sessions of one run, on the same inputs: no message is that of another session, and no two differ by
/// something else than masks.
#[test]
fn parallel_sessions_send_different_bytes() {
    let key = run::seeded_key(50, 0);
    let logs: [[MessageLog; 3]; 2] = Default::default();
    let sessions = run::sessions_over(&key, [0, 1].map(|s| recorded_trio(&logs[s])));
    let mut sessions = sessions.into_iter().zip(&logs);
    let [first, second] = std::array::from_fn(|_| {
        let (parties, logs) = sessions.next().expect("two sessions");
        messages(parties, logs, |party| {
            let x = constant::<Z32>(party, SHARES[1], N);
            let y = truncate(party, product::<Z32>(party, SHARES[1]), 8)?;
            let bit = is_negative(party, &x, 9)?;
            bit_to_ring::<Z32>(party, &bit)?;
            Ok(y)
        })
    });
    for (party, (first, second)) in first.iter().zip(&second).enumerate() {
        assert_eq!(first.len(), second.len());
        for (number, (first, second)) in first.iter().zip(second).enumerate() {
            assert_ne!(first, second, "message {number} to party {party}");
            let [first, second] = [first, second].map(|message| recorded_links::words(message));
            let field = Field::Words(first.len());
            let sums = first.iter().zip(&second).map(|(a, b)| a ^ b);
            fair(field, sums).unwrap_or_else(|e| panic!("message {number} to party {party}: {e}"));
        }
    }
}

/// What fills the last byte or word of a field says nothing of the elements: it is the same whatever
/// the component is that the receiver lacks.
#[test]
fn padding_does_not_depend_on_the_values() {
    const FEW: usize = 67;
    let run_with = |hidden: u64, lacking: usize| {
        let logs: [MessageLog; 3] = Default::default();
        let parties = run::seeded_over(recorded_trio(&logs), 60);
        let mut components = [0x1234_5678, 0x0bad_cafe, 77];
        components[(lacking + 2) % 3] = hidden;
        messages(parties, &logs, |party| {
            let x = constant::<Z32>(party, components, FEW);
            let y = truncate(party, Rep3Product::Shared(x.clone()), 5)?;
            let bit = is_negative(party, &x, 9)?;
            bit_to_ring::<Z32>(party, &bit)?;
            Ok(y)
        })
        .into_iter()
        .nth(lacking)
        .expect("three parties")
    };
    let mut paddings = 0;
    for party in 0..3 {
        let all = [0, 5, u64::MAX].map(|hidden| run_with(hidden, party));
        for (number, message) in all[0].iter().enumerate() {
            // Planes of two words, of which the second has 3 elements; or 67·5 bits, one short of 42
            // bytes, or 67 whole words, which have no padding.
            let padding: Vec<(usize, u8)> = match message.len() {
                len if len.is_multiple_of(16) => {
                    let in_word = |at: usize| if at.is_multiple_of(8) { 0xf8 } else { 0xff };
                    (0..len).filter(|at| at % 16 >= 8).map(|at| (at, in_word(at))).collect()
                }
                42 => vec![(41, 0x80)],
                310 => vec![(41, 0x80)],
                268 | 536 => continue,
                len => panic!("a message of {len} bytes"),
            };
            paddings += padding.len();
            for (at, mask) in padding {
                let bits = all.each_ref().map(|messages| messages[number][at] & mask);
                assert!(bits.iter().all(|b| *b == bits[0]), "party {party}, {number}, byte {at}");
            }
        }
    }
    assert!(paddings > 0);
}

/// The checks of this file fail for what they are there to find.
#[test]
fn one_unmasked_element_of_64_is_noticed() {
    let mut words = ditto_core::prg::Prg::new(&run::seeded_key(1, 1), 0).stream(0, 0);
    let field = Field::Packed(N, 8);
    let masks: Vec<u64> = words.words::<u8>(N).into_iter().map(u64::from).collect();
    assert_eq!(check("", &[(field, masks.clone())], true), Ok(()));
    assert!(check("", &[(field, masks.clone()), (field, masks.clone())], true).is_err());
    let mut leaking = masks;
    leaking.iter_mut().skip(17).step_by(64).for_each(|value| *value = 5);
    assert!(check("", &[(field, leaking)], true).is_err());
}
