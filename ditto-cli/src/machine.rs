//! Which machine times are predicted for.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args as ClapArgs;
use ditto_lab::cost_model::Machine;

#[derive(Debug, ClapArgs)]
pub(crate) struct MachineArgs {
    /// First measure this machine, in about 15 seconds in which nothing else should run, and predict
    /// with what was found; --json prints that too
    #[arg(long)]
    calibrate: bool,

    /// Predict with what an earlier --calibrate found: a file that --json printed
    /// [default: the machine of BENCHMARKS.md]
    #[arg(long, value_name = "FILE", conflicts_with = "calibrate")]
    machine: Option<PathBuf>,
}

impl MachineArgs {
    pub(crate) fn machine(&self) -> Result<Machine> {
        match &self.machine {
            Some(path) => Ok(Machine::read(path)?),
            None if self.calibrate => Ok(Machine::measure()?),
            None => Ok(Machine::REFERENCE),
        }
    }
}
