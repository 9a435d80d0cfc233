//! Weights and activations outside the range of the format that they are to be held in.

use crate::command::{embed, fails, json_lines, numbers, run};
use crate::model::Model;

const OUTPUT: &str = "encoder.layer.1.output.dense";

fn line(model: &Model, options: &[&str]) -> std::process::Output {
    let args = [&["--json"], options, &["the cat"]].concat();
    run(embed(model.path(), &args))
}

#[test]
fn a_weight_outside_its_format_is_refused_before_it_is_shared() {
    let model = Model::new();
    // `ditto` holds weights below 2^20.
    model.set(&format!("{OUTPUT}.weight"), 3..4, 5e6);
    for backend in ["sim", "rep3"] {
        let weight = format!("{OUTPUT}.weight");
        let words = [&*weight, "5000000", "1048576", "nothing was shared"];
        fails(line(&model, &["--backend", backend]), &words);
        let tcp = ["--backend", backend, "--transport", "tcp"];
        fails(line(&model, &tcp), &words);
    }
    // With 64 bits there is room, and real numbers have no format.
    json_lines(line(&model, &["--backend", "plain"]));
    json_lines(line(&model, &["--precision", "puma"]));
}

#[test]
fn a_finer_weight_has_less_room() {
    let model = Model::new();
    // `fine` holds weights below 2^18.
    model.set(&format!("{OUTPUT}.weight"), 3..4, -3e5);
    let weight = format!("{OUTPUT}.weight");
    let words = [&*weight, "-300000", "262144", "fewer fractional bits"];
    fails(line(&model, &["--precision", "fine"]), &words);
}

#[test]
fn a_layer_norm_weight_outside_64_bits_is_refused_under_every_precision() {
    for precision in ["ditto", "fine", "puma"] {
        let model = Model::new();
        model.set("embeddings.LayerNorm.weight", 0..1, 1e14);
        let words = ["embeddings.LayerNorm.weight", "nothing was shared"];
        fails(line(&model, &["--precision", precision]), &words);
    }
}

#[test]
fn sim_says_which_layer_gelu_leaves_its_range_in() {
    for precision in ["ditto", "fine", "puma"] {
        let model = Model::new();
        model.set("encoder.layer.1.intermediate.dense.bias", 4..5, 300.0);
        let options = ["--backend", "sim", "--precision", precision];
        let words = ["layer 1/gelu", "the furthest is 30", "the bound 131.0625;", "declare"];
        fails(line(&model, &options), &words);
    }
}

#[test]
fn sim_says_which_layer_a_score_leaves_its_range_in() {
    let model = Model::new();
    for part in ["query", "key"] {
        let bias = format!("encoder.layer.0.attention.self.{part}.bias");
        model.set(&bias, 0..16, 20.0);
    }
    let words = ["layer 0/attention/scores", "the furthest is 16", "the bound 100;"];
    fails(line(&model, &["--backend", "sim"]), &words);
}

#[test]
fn sim_says_which_layer_a_product_leaves_the_ring_in() {
    let model = Model::new();
    model.set(&format!("{OUTPUT}.weight"), 0..32, 5e5);
    // A product has the scale 2^-18 in `ditto`, and has to be below 2^30 / 2^18.
    let words = ["layer 1/linear", "matrix product", "the bound 4096;"];
    fails(line(&model, &["--backend", "sim"]), &words);
}

#[test]
fn what_leaves_its_range_is_not_seen_on_three_parties() {
    // They see no value, so they cannot say; the result is wrong, and that is what `sim` is for.
    let model = Model::new();
    model.set(&format!("{OUTPUT}.weight"), 0..32, 5e5);
    let lines = json_lines(line(&model, &["--backend", "rep3"]));
    assert_eq!(numbers(&lines[0]["embedding"]).len(), 16);
}

#[test]
fn real_numbers_have_no_range_but_approximations_do() {
    let model = Model::new();
    model.set(&format!("{OUTPUT}.bias"), 0..1, 1e30);
    let values = numbers(&json_lines(line(&model, &["--backend", "plain"]))[0]["embedding"]);
    assert!(values.iter().all(|v| v.is_finite()));
    let words = ["the embedding is not finite", "`sim` says in which layer"];
    let options = ["--backend", "plain", "--as-written"];
    fails(line(&model, &options), &words);
}
