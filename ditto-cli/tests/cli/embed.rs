//! `ditto embed`, where nothing is wrong.

use serde_json::{Value, json};

use crate::command::{
    distance, embed, json_lines, numbers, refuses, run, run_with_input, succeeds,
};
use crate::model::Model;
use crate::shape::shape;

fn json_of(model: &Model, args: &[&str]) -> Vec<Value> {
    json_lines(run(embed(model.path(), &[&["--json"], args].concat())))
}

fn embedding(model: &Model, args: &[&str]) -> Vec<f64> {
    numbers(&json_of(model, args)[0]["embedding"])
}

#[test]
fn json_has_exactly_the_fields_that_are_promised() {
    let model = Model::new();
    for backend in ["plain", "sim", "rep3", "additive"] {
        let lines = json_of(&model, &["--backend", backend, "the cat sat", "cat"]);
        assert_eq!(lines.len(), 2);
        for (line, (text, tokens)) in lines.iter().zip([("the cat sat", 5), ("cat", 3)]) {
            insta::assert_json_snapshot!("embedding_line", shape(line));
            assert_eq!(line["text"], text);
            assert_eq!(line["tokens"], tokens);
            assert_eq!(line["backend"], backend);
            assert!(line["seconds"].as_f64().expect("a number") >= 0.0);
            let values = numbers(&line["embedding"]);
            let length = values.iter().map(|v| v * v).sum::<f64>().sqrt();
            assert_eq!(values.len(), 16);
            assert!((length - 1.0).abs() < 1e-3, "of length {length}");
            let secure = backend != "plain";
            assert_eq!(line["rounds"].as_u64().expect("a count") > 0, secure);
            let bytes = line["bytes_sent"].as_array().expect("a list");
            assert_eq!(bytes.len(), 3);
            for bytes in bytes {
                assert_eq!(bytes.as_u64().expect("a count") > 0, secure);
            }
        }
    }
}

#[test]
fn every_backend_transport_and_precision_gives_the_same_embedding() {
    let model = Model::new();
    let reference = embedding(&model, &["--backend", "plain", "the cat sat"]);
    for (precision, tolerance) in [("ditto", 0.15), ("fine", 0.03), ("puma", 2e-3)] {
        for backend in [
            &["--backend", "plain", "--as-written"][..],
            &["--backend", "sim"],
            &["--backend", "rep3"],
            &["--backend", "rep3", "--transport", "tcp"],
            &["--backend", "additive"],
        ] {
            let options = [backend, &["--precision", precision, "the cat sat"]].concat();
            let found = distance(&embedding(&model, &options), &reference);
            assert!(found < tolerance, "{options:?} is {found} from the reference");
        }
    }
}

#[test]
fn rep3_is_the_default() {
    let model = Model::new();
    assert_eq!(json_of(&model, &["the cat"])[0]["backend"], "rep3");
}

#[test]
fn an_imitated_network_changes_nothing_but_the_time() {
    let model = Model::new();
    let options = ["--seed", "3", "--gelu", "quad", "the cat"];
    let [local, slow] = ["local", "0.01:10000"].map(|net| {
        let mut line = json_of(&model, &[&["--net", net], &options[..]].concat()).remove(0);
        line["seconds"] = json!(0);
        line
    });
    assert_eq!(local, slow);
}

#[test]
fn padding_does_not_change_the_result() {
    let model = Model::new();
    for (backend, tolerance) in [("plain", 1e-9), ("sim", 2e-3), ("rep3", 2e-3), ("additive", 2e-3)]
    {
        let of = |pad| {
            let options = ["--precision", "puma", "--pad", pad, "--backend", backend];
            embedding(&model, &[&options[..], &["the cat sat"]].concat())
        };
        let found = distance(&of("5"), &of("32"));
        assert!(found < tolerance, "{backend}: {found}");
    }
}

