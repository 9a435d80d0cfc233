//! Randomness: replayed from a seed, fresh without one.

use serde_json::{Value, json};

use crate::command::{distance, embed, json_lines, numbers, run};
use crate::model::Model;

/// The line of a run without what may differ between two runs that are the same.
fn line(model: &Model, options: &[&str]) -> Value {
    let args = [&["--json", "--precision", "puma"], options, &["the cat sat"]].concat();
    let mut line = json_lines(run(embed(model.path(), &args))).remove(0);
    line["seconds"] = json!(0);
    line
}

#[test]
fn the_same_seed_gives_the_same_result_bit_for_bit() {
    let model = Model::new();
    for backend in ["sim", "rep3", "additive"] {
        let seeded = |seed| line(&model, &["--backend", backend, "--seed", seed]);
        assert_eq!(seeded("7"), seeded("7"));
        let (seven, eight) = (seeded("7"), seeded("8"));
        assert_ne!(seven["embedding"], eight["embedding"], "other randomness, other rounding");
        let [seven, eight] = [seven, eight].map(|line| numbers(&line["embedding"]));
        assert!(distance(&seven, &eight) < 2e-3);
    }
}

/// The rounding of a truncation depends on the shares, so it shows that they are fresh.
#[test]
fn without_a_seed_the_shares_are_fresh_and_the_values_close() {
    let model = Model::new();
    for options in [["--transport", "memory"], ["--transport", "tcp"], ["--backend", "additive"]] {
        let [x, y] = [(); 2].map(|()| line(&model, &options));
        assert_ne!(x["embedding"], y["embedding"]);
        let [x, y] = [x, y].map(|line| numbers(&line["embedding"]));
        assert!(distance(&x, &y) < 2e-3);
    }
}
