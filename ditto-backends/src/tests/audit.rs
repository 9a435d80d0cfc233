//! The audit of `Rep3`: for each range a value just inside passes and one just outside is found, in
//! its scope and no other; what it costs is what its documentation says.

use ditto_core::bitplanes::plane_words;
use ditto_core::fixed::exp2;
use ditto_core::{
    Backend, Cost, Levels, Linear, Report, Ring, StepFunction, StepFunctions, Z32, Z64,
};
use ndarray::{arr0, arr1};
use proptest::prelude::*;

use super::integers::Integers;
use super::rig::{rep3_integers, rep3_shares};
use crate::rep3::audited::{Audited, AuditedShare};
use crate::rep3::run::{all_of, seeded_parties, threads};
use crate::rep3::sharing::Inconsistent;
use crate::rep3::{AuditReport, PartyError, cost};

const FRAC: u32 = 8;

/// Three parties that test.
fn auditors(seed: u64) -> [Audited; 3] {
    seeded_parties(seed).map(Audited::from)
}

/// Runs `body` with an audit on three parties, whose shares of it the client puts together.
fn audited<R: Ring, T: Send>(
    values: &[i128],
    body: impl Fn(&mut Audited, &AuditedShare<R>) -> Result<T, PartyError> + Sync,
) -> ([T; 3], AuditReport, Report) {
    let x: Integers = arr1(values).into_dyn();
    let results = threads(auditors(5), rep3_shares::<R>(&x, 7), |party, x| {
        let value = body(party, &x.into())?;
        let audit = party.finish()?;
        Ok::<_, PartyError>((value, audit, party.trace().report()))
    });
    let parties = all_of(results).unwrap_or_else(|e| panic!("{e}"));
    let [(a, first, ra), (b, second, rb), (c, third, rc)] = parties;
    let audit = AuditReport::open(&[first, second, third]).expect("shares of one audit");
    ([a, b, c], audit, Report::merge([ra, rb, rc]))
}

/// Whether a value is found outside in the one scope that there is.
fn found<R: Ring, T: Send>(
    values: &[i128],
    body: impl Fn(&mut Audited, &AuditedShare<R>) -> Result<T, PartyError> + Sync,
) -> bool {
    let in_layer = |party: &mut Audited, x: &AuditedShare<R>| {
        party.scope("encoder 3", |party| party.scope("softmax", |party| body(party, x)))
    };
    let (_, audit, _) = audited(values, in_layer);
    let [scope] = &audit.scopes[..] else { panic!("not one scope: {audit:?}") };
    assert_eq!(scope.path, "encoder 3/softmax");
    scope.left_range
}

/// All of `inside` pass together, and each of `outside` is found between values that pass.
fn holds<R: Ring, T: Send>(
    what: &str,
    inside: &[i128],
    outside: &[i128],
    body: impl Fn(&mut Audited, &AuditedShare<R>) -> Result<T, PartyError> + Sync,
) {
    assert!(!found(inside, &body), "{what} in {}: {inside:?} are in range", R::NAME);
    for &value in outside {
        let values = [inside, &[value], inside].concat();
        assert!(found(&values, &body), "{what} in {}: {value} is out of range", R::NAME);
    }
}

