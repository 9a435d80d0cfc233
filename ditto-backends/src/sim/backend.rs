//! [`Backend`] for [`Sim`].

use std::ops::Range;

use ditto_core::bitplanes::plane_words;
use ditto_core::fixed::{decode, exp2};
use ditto_core::shape::{Broadcast, MatmulShape};
use ditto_core::{Backend, Levels, NarrowerThan, Ring, StepFunction, StepFunctions, Trace, Word};
use generic_array::GenericArray;
use ndarray::ArrayD;
use num_traits::{WrappingMul, WrappingSub};
use typenum::U1;

use super::share::{Fault, SimProduct, SimShare, SimWeight};
use super::{Sim, SimError};
use crate::rep3::backend::public;
use crate::shares::{Bits, Shares, array, check_narrowing, elements, sum_rows};
use crate::{plain, power};

/// Products have to be below 2^(k-2) before they are scaled down.
fn product_bits<R: Ring>() -> u32 {
    R::BITS - 2
}

fn integer_array<R: Ring>(x: &SimShare<R>) -> ArrayD<f64> {
    array(x.shape(), x.integers().map(|v| v as f64).collect())
}

impl Sim {
    /// x / 2^bits as truncation rounds it: up exactly if x2 mod 2^bits is at most x mod 2^bits.
    fn rounded<W: Word>(&mut self, x: &[W], bits: u32) -> Vec<i64> {
        if bits == 0 {
            return x.iter().map(|x| x.to_i64()).collect();
        }
        let mut coins = vec![W::default(); x.len()];
        W::fill(&mut self.noise, &mut coins);
        let below = W::from_u64((1 << bits) - 1);
        let round = |(x, coin): (&W, &W)| {
            let up = coin.and(below).to_u64() <= x.and(below).to_u64();
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
            if let Some(fault) = &factor.fault {
                return Err(self.error(fault.clone()));
            }
        }
        if let Some(fault) = Fault::find::<R>(operation, truth, product_bits::<R>(), frac) {
            return Err(self.error(fault));
        }
        Ok(SimProduct { value: SimShare::new(shape, words, frac), reshared: false })
    }

    /// The true sums are kept to 53 bits, which tells a wrap from a value in range; what is closer
    /// to the bound than that, the exact check before truncation sees.
    fn matrix_product<R: Ring>(
        &self,
        factors: [&SimShare<R>; 2],
        truth: &ArrayD<f64>,
        words: Vec<R::Word>,
    ) -> Result<SimProduct<R>, SimError> {
        let integers = elements(truth).iter().map(|&v| v as i128);
        self.product("matrix product", factors, truth.shape(), integers, words)
    }
}

// Three places in the source would not help who passes something that is no backend.
#[diagnostic::do_not_recommend]
impl Backend for Sim {
    type Share<R: Ring> = SimShare<R>;
    type Product<R: Ring> = SimProduct<R>;
    type Weight<R: Ring> = SimWeight<R>;
    type Bit = Bits<U1>;
    type Error = SimError;

    const NAME: &'static str = "sim";

    fn trace(&mut self) -> &mut Trace {
        &mut self.account.trace
    }

    fn declare<R: Ring>(
        &mut self,
        x: &SimShare<R>,
        frac: u32,
        range: Range<f64>,
    ) -> Result<(), SimError> {
        if let Some(fault) = &x.fault {
            return Err(self.error(fault.clone()));
        }
        let values = x.integers().map(|v| v as f64 / exp2(frac)).enumerate();
        let outside: Vec<(usize, f64)> = values.filter(|(_, v)| !range.contains(v)).collect();
        let furthest = outside.iter().max_by(|(_, a), (_, b)| a.abs().total_cmp(&b.abs()));
        let Some(&(index, value)) = furthest else {
            return Ok(());
        };
        Err(self.error(Fault {
            operation: "declared range",
            value,
            bound: if value < range.start { range.start } else { range.end },
            count: outside.len(),
            index,
            ring: R::NAME,
            frac,
        }))
    }

    fn shape<R: Ring>(x: &SimShare<R>) -> &[usize] {
        x.shape()
    }

    fn reshape<R: Ring>(x: &SimShare<R>, shape: &[usize]) -> SimShare<R> {
        x.with(x.words.reshape(shape))
    }

    fn permute<R: Ring>(x: &SimShare<R>, axes: &[usize]) -> SimShare<R> {
        x.with(x.words.permute(axes))
    }

    fn slice<R: Ring>(x: &SimShare<R>, axis: usize, range: Range<usize>) -> SimShare<R> {
        x.with(x.words.slice(axis, range))
    }

