//! Runs one computation on every backend: exact integers in, exact integers and the cost out.

use ditto_core::fixed::exp2;
use ditto_core::prg::Prg;
use ditto_core::{Backend, Cost, Linear, Report, Ring, Word};
use ndarray::{ArrayD, IxDyn};
use num_traits::WrappingAdd;

use super::integers::{Integers, Op, Product, Step};

use crate::additive::{self, Additive, AdditiveShare};
use crate::clear::sim::{Sim, SimShare};
use crate::rep3::run::{self, seeded_key, seeded_parties};
use crate::rep3::{PartyError, Rep3, Rep3Share, share, sharing};

/// The fractional bits of all operands: many, so that any truncation leaves some.
pub(super) const FRAC: u32 = 62;

fn words<R: Ring>(x: &Integers) -> Vec<R::Word> {
    x.iter().map(|&v| R::Word::from_u64(v as u64)).collect()
}

fn integers<W: Word>(shape: &[usize], words: impl Iterator<Item = W>) -> Integers {
    let values = words.map(|w| w.to_i64().into()).collect();
    ArrayD::from_shape_vec(IxDyn(shape), values).expect("as many words as places")
}

/// A tensor of `Sim`.
pub(super) fn sim_share<R: Ring>(x: &Integers) -> SimShare<R> {
    SimShare::new(x.shape(), words::<R>(x), FRAC)
}

/// What `Sim` holds.
pub(super) fn sim_integers<R: Ring>(x: &SimShare<R>) -> Integers {
    integers(x.shape(), x.elements().iter().copied())
}

/// The three parties' shares, from randomness that `seed` replays.
pub(super) fn rep3_shares<R: Ring>(x: &Integers, seed: u64) -> [Rep3Share<R>; 3] {
    let prg = Prg::new(&seeded_key(seed, 1), 0);
    let uniform = |purpose| {
        let mut component = vec![R::Word::default(); x.len()];
        R::Word::fill(&mut prg.stream(0, purpose), &mut component);
        component
    };
    std::array::from_fn(|party| {
        let (first, second) = sharing::split(party, words::<R>(x), uniform(0), uniform(1));
        share(party, x.shape(), first, second)
    })
}

/// What the three parties hold together; both copies of a component must agree.
pub(super) fn rep3_integers<R: Ring>(shares: &[Rep3Share<R>; 3]) -> Integers {
    for i in 0..3 {
        let (mine, theirs) = (shares[i].component(1), shares[(i + 1) % 3].component(0));
        assert!(mine == theirs, "parties {i} and {} differ", (i + 1) % 3);
    }
    let [a, b, c] = shares.each_ref().map(|s| s.component(0));
    let sum = |i: usize| a[i].wrapping_add(&b[i]).wrapping_add(&c[i]);
    integers(shares[0].shape(), (0..a.len()).map(sum))
}

/// A computation that a test runs on more than one backend.
pub(super) trait Program<R: Ring, S: Ring = R>: Sync {
    fn run<B: Backend>(&self, cx: &mut B, inputs: &[B::Share<R>]) -> Result<B::Share<S>, B::Error>;
}

/// On `Sim`: the values and the account, or the error. A mark that a local operation left is asked
/// for as the next interactive one would.
fn run_sim<R: Ring, S: Ring>(
    program: &impl Program<R, S>,
    inputs: &[Integers],
    seed: u64,
) -> Result<(Integers, Report), String> {
    let mut sim = Sim::new(seed);
    let shares: Vec<_> = inputs.iter().map(sim_share::<R>).collect();
    let result = program.run(&mut sim, &shares).map_err(|e| e.to_string())?;
    match &result.mark {
        Some(mark) => Err(format!("{:?}", mark.fault)),
        None => Ok((sim_integers(&result), sim.trace().report())),
    }
}

