//! Multiplication: element-wise, and of matrices.
//!
//! Functionality: z = x·y, or any other bilinear product.
//!
//! - The parties draw shares of uniform masks a and b; the dealer knows both, and deals shares of
//!   c = a·b.
//! - They reveal d = x - a and e = y - b.
//! - x·y = d·y + a·e + a·b, so z_i = d·y_i + a_i·e + c_i is party i's share. Nothing has to be
//!   reshared: a product is shared like any value.
//!
//! A weight that is used in many products keeps its mask b: e is revealed when it is prepared, and every
//! product has an a and a c of its own, in whichever session of the same nodes it runs.
//!
//! Cost: 1 round. Each party sends k bits for each element of x and of y (none for a weight, whose
//! preparation is a round of its own with k bits an element from each party), the dealer k for each element
//! of z, however long the sum is that it stands for. Range: any; products wrap. Error: none.
//!
//! Views. d and e are masked by the other party's shares of a and b. The mask of a weight repeats,
//! but is revealed with the same value: e is seen once. In c the a of every product is another.
//!
//! Source: Beaver, CRYPTO 1991; for matrices and weights SecureML (Mohassel and Zhang, S&P 2017,
//! section 4.1).

use std::sync::Arc;

use ditto_core::shape::{Broadcast, MatmulShape};
use ditto_core::{Ring, Word};
use num_traits::{WrappingAdd, WrappingMul};

use crate::additive::party::{Sums, minus};
use crate::additive::{Additive, AdditiveShare, PartyError, share};
use crate::party::streams::Purpose;

/// A right factor, ready for the kernels.
type Packed<R> = <<R as Ring>::Word as Word>::Packed;

/// A right factor of many matrix products, whose mask all of them have in common. Clones share it.
#[derive(Clone)]
pub struct AdditiveWeight<R: Ring> {
    shape: [usize; 2],
    factors: Arc<Factors<R>>,
}

/// What a node multiplies with, ready for the kernels.
enum Factors<R: Ring> {
    /// At a party.
    Party {
        /// Its share.
        share: Packed<R>,
        /// The weight less its mask.
        masked: Packed<R>,
    },
    /// At the dealer.
    Dealer {
        /// The mask.
        mask: Packed<R>,
    },
}

/// The masks of both factors, and both factors less their masks.
struct Masked<W> {
    a: Vec<W>,
    b: Vec<W>,
    d: Vec<W>,
    e: Vec<W>,
}

fn masked<R: Ring>(
    party: &mut Additive,
    x: &[R::Word],
    y: &[R::Word],
) -> Result<Masked<R::Word>, PartyError> {
    let k = R::BITS;
    let a = party.mask(Sums, Purpose::Mask, x.len(), k);
    let b = party.mask(Sums, Purpose::SecondMask, y.len(), k);
    let mut both = minus(Sums, x, &a);
    both.extend(minus(Sums, y, &b));
    let mut d = party.reveal(Sums, both, k)?;
    let e = d.split_off(x.len());
    Ok(Masked { a, b, d, e })
}

/// Element-wise product, `y` broadcast.
pub(crate) fn mul<R: Ring>(
    party: &mut Additive,
    x: &AdditiveShare<R>,
    y: &AdditiveShare<R>,
) -> Result<AdditiveShare<R>, PartyError> {
    let rule = Broadcast::of(x.shape(), y.shape());
    party.begin("product");
    let Masked { a, b, d, e } = masked::<R>(party, x.component(0), y.component(0))?;
    let secret = || rule.zip(&a, &b, |a, b| a.wrapping_mul(&b));
    let mut z = party.deal(Sums, Purpose::Component, x.len(), R::BITS, secret)?;
    if !party.is_dealer() {
        let cross = rule.zip_pairs([&d, &a], [y.component(0), &e], |[d, a], [y, e]| {
            d.wrapping_mul(&y).wrapping_add(&a.wrapping_mul(&e))
        });
        z.iter_mut().zip(&cross).for_each(|(z, cross)| *z = z.wrapping_add(cross));
    }
    Ok(share(party.id, x.shape(), z))
}

