//! placeholder
use ditto_core::{Ring, StepFunctions};
use crate::rep3::Rep3Share;
use crate::rep3::party::{Rep3, Rep3Error};
pub(crate) fn step_functions<R: Ring>(
    _party: &mut Rep3,
    _x: &Rep3Share<R>,
    _frac: u32,
    _steps: &StepFunctions,
) -> Result<Vec<Rep3Share<R>>, Rep3Error> {
    todo!()
}
