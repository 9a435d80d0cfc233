//! The cost of a computation without its values: a share is a shape, an operation a line in an
//! account.
//!
//! Rounds, bytes and multiplications of the protocols depend on public shapes alone. So a layer that
//! runs on [`Count`] leaves behind what it would cost on `Rep3`, in the time that it takes to add up a
//! few numbers, whatever the size of the model: no weight is read and no value computed. It is also
//! the smallest complete backend, to start another one from.

mod backend;

use std::convert::Infallible;

use ditto_core::fixed::OutOfFormat;
use ditto_core::{Ring, Source, Values};
use ndarray::ArrayD;

use crate::rep3::account::Account;

/// Counts what [`Rep3`](crate::Rep3) would send, all three parties together.
///
/// Its account is equal to that of [`Sim`](crate::Sim), scope for scope and operation for operation,
/// but for the clock.
#[derive(Default)]
pub struct Count {
    account: Account,
}

impl Count {
    /// An account with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }
}

/// The shape of a tensor of products.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountProduct {
    shape: Vec<usize>,
    /// Whether `Rep3` holds it as an ordinary share, which makes truncation cheaper.
    reshared: bool,
}

/// Takes shapes and leaves values alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountSource;

#[diagnostic::do_not_recommend]
impl Source<Count> for CountSource {
    fn share<R: Ring>(&mut self, values: &ArrayD<f64>, _: u32) -> Result<Vec<usize>, OutOfFormat> {
        Ok(values.shape().to_vec())
    }

    fn share_values<R: Ring>(
        &mut self,
        values: &impl Values,
        _: u32,
    ) -> Result<Vec<usize>, OutOfFormat> {
        Ok(values.shape().to_vec())
    }
}

/// Counting cannot fail.
type Never = Infallible;

#[cfg(test)]
mod tests {
    use ditto_core::{Backend, Levels, Z32, Z64};

    use super::*;

    #[test]
    fn shapes_follow_the_operations() {
        let x = vec![2, 3, 4];
        assert_eq!(Count::permute::<Z32>(&x, &[2, 0, 1]), [4, 2, 3]);
        assert_eq!(Count::slice::<Z32>(&x, 1, 1..3), [2, 2, 4]);
        assert_eq!(Count::concat::<Z32>(&[&x, &x, &x], 1), [2, 9, 4]);
        assert_eq!(Count::sum_last::<Z32>(&x), [2, 3, 1]);
        let mut cx = Count::new();
        let Ok(product) = cx.matmul::<Z64>(&x, &vec![2, 5, 4], true);
        assert_eq!(Count::product_shape::<Z64>(&product), [2, 3, 5]);
        let Ok(max) = cx.row_maximum::<Z32>(&x, 8, &Levels { low: -64.0, step: 1.0, count: 128 });
        assert_eq!(max, [2, 3, 1]);
        let report = cx.trace().report();
        let product = report.scopes[0].operations[0];
        assert_eq!((product.elements, product.multiplications), (30, 120));
        assert_eq!((product.ring, product.cost.rounds), ("Z64", 0));
    }

    #[test]
    #[should_panic(expected = "reshaped to [7]")]
    fn a_shape_of_other_size_panics() {
        Count::reshape::<Z32>(&vec![2, 3], &[7]);
    }

    #[test]
    fn an_opened_value_is_unknown() {
        let mut count = Count::new();
        let Ok(values) = count.open::<Z32>(&vec![3], 8);
        assert!(values.iter().all(|value| value.is_nan()));
        let opened = count.trace().report().operations();
        let opened: Vec<_> = opened.iter().map(|o| (o.operation, o.calls, o.elements)).collect();
        assert_eq!(opened, [("open", 1, 3)]);
    }
}
