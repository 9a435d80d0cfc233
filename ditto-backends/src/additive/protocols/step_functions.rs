//! Functions that are constant between public edges, of a secret value.
//!
//! Functionality: g(x) for each of the functions, for 0 <= x < 2^w.
//!
//! - The parties draw shares of a uniform mask r of w bits and reveal c = x + r mod 2^w. So x = a + c
//!   with a = -r, which the dealer knows.
//! - The dealer makes keys of the comparison with a ([`crate::gadgets::comparison_function`]) for every
//!   element. The roots are drawn with either party; the corrections go to both.
//! - The parties evaluate their keys at the edges less c, and sum with the differences of each
//!   function's values: what they get sums to g(x).
//!
//! Cost: 1 round, w bits from each party; 2(w(k + 130) + k) from the dealer, half of them to party 0.
//! Neither depends on the number of edges or functions. Range: 0 <= x < 2^w, w <= k. Error: none but
//! the rounding of the functions' values.
//!
//! Views. c is masked by the other party's share of r. The corrections, which with a root are a key,
//! look uniform whatever a is: see [`crate::gadgets::comparison_function`]. The other root is the other
//! party's.
//!
//! Source: the gates for interval containment and for splines (of degree 0) of Boyle et al.,
//! EUROCRYPT 2021, whose setting this is.

use ditto_core::{Ring, StepFunctions, Word};
use num_traits::WrappingNeg;

use crate::additive::party::{Sums, plus};
use crate::additive::{Additive, AdditiveShare, PartyError, share};
use crate::gadgets::comparison_function::{
    Corrections, Evaluator, Permutation, Side, Table, seeds,
};
use crate::party::message::Received;
use crate::party::streams::{Peer, Purpose};

/// The functions `steps` of a value with `frac` fractional bits.
pub(crate) fn step_functions<R: Ring>(
    party: &mut Additive,
    x: &AdditiveShare<R>,
    frac: u32,
    steps: &StepFunctions,
) -> Result<Vec<AdditiveShare<R>>, PartyError> {
    let width = steps.width(frac);
    assert!(width <= R::BITS, "step functions of {width} bits of {}", R::NAME);
    party.begin("step functions");
    let (n, low) = (x.len(), u64::MAX >> (64 - width));
    let functions = steps.functions().len();
    let cut = |words: &[R::Word]| words.iter().map(|w| w.to_u64() & low).collect::<Vec<u64>>();
    let roots = |party: &Additive, peer| seeds(&party.draw(peer, Purpose::Seed, 2 * n, 64));

    let permutation = Permutation::of(party);
    let r: Vec<R::Word> = party.mask(Sums, Purpose::Mask, n, width);
    let c = party.reveal(Sums, plus(Sums, x.component(0).to_vec(), &r), width)?;
    let sums = if party.is_dealer() {
        let secrets: Vec<R::Word> = r.iter().map(R::Word::wrapping_neg).collect();
        let roots = [Peer::Next, Peer::Prev].map(|peer| roots(party, peer));
        let corrections =
            Corrections::<R::Word>::new(permutation, [&roots[0], &roots[1]], &cut(&secrets), width);
        corrections.message().send(party, Peer::Next)?;
        corrections.message().send(party, Peer::Prev)?;
        vec![R::Word::default(); functions * n]
    } else {
        let dealer = party.dealer();
        let side = if party.id == 0 { Side::Plus } else { Side::Minus };
        let roots = roots(party, dealer);
        let length = Corrections::<R::Word>::bytes(n, width);
        let mut received = Received::from(party, dealer, length)?;
        let corrections = Corrections::take(permutation, &mut received, n, width);
        let table = Table::<R::Word>::new(steps, frac, low);
        let prefixes = table.prefixes(width);
        let evaluator = Evaluator::new(&corrections, side, &roots, &prefixes);
        table.sums(evaluator, side, &cut(&c))
    };
    let of = |function: usize| {
        let own = &sums[function * n..(function + 1) * n];
        share(party.id, x.shape(), own.to_vec())
    };
    Ok((0..functions).map(of).collect())
}
