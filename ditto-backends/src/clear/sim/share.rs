//! A value of the simulation: ring words in the clear, the scale, and the first fault.
//!
//! The simulation computes in the ring, as the protocols do, so a value that leaves the ring
//! wraps silently. To find it, every operation also looks at the true result: a local operation
//! that wraps marks its result, and the next interactive one reports the mark.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use ditto_core::fixed::exp2;
use ditto_core::shape::Broadcast;
use ditto_core::{Linear, LinearMap, Ring, Word, Z32, Z64};
use generic_array::GenericArray;
use ndarray::ArrayD;
use typenum::U1;

use crate::clear::product::Product;
use crate::party::arrays::{array, elements, sum_rows};
use crate::party::shares::{Held, Shares};

/// A value that left its range: where, which, and how far.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fault {
    /// What was being computed.
    pub operation: &'static str,
    /// The value furthest outside, in real units.
    pub value: f64,
    /// Values have to be smaller than this in magnitude. Of a declared range it is the end that the value
    /// is beyond.
    pub bound: f64,
    /// The range, if one was declared; else the limits are those of the ring and the operation.
    pub declared: Option<Range<f64>>,
    /// How many values of the tensor are outside.
    pub count: usize,
    /// Where the furthest is, counted in row-major order.
    pub index: usize,
    /// The ring's name.
    pub ring: &'static str,
    /// Fractional bits of the value.
    pub frac: u32,
}

/// What a local operation leaves in its result for the next one that talks to report.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) fault: Fault,
    /// The scopes that were open, if the operation knew of any.
    pub(super) layer: Option<String>,
}

/// The names of the scopes that are open on a simulation, joined by `/`, for the local operations on what it
/// computed: they know no simulation. Empty outside of all.
pub(crate) type OpenScopes = Arc<Mutex<String>>;

impl Fault {
    /// Looks for integers of magnitude 2^`bits` or more among the true results of `operation`.
    pub(crate) fn find<R: Ring>(
        operation: &'static str,
        integers: impl Iterator<Item = i128>,
        bits: u32,
        frac: u32,
    ) -> Option<Self> {
        let (mut count, mut furthest, mut index) = (0, 0i128, 0);
        for (i, value) in integers.enumerate() {
            if value.unsigned_abs() >= 1 << bits {
                count += 1;
                if value.unsigned_abs() > furthest.unsigned_abs() {
                    (furthest, index) = (value, i);
                }
            }
        }
        (count > 0).then(|| Self {
            operation,
            value: furthest as f64 / exp2(frac),
            bound: exp2(bits) / exp2(frac),
            declared: None,
            count,
            index,
            ring: R::NAME,
            frac,
        })
    }

    /// Looks for values that are not `inside` of a declared range.
    pub(crate) fn find_declared<R: Ring>(
        operation: &'static str,
        x: &SimShare<R>,
        frac: u32,
        range: Range<f64>,
        inside: impl Fn(&Range<f64>, f64) -> bool,
    ) -> Option<Self> {
        let values = x.integers().map(|v| v as f64 / exp2(frac)).enumerate();
        let outside: Vec<(usize, f64)> = values.filter(|&(_, v)| !inside(&range, v)).collect();
        let below = |v: f64| range.start - v >= 0.0 && v < range.end;
        let beyond = |v: f64| if below(v) { range.start - v } else { v - range.end };
        let furthest = outside.iter().max_by(|(_, a), (_, b)| beyond(*a).total_cmp(&beyond(*b)));
        furthest.map(|&(index, value)| Self {
            operation,
            value,
            bound: if below(value) { range.start } else { range.end },
            declared: Some(range.clone()),
            count: outside.len(),
            index,
            ring: R::NAME,
            frac,
        })
    }
}

