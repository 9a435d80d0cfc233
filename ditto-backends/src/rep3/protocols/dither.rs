//! The same value, divided anew by public coins.
//!
//! Functionality: r uniform and known to all three; x0 + r, x1, x2 - r.
//!
//! What rounds or looks up by the low bits of x2 is fair only if they are uniform, and those of a
//! sharing that local arithmetic has made need not be: see [`crate::dither`]. Local, nothing is sent.

use ditto_core::Ring;
use num_traits::{WrappingAdd, WrappingSub};

use crate::rep3::party::{Purpose, Rep3, Role};
use crate::rep3::{Rep3Share, share};

/// `x` with the coins of the current operation; components are counted from the first role's.
pub(super) fn dithered<R: Ring>(party: &Rep3, role: Role, x: &Rep3Share<R>) -> Rep3Share<R> {
    let mut coins: Vec<R::Word> = party.coins(Purpose::Dither, x.len(), R::BITS);
    let (a, b) = (x.component(0), x.component(1));
    let minus = |x: &[R::Word]| x.iter().zip(&coins).map(|(x, r)| x.wrapping_sub(r)).collect();
    let (first, second) = match role {
        Role::First => {
            coins.iter_mut().zip(a).for_each(|(r, x)| *r = x.wrapping_add(r));
            (coins, b.to_vec())
        }
        Role::Second => (a.to_vec(), minus(b)),
        Role::Third => {
            let first = minus(a);
            coins.iter_mut().zip(b).for_each(|(r, x)| *r = x.wrapping_add(r));
            (first, coins)
        }
    };
    share(party.id(), x.shape(), first, second)
}
