//! placeholder
use ditto_core::{Ring, Levels};
use crate::rep3::Rep3Share;
use crate::rep3::party::{Rep3, Rep3Error};
pub(crate) fn row_maximum<R: Ring>(
    _party: &mut Rep3,
    _x: &Rep3Share<R>,
    _frac: u32,
    _levels: &Levels,
) -> Result<Rep3Share<R>, Rep3Error> {
    todo!()
}
