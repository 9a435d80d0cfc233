//! `ditto compare`.

use crate::command::{compare, embed, json_lines, numbers, run, succeeds};
use crate::model::Model;
use crate::shape::shape;

const BACKENDS: [&str; 4] = ["plain", "plain as written", "sim", "rep3"];

#[test]
fn json_has_a_line_for_every_text_and_backend() {
    let model = Model::new();
    let args = ["--json", "--precision", "puma", "the cat", "the cat sat"];
    let rows = json_lines(run(compare(model.path(), &args)));
    assert_eq!(rows.len(), 2 * BACKENDS.len());
    for (i, row) in rows.iter().enumerate() {
        insta::assert_json_snapshot!("comparison_line", shape(row));
        assert_eq!(row["text"], ["the cat", "the cat sat"][i / 4]);
        assert_eq!(row["backend"], BACKENDS[i % 4]);
        let cosine = row["cosine"].as_f64().expect("a number");
        assert!((cosine - 1.0).abs() < 1e-4, "{row}");
        assert_eq!(row["model_cosine"], row["cosine"], "its own GeLU");
    }
    for text in rows.chunks(4) {
        let [plain, written, sim, rep3] = text else {
            unreachable!("chunks of four");
        };
        for row in [plain, written] {
            assert_eq!(row["rounds"], 0);
            assert_eq!(row["bytes_sent"], serde_json::json!([0, 0, 0]));
        }
        assert_eq!(sim["rounds"], rep3["rounds"]);
        assert_eq!(sim["bytes_sent"], rep3["bytes_sent"]);
    }
}

/// With the quadratic, all four agree with each other, and none with a model that was made for another
/// function: both are said. The reference for the second is an embedding by `plain`.
#[test]
fn another_gelu_is_compared_to_the_model_as_well() {
    let model = Model::new();
    let large = ["encoder.layer.0", "encoder.layer.1"];
    for layer in large {
        model.set(&format!("{layer}.intermediate.dense.bias"), 0..32, -6.0);
    }
    let embedding = |gelu: &str| {
        let args = ["--backend", "plain", "--json", "--gelu", gelu, "the cat"];
        numbers(&json_lines(run(embed(model.path(), &args))).remove(0)["embedding"])
    };
    let (own, quad) = (embedding("poly"), embedding("quad"));
    // Both are of length 1.
    let apart: f64 = own.iter().zip(&quad).map(|(x, y)| x * y).sum();
    assert!(apart < 0.99, "the models differ: {apart}");
    let args = ["--precision", "puma", "--gelu", "quad", "the cat"];
    let rows = json_lines(run(compare(model.path(), &[&["--json"], &args[..]].concat())));
    for row in &rows {
        let [cosine, to_model] =
            ["cosine", "model_cosine"].map(|field| row[field].as_f64().expect("a number"));
        assert!((cosine - 1.0).abs() < 1e-4, "{row}");
        assert!((to_model - apart).abs() < 1e-3, "{row}: {apart}");
    }
    let table = succeeds(run(compare(model.path(), &args)));
    let last = table.lines().last().expect("a line");
    assert!(last.contains("`quad`") && last.contains("config.json"), "{table}");
    let said: f64 = last.rsplit(' ').next().and_then(|word| word.parse().ok()).expect("a number");
    assert!((said - apart).abs() < 1e-3, "{table}");
}

#[test]
fn without_json_there_is_a_table() {
    let model = Model::new();
    for transport in ["memory", "tcp"] {
        let args = ["--transport", transport, "the cat sat"];
        let table = succeeds(run(compare(model.path(), &args)));
        let lines: Vec<&str> = table.lines().map(str::trim).collect();
        assert_eq!(lines.len(), 3 + BACKENDS.len());
        assert_eq!(lines[..2], ["the cat sat", "5 tokens padded to 32"]);
        for heading in ["backend", "cosine", "seconds", "rounds", "MB sent"] {
            assert!(lines[2].contains(heading), "{table}");
        }
        for (row, backend) in lines[3..].iter().zip(BACKENDS) {
            assert!(row.starts_with(backend), "{table}");
        }
    }
}