    fn concat<R: Ring>(parts: &[&SimShare<R>], axis: usize) -> SimShare<R> {
        let words: Vec<_> = parts.iter().map(|part| &part.words).collect();
        let mut joined = parts[0].with(Shares::concat(&words, axis));
        joined.fault = parts.iter().find_map(|part| part.fault.clone());
        joined
    }

    fn add<R: Ring>(x: &SimShare<R>, y: &SimShare<R>) -> SimShare<R> {
        x.sum(y, 1, x.words.add(&y.words))
    }

    fn sub<R: Ring>(x: &SimShare<R>, y: &SimShare<R>) -> SimShare<R> {
        x.sum(y, -1, x.words.sub(&y.words))
    }

    fn scale<R: Ring>(x: &SimShare<R>, factor: i64) -> SimShare<R> {
        let truth = x.integers().map(|v| v * i128::from(factor));
        let words = x.words.scale(R::Word::from_u64(factor as u64));
        x.checked(words, "integer multiple", truth, x.frac)
    }

    fn raise<R: Ring>(x: &SimShare<R>, bits: u32) -> SimShare<R> {
        let truth = x.integers().map(|v| v.saturating_mul(1 << bits.min(126)));
        x.checked(x.words.raise(bits), "raise", truth, x.frac + bits)
    }

    fn shift_point<R: Ring>(x: &SimShare<R>, bits: u32) -> SimShare<R> {
        SimShare { frac: x.frac + bits, ..x.clone() }
    }

    fn add_public<R: Ring>(x: &SimShare<R>, value: f64, frac: u32) -> SimShare<R> {
        let integer = (value * exp2(frac)).round();
        let truth = x.integers().map(|v| v.saturating_add(integer as i128));
        let words = x.words.add_constant(R::Word::from_u64(integer as i64 as u64));
        x.checked(words, "addition of a constant", truth, x.frac)
    }

    fn mul_public<R: Ring>(x: &SimShare<R>, value: f64, frac: u32) -> SimProduct<R> {
        let integer = (value * exp2(frac)).round();
        let truth = x.integers().map(|v| v.saturating_mul(integer as i128));
        let words = x.words.scale(R::Word::from_u64(integer as i64 as u64));
        let value = x.checked(words, "multiplication by a constant", truth, x.frac + frac);
        SimProduct { value, reshared: true }
    }

