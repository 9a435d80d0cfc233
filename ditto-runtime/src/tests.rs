//! What a run refuses before it starts.

use std::process::Command;

use ditto_models::bert::BertOptions;
use ditto_models::fixtures;
use ditto_net::NetworkProfile;

use crate::{BackendChoice, Embed, PaddedText, PrecisionChoice, Run, RunError, Transport};

/// The kernels are chosen once in a process, so this needs one of its own.
#[test]
fn kernels_that_are_none_are_an_error_of_the_run() {
    let mut process = Command::new(std::env::current_exe().expect("this program"));
    process.args(["--exact", "tests::with_a_bad_name", "--ignored", "--nocapture"]);
    let output = process.env("DITTO_KERNEL", "nonsense").output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
#[ignore = "runs in a process of its own, from the test above"]
fn with_a_bad_name() {
    let config = fixtures::tiny_config();
    let weights = config.random_weights(7);
    let text = [PaddedText { ids: vec![2, 3], length: 4 }];
    let plain = BackendChoice::Plain { as_written: false };
    for backend in [plain, BackendChoice::Sim, BackendChoice::Rep3(Transport::Memory)] {
        let run = Run {
            task: Embed { config: &config, weights: &weights, options: BertOptions::default() },
            backend,
            precision: PrecisionChoice::Ditto,
            batch: 1,
            net: NetworkProfile::LOCAL,
            seed: None,
        };
        let refused = run.embed(&text, None, |_| panic!("a result"));
        assert!(matches!(refused, Err(RunError::Kernel(_))), "{refused:?}");
    }
}
