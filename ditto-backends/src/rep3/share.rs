//! What a party holds of a tensor.

use ditto_core::Ring;
use generic_array::GenericArray;
use typenum::U2;

use crate::party::arrays::array;
use crate::party::shares::{Held, Shares};

/// What party i holds of a tensor: the components x_i and x_{i+1}.
pub type Rep3Share<R> = Shares<R, U2>;

/// A party's share from its two components.
pub(crate) fn share<R: Ring>(
    party: usize,
    shape: &[usize],
    first: Vec<R::Word>,
    second: Vec<R::Word>,
) -> Rep3Share<R> {
    let components = GenericArray::from_array([array(shape, first), array(shape, second)]);
    Shares::new(components, Held { first: Some(party), of: 3 })
}