    fn sum_last<R: Ring>(x: &SimShare<R>) -> SimShare<R> {
        let truth = sum_rows(&array(x.shape(), x.integers().collect()), 0, |x, y| x + y);
        x.checked(x.words.sum_last(), "sum", elements(&truth).iter().copied(), x.frac)
    }

    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &SimShare<R>, bits: u32) -> SimShare<S> {
        check_narrowing::<R, S>(bits);
        // As three components would be: two of them uniform below the cut, the third what is
        // missing. Their randomness is derived from the word, so that narrowing stays local.
        let centre: u64 = if bits == 0 { 0 } else { 3 << (bits - 1) };
        let below = (1u64 << bits) - 1;
        let cut = |(i, word): (usize, &R::Word)| {
            let x = word.to_u64().wrapping_add(centre);
            let coins = mix(word.to_u64() ^ (i as u64).rotate_left(32));
            let (r0, r1) = (coins & below, coins.rotate_right(29) & below);
            let r2 = x.wrapping_sub(r0).wrapping_sub(r1) & below;
            let high = x.wrapping_sub(r0).wrapping_sub(r1).wrapping_sub(r2) as i64 >> bits;
            S::Word::from_u64(high as u64)
        };
        let words = x.elements().iter().enumerate().map(cut).collect();
        let frac = x.frac - bits;
        let find = || Fault::find::<S>("narrow", x.integers(), S::BITS - 2 + bits, x.frac);
        let fault = x.fault.clone().or_else(|| find().map(|fault| Fault { frac, ..fault }));
        SimShare { fault, ..SimShare::new(x.shape(), words, frac) }
    }

    fn product_shape<R: Ring>(x: &SimProduct<R>) -> &[usize] {
        x.value.shape()
    }

    fn product_of<R: Ring>(x: &SimShare<R>) -> SimProduct<R> {
        SimProduct { value: x.clone(), reshared: true }
    }

    fn product_add<R: Ring>(x: &SimProduct<R>, y: &SimProduct<R>) -> SimProduct<R> {
        let value = Self::add(&x.value, &y.value);
        SimProduct { value, reshared: x.reshared && y.reshared }
    }

    fn product_sub<R: Ring>(x: &SimProduct<R>, y: &SimProduct<R>) -> SimProduct<R> {
        let value = Self::sub(&x.value, &y.value);
        SimProduct { value, reshared: x.reshared && y.reshared }
    }

    fn product_sum_last<R: Ring>(x: &SimProduct<R>) -> SimProduct<R> {
        SimProduct { value: Self::sum_last(&x.value), reshared: x.reshared }
    }

    fn product_shift_point<R: Ring>(x: SimProduct<R>, bits: u32) -> SimProduct<R> {
        SimProduct { value: Self::shift_point(&x.value, bits), reshared: x.reshared }
    }

    fn product_reshape<R: Ring>(x: &SimProduct<R>, shape: &[usize]) -> SimProduct<R> {
        SimProduct { value: Self::reshape(&x.value, shape), reshared: x.reshared }
    }

    fn product_concat<R: Ring>(parts: &[&SimProduct<R>]) -> SimProduct<R> {
        let values: Vec<_> = parts.iter().map(|part| &part.value).collect();
        let value = Self::concat(&values, 0);
        SimProduct { value, reshared: parts.iter().all(|part| part.reshared) }
    }

    fn prepare<R: Ring>(w: &SimShare<R>) -> SimWeight<R> {
        let &[k, n] = w.shape() else {
            panic!("a weight has two dimensions, not the shape {:?}", w.shape());
        };
        SimWeight {
            packed: R::Word::pack_factor(w.elements(), k, n, false),
            integers: integer_array(w),
            value: w.clone(),
        }
    }

    fn weight_shape<R: Ring>(w: &SimWeight<R>) -> [usize; 2] {
        let shape = w.value.shape();
        [shape[0], shape[1]]
    }

    fn matmul_weight<R: Ring>(
        &mut self,
        x: &SimShare<R>,
        w: &SimWeight<R>,
    ) -> Result<SimProduct<R>, SimError> {
        let s = MatmulShape::of(x.shape(), w.value.shape(), false);
        self.account.matrix_product::<R>(s);
        let mut words = vec![R::Word::default(); s.m * s.n];
        R::Word::gemm(s.m, x.elements(), &w.packed, &mut words);
        let truth = plain::matmul(&integer_array(x), &w.integers, false);
        self.matrix_product([x, &w.value], &truth, words)
    }

    fn matmul<R: Ring>(
        &mut self,
        x: &SimShare<R>,
        y: &SimShare<R>,
        transposed: bool,
    ) -> Result<SimProduct<R>, SimError> {
        let s = MatmulShape::of(x.shape(), y.shape(), transposed);
        self.account.matrix_product::<R>(s);
        let mut words = vec![R::Word::default(); s.batch * s.m * s.n];
        for i in 0..s.batch {
            let right = &y.elements()[i * s.k * s.n..(i + 1) * s.k * s.n];
            let right = R::Word::pack_factor(right, s.k, s.n, transposed);
            let left = &x.elements()[i * s.m * s.k..(i + 1) * s.m * s.k];
            R::Word::gemm(s.m, left, &right, &mut words[i * s.m * s.n..(i + 1) * s.m * s.n]);
        }
        let truth = plain::matmul(&integer_array(x), &integer_array(y), transposed);
        self.matrix_product([x, y], &truth, words)
    }

    fn mul<R: Ring>(
        &mut self,
        x: &SimShare<R>,
        y: &SimShare<R>,
    ) -> Result<SimProduct<R>, SimError> {
        let rule = Broadcast::of(x.shape(), y.shape());
        self.account.product::<R>(x.shape());
        let words = rule.zip(x.elements(), y.elements(), |x, y| x.wrapping_mul(&y));
        let (xs, ys): (Vec<i128>, Vec<i128>) = (x.integers().collect(), y.integers().collect());
        let truth = rule.zip(&xs, &ys, |x, y| x * y);
        self.product("product", [x, y], x.shape(), truth.into_iter(), words)
    }

    fn truncate<R: Ring>(&mut self, x: SimProduct<R>, bits: u32) -> Result<SimShare<R>, SimError> {
        self.check("truncation", &x.value, product_bits::<R>())?;
        self.account.truncate::<R>(x.value.shape(), bits, x.reshared);
        if bits == 0 {
            return Ok(x.value);
        }
        let words = self.rounded(x.value.elements(), bits);
        let words = words.into_iter().map(|v| R::Word::from_u64(v as u64)).collect();
        Ok(SimShare::new(x.value.shape(), words, x.value.frac - bits))
    }

    fn truncate_widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: SimProduct<R>,
        bits: u32,
    ) -> Result<SimShare<W>, SimError> {
        self.check("truncation", &x.value, product_bits::<R>())?;
        self.account.truncate_widen::<R, W>(x.value.shape(), bits, x.reshared);
        let words = self.rounded(x.value.elements(), bits);
        let words = words.into_iter().map(|v| W::Word::from_u64(v as u64)).collect();
        Ok(SimShare::new(x.value.shape(), words, x.value.frac - bits))
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &SimShare<R>,
        frac: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<SimShare<R>>, SimError> {
        self.declare(x, frac, steps.range())?;
        self.account.step_functions::<R>(x.shape(), frac, steps);
        let edges = steps.integer_edges(frac);
        let interval = |x: &R::Word| edges.partition_point(|&edge| edge <= x.to_u64());
        let intervals: Vec<usize> = x.elements().iter().map(interval).collect();
        let of = |function: &StepFunction| {
            let values: Vec<R::Word> =
                function.values.iter().map(|&v| public(v, function.frac)).collect();
            let words = intervals.iter().map(|&i| values[i]).collect();
            SimShare::new(x.shape(), words, function.frac)
        };
        Ok(steps.functions().iter().map(of).collect())
    }

    fn exp2<R: Ring>(&mut self, x: &SimShare<R>, frac: u32) -> Result<SimProduct<R>, SimError> {
        let tables = power::Tables::new::<R>(frac);
        self.declare(x, frac, f64::NEG_INFINITY..0.0)?;
        self.account.exp2::<R>(x.shape());
        // As the protocol does with x2 = b; what lies below the range is as good as any value.
        let mut addends = vec![R::Word::default(); x.elements().len()];
        R::Word::fill(&mut self.noise, &mut addends);
        let lowest = (power::LOWEST * exp2(frac)) as i64;
        let power = |(x, b): (&R::Word, &R::Word)| {
            if x.to_i64() < lowest {
                return R::Word::default();
            }
            let (index, right) = tables.right::<R::Word>(*b);
            tables.left::<R::Word>(x.wrapping_sub(b))[index].wrapping_mul(&right)
        };
        let words = x.elements().iter().zip(&addends).map(power).collect();
        Ok(SimProduct { value: SimShare::new(x.shape(), words, R::BITS - 2), reshared: false })
    }

    fn row_maximum<R: Ring>(
        &mut self,
        x: &SimShare<R>,
        frac: u32,
        levels: &Levels,
    ) -> Result<SimShare<R>, SimError> {
        let bits = levels.step_bits(frac);
        self.declare(x, frac, levels.range())?;
        self.account.row_maximum::<R>(x.shape(), frac, levels);
        // The protocol cuts two addends instead of their sum, so it may lose one step.
        let mut addends = vec![R::Word::default(); x.elements().len()];
        R::Word::fill(&mut self.noise, &mut addends);
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
        Ok(SimShare::new(levels.shape(), words, frac))
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: &SimShare<R>,
        up: u32,
    ) -> Result<SimShare<W>, SimError> {
        self.check("widening", x, R::BITS - 2)?;
        self.account.widen::<R, W>(x.shape(), up);
        let lift = |w: &R::Word| W::Word::from_u64(w.to_i64() as u64).shl(up);
        let wide = SimShare::new(x.shape(), x.elements().iter().map(lift).collect(), x.frac + up);
        let truth = x.integers().map(|v| v << up);
        match Fault::find::<W>("widening", truth, W::BITS - 1, wide.frac) {
            Some(fault) => Err(self.error(fault)),
            None => Ok(wide),
        }
    }

    fn is_negative<R: Ring>(&mut self, x: &SimShare<R>, width: u32) -> Result<Bits<U1>, SimError> {
        self.check("comparison", x, width - 1)?;
        self.account.is_negative::<R>(x.shape(), width);
        let mut words = vec![0u64; plane_words(x.elements().len())];
        for (i, x) in x.elements().iter().enumerate() {
            words[i / 64] |= u64::from(x.to_i64() < 0) << (i % 64);
        }
        Ok(Bits::new(x.shape(), GenericArray::from_array([words])))
    }

    fn bit_shape(x: &Bits<U1>) -> &[usize] {
        x.shape()
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &Bits<U1>) -> Result<SimShare<R>, SimError> {
        let n = bit.len();
        self.account.bit_to_ring::<R>(bit.shape());
        let words = bit.component(0);
        let bit_of = |i: usize| R::Word::from_u64(words[i / 64] >> (i % 64) & 1);
        Ok(SimShare::new(bit.shape(), (0..n).map(bit_of).collect(), 0))
    }

    fn open<R: Ring>(&mut self, x: &SimShare<R>, frac: u32) -> Result<ArrayD<f64>, SimError> {
        self.check("open", x, R::BITS - 1)?;
        self.account.open::<R>(x.shape());
        Ok(array(x.shape(), x.elements().iter().map(|&w| decode::<R>(w, frac)).collect()))
    }
}

/// A mixing function with good avalanche (the finaliser of SplitMix64).
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
