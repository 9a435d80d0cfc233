//! What the operations of [`Sim`](super::Sim) compute: the results of the protocols, and whether a
//! value is out of range.

use ditto_core::bitplanes::plane_words;
use ditto_core::fixed;
use ditto_core::shape::{Broadcast, MatmulShape};
use ditto_core::{Backend, Levels, Linear, NarrowerThan, Ring, StepFunction, StepFunctions, Word};
use generic_array::GenericArray;
use ndarray::ArrayD;
use num_traits::{WrappingMul, WrappingSub};
use typenum::U1;

use super::exact::MatrixProduct;
use super::share::{Fault, SimProduct, SimShare, SimWeight};
use super::{Sim, SimError};
use crate::clear::plain;
use crate::gadgets::constants::public;
use crate::gadgets::powers_of_two;
use crate::party::arrays::{array, elements, sum_rows};
use crate::party::shares::Bits;
use crate::party::sharing::decoded;

/// Products have to be below 2^(k-2) before they are scaled down.
fn product_bits<R: Ring>() -> u32 {
    R::BITS - 2
}

/// The integers in f64, to 53 bits.
pub(super) fn integer_array<R: Ring>(x: &SimShare<R>) -> ArrayD<f64> {
    array(x.shape(), x.integers().map(|v| v as f64).collect())
}

impl Sim {
    /// x / 2^bits as truncation rounds it: up exactly if x2 mod 2^bits is below x mod 2^bits.
    fn rounded<W: Word>(&mut self, x: &[W], bits: u32) -> Vec<i64> {
        if bits == 0 {
            return x.iter().map(|x| x.to_i64()).collect();
        }
        let mut coins = vec![W::default(); x.len()];
        W::fill(&mut self.noise, &mut coins);
        let below = W::from_u64((1 << bits) - 1);
        let round = |(x, coin): (&W, &W)| {
            let up = coin.and(below).to_u64() < x.and(below).to_u64();
            (x.to_i64() >> bits) + i64::from(up)
        };
        x.iter().zip(&coins).map(round).collect()
    }

    /// Checks the true integers of a product, and gives the product.
    fn product<R: Ring>(
        &self,
        operation: &'static str,
        factors: [&SimShare<R>; 2],
        shape: &[usize],
        truth: impl Iterator<Item = i128>,
        words: Vec<R::Word>,
    ) -> Result<SimProduct<R>, SimError> {
        let frac = factors[0].frac + factors[1].frac;
        for factor in factors {
            self.unmarked(factor)?;
        }
        if let Some(fault) = Fault::find::<R>(operation, truth, product_bits::<R>(), frac) {
            return Err(self.error(fault));
        }
        Ok(SimProduct::fresh(self.share(shape, words, frac)))
    }

    /// Checks the true sums of a matrix product, whose values in f64 are `floats`, and gives it.
    fn matrix_product<R: Ring>(
        &self,
        factors: [&SimShare<R>; 2],
        transposed: bool,
        floats: &ArrayD<f64>,
        words: Vec<R::Word>,
    ) -> Result<SimProduct<R>, SimError> {
        let [x, y] = factors;
        let sums = MatrixProduct {
            shape: MatmulShape::of(x.shape(), y.shape(), transposed),
            left: x.elements(),
            right: y.elements(),
            transposed,
            words: &words,
            floats: elements(floats),
        }
        .sums();
        self.product("matrix product", factors, floats.shape(), sums.into_iter(), words)
    }
}

pub(super) fn matmul_weight<R: Ring>(
    sim: &mut Sim,
    x: &SimShare<R>,
    w: &SimWeight<R>,
) -> Result<SimProduct<R>, SimError> {
    let s = MatmulShape::of(x.shape(), w.value.shape(), false);
    sim.account.matrix_product::<R>(s);
    let mut words = vec![R::Word::default(); s.m * s.n];
    R::Word::gemm(s.m, x.elements(), &w.packed, &mut words);
    let floats = plain::matmul(&integer_array(x), &w.integers, false);
    sim.matrix_product([x, &w.value], false, &floats, words)
}