/// x · y, or x · yᵀ, for every pair of matrices of two batches.
pub(crate) fn matmul<R: Ring>(
    party: &mut Additive,
    x: &AdditiveShare<R>,
    y: &AdditiveShare<R>,
    transposed: bool,
) -> Result<AdditiveShare<R>, PartyError> {
    let s = MatmulShape::of(x.shape(), y.shape(), transposed);
    // Adds the products of all pairs to `into`.
    let multiply = |x: &[R::Word], y: &[R::Word], into: &mut [R::Word]| {
        for i in 0..s.batch {
            let right = &y[i * s.k * s.n..(i + 1) * s.k * s.n];
            let right = R::Word::pack_factor(right, s.k, s.n, transposed);
            let left = &x[i * s.m * s.k..(i + 1) * s.m * s.k];
            R::Word::gemm(s.m, left, &right, &mut into[i * s.m * s.n..(i + 1) * s.m * s.n]);
        }
    };
    party.begin("product of matrices");
    let Masked { a, b, d, e } = masked::<R>(party, x.component(0), y.component(0))?;
    let n = s.batch * s.m * s.n;
    let secret = || {
        let mut c = vec![R::Word::default(); n];
        multiply(&a, &b, &mut c);
        c
    };
    let mut z = party.deal(Sums, Purpose::Component, n, R::BITS, secret)?;
    if !party.is_dealer() {
        multiply(&d, y.component(0), &mut z);
        multiply(&a, &e, &mut z);
    }
    Ok(share(party.id, &s.result(x.shape()), z))
}

/// The right factor of many products, of shape [k, n].
///
/// # Panics
/// If it has another number of dimensions.
pub(crate) fn weight<R: Ring>(
    party: &mut Additive,
    w: &AdditiveShare<R>,
) -> Result<AdditiveWeight<R>, PartyError> {
    let &[k, n] = w.shape() else {
        panic!("a weight has two dimensions, not the shape {:?}", w.shape());
    };
    party.begin("weight");
    let pack = |w: &[R::Word]| -> Packed<R> { R::Word::pack_factor(w, k, n, false) };
    let mask = party.mask(Sums, Purpose::SecondMask, w.len(), R::BITS);
    let masked = party.reveal(Sums, minus(Sums, w.component(0), &mask), R::BITS)?;
    let factors = if party.is_dealer() {
        Factors::Dealer { mask: pack(&mask) }
    } else {
        Factors::Party { share: pack(w.component(0)), masked: pack(&masked) }
    };
    Ok(AdditiveWeight { shape: [k, n], factors: Arc::new(factors) })
}

/// x · w for a prepared right factor.
pub(crate) fn matmul_weight<R: Ring>(
    party: &mut Additive,
    x: &AdditiveShare<R>,
    w: &AdditiveWeight<R>,
) -> Result<AdditiveShare<R>, PartyError> {
    let s = MatmulShape::of(x.shape(), &w.shape, false);
    party.begin("product with a weight");
    let k = R::BITS;
    let a = party.mask(Sums, Purpose::Mask, x.len(), k);
    let d = party.reveal(Sums, minus(Sums, x.component(0), &a), k)?;
    let n = s.m * s.n;
    let secret = || {
        let mut c = vec![R::Word::default(); n];
        match &*w.factors {
            Factors::Dealer { mask } => R::Word::gemm(s.m, &a, mask, &mut c),
            Factors::Party { .. } => unreachable!("a party deals nothing"),
        }
        c
    };
    let mut z = party.deal(Sums, Purpose::Component, n, k, secret)?;
    if let Factors::Party { share, masked } = &*w.factors {
        R::Word::gemm(s.m, &d, share, &mut z);
        R::Word::gemm(s.m, &a, masked, &mut z);
    }
    Ok(share(party.id, &s.result(x.shape()), z))
}
