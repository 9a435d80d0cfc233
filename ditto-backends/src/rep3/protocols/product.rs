//! Multiplication: element-wise, and of matrices.
//!
//! Functionality: z = x·y. The nine cross terms x_i y_j split into three that each party can
//! compute: z_i = x_i y_i + x_i y_{i+1} + x_{i+1} y_i = x_i (y_i + y_{i+1}) + x_{i+1} y_i. That is
//! local, and sums of products are too; what comes out is an additive sharing, z_i at party i.
//!
//! - [`reshare`] adds a sharing of zero from the keys of the pairs and sends z_i to party i - 1.
//!   Truncation does better: see [`super::truncate`].
//!
//! Cost: nothing for the product, 3k bits an element and 1 round for resharing it, however long
//! the sum that an element stands for. Range: any; products wrap. Error: none.
//!
//! Views. The one message is masked by the randomness of the pair that the receiver is not in.
//!
//! Source: Araki et al., CCS 2016, section 2; for matrices and delayed resharing ABY3 (CCS 2018),
//! section 5.2.

use ditto_core::pack::packed_len;
use ditto_core::shape::{Broadcast, MatmulShape};
use ditto_core::{Ring, Word};
use num_traits::{WrappingAdd, WrappingMul, WrappingSub};

use super::pieces;
use crate::party::message::{Message, Received};
use crate::rep3::party::{PartyError, Peer, Purpose, Rep3};
use crate::rep3::product::{Rep3Product, Rep3Weight};
use crate::rep3::{Rep3Share, share};

/// Element-wise product, `y` broadcast.
pub(crate) fn mul<R: Ring>(x: &Rep3Share<R>, y: &Rep3Share<R>) -> Rep3Product<R> {
    let rule = Broadcast::of(x.shape(), y.shape());
    let summand = rule.zip_pairs(
        [x.component(0), x.component(1)],
        [y.component(0), y.component(1)],
        |[x0, x1], [y0, y1]| {
            x0.wrapping_mul(&y0.wrapping_add(&y1)).wrapping_add(&x1.wrapping_mul(&y0))
        },
    );
    Rep3Product::Additive { shape: x.shape().to_vec(), summand }
}

/// The right factor of many products, of shape [k, n].
///
/// # Panics
/// If it has another number of dimensions.
pub(crate) fn weight<R: Ring>(w: &Rep3Share<R>) -> Rep3Weight<R> {
    let &[k, n] = w.shape() else {
        panic!("a weight has two dimensions, not the shape {:?}", w.shape());
    };
    let (first, second) = (w.component(0), w.component(1));
    let sum: Vec<R::Word> = first.iter().zip(second).map(|(a, b)| a.wrapping_add(b)).collect();
    Rep3Weight {
        shape: [k, n],
        sum: R::Word::pack_factor(&sum, k, n, false),
        first: R::Word::pack_factor(first, k, n, false),
    }
}

/// x · w for a prepared right factor.
pub(crate) fn matmul_weight<R: Ring>(x: &Rep3Share<R>, w: &Rep3Weight<R>) -> Rep3Product<R> {
    let s = MatmulShape::of(x.shape(), &w.shape, false);
    let mut summand = vec![R::Word::default(); s.m * s.n];
    R::Word::gemm(s.m, x.component(0), &w.sum, &mut summand);
    R::Word::gemm(s.m, x.component(1), &w.first, &mut summand);
    Rep3Product::Additive { shape: s.result(x.shape()), summand }
}

/// x · y, or x · yᵀ, for every pair of matrices of two batches.
pub(crate) fn matmul<R: Ring>(
    x: &Rep3Share<R>,
    y: &Rep3Share<R>,
    transposed: bool,
) -> Rep3Product<R> {
    let s = MatmulShape::of(x.shape(), y.shape(), transposed);
    let mut summand = vec![R::Word::default(); s.batch * s.m * s.n];
    for i in 0..s.batch {
        let left = i * s.m * s.k..(i + 1) * s.m * s.k;
        let right = i * s.k * s.n..(i + 1) * s.k * s.n;
        let into = &mut summand[i * s.m * s.n..(i + 1) * s.m * s.n];
        let (y0, y1) = (&y.component(0)[right.clone()], &y.component(1)[right]);
        let sum: Vec<R::Word> = y0.iter().zip(y1).map(|(a, b)| a.wrapping_add(b)).collect();
        let sum = R::Word::pack_factor(&sum, s.k, s.n, transposed);
        let first = R::Word::pack_factor(y0, s.k, s.n, transposed);
        R::Word::gemm(s.m, &x.component(0)[left.clone()], &sum, into);
        R::Word::gemm(s.m, &x.component(1)[left], &first, into);
    }
    Rep3Product::Additive { shape: s.result(x.shape()), summand }
}

/// A product as a share, without scaling it down.
pub(crate) fn reshare<R: Ring>(
    party: &mut Rep3,
    product: Rep3Product<R>,
) -> Result<Rep3Share<R>, PartyError> {
    let (shape, mut first) = match product {
        Rep3Product::Shared(x) => return Ok(x),
        Rep3Product::Additive { shape, summand } => (shape, summand),
    };
    party.start("reshare");
    let (n, k) = (first.len(), R::BITS);
    let zeros = |peer| party.stream::<R::Word>(peer, Purpose::Zero, n, k);
    let (mut with_next, mut with_prev) = (zeros(Peer::Next), zeros(Peer::Prev));
    let mut message = Message::with_capacity(packed_len(n, k));
    for piece in pieces(n) {
        let (next, prev) = (with_next.next(piece.len()), with_prev.next(piece.len()));
        let first = &mut first[piece];
        for ((z, next), prev) in first.iter_mut().zip(&next).zip(&prev) {
            *z = z.wrapping_add(next).wrapping_sub(prev);
        }
        message.append(first, k);
    }
    message.send(party, Peer::Prev)?;
    party.round();
    let second = Received::from(party, Peer::Next, packed_len(n, k))?.take(n, k);
    Ok(share(party.id, &shape, first, second))
}
