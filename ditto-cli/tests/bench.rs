//! `ditto bench` on a tiny random model: what is printed. Nothing here depends on how long a run takes.

mod shape;

use std::path::Path;
use std::process::{Command, Output};

use ditto_models::fixtures;
use serde_json::Value;

use shape::shape;

/// Runs `ditto bench` on a tiny folder.
fn bench(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ditto"));
    command.arg("bench").arg(folder).args(["--seq", "8", "--runs", "2"]).args(args);
    command.output().expect("the command starts")
}

fn tiny_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a directory");
    fixtures::write_tiny(folder.path(), 7).expect("files");
    folder
}

fn succeeds(output: &Output) -> &str {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    std::str::from_utf8(&output.stdout).expect("UTF-8")
}

#[test]
fn json_is_one_object_of_the_documented_fields() {
    let folder = tiny_folder();
    let output = bench(folder.path(), &["--json", "--batch", "2"]);
    let text = succeeds(&output);
    assert_eq!(text.lines().count(), 1);
    let object: Value = serde_json::from_str(text).expect("JSON");
    insta::assert_json_snapshot!("benchmark", shape(&object));
    let parts = object["split"].as_object().expect("an object");
    let sum = |field: &str| -> u64 {
        parts.values().map(|part| part[field].as_u64().expect(field)).sum()
    };
    let operations = object["scopes"].as_array().expect("a list").iter().flat_map(|scope| {
        assert!(scope["path"].is_string());
        scope["operations"].as_array().expect("a list")
    });
    let rounds = operations.map(|operation| {
        assert!(operation["seconds"].as_f64().expect("a time") > 0.0, "{operation}");
        operation["rounds"].as_u64().expect("a count")
    });
    assert_eq!(object["rounds"], Value::from(rounds.sum::<u64>()));
    let sent: u64 =
        object["bytes_sent"].as_array().expect("a list").iter().flat_map(Value::as_u64).sum();
    assert_eq!(sent, sum("bytes"));
    assert_eq!(object["rounds"], Value::from(sum("rounds")));
    assert_eq!((&object["seq"], &object["batch"]), (&Value::from(8), &Value::from(2)));
    assert_eq!(object["runs"].as_array().expect("a list").len(), 2);
    let number = |field: &str| object[field].as_f64().expect(field);
    assert!(
        (number("ratio") - number("seconds") / number("plain_seconds")).abs()
            < 1e-6 * number("ratio")
    );
}

#[test]
fn the_time_is_beside_the_predicted_one() {
    let folder = tiny_folder();
    let output = bench(folder.path(), &["--json", "--batch", "2", "--net", "1:100"]);
    let object: Value = serde_json::from_str(succeeds(&output)).expect("JSON");
    let number = |value: &Value| value.as_f64().expect("a number");
    let predicted = &object["predicted"];
    let mut plan = Command::new(env!("CARGO_BIN_EXE_ditto"));
    plan.arg("plan").arg(folder.path()).args("--seq 8 --batch 2 --net 1:100 --json".split(' '));
    let plan = plan.output().expect("the command starts");
    let plan: Value = serde_json::from_str(succeeds(&plan)).expect("JSON");
    assert_eq!(predicted["seconds"], plan["seconds"]);
    assert_eq!(object["machine"], plan["machine"]);
    let difference = number(&predicted["seconds"]) / number(&object["seconds"]) - 1.0;
    assert!((number(&predicted["difference"]) - difference).abs() < 1e-12);
    // Of the simulation the model says nothing.
    let output = bench(folder.path(), &["--json", "--backend", "sim"]);
    let object: Value = serde_json::from_str(succeeds(&output)).expect("JSON");
    assert!(object["predicted"].is_null());
    let output = bench(folder.path(), &[]);
    let text = succeeds(&output);
    for word in ["predicted", "LayerNorm", "matrix product", "power of two"] {
        assert!(text.contains(word), "no {word} in: {text}");
    }
}

#[test]
fn the_report_is_one_page_that_needs_nothing_else() {
    let folder = tiny_folder();
    let page = folder.path().join("report.html");
    let output = bench(folder.path(), &["--report", page.to_str().expect("UTF-8")]);
    assert!(succeeds(&output).contains("LayerNorm"));
    let html = std::fs::read_to_string(page).expect("a page");
    for outside in ["://", "src=", "href=", "@import", "url(", "<script", "<link"] {
        assert!(!html.contains(outside), "{outside} in the page");
    }
    assert!(html.contains("predicted, "));
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"));
    assert_eq!(html.matches("<svg").count(), html.matches("</svg>").count());
    // Three measures, and a row for embedding, two layers and pooling.
    assert_eq!(html.matches("<svg").count(), 3 + 4);
}

/// As the help says: where there are no weights, random ones.
#[test]
fn a_config_alone_is_measured_with_random_weights() {
    let folder = tiny_folder();
    let whole: Value =
        serde_json::from_str(succeeds(&bench(folder.path(), &["--json"]))).expect("JSON");
    for file in ["model.safetensors", "tokenizer.json"] {
        std::fs::remove_file(folder.path().join(file)).expect("a file");
    }
    let alone: Value =
        serde_json::from_str(succeeds(&bench(folder.path(), &["--json"]))).expect("JSON");
    assert_eq!(alone["rounds"], whole["rounds"]);
    // Who sends what depends on which of the runs is the median one.
    let bytes = |object: &Value| -> u64 {
        object["bytes_sent"].as_array().into_iter().flatten().filter_map(Value::as_u64).sum()
    };
    assert_eq!(bytes(&alone), bytes(&whole));
    assert!(bytes(&alone) > 100_000);
    std::fs::remove_file(folder.path().join("config.json")).expect("a file");
    let output = bench(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("has no config.json"));
}

#[test]
fn what_cannot_be_measured_is_one_line_and_exit_code_2() {
    let folder = tiny_folder();
    let fails = |output: Output, word: &str| {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(output.stdout.is_empty() && error.contains(word), "{error}");
    };
    fails(bench(&folder.path().join("none"), &[]), "none");
    fails(bench(folder.path(), &["--batch", "0"]), "--batch");
    fails(bench(folder.path(), &["--gelu", "none"]), "--gelu");
    let nowhere = ["--report", "/no/such/folder/report.html"];
    fails(bench(folder.path(), &nowhere), "cannot write");
    // Before the model is read.
    fails(bench(&folder.path().join("none"), &nowhere), "cannot write");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ditto"));
    command.arg("bench").arg(folder.path()).args(["--seq", "33"]);
    fails(command.output().expect("the command starts"), "--seq");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ditto"));
    fails(command.arg("bench").output().expect("the command starts"), "MODEL");
}
