//! [`Backend`] for [`Sim`].

use std::ops::Range;

use ditto_core::fixed::exp2;
use ditto_core::{Backend, Levels, NarrowerThan, Ring, StepFunctions, Trace, Word};
use ndarray::ArrayD;
use typenum::U1;

use super::operations::{self, integer_array};
use super::share::{Fault, SimProduct, SimShare, SimWeight};
use super::{Sim, SimError};
use crate::clear::local_coins::derived_from;
use crate::party::shares::{Bits, Shares, array, check_narrowing, elements, sum_rows};

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
        let find = || {
            Fault::find_declared("declared range", x, frac, range, |range, v| range.contains(&v))
        };
        match x.fault.clone().or_else(find) {
            Some(fault) => Err(self.error(fault)),
            None => Ok(()),
        }
    }

    fn declare_compared<R: Ring>(
        &mut self,
        x: &SimShare<R>,
        frac: u32,
        bound: f64,
    ) -> Result<(), SimError> {
        // Both ends are outside.
        let inside = |range: &Range<f64>, v: f64| range.start < v && v < range.end;
        let find = || Fault::find_declared("comparison", x, frac, -bound..bound, inside);
        // What is declared is a magnitude.
        let find = || find().map(|fault| Fault { bound, ..fault });
        match x.fault.clone().or_else(find) {
            Some(fault) => Err(self.error(fault)),
            None => Ok(()),
        }
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
        // As three components would be: two of them uniform below the cut, the third what is missing.
        let below = (1u64 << bits) - 1;
        let words = || x.elements().iter().map(|word| word.to_u64());
        let coins: Vec<u64> = derived_from(words()).words(x.elements().len());
        let cut = |(word, coins): (u64, u64)| {
            let (r0, r1) = (coins & below, coins.rotate_right(29) & below);
            // Half of what three floors lose at most; halves are rounded by a coin.
            let lost = (3 * below + (coins >> 63 & below)) / 2;
            let x = word.wrapping_add(lost);
            let r2 = x.wrapping_sub(r0).wrapping_sub(r1) & below;
            let high = x.wrapping_sub(r0).wrapping_sub(r1).wrapping_sub(r2) as i64 >> bits;
            S::Word::from_u64(high as u64)
        };
        let words = words().zip(coins).map(cut).collect();
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
        self.timed::<R, _>(|sim| operations::matmul_weight(sim, x, w))
    }

    fn matmul<R: Ring>(
        &mut self,
        x: &SimShare<R>,
        y: &SimShare<R>,
        transposed: bool,
    ) -> Result<SimProduct<R>, SimError> {
        self.timed::<R, _>(|sim| operations::matmul(sim, x, y, transposed))
    }

    fn mul<R: Ring>(
        &mut self,
        x: &SimShare<R>,
        y: &SimShare<R>,
    ) -> Result<SimProduct<R>, SimError> {
        self.timed::<R, _>(|sim| operations::mul(sim, x, y))
    }

    fn truncate<R: Ring>(&mut self, x: SimProduct<R>, bits: u32) -> Result<SimShare<R>, SimError> {
        self.timed::<R, _>(|sim| operations::truncate(sim, x, bits))
    }

    fn truncate_widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: SimProduct<R>,
        bits: u32,
    ) -> Result<SimShare<W>, SimError> {
        self.timed::<R, _>(|sim| operations::truncate_widen(sim, x, bits))
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &SimShare<R>,
        frac: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<SimShare<R>>, SimError> {
        self.timed::<R, _>(|sim| operations::step_functions(sim, x, frac, steps))
    }

    fn exp2<R: Ring>(&mut self, x: &SimShare<R>, frac: u32) -> Result<SimProduct<R>, SimError> {
        self.timed::<R, _>(|sim| operations::exp2(sim, x, frac))
    }

    fn row_maximum<R: Ring>(
        &mut self,
        x: &SimShare<R>,
        frac: u32,
        levels: &Levels,
    ) -> Result<SimShare<R>, SimError> {
        self.timed::<R, _>(|sim| operations::row_maximum(sim, x, frac, levels))
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: &SimShare<R>,
        up: u32,
    ) -> Result<SimShare<W>, SimError> {
        self.timed::<R, _>(|sim| operations::widen(sim, x, up))
    }

    fn is_negative<R: Ring>(&mut self, x: &SimShare<R>, width: u32) -> Result<Bits<U1>, SimError> {
        self.timed::<R, _>(|sim| operations::is_negative(sim, x, width))
    }

    fn bit_shape(x: &Bits<U1>) -> &[usize] {
        x.shape()
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &Bits<U1>) -> Result<SimShare<R>, SimError> {
        self.timed::<R, _>(|sim| operations::bit_to_ring(sim, bit))
    }

    fn open<R: Ring>(&mut self, x: &SimShare<R>, frac: u32) -> Result<ArrayD<f64>, SimError> {
        self.timed::<R, _>(|sim| operations::open(sim, x, frac))
    }
}
