//! A progress bar by layer, on a terminal only.

use std::sync::Arc;

use ditto_runtime::{BackendChoice, ScopeObserver};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::embed_job::backend_name;

/// Shows which layer of which text is being computed.
pub(crate) struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// For `texts` texts of `steps` scopes at top level each.
    pub(crate) fn new(backend: BackendChoice, texts: usize, steps: usize) -> Self {
        let bar = ProgressBar::with_draw_target(
            Some((texts * steps) as u64),
            // Hidden when standard error is not a terminal.
            ProgressDrawTarget::stderr(),
        );
        let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {msg} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(backend_name(backend));
        bar.set_message("sharing the model");
        Self { bar }
    }

    /// For runs whose number is not known at first.
    pub(crate) fn of_runs() -> Self {
        let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} runs {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix("searching formats");
        Self { bar }
    }

    /// Shows how many runs are done, of those that are expected.
    pub(crate) fn show(&self, done: usize, expected: usize) {
        self.bar.set_length(expected as u64);
        self.bar.set_position(done as u64);
    }

    /// What the run calls with every scope; `None` when nothing is shown.
    pub(crate) fn observer(&self) -> Option<ScopeObserver> {
        if self.bar.is_hidden() {
            return None;
        }
        let bar = self.bar.clone();
        Some(Arc::new(move |path: &str| {
            if !path.contains('/') {
                bar.set_message(path.to_owned());
                bar.inc(1);
            }
        }))
    }

    /// Removes the bar.
    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
    }
}