fn ring<R: Ring>() {
    let k = R::BITS;
    let (low, high) = (-(1i128 << (k - 1)), (1i128 << (k - 1)) - 1);
    let limit = 1i128 << (k - 2);
    // A truncation rounds: within an ulp of the limit either may be said.
    let inside = [8 - limit, -1, 0, 1, limit - 1];
    let outside = [low, -limit - 8, limit + 8, high];
    holds::<R, _>("truncation of a share", &inside, &outside, |cx, x| {
        cx.truncate(Audited::product_of(x), 3)
    });
    holds::<R, _>("truncation of a product", &inside, &outside, |cx, x| {
        let one = Audited::add_public(&x.sub(x), &arr0(1.0).into_dyn(), 0);
        let product = cx.mul(x, &one)?;
        cx.truncate(product, 3)
    });
    let by = k - 2;
    holds::<R, _>(
        "truncation of all bits",
        &[0, 1, limit / 2],
        &[low, -limit - limit / 2],
        |cx, x| cx.truncate(Audited::product_of(x), by),
    );
    holds::<R, _>("a comparison", &[-4096, 0, 4095], &[low, -4097, 4096, high], |cx, x| {
        cx.is_negative(x, 13)
    });
    let declared = [low, -513, 768, high];
    holds::<R, _>("a declared range", &[-512, 0, 767], &declared, |cx, x| {
        cx.declare_range(x, FRAC, -2.0..3.0)
    });
    // Ends between two values, a single value, and half of the ring.
    holds::<R, _>("a declared range", &[-512, 767], &declared, |cx, x| {
        cx.declare_range(x, FRAC, -2.001..2.999)
    });
    holds::<R, _>("one value", &[256], &[low, 255, 257, high], |cx, x| {
        cx.declare_range(x, FRAC, 1.0..1.001)
    });
    let end = exp2(k - 2);
    holds::<R, _>("half of the ring", &[-limit, limit - 1], &[low, -limit - 1, limit], |cx, x| {
        cx.declare_range(x, 0, -end..end)
    });
    holds::<R, _>("a power", &[low, -20, -1], &[0, 1, high], |cx, x| cx.exp2(x, FRAC));
    let levels = Levels { low: -32.0, step: 1.0, count: 64 };
    let (least, most) = (-32 << FRAC, (31 << FRAC) - 1);
    holds::<R, _>("a maximum", &[least, 0, most], &[low, least - 1, most + 1, high], |cx, x| {
        cx.row_maximum(x, FRAC, &levels)
    });
    let step = StepFunction { values: vec![0.5, 0.25], frac: 4 };
    let steps = StepFunctions::new(0.0..4.0, vec![1.0], vec![step]);
    holds::<R, _>("a step function", &[0, 256, 1023], &[low, -1, 1024, high], |cx, x| {
        cx.step_functions(x, FRAC, &steps)
    });
}

#[test]
fn values_just_outside_are_found_in_z32() {
    ring::<Z32>();
}

#[test]
fn values_just_outside_are_found_in_z64() {
    ring::<Z64>();
}

#[test]
fn conversions_find_values_just_outside() {
    let (low, high) = (-(1i128 << 31), (1i128 << 31) - 1);
    let limit = 1i128 << 30;
    holds::<Z32, _>("widening", &[-limit, limit - 1], &[low, -limit - 1, limit, high], |cx, x| {
        cx.widen::<Z32, Z64>(x, 10)
    });
    // What fits the narrow ring and not the wide one after the scale-up.
    let limit = 1i128 << 23;
    holds::<Z32, _>("widening", &[-limit, limit - 1], &[low, -limit - 1, limit, high], |cx, x| {
        cx.widen::<Z32, Z64>(x, 40)
    });
    let limit = 1i128 << 30;
    holds::<Z32, _>("truncation into Z64", &[8 - limit, limit - 1], &[low, limit + 8], |cx, x| {
        cx.truncate_widen::<Z32, Z64>(Audited::product_of(x), 3)
    });
    holds::<Z32, _>("truncation by 0 bits", &[1 - limit, limit], &[low, limit + 1], |cx, x| {
        cx.truncate_widen::<Z32, Z64>(Audited::product_of(x), 0)
    });
    let (low, high, limit) = (-(1i128 << 63), (1i128 << 63) - 1, 1i128 << 35);
    let outside = [low, -limit - 1, limit, high];
    holds::<Z64, _>("narrowing", &[-limit, limit - 1], &outside, |cx, x| {
        // What a party computed, as an input by itself has no party to tell.
        let x = cx.truncate(Audited::product_of(x), 0)?;
        let y = Linear::slice(&x.reshape(&[1, x.shape()[0]]), 0, 0..1);
        Ok(Audited::narrow::<Z64, Z32>(&y.permute(&[1, 0]), 5))
    });
    holds::<Z64, _>("narrowing a sum", &[-limit / 2, limit / 2 - 1], &[limit / 2], |cx, x| {
        let y = cx.truncate(Audited::product_of(x), 0)?;
        let sum = Linear::concat(&[x, &x.add(&y)], 0);
        Ok(Audited::narrow::<Z64, Z32>(&sum, 5))
    });
}

