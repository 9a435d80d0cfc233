//! Three parties in this process, what they cost, and how both are printed: none of it is the lookup's own.

use std::error::Error;

use ditto_backends::net::NetworkProfile;
use ditto_backends::rep3::run::{fresh_key, in_memory, threads};
use ditto_backends::rep3::sharing::{Rep3Source, open};
use ditto_backends::{Rep3, Sim, sim::SimSource};
use ditto_core::{Backend, Cost, Format, Report};
use ditto_dsl::Tensor;
use ndarray::ArrayD;

/// Whatever went wrong, at any party.
pub(crate) type AnyError = Box<dyn Error + Send + Sync>;

/// Runs `program` on three parties, each a thread with fresh randomness, and opens the result to
/// the caller, who plays all data owners: no party learns it.
pub(crate) fn on_three_parties<Q: Format>(
    program: impl Fn(&mut Rep3Source, &mut Rep3) -> Result<Tensor<Rep3, Q>, AnyError> + Sync,
) -> Result<ArrayD<f64>, AnyError> {
    let parties = in_memory(fresh_key()?, NetworkProfile::LOCAL);
    let sources = Rep3Source::trio(&fresh_key()?);
    let [first, second, third] = threads(parties, sources, |party, mut source| {
        Ok::<_, AnyError>(program(&mut source, party)?.into_share())
    });
    Ok(open::<Q::Ring>(&[first?, second?, third?], Q::FRAC)?)
}

/// What `program` costs three parties, found by the simulation, and where.
pub(crate) fn cost_of<Q: Format>(
    program: impl Fn(&mut SimSource, &mut Sim) -> Result<Tensor<Sim, Q>, AnyError>,
) -> Result<Report, AnyError> {
    let mut sim = Sim::new(0);
    program(&mut SimSource, &mut sim)?;
    Ok(sim.trace().report())
}

/// One line for every scope.
pub(crate) fn print_cost(report: &Report) {
    println!("\ncost, as the simulation counts it:\n");
    for scope in &report.scopes {
        let name = if scope.path.is_empty() { "all" } else { &scope.path };
        let Cost { rounds, .. } = scope.cost;
        println!("  {name:36} {rounds:4} rounds {:9} bytes", scope.cost.total_bytes());
    }
}

/// One line for every result: what it is, in the clear, and on three parties.
pub(crate) fn print_side_by_side(lines: impl IntoIterator<Item = [String; 3]>) {
    println!("\n  {:36} {:>16} {:>16}\n", "", "clear", "secure");
    for [what, clear, secure] in lines {
        println!("  {what:36} {clear:>16} {secure:>16}");
    }
}