/// On three given parties: the values, and the parties' accounts as one.
pub(super) fn on_parties<R: Ring, S: Ring>(
    parties: [Rep3; 3],
    program: &impl Program<R, S>,
    inputs: &[Integers],
    seed: u64,
) -> (Integers, Report) {
    let mut dealt: [Vec<Rep3Share<R>>; 3] = Default::default();
    for (number, input) in inputs.iter().enumerate() {
        let shares = rep3_shares::<R>(input, seed ^ (number as u64) << 56);
        for (own, share) in dealt.iter_mut().zip(shares) {
            own.push(share);
        }
    }
    let results = run::threads(parties, dealt, |party, shares| {
        let result = program.run(party, &shares)?;
        Ok::<_, PartyError>((result, party.trace().report()))
    });
    let [(a, ra), (b, rb), (c, rc)] = run::all_of(results).unwrap_or_else(|e| panic!("{e}"));
    (rep3_integers(&[a, b, c]), Report::merge([ra, rb, rc]))
}

/// On `Sim`: the values and the cost.
pub(super) fn on_sim<R: Ring, S: Ring>(
    program: &impl Program<R, S>,
    inputs: &[Integers],
    seed: u64,
) -> Result<(Integers, Cost), String> {
    run_sim(program, inputs, seed).map(|(values, report)| (values, report.total()))
}

/// On `Rep3` in memory: the values and the cost.
pub(super) fn on_rep3<R: Ring, S: Ring>(
    program: &impl Program<R, S>,
    inputs: &[Integers],
    seed: u64,
) -> (Integers, Cost) {
    let (values, report) = on_parties(seeded_parties(seed), program, inputs, seed);
    (values, report.total())
}

/// What both parties and the dealer are given on `Additive`, from randomness that `seed` replays.
pub(super) fn additive_shares<R: Ring>(x: &Integers, seed: u64) -> [AdditiveShare<R>; 3] {
    let mut uniform = vec![R::Word::default(); x.len()];
    R::Word::fill(&mut Prg::new(&seeded_key(seed, 1), 0).stream(0, 0), &mut uniform);
    std::array::from_fn(|node| {
        let words = additive::sharing::split(node, words::<R>(x), uniform.clone());
        additive::share(node, x.shape(), words)
    })
}

/// What both parties hold together; the dealer has a share of the same shape and without content.
pub(super) fn additive_integers<R: Ring>([a, b, dealer]: &[AdditiveShare<R>; 3]) -> Integers {
    assert_eq!([a.shape(), b.shape()], [dealer.shape(); 2]);
    let empty = dealer.component(0).iter().all(|&word| word == R::Word::default());
    assert!(empty, "the dealer's share holds something");
    let sum = a.component(0).iter().zip(b.component(0)).map(|(a, b)| a.wrapping_add(b));
    integers(a.shape(), sum)
}

/// On two parties and a dealer: the values, and the nodes' accounts as one.
pub(super) fn on_nodes<R: Ring, S: Ring>(
    nodes: [Additive; 3],
    program: &impl Program<R, S>,
    inputs: &[Integers],
    seed: u64,
) -> (Integers, Report) {
    let mut dealt: [Vec<AdditiveShare<R>>; 3] = Default::default();
    for (number, input) in inputs.iter().enumerate() {
        let shares = additive_shares::<R>(input, seed ^ (number as u64) << 56);
        for (own, share) in dealt.iter_mut().zip(shares) {
            own.push(share);
        }
    }
    let results = run::threads(nodes, dealt, |node, shares| {
        let result = program.run(node, &shares)?;
        Ok::<_, PartyError>((result, node.trace().report()))
    });
    let [(a, ra), (b, rb), (c, rc)] = run::all_of(results).unwrap_or_else(|e| panic!("{e}"));
    (additive_integers(&[a, b, c]), Report::merge([ra, rb, rc]))
}

/// On `Additive` in memory: the values and the cost.
pub(super) fn on_additive<R: Ring, S: Ring>(
    program: &impl Program<R, S>,
    inputs: &[Integers],
    seed: u64,
) -> (Integers, Cost) {
    let nodes = additive::run::seeded_nodes(seed);
    let (values, report) = on_nodes(nodes, program, inputs, seed);
    (values, report.total())
}