/// Powers of very low exponents mean nothing, and are multiplied by 0 later.
#[test]
fn powers_need_no_range_when_they_are_scaled_down() {
    let exponents: Vec<i128> = (1..400).map(|i| -i * 100).collect();
    let inside = !found(&exponents, |cx, x: &AuditedShare<Z32>| {
        let power = cx.exp2(x, FRAC)?;
        let powers = [&power, &power.reshape(power.shape())];
        cx.truncate(Linear::concat(&powers, 0), 12)
    });
    assert!(inside);
}

#[test]
fn only_the_scope_of_the_value_is_found() {
    let body = |cx: &mut Audited, x: &AuditedShare<Z32>| {
        cx.scope("layer 3", |cx| cx.declare_range(x, FRAC, -10.0..10.0))?;
        cx.scope("layer 4", |cx| {
            cx.declare_range(x, FRAC, -10.0..10.0)?;
            cx.scope("softmax", |cx| cx.declare_range(x, FRAC, -1.0..1.0))?;
            // Back in the outer one.
            cx.declare_range(x, FRAC, -9.0..9.0)
        })?;
        cx.declare_range(x, FRAC, -8.0..8.0)
    };
    let (_, audit, _) = audited(&[300, -5, 7], body);
    let found: Vec<_> =
        audit.scopes.iter().map(|s| (s.path.as_str(), s.tests, s.left_range)).collect();
    assert_eq!(
        found,
        [
            ("layer 3", 6, false),
            ("layer 4", 6, false),
            ("layer 4/softmax", 6, true),
            ("layer 4", 6, false),
            ("top level", 6, false),
        ]
    );
    let failed: Vec<String> = audit.failed().map(ToString::to_string).collect();
    assert_eq!(failed, ["layer 4/softmax: a value left its range"]);
    assert_eq!(audit.scopes[0].to_string(), "layer 3: no value found out of range");
    assert_eq!(audit.layers(), 4);
}

#[test]
fn without_values_nothing_is_tested() {
    let (_, audit, _) =
        audited(&[], |cx, x: &AuditedShare<Z32>| cx.declare_range(x, FRAC, -1.0..1.0));
    assert_eq!(audit, AuditReport::default());
    let (_, audit, _) = audited(&[1], |_, x: &AuditedShare<Z32>| Ok(x.clone()));
    assert_eq!(audit, AuditReport::default());
    // A range that the ring does not reach holds nothing.
    for range in [exp2(31)..exp2(33), exp2(31) + 5.0..exp2(32), -exp2(34)..-exp2(32)] {
        for value in [-(1i128 << 31), -3, 0, 3, (1 << 31) - 1] {
            let beyond =
                |cx: &mut Audited, x: &AuditedShare<Z32>| cx.declare_range(x, 0, range.clone());
            assert!(found(&[value], beyond), "{value} is not in {range:?}");
        }
    }
    // More than half of the ring: not tested, and said so.
    let all = |cx: &mut Audited, x: &AuditedShare<Z32>| cx.declare_range(x, 0, -exp2(31)..exp2(30));
    assert_eq!(audited(&[1], all).1, AuditReport::default());
}

