//! What the parties of a run compare before they compute: see [`ditto_backends::greeting`].

use std::collections::BTreeSet;

use ditto_backends::Count;
use ditto_backends::count::CountSource;
use ditto_backends::greeting::Terms;
use ditto_dsl::Precision;
use ditto_models::bert::{Bert, BertConfig, Input};

use crate::pass::{Batch, Pass};
use crate::{Run, RunError};

/// The terms of a run of these batches in the precision `P`.
pub(crate) fn terms<P: Precision>(
    run: &Run<'_>,
    audited: bool,
    batches: &[Batch],
) -> Result<Terms, RunError> {
    let Run { precision, options, .. } = run;
    Ok(Terms {
        shape: shape(run.config),
        options: format!("precision {precision:?}, {options:?}, audited {audited}"),
        tables: tables::<P>(run, batches)?,
    })
}

/// All sizes, in words.
fn shape(config: &BertConfig) -> String {
    format!("{config:?}")
}

/// A digest of the model's program with all public tables and constants, at all shapes that the batches
/// have. No weight and no text is looked at: a program depends on shapes alone.
fn tables<P: Precision>(run: &Run<'_>, batches: &[Batch]) -> Result<String, RunError> {
    let config = run.config;
    let weights = config.zero_weights();
    let bert = Bert::<Count, P>::share(&mut CountSource, config, &weights, run.options)?;
    let shapes: BTreeSet<(usize, usize)> = batches.iter().flatten().map(Pass::shape).collect();
    let mut cx = Count::new();
    for (texts, length) in shapes {
        let text = vec![config.pad_token_id; length];
        let texts = vec![text.as_slice(); texts];
        let source = &mut CountSource;
        let input = Input::share(source, &texts, config.pad_token_id, length, config.vocab_size)?;
        let Ok(embedding) = bert.embed(&input, &mut cx);
        // What is computed locally at the end counts as well.
        let Ok(_) = embedding.open(&mut cx);
    }
    Ok(cx.program().to_string())
}

#[cfg(test)]
mod tests {
    use ditto_dsl::layers::{Gelu, Maximum};
    use ditto_dsl::precision::{Ditto, Fine};
    use ditto_models::bert::Options;

    use super::*;
    use crate::{BackendChoice, Padded, PrecisionChoice};

    /// The terms of a small model, changed, for a text of so many tokens.
    fn of<P: Precision>(
        precision: PrecisionChoice,
        options: Options,
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
            config: &config,
            weights,
            backend: BackendChoice::Sim,
            precision,
            options,
            batch: 1,
            net: ditto_net::NetworkProfile::LOCAL,
            seed: None,
        };
        let batches = Pass::plan(&[Padded { ids: vec![1], length }], 1);
        terms::<P>(&run, audited, &batches).unwrap()
    }

    /// The terms tell every choice apart, and say the same of the same choice.
    #[test]
    fn terms_tell_what_parties_must_have_in_common() {
        let poly = Options::default();
        let quad = Options { gelu: Gelu::Quad, ..poly };
        let exact = Options { maximum: Maximum::Exact, ..poly };
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
        // A number that is a size of nothing, but a public constant of every LayerNorm.
        let epsilon = |config: &mut BertConfig| config.layer_norm_eps = 1e-3;
        differs(of::<Ditto>(PrecisionChoice::Ditto, poly, epsilon, 16, false), [true, false, true]);
        let layers = |config: &mut BertConfig| config.num_hidden_layers = 3;
        differs(of::<Ditto>(PrecisionChoice::Ditto, poly, layers, 16, false), [true, false, true]);
        // Another padded length is another program.
        let longer = of::<Ditto>(PrecisionChoice::Ditto, poly, |_| {}, 32, false);
        differs(longer, [false, false, true]);
    }
}
