//! The yardstick of benchmarks computes the model that is measured.

use ditto_lab::bench::plain::PlainBert;
use ditto_models::bert::BertOptions;
use ditto_models::fixtures;
use ditto_net::NetworkProfile;
use ditto_runtime::{BackendChoice, Embed, PaddedText, PrecisionChoice, Run};

#[test]
fn the_f32_yardstick_computes_the_same_model() {
    let config = fixtures::tiny_config();
    let weights = config.random_weights(7);
    let texts = [[2u32, 61, 62, 63, 30, 3], [2, 9, 33, 12, 40, 3]];
    let padded = texts.map(|ids| PaddedText { ids: ids.to_vec(), length: ids.len() });
    let run = Run {
        task: Embed { config: &config, weights: &weights, options: BertOptions::default() },
        backend: BackendChoice::Plain { as_written: false },
        precision: PrecisionChoice::Puma,
        batch: 2,
        net: NetworkProfile::LOCAL,
        seed: Some(3),
    };
    let mut truth = Vec::new();
    run.embed(&padded, None, |embedding| truth.push(embedding)).expect("a run");
    truth.sort_by_key(|embedding| embedding.text);
    let plain = PlainBert::new(&config, &weights).expect("complete weights");
    let plain = plain.embed(&texts.each_ref().map(|ids| ids.as_slice()));
    assert_eq!(truth.len(), plain.len());
    for (truth, plain) in truth.iter().zip(plain) {
        assert_eq!(truth.values.len(), plain.len());
        for (t, p) in truth.values.iter().zip(plain) {
            assert!((t - f64::from(p)).abs() < 1e-5, "{t} and {p}");
        }
    }
}