/// Only the padded length is public: what the parties send does not tell two texts apart.
#[test]
fn the_cost_depends_on_the_padded_length_alone() {
    let model = Model::new();
    // A run each: roles rotate from one text of a run to the next.
    let texts = ["the cat sat", "a", "abcdefghijk"];
    let lines = texts.map(|text| json_of(&model, &["--pad", "16", text]).remove(0));
    for line in &lines {
        assert_eq!(line["rounds"], lines[0]["rounds"]);
        assert_eq!(line["bytes_sent"], lines[0]["bytes_sent"]);
    }
    let longer = json_of(&model, &["--pad", "32", "a"]);
    assert_ne!(longer[0]["bytes_sent"], lines[0]["bytes_sent"]);
}

#[test]
fn texts_come_from_standard_input_a_line_each() {
    let model = Model::new();
    for input in ["the cat\nthe cat sat\n", "the cat\r\nthe cat sat"] {
        let command = embed(model.path(), &["--json", "--backend", "plain"]);
        let lines = json_lines(run_with_input(command, input.as_bytes()));
        let texts: Vec<&Value> = lines.iter().map(|line| &line["text"]).collect();
        assert_eq!(texts, ["the cat", "the cat sat"]);
    }
}

#[test]
fn texts_on_the_command_line_leave_standard_input_alone() {
    let model = Model::new();
    let command = embed(model.path(), &["--json", "--backend", "plain", "cat"]);
    assert_eq!(json_lines(run_with_input(command, b"\xff")).len(), 1);
}

#[test]
fn without_json_there_is_a_summary() {
    let model = Model::new();
    let summary = succeeds(run(embed(model.path(), &["the cat sat"])));
    for word in ["the cat sat\n", "5 tokens padded to 32", "rep3", "rounds", "16 numbers"] {
        assert!(summary.contains(word), "no {word:?} in: {summary}");
    }
    assert!(!summary.contains('\x1b'), "no colours and no bar in a pipe");
}

#[test]
fn texts_of_one_length_share_a_pass_when_asked_to() {
    let model = Model::new();
    let texts = ["the cat", "cat sat", "the cat sat"];
    let options = ["--precision", "puma", "--pad", "8"];
    let of = |batch| json_of(&model, &[&options[..], &["--batch", batch], &texts].concat());
    let (alone, together) = (of("1"), of("2"));
    assert_eq!(together.len(), 3);
    for (alone, together) in alone.iter().zip(&together) {
        assert_eq!(alone["text"], together["text"], "the order of the texts");
        assert_eq!(alone["rounds"], together["rounds"]);
        let [x, y] = [alone, together].map(|line| numbers(&line["embedding"]));
        assert!(distance(&x, &y) < 2e-3);
    }
    let counts = together.iter().map(|line| line.get("batch").cloned());
    assert!(counts.eq([Some(json!(2)), Some(json!(2)), None]));
}

/// The exact maximum runs on every backend, gives the same embedding and takes more rounds.
#[test]
fn either_maximum_gives_the_same_embedding() {
    let model = Model::new();
    for backend in ["rep3", "additive", "sim", "plain"] {
        let line = |maximum: &str| {
            let args = ["--json", "--backend", backend, "--maximum", maximum, "the cat sat"];
            json_lines(run(embed(model.path(), &args))).remove(0)
        };
        let (bound, exact) = (line("bound"), line("exact"));
        let embedding = |line: &Value| -> Vec<f64> {
            let values = line["embedding"].as_array().expect("a list");
            values.iter().map(|value| value.as_f64().expect("a number")).collect()
        };
        let cosine: f64 = embedding(&bound).iter().zip(embedding(&exact)).map(|(x, y)| x * y).sum();
        assert!(cosine > 0.999, "{backend}: {cosine}");
        let rounds = |line: &Value| line["rounds"].as_u64().expect("a count");
        assert_eq!(rounds(&exact) > rounds(&bound), backend != "plain", "{backend}");
    }
    let wrong = ["--maximum", "coarse", "the cat sat"];
    let output = run(embed(model.path(), &wrong));
    refuses(output, &["coarse", "--maximum"]);
}