/// A value of an audit that is over, added to one of the next: that one tests what comes of it.
#[test]
fn values_of_an_earlier_audit_do_not_silence_a_later_one() {
    let x: Integers = arr1(&[1i128 << 40; 3]).into_dyn();
    let results = threads(auditors(5), rep3_shares::<Z64>(&x, 7), |party, x| {
        let x = AuditedShare::from(x);
        let old = party.truncate(Audited::product_of(&x), 0)?;
        party.finish()?;
        let new = party.truncate(Audited::product_of(&x), 0)?;
        let none = new.sub(&new);
        let _ = Audited::narrow::<Z64, Z32>(&old.add(&none), 5);
        party.finish()
    });
    let audit = AuditReport::open(&all_of(results).expect("no party stops"));
    let audit = audit.expect("shares of one audit");
    assert!(audit.failed().next().is_some(), "2^40 does not fit: {audit:?}");
}

#[test]
fn without_an_audit_nothing_is_sent_for_it() {
    let x: Integers = arr1(&[1i128 << 20; 3]).into_dyn();
    let results = threads(seeded_parties(5), rep3_shares::<Z32>(&x, 7), |party, x| {
        party.declare_range(&x, FRAC, -1.0..1.0)?;
        party.finish()?;
        Ok::<_, PartyError>(party.trace().total())
    });
    assert_eq!(all_of(results).expect("no party stops"), [(); 3].map(|()| Cost::none(3)));
}

/// An audit changes no result.
#[test]
fn results_are_those_without_an_audit() {
    let values: Vec<i128> = (-50..50).map(|i| i * 20_000_003).collect();
    let (shares, audit, _) =
        audited(&values, |cx, x: &AuditedShare<Z32>| cx.truncate(Audited::product_of(x), 8));
    assert!(!audit.scopes[0].left_range);
    for (y, x) in rep3_integers(&shares.map(AuditedShare::into_inner)).iter().zip(&values) {
        assert!([0, 1].contains(&(y - (x >> 8))), "{x} became {y}");
    }
}

/// More tests than wait at a time: some are made while the computation runs.
#[test]
fn many_tests_are_made_in_batches() {
    let mut values = vec![0i128; 600_000];
    // An ulp of the result above the limit.
    values[599_999] = (1 << 30) + (1 << 8);
    let body = |cx: &mut Audited, x: &AuditedShare<Z32>| {
        for layer in ["first", "second", "third"] {
            cx.scope(layer, |cx| {
                // The value that is outside is only there in the second.
                let kept = if layer == "second" { 600_000 } else { 599_999 };
                let y = cx.truncate(Audited::product_of(&x.slice(0, 0..kept)), 8)?;
                cx.declare_range(&y, 0, -exp2(23)..exp2(23))
            })?;
        }
        Ok(())
    };
    let (_, audit, report) = audited(&values, body);
    let found: Vec<_> = audit.scopes.iter().map(|s| (s.path.as_str(), s.left_range)).collect();
    assert_eq!(found, [("first", false), ("second", true), ("third", false)]);
    let batches: Vec<&str> = report
        .scopes
        .iter()
        .filter(|scope| scope.path.ends_with("audit") && scope.cost.rounds > 0)
        .map(|scope| scope.path.as_str())
        .collect();
    assert_eq!(batches, ["audit", "first/audit", "second/audit", "third/audit"]);
}

