//! Runs on the simulation beside the reference.

use ditto_backends::inspect::{Inspect, InspectSource};
use ditto_core::Backend;
use ditto_core::isa::Isa;
use ditto_dsl::Precision;
use ditto_runtime::{Embed, PaddedText, Pass, Run, RunError, ScopeObserver, Task, with_precision};

use super::Inspection;

/// Runs texts through the simulation and the reference together, whatever `run.backend` says, and
/// tells what happened to the values in each layer.
///
/// # Errors
/// The first that occurs: above all [`RunError::Sim`], a value that leaves its range.
pub fn inspect(
    run: &Run<Embed<'_>>,
    texts: &[PaddedText],
    progress: Option<ScopeObserver>,
) -> Result<Inspection, RunError> {
    Isa::select()?;
    with_precision!(run.precision, |P| inspect_in::<P>(run, texts, progress))
}

fn inspect_in<P: Precision>(
    run: &Run<Embed<'_>>,
    texts: &[PaddedText],
    progress: Option<ScopeObserver>,
) -> Result<Inspection, RunError> {
    let source = &mut InspectSource;
    let mut cx = Inspect::new(run.seed.unwrap_or_default());
    let bert = run.task.load::<Inspect, P>(source, &mut cx)?;
    if let Some(progress) = progress {
        cx.trace().observe(move |path| progress(path));
    }
    let passes: Vec<Pass> = run.batches(texts).into_iter().flatten().collect();
    for pass in &passes {
        let input = run.task.share(source, &pass.of(texts), pass.length)?;
        bert.embed(&input, &mut cx)?;
    }
    Ok(Inspection::new(cx.findings(), cx.report(), passes.len()))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use ditto_models::bert::BertOptions;
    use ditto_models::fixtures;
    use ditto_net::NetworkProfile;
    use ditto_runtime::{BackendChoice, PrecisionChoice};

    use super::*;

    /// The kernels are chosen once in a process, so this needs one of its own.
    #[test]
    fn kernels_that_are_none_are_an_error_of_the_inspection() {
        let mut process = Command::new(std::env::current_exe().expect("this program"));
        let name = "numerics::run::tests::with_a_bad_name";
        process.args(["--exact", name, "--ignored", "--nocapture"]);
        let output = process.env("DITTO_KERNEL", "nonsense").output().expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }

    #[test]
    #[ignore = "runs in a process of its own, from the test above"]
    fn with_a_bad_name() {
        let config = fixtures::tiny_config();
        let run = Run {
            task: Embed {
                config: &config,
                weights: &config.random_weights(7),
                options: BertOptions::default(),
            },
            backend: BackendChoice::Sim,
            precision: PrecisionChoice::Ditto,
            batch: 1,
            net: NetworkProfile::LOCAL,
            seed: None,
        };
        let refused = inspect(&run, &[PaddedText { ids: vec![2, 3], length: 4 }], None);
        assert!(matches!(refused, Err(RunError::Kernel(_))), "{refused:?}");
    }
}
