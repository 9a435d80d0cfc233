//! Step functions: in which of some public intervals a shared value lies, as numbers.
//!
//! Functionality: g(x) for functions g that are constant between common edges t_1 <= t_2 <= .., of
//! a value 0 <= x < 2^w. With the values g_0, g_1, .. of a function, g(x) = g_last + sum over i of
//! [x < t_i]·(g_{i-1} - g_i).
//!
//! - First knows a = x0 + x1, second and third know b = x2, all modulo N = 2^w; x = a + b mod N.
//!   For an edge 0 < t < N, x < t says that a is one of the t numbers from -b on, counted modulo N.
//!   So with u_t = t - b mod N and F(u) = [a < u]:
//!   [x < t] = F(u_t) - F(u_0) + [u_0 > u_t].
//! - First makes keys of F for every element ([`crate::gadgets::comparison_function`]): one root is drawn
//!   with second, the other with third, and the corrections go to both, the same bytes.
//! - Second and third evaluate their keys at u_0 and at every u_t, and sum with the differences of
//!   each function's values; second also adds what b alone fixes. That leaves v2 and v3, which sum
//!   to g(x).
//! - First and third draw y0, first and second y1. Second sends v2 - y1 to third, third sends
//!   v3 - y0 to second; y2 is the sum of both.
//!
//! Cost: 2(w(k + 130) + k) bits an element, and 2k for each function, 2 rounds. Neither depends on
//! the number of edges, each of which costs second and third up to 2w blocks of AES. Range:
//! 0 <= x < 2^w, w <= k. Error: none but the rounding of the functions' values.
//!
//! Views. First receives nothing. Second and third receive corrections, which with one of the
//! roots are a key and look uniform whatever a is; the other root is of a pair that they are not
//! in. Second then receives v3 - y0, masked by y0, which it lacks, and third v2 - y1, masked by
//! y1, which it lacks.
//!
//! Source: the gates for interval containment and for splines (of degree 0) of Boyle et al.,
//! EUROCRYPT 2021. In the place of their dealer is the first role, and its part of x in the place
//! of their mask.

use ditto_core::pack::packed_len;
use ditto_core::{Ring, StepFunctions, Word};
use num_traits::{WrappingAdd, WrappingSub};

use crate::gadgets::comparison_function::{
    Corrections, Evaluator, Permutation, Side, Table, seeds,
};
use crate::party::message::{Message, Received};
use crate::rep3::party::{PartyError, Peer, Purpose, Rep3, Role};
use crate::rep3::{Rep3Share, share};

/// The functions `steps` of a value with `frac` fractional bits.
pub(crate) fn step_functions<R: Ring>(
    party: &mut Rep3,
    x: &Rep3Share<R>,
    frac: u32,
    steps: &StepFunctions,
) -> Result<Vec<Rep3Share<R>>, PartyError> {
    let width = steps.width(frac);
    assert!(width <= R::BITS, "step functions of {width} bits of {}", R::NAME);
    let role = party.start("step functions");
    let (n, low) = (x.len(), u64::MAX >> (64 - width));
    let functions = steps.functions().len();
    let permutation = Permutation::of(party);
    let summands = match role {
        Role::First => {
            let roots = [Peer::Next, Peer::Prev].map(|peer| roots(party, peer, n));
            let pairs = x.component(0).iter().zip(x.component(1));
            let secrets: Vec<u64> =
                pairs.map(|(x0, x1)| x0.wrapping_add(x1).to_u64() & low).collect();
            let corrections =
                Corrections::<R::Word>::new(permutation, [&roots[0], &roots[1]], &secrets, width);
            corrections.message().send(party, Peer::Next)?;
            corrections.message().send(party, Peer::Prev)?;
            party.round();
            Vec::new()
        }
        Role::Second | Role::Third => {
            let (first, side, x2) = match role {
                Role::Second => (Peer::Prev, Side::Plus, x.component(1)),
                _ => (Peer::Next, Side::Minus, x.component(0)),
            };
            let roots = roots(party, first, n);
            party.round();
            let length = Corrections::<R::Word>::bytes(n, width);
            let mut received = Received::from(party, first, length)?;
            let corrections = Corrections::take(permutation, &mut received, n, width);
            let offsets: Vec<u64> = x2.iter().map(|b| b.to_u64() & low).collect();
            let table = Table::<R::Word>::new(steps, frac, low);
            let prefixes = table.prefixes(width);
            let evaluator = Evaluator::new(&corrections, side, &roots, &prefixes);
            table.sums(evaluator, side, &offsets)
        }
    };
    let [first, second] = reshare::<R>(party, role, summands, functions * n)?;
    let of = |function: usize| {
        let own = function * n..(function + 1) * n;
        share(party.id, x.shape(), first[own.clone()].to_vec(), second[own].to_vec())
    };
    Ok((0..functions).map(of).collect())
}

/// The roots of the keys of `n` elements that this party and `peer` know.
fn roots(party: &Rep3, peer: Peer, n: usize) -> Vec<u128> {
    seeds(&party.draw::<u64>(peer, Purpose::Seed, 2 * n, 64))
}

/// From summands at the second and third role to components: the second round.
pub(crate) fn reshare<R: Ring>(
    party: &mut Rep3,
    role: Role,
    summands: Vec<R::Word>,
    n: usize,
) -> Result<[Vec<R::Word>; 2], PartyError> {
    let k = R::BITS;
    let draw = |party: &Rep3, peer| -> Vec<R::Word> { party.draw(peer, Purpose::Component, n, k) };
    let exchange = |party: &mut Rep3, own: &[R::Word], peer| -> Result<_, PartyError> {
        let masked: Vec<R::Word> =
            summands.iter().zip(own).map(|(v, y)| v.wrapping_sub(y)).collect();
        Message::new().put(&masked, k).send(party, peer)?;
        party.round();
        let theirs: Vec<R::Word> = Received::from(party, peer, packed_len(n, k))?.take(n, k);
        Ok(masked.iter().zip(&theirs).map(|(x, y)| x.wrapping_add(y)).collect::<Vec<_>>())
    };
    Ok(match role {
        Role::First => {
            party.round();
            [draw(party, Peer::Prev), draw(party, Peer::Next)]
        }
        Role::Second => {
            let y1 = draw(party, Peer::Prev);
            let y2 = exchange(party, &y1, Peer::Next)?;
            [y1, y2]
        }
        Role::Third => {
            let y0 = draw(party, Peer::Next);
            let y2 = exchange(party, &y0, Peer::Prev)?;
            [y2, y0]
        }
    })
}