/// The account of `Sim` by scope.
pub(super) fn sim_report<R: Ring, S: Ring>(
    program: &impl Program<R, S>,
    inputs: &[Integers],
    seed: u64,
) -> Result<Report, String> {
    run_sim(program, inputs, seed).map(|(_, report)| report)
}

/// The account of the three parties by scope.
pub(super) fn merged_report<R: Ring, S: Ring>(
    program: &impl Program<R, S>,
    inputs: &[Integers],
    seed: u64,
) -> Report {
    on_parties(seeded_parties(seed), program, inputs, seed).1
}

impl<R: Ring> Program<R> for Op {
    fn run<B: Backend>(&self, cx: &mut B, inputs: &[B::Share<R>]) -> Result<B::Share<R>, B::Error> {
        let x = &inputs[0];
        Ok(match self {
            Op::Reshape(shape) => x.reshape(shape),
            Op::Permute(axes) => x.permute(axes),
            Op::Slice(axis, range) => x.slice(*axis, range.clone()),
            Op::Concat(axis) => Linear::concat(&inputs.iter().collect::<Vec<_>>(), *axis),
            Op::Add => x.add(&inputs[1]),
            Op::Sub => x.sub(&inputs[1]),
            Op::Scale(factor) => B::scale(x, *factor),
            Op::Raise(bits) => B::raise(x, *bits),
            Op::ShiftPoint(bits) => Linear::shift_point(x.clone(), *bits),
            Op::AddPublic(values) => B::add_public(x, &public(values), FRAC),
            Op::SumLast => x.sum_last(),
            Op::IsNegative(width) => {
                let bit = cx.is_negative(x, *width)?;
                cx.bit_to_ring(&bit)?
            }
            Op::Product(how, bits) => {
                let product = make::<B, R>(how, cx, inputs)?;
                let shape = product.shape().to_vec();
                let result = cx.truncate(product, *bits)?;
                assert_eq!(result.shape(), shape);
                result
            }
        })
    }
}

/// Public integers as the values that they are at the scale of the tensors.
fn public(integers: &Integers) -> ArrayD<f64> {
    integers.mapv(|v| v as f64 / exp2(FRAC))
}

/// The products of an operation.
pub(super) fn make<B: Backend, R: Ring>(
    how: &Product,
    cx: &mut B,
    inputs: &[B::Share<R>],
) -> Result<B::Product<R>, B::Error> {
    let x = &inputs[0];
    Ok(match how {
        Product::Of => B::product_of(x),
        Product::Public(factors) => B::mul_public(x, &public(factors), FRAC),
        Product::Mul => cx.mul(x, &inputs[1])?,
        Product::Matmul { transposed } => cx.matmul(x, &inputs[1], *transposed)?,
        Product::Weight => {
            let weight = cx.prepare(&inputs[1])?;
            cx.matmul_weight(x, &weight)?
        }
        Product::Then(step) => {
            let first = cx.mul(x, &inputs[1])?;
            let other = match inputs {
                [_, _, z, w] => Some(cx.mul(z, w)?),
                // A product's scale is that of both factors together.
                [_, _, z] => Some(Linear::shift_point(B::product_of(z), FRAC)),
                _ => None,
            };
            match (step, &other) {
                (Step::Add, Some(other)) => first.add(other),
                (Step::Sub, Some(other)) => first.sub(other),
                (Step::Concat(axis), Some(other)) => Linear::concat(&[&first, other], *axis),
                (Step::Permute(axes), _) => first.permute(axes),
                (Step::Slice(axis, range), _) => first.slice(*axis, range.clone()),
                (Step::SumLast, _) => first.sum_last(),
                (Step::Reshape(shape), _) => first.reshape(shape),
                (Step::ShiftPoint(bits), _) => Linear::shift_point(first, *bits),
                (step, None) => panic!("{step:?} joins products with others"),
            }
        }
    })
}