impl Fault {
    /// The smallest format that holds the furthest value, with as many fractional bits as it can
    /// have but no more than it has: of `Z32` if the value came from there and fits there at all, else of
    /// `Z64`. Of a product it is the product's: its scale is the sum of its factors'. `None` if no ring
    /// holds it.
    pub fn smallest_format(&self) -> Option<String> {
        let fits = |ring: &'static str, bits: u32| {
            let most = (0..=self.frac.min(bits - 2)).rev();
            let holds = |&frac: &u32| self.value.abs() < exp2(bits - 2) / exp2(frac);
            most.into_iter().find(holds).map(|frac| format!("Fixed<{ring}, F<{frac}>>"))
        };
        let narrow = if self.is_widest() { None } else { fits(Z32::NAME, Z32::BITS) };
        narrow.or_else(|| fits(Z64::NAME, Z64::BITS))
    }

    /// Whether there is no wider ring.
    fn is_widest(&self) -> bool {
        self.ring == Z64::NAME
    }

    /// What to change, for the message of an error.
    pub(super) fn remedy(&self) -> String {
        let own = format!("Fixed<{}, F<{}>>", self.ring, self.frac);
        let (format, range) = (self.smallest_format(), self.declared.as_ref());
        if format.as_ref() == Some(&own) {
            return match range {
                Some(range) if self.bound == range.start && range.end != -range.start => format!(
                    "declare a range that starts lower, or keep values from falling below {}: the \
                     format holds the value",
                    self.bound
                ),
                _ => "declare a larger bound: the format holds the value".to_owned(),
            };
        }
        let also =
            if range.is_some() { ", and declare a range that has the value in it" } else { "" };
        match format {
            Some(format) if self.is_widest() => {
                format!("choose fewer fractional bits there: {format} holds the value{also}")
            }
            Some(format) => format!(
                "choose a format with fewer fractional bits or a wider ring there{also} (the smallest \
                 format that holds it is {format})"
            ),
            None => {
                "no format holds the value: make it smaller first, as by scaling its factors down"
                    .to_owned()
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, value, bound, declared, count, index, ring, frac } = self;
        write!(f, "{operation}: {count} value(s) outside the ")?;
        match declared {
            Some(Range { start, end }) => write!(f, "range {start} to {end}, in {ring}")?,
            None => write!(f, "range of {ring}")?,
        }
        write!(
            f,
            ", {frac} fractional bits; the furthest is {value:.6}, at index {index}, the bound {bound}; {}",
            self.remedy()
        )
    }
}

/// A tensor of the simulation.
#[derive(Clone)]
pub struct SimShare<R: Ring> {
    pub(crate) words: Shares<R, U1>,
    pub(crate) frac: u32,
    pub(crate) mark: Option<Mark>,
    /// Of the simulation that computed it; `None` for what an owner has shared.
    pub(crate) scopes: Option<OpenScopes>,
}

impl<R: Ring> SimShare<R> {
    pub(crate) fn new(shape: &[usize], words: Vec<R::Word>, frac: u32) -> Self {
        let components: GenericArray<ArrayD<R::Word>, U1> =
            GenericArray::from_array([array(shape, words)]);
        let words = Shares::new(components, Held { first: Some(0), of: 1 });
        Self { words, frac, mark: None, scopes: None }
    }

    pub(crate) fn elements(&self) -> &[R::Word] {
        self.words.component(0)
    }

    /// The elements as signed integers, in a type with room for what local operations make of
    /// them: an f64 would call 2^62 - 1 out of range, and miss a wrap by less than its precision.
    pub(crate) fn integers(&self) -> impl Iterator<Item = i128> + '_ {
        self.elements().iter().map(|w| w.to_i64().into())
    }

    /// The result of a local operation whose true integers are given too: marked if they wrap.
    pub(crate) fn checked(
        &self,
        words: Shares<R, U1>,
        operation: &'static str,
        truth: impl Iterator<Item = i128>,
        frac: u32,
    ) -> Self {
        let find = || self.here(Fault::find::<R>(operation, truth, R::BITS - 1, frac));
        let mark = self.mark.clone().or_else(find);
        Self { words, frac, mark, scopes: self.scopes.clone() }
    }

    /// What a local operation on this value found, with the scopes that are open.
    pub(super) fn here(&self, fault: Option<Fault>) -> Option<Mark> {
        let path = |scopes: &OpenScopes| {
            let path = scopes.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if path.is_empty() { "top level".to_owned() } else { path }
        };
        fault.map(|fault| Mark { fault, layer: self.scopes.as_ref().map(path) })
    }

    /// x + sign·y with its true integers.
    pub(crate) fn sum(&self, other: &Self, sign: i128, words: Shares<R, U1>) -> Self {
        debug_assert_eq!(self.frac, other.frac, "the types of the tensors fix the scales");
        let rule = Broadcast::of(self.shape(), other.shape());
        let (x, y): (Vec<i128>, Vec<i128>) =
            (self.integers().collect(), other.integers().collect());
        let truth = rule.zip(&x, &y, |x, y| x + sign * y);
        // Either may be what an owner has shared.
        let scopes = self.scopes.clone().or_else(|| other.scopes.clone());
        let operand = Self { scopes, ..self.clone() };
        let mut sum = operand.checked(words, "addition", truth.into_iter(), self.frac);
        sum.mark = sum.mark.or_else(|| other.mark.clone());
        sum
    }
}

impl<R: Ring> Linear for SimShare<R> {
    fn shape(&self) -> &[usize] {
        self.words.shape()
    }

    fn apply(map: &LinearMap<'_>, operands: &[&Self]) -> Self {
        let words: Vec<_> = operands.iter().map(|x| &x.words).collect();
        let words = Shares::apply(map, &words);
        let first = operands[0];
        match map {
            LinearMap::Add => first.sum(operands[1], 1, words),
            LinearMap::Sub => first.sum(operands[1], -1, words),
            LinearMap::SumLast => {
                let truth =
                    sum_rows(&array(first.shape(), first.integers().collect()), 0, |x, y| x + y);
                first.checked(words, "sum", elements(&truth).iter().copied(), first.frac)
            }
            // The layout takes nothing out of its range.
            LinearMap::Reshape(_)
            | LinearMap::Permute(_)
            | LinearMap::Slice { .. }
            | LinearMap::Concat { .. } => Self {
                words,
                frac: first.frac,
                mark: operands.iter().find_map(|x| x.mark.clone()),
                scopes: operands.iter().find_map(|x| x.scopes.clone()),
            },
        }
    }