pub(super) fn matmul<R: Ring>(
    sim: &mut Sim,
    x: &SimShare<R>,
    y: &SimShare<R>,
    transposed: bool,
) -> Result<SimProduct<R>, SimError> {
    let s = MatmulShape::of(x.shape(), y.shape(), transposed);
    sim.account.matrix_product::<R>(s);
    let mut words = vec![R::Word::default(); s.batch * s.m * s.n];
    for i in 0..s.batch {
        let right = &y.elements()[i * s.k * s.n..(i + 1) * s.k * s.n];
        let right = R::Word::pack_factor(right, s.k, s.n, transposed);
        let left = &x.elements()[i * s.m * s.k..(i + 1) * s.m * s.k];
        R::Word::gemm(s.m, left, &right, &mut words[i * s.m * s.n..(i + 1) * s.m * s.n]);
    }
    let floats = plain::matmul(&integer_array(x), &integer_array(y), transposed);
    sim.matrix_product([x, y], transposed, &floats, words)
}

pub(super) fn mul<R: Ring>(
    sim: &mut Sim,
    x: &SimShare<R>,
    y: &SimShare<R>,
) -> Result<SimProduct<R>, SimError> {
    let rule = Broadcast::of(x.shape(), y.shape());
    sim.account.product::<R>(x.shape());
    let words = rule.zip(x.elements(), y.elements(), |x, y| x.wrapping_mul(&y));
    let (xs, ys): (Vec<i128>, Vec<i128>) = (x.integers().collect(), y.integers().collect());
    let truth = rule.zip(&xs, &ys, |x, y| x * y);
    sim.product("product", [x, y], x.shape(), truth.into_iter(), words)
}

pub(super) fn truncate<R: Ring>(
    sim: &mut Sim,
    x: SimProduct<R>,
    bits: u32,
) -> Result<SimShare<R>, SimError> {
    sim.check("truncation", &x.value, product_bits::<R>())?;
    sim.account.truncate::<R>(x.value.shape(), bits, x.reshared);
    if bits == 0 {
        return Ok(SimShare { scopes: Some(sim.scopes.clone()), ..x.value });
    }
    let words = sim.rounded(x.value.elements(), bits);
    let words = words.into_iter().map(|v| R::Word::from_u64(v as u64)).collect();
    Ok(sim.share(x.value.shape(), words, x.value.frac - bits))
}

pub(super) fn truncate_widen<R: NarrowerThan<W>, W: Ring>(
    sim: &mut Sim,
    x: SimProduct<R>,
    bits: u32,
) -> Result<SimShare<W>, SimError> {
    sim.check("truncation", &x.value, product_bits::<R>())?;
    sim.account.truncate_widen::<R, W>(x.value.shape(), bits, x.reshared);
    let words = sim.rounded(x.value.elements(), bits);
    let words = words.into_iter().map(|v| W::Word::from_u64(v as u64)).collect();
    Ok(sim.share(x.value.shape(), words, x.value.frac - bits))
}

pub(super) fn step_functions<R: Ring>(
    sim: &mut Sim,
    x: &SimShare<R>,
    frac: u32,
    steps: &StepFunctions,
) -> Result<Vec<SimShare<R>>, SimError> {
    sim.declare_range(x, frac, steps.range())?;
    sim.account.step_functions::<R>(x.shape(), frac, steps);
    let edges = steps.integer_edges(frac);
    let interval = |x: &R::Word| edges.partition_point(|&edge| edge <= x.to_u64());
    let intervals: Vec<usize> = x.elements().iter().map(interval).collect();
    let of = |function: &StepFunction| {
        let values: Vec<R::Word> =
            function.values.iter().map(|&v| public(v, function.frac)).collect();
        let words = intervals.iter().map(|&i| values[i]).collect();
        sim.share(x.shape(), words, function.frac)
    };
    Ok(steps.functions().iter().map(of).collect())
}