/// Coins, tests of two widths and the OR: nothing is opened.
#[test]
fn the_cost_is_as_documented() {
    const N: usize = 100;
    const SCOPES: u64 = 70;
    let values = [1i128; N];
    let body = |cx: &mut Audited, x: &AuditedShare<Z32>| {
        cx.trace().restart();
        for layer in 0..SCOPES {
            cx.scope(&format!("layer {layer}"), |cx| cx.declare_range(x, 0, -2.0..3.0))?;
        }
        let last = format!("layer {}", SCOPES - 1);
        let y = cx.scope(&last, |cx| cx.truncate(Audited::product_of(x), 8))?;
        let spent = cx.trace().total();
        Ok((y, spent))
    };
    let (spent, audit, report) = audited(&values, body);
    assert_eq!(audit.scopes.len() as u64, SCOPES);
    let before = spent.map(|(_, spent)| spent);
    let tests = |n: usize, width: u32| cost::is_negative(n, width);
    let (declared, truncated) = (tests(2 * N * SCOPES as usize, 32), tests(N, 24));
    // Two ends and no power of two; 32 - 8 bits.
    assert_eq!(declared.rounds + truncated.rounds, 2 + 5 + 2 + 5);
    let rounds = before[0].rounds + declared.rounds + truncated.rounds + 6;
    let sent = before.iter().map(Cost::total_bytes).sum::<u64>()
        + [declared, truncated].iter().flat_map(|cost| cost.bytes).sum::<u64>()
        + 3 * 63 * 8 * plane_words(SCOPES as usize) as u64;
    assert_eq!((report.total().rounds, report.total().total_bytes()), (rounds, sent));
    let operations = report.operations();
    let calls = |name: &str| -> u64 {
        operations.iter().filter(|o| o.operation == name).map(|o| o.calls).sum()
    };
    // Each party counts itself.
    assert_eq!((calls("any"), calls("open")), (1, 0));
    // One OR that may miss something for each stretch.
    assert_eq!(report.failure_probability(), SCOPES as f64 * 2f64.powi(-64));
    // The coins cost nothing.
    let coins = |cx: &mut Audited, _: &AuditedShare<Z32>| Ok(cx.trace().total());
    let (parties, _, _) = audited(&[], coins);
    assert!(parties.iter().all(|cost| *cost == Cost::none(3)));
}

/// Shares of different audits, or one that a party has changed.
#[test]
fn shares_that_do_not_belong_together_are_refused() {
    let shares = |values: &[i128], seed: u64, scope: &str| {
        let x: Integers = arr1(values).into_dyn();
        let results = threads(auditors(seed), rep3_shares::<Z32>(&x, 7), |party, x| {
            let x = AuditedShare::from(x);
            party.scope(scope, |party| party.declare_range(&x, FRAC, -1.0..1.0))?;
            party.finish()
        });
        all_of(results).expect("no party stops")
    };
    let [a, b, c] = shares(&[1; 3], 5, "layer");
    assert!(AuditReport::open(&[a.clone(), b.clone(), c.clone()]).is_ok());
    let order = AuditReport::open(&[b.clone(), a.clone(), c.clone()]);
    assert!(order.is_err(), "the parties' order matters");
    let [_, other, _] = shares(&[1; 3], 5, "another");
    assert_eq!(AuditReport::open(&[a.clone(), other, c.clone()]), Err(Inconsistent(0, 1)));
    let [_, other, _] = shares(&[1; 4], 5, "layer");
    assert_eq!(AuditReport::open(&[a.clone(), other, c.clone()]), Err(Inconsistent(0, 1)));
    // Of 64 other runs, some have another component in the one bit that there is.
    let refused = (6..70).filter(|&seed| {
        let [_, _, other] = shares(&[1; 3], seed, "layer");
        AuditReport::open(&[a.clone(), b.clone(), other]).is_err()
    });
    assert!(refused.count() > 32);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Against integers, over the whole ring: what is outside is found and nothing else is.
    #[test]
    fn any_value_outside_is_found_and_no_other(
        values in prop::collection::vec(any::<i32>(), 1..200),
        low in any::<i32>(),
        span in 1..=i32::MAX,
        halvings in 0u32..32,
    ) {
        let high = low.saturating_add(span);
        let values: Vec<i128> = values.iter().map(|&v| i128::from(v >> halvings)).collect();
        let outside = values.iter().any(|&v| v < low.into() || v >= high.into());
        let got = found(&values, |cx, x: &AuditedShare<Z32>| {
            cx.declare_range(x, 0, f64::from(low)..f64::from(high))
        });
        prop_assert_eq!(got, outside);
    }
}