    fn shift_point(self, bits: u32) -> Self {
        Self { frac: self.frac + bits, ..self }
    }
}

/// A tensor of products of the simulation.
pub type SimProduct<R> = Product<SimShare<R>>;

/// A prepared right factor of the simulation.
#[derive(Clone)]
pub struct SimWeight<R: Ring> {
    pub(crate) value: SimShare<R>,
    pub(crate) packed: <R::Word as Word>::Packed,
    pub(crate) integers: ArrayD<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_furthest_value_is_found_with_its_place_and_a_format_that_holds_it() {
        let integers = [5, -(1 << 30), 1 << 33, (1 << 33) - 1];
        let fault = Fault::find::<Z32>("sum", integers.into_iter(), 30, 8).expect("three outside");
        assert_eq!((fault.count, fault.index), (3, 2));
        assert_eq!((fault.value, fault.bound), (exp2(25), exp2(22)));
        // 2^25 is below 2^(30 - 4).
        assert_eq!(fault.smallest_format().as_deref(), Some("Fixed<Z32, F<4>>"));
        let holding = |value| Fault { value, ..fault.clone() }.smallest_format();
        assert_eq!(holding(exp2(29)).as_deref(), Some("Fixed<Z32, F<0>>"));
        assert_eq!(holding(exp2(30)).as_deref(), Some("Fixed<Z64, F<8>>"));
        assert_eq!(holding(-exp2(60)).as_deref(), Some("Fixed<Z64, F<1>>"));
        assert_eq!(holding(exp2(62)), None);
        assert!(
            fault.remedy().ends_with("(the smallest format that holds it is Fixed<Z32, F<4>>)")
        );
        let held = Fault { value: 1.0, ..fault };
        assert_eq!(held.remedy(), "declare a larger bound: the format holds the value");
    }

    /// There is no wider ring than 64 bits, and 32 bits hold nothing that these do not.
    #[test]
    fn in_64_bits_the_remedy_is_another_scale_of_64_bits() {
        let fault = Fault::find::<Z64>("product", [1 << 62].into_iter(), 62, 36).expect("outside");
        assert_eq!(
            fault.remedy(),
            "choose fewer fractional bits there: Fixed<Z64, F<35>> holds the value"
        );
        let small = Fault { value: 5.0, frac: 60, ..fault.clone() };
        assert_eq!(small.smallest_format().as_deref(), Some("Fixed<Z64, F<59>>"));
        let nowhere = Fault { value: exp2(90), ..fault }.remedy();
        assert!(nowhere.starts_with("no format holds the value"), "{nowhere}");
        assert!(![small.remedy(), nowhere].iter().any(|text| text.contains("wider")));
    }

    /// 2^-3 to 4, at 8 fractional bits, below which are 16/256 and 3/256, and above which is 4.5.
    #[test]
    fn below_a_lower_end_the_remedy_is_a_lower_one() {
        let find = |integers: &[u32], range: Range<f64>| {
            let x = SimShare::<Z32>::new(&[integers.len()], integers.to_vec(), 8);
            let inside = |range: &Range<f64>, v: f64| range.contains(&v);
            Fault::find_declared("declared range", &x, 8, range, inside).expect("outside")
        };
        let fault = find(&[16, 256, 3], 0.125..4.0);
        assert_eq!((fault.count, fault.index, fault.bound), (2, 2, 0.125), "the furthest below");
        assert!(fault.remedy().starts_with("declare a range that starts lower"), "{fault}");
        let above = find(&[16, 256, 1152], 0.125..4.0);
        assert_eq!((above.count, above.index, above.bound), (2, 2, 4.0));
        assert_eq!(above.remedy(), "declare a larger bound: the format holds the value");
        assert!(
            above.to_string().contains("2 value(s) outside the range 0.125 to 4, in Z32"),
            "{above}"
        );
        let minus_300 = (-300i32 << 8) as u32;
        let low = find(&[minus_300, 110 << 8], -250.0..100.0);
        assert_eq!((low.count, low.value, low.bound), (2, -300.0, -250.0));
        assert!(low.remedy().starts_with("declare a range that starts lower"), "{low}");
        // What is the same on both sides is a bound.
        let symmetric = find(&[minus_300], -64.0..64.0);
        assert_eq!(symmetric.remedy(), "declare a larger bound: the format holds the value");
    }

    #[test]
    fn nothing_is_found_in_range() {
        assert_eq!(Fault::find::<Z32>("sum", [1 - (1 << 30)].into_iter(), 30, 8), None);
    }
}