pub(super) fn exp2<R: Ring>(
    sim: &mut Sim,
    x: &SimShare<R>,
    frac: u32,
) -> Result<SimProduct<R>, SimError> {
    let tables = powers_of_two::Tables::new::<R>(frac);
    sim.declare_range(x, frac, f64::NEG_INFINITY..0.0)?;
    sim.account.exp2::<R>(x.shape());
    // As the protocol does with x2 = b; what lies below the range is as good as any value.
    let mut addends = vec![R::Word::default(); x.elements().len()];
    R::Word::fill(&mut sim.noise, &mut addends);
    let lowest = (powers_of_two::LOWEST * fixed::exp2(frac)) as i64;
    let power = |(x, b): (&R::Word, &R::Word)| {
        if x.to_i64() < lowest {
            return R::Word::default();
        }
        let (index, right) = tables.right::<R::Word>(*b);
        tables.left::<R::Word>(x.wrapping_sub(b))[index].wrapping_mul(&right)
    };
    let words = x.elements().iter().zip(&addends).map(power).collect();
    Ok(SimProduct::fresh(sim.share(x.shape(), words, R::BITS - 2)))
}

pub(super) fn row_maximum<R: Ring>(
    sim: &mut Sim,
    x: &SimShare<R>,
    frac: u32,
    levels: &Levels,
) -> Result<SimShare<R>, SimError> {
    let bits = levels.step_bits(frac);
    sim.declare_range(x, frac, levels.range())?;
    sim.account.row_maximum::<R>(x.shape(), frac, levels);
    // The protocol cuts two addends instead of their sum, so it may lose one step.
    let mut addends = vec![R::Word::default(); x.elements().len()];
    R::Word::fill(&mut sim.noise, &mut addends);
    let below = R::Word::from_u64((1 << bits) - 1);
    let level = |(x, b): (&R::Word, &R::Word)| {
        let lost = x.and(below).to_u64() < b.and(below).to_u64();
        (x.to_i64() >> bits) - i64::from(lost)
    };
    let cut: Vec<i64> = x.elements().iter().zip(&addends).map(level).collect();
    // No level is below the lowest.
    let lowest = public::<R::Word>(levels.low, frac).to_i64() >> bits;
    let levels = sum_rows(&array(x.shape(), cut), lowest, i64::max);
    let words = levels.iter().map(|&m| R::Word::from_u64((m << bits) as u64)).collect();
    Ok(sim.share(levels.shape(), words, frac))
}

pub(super) fn widen<R: NarrowerThan<W>, W: Ring>(
    sim: &mut Sim,
    x: &SimShare<R>,
    up: u32,
) -> Result<SimShare<W>, SimError> {
    sim.check("widening", x, R::BITS - 2)?;
    sim.account.widen::<R, W>(x.shape(), up);
    let lift = |w: &R::Word| W::Word::from_u64(w.to_i64() as u64).shl(up);
    let wide = sim.share(x.shape(), x.elements().iter().map(lift).collect(), x.frac + up);
    let truth = x.integers().map(|v| v << up);
    match Fault::find::<W>("widening", truth, W::BITS - 1, wide.frac) {
        Some(fault) => Err(sim.error(fault)),
        None => Ok(wide),
    }
}

pub(super) fn is_negative<R: Ring>(
    sim: &mut Sim,
    x: &SimShare<R>,
    width: u32,
) -> Result<Bits<U1>, SimError> {
    sim.check("comparison", x, width - 1)?;
    sim.account.is_negative::<R>(x.shape(), width);
    let mut words = vec![0u64; plane_words(x.elements().len())];
    for (i, x) in x.elements().iter().enumerate() {
        words[i / 64] |= u64::from(x.to_i64() < 0) << (i % 64);
    }
    Ok(Bits::new(x.shape(), GenericArray::from_array([words])))
}

pub(super) fn bit_to_ring<R: Ring>(sim: &mut Sim, bit: &Bits<U1>) -> Result<SimShare<R>, SimError> {
    let n = bit.len();
    sim.account.bit_to_ring::<R>(bit.shape());
    let words = bit.component(0);
    let bit_of = |i: usize| R::Word::from_u64(words[i / 64] >> (i % 64) & 1);
    Ok(sim.share(bit.shape(), (0..n).map(bit_of).collect(), 0))
}

pub(super) fn open<R: Ring>(
    sim: &mut Sim,
    x: &SimShare<R>,
    frac: u32,
) -> Result<ArrayD<f64>, SimError> {
    sim.check("open", x, R::BITS - 1)?;
    sim.account.open::<R>(x.shape());
    Ok(decoded::<R>(x.shape(), x.elements().iter().copied(), frac))
}
