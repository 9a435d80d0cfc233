//! What the parties of a run compare before they compute: see [`ditto_backends::greeting`].

use std::collections::BTreeMap;

use ditto_backends::Count;
use ditto_backends::count::CountSource;
use ditto_backends::greeting::Terms;
use ditto_dsl::Precision;

use crate::pass::Pass;
use crate::{Run, RunError, Task};

/// The terms of a run of these requests in the precision `P`.
pub(crate) fn terms<T: Task, P: Precision>(
    run: &Run<T>,
    audited: bool,
    requests: &[T::Request],
) -> Result<Terms, RunError> {
    let Run { task, precision, .. } = run;
    Ok(Terms {
        shape: task.sizes(),
        options: format!("precision {precision:?}, {}, audited {audited}", task.options()),
        tables: tables::<T, P>(run, requests)?,
    })
}

/// A digest of the model's program with all public tables and constants, at all shapes that the passes
/// have. No weight and no request is looked at: a program depends on shapes alone.
fn tables<T: Task, P: Precision>(
    run: &Run<T>,
    requests: &[T::Request],
) -> Result<String, RunError> {
    let mut cx = Count::new();
    let model = run.task.load::<Count, P>(&mut CountSource, &mut cx);
    let model = model.map_err(|error| RunError::of_loading(error, |never| match never {}))?;
    let batches = run.batches(requests);
    // One pass of each shape, in an order that does not depend on that of the requests.
    let shapes: BTreeMap<(usize, usize), &Pass> =
        batches.iter().flatten().map(|pass| (pass.shape(), pass)).collect();
    for pass in shapes.values() {
        let input = run.task.share(&mut CountSource, &pass.of(requests), pass.length)?;
        let Ok(answers) = T::compute(&model, &input, &mut cx);
        // What is computed locally at the end counts as well.
        let Ok(_) = answers.open(&mut cx);
    }
    Ok(cx.program().to_string())
}

#[cfg(test)]
mod tests {
    use ditto_dsl::layers::{Gelu, Maximum};
    use ditto_dsl::precision::{Ditto, Fine};
    use ditto_models::bert::{BertConfig, BertOptions};

    use super::*;
    use crate::{BackendChoice, Embed, PaddedText, PrecisionChoice};

    /// The terms of a small model, changed, for a text of so many tokens.
    fn of<P: Precision>(
        precision: PrecisionChoice,
        options: BertOptions,
        change: fn(&mut BertConfig),
        length: usize,
        audited: bool,
    ) -> Terms {
        let mut config = BertConfig {
            hidden_size: 32,
            num_hidden_layers: 2,
            num_attention_heads: 2,
            intermediate_size: 64,
            vocab_size: 50,
            max_position_embeddings: 64,
            ..BertConfig::base()
        };
        change(&mut config);
        let weights = &config.random_weights(1);
        let run = Run {
            task: Embed { config: &config, weights, options },
            backend: BackendChoice::Sim,
            precision,
            batch: 1,
            net: ditto_net::NetworkProfile::LOCAL,
            seed: None,
        };
        terms::<_, P>(&run, audited, &[PaddedText { ids: vec![1], length }]).unwrap()
    }

    /// The terms tell all choices apart, and are equal for equal choices.
    #[test]
    fn terms_tell_what_parties_must_have_in_common() {
        let poly = BertOptions::default();
        let quad = BertOptions { gelu: Gelu::Quad, ..poly };
        let exact = BertOptions { maximum: Maximum::Exact, ..poly };
        let usual = || of::<Ditto>(PrecisionChoice::Ditto, poly, |_| {}, 16, false);
        assert_eq!(usual(), usual());
        assert_eq!(usual().tables.len(), 64);
        let differs = |other: Terms, [shape, options, tables]: [bool; 3]| {
            let usual = usual();
            assert_eq!(other.shape != usual.shape, shape, "{other:?}");
            assert_eq!(other.options != usual.options, options, "{other:?}");
            assert_eq!(other.tables != usual.tables, tables, "{other:?}");
        };
        let fine = of::<Fine>(PrecisionChoice::Fine, poly, |_| {}, 16, false);
        differs(fine, [false, true, true]);
        let quad = of::<Ditto>(PrecisionChoice::Ditto, quad, |_| {}, 16, false);
        differs(quad, [false, true, true]);
        let exact = of::<Ditto>(PrecisionChoice::Ditto, exact, |_| {}, 16, false);
        differs(exact, [false, true, true]);
        let audited = of::<Ditto>(PrecisionChoice::Ditto, poly, |_| {}, 16, true);
        differs(audited, [false, true, false]);
        // No size, but a public constant of every LayerNorm.
        let epsilon = |config: &mut BertConfig| config.layer_norm_eps = 1e-3;
        differs(of::<Ditto>(PrecisionChoice::Ditto, poly, epsilon, 16, false), [true, false, true]);
        let layers = |config: &mut BertConfig| config.num_hidden_layers = 3;
        differs(of::<Ditto>(PrecisionChoice::Ditto, poly, layers, 16, false), [true, false, true]);
        // Another padded length is another program.
        let longer = of::<Ditto>(PrecisionChoice::Ditto, poly, |_| {}, 32, false);
        differs(longer, [false, false, true]);
    }
}
