//! `ditto plan`.

use std::collections::BTreeSet;

use ditto_models::folder::{CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE};
use serde_json::Value;

use crate::command::{ditto, embed, fails, json_lines, refuses, run, succeeds};
use crate::model::Model;

fn plan(args: &[&str]) -> Value {
    let args = [&["plan", "--json"], args].concat();
    let mut lines = json_lines(run(ditto(&args)));
    assert_eq!(lines.len(), 1);
    lines.remove(0)
}

/// The figures of `BENCHMARKS.md`, which are those of every machine.
#[test]
fn rounds_and_bytes_of_whole_models_are_exact() {
    for (args, rounds, megabytes) in [
        (vec!["bert-base"], 1051, 1759.6),
        (vec!["bert-base", "--gelu", "quad"], 907, 1107.3),
        (vec!["bert-base", "--gelu", "puma"], 1075, 2183.7),
        (vec!["bert-base", "--seq", "32"], 1039, 348.6),
        (vec!["bert-large"], 2071, 4672.0),
    ] {
        let plan = plan(&args);
        assert_eq!(plan["rounds"], rounds, "{args:?}");
        let sent: u64 =
            plan["bytes_sent"].as_array().expect("a list").iter().flat_map(Value::as_u64).sum();
        let apart = (sent as f64 / 1e6 / megabytes - 1.0).abs();
        assert!(apart < 5e-3, "{args:?}: {sent} bytes");
    }
}

#[test]
fn json_has_the_parts_and_every_operation() {
    let plan = plan(&["bert-base", "--net", "wan", "--batch", "2"]);
    let keys: BTreeSet<&str> =
        plan.as_object().expect("an object").keys().map(String::as_str).collect();
    let fields = "batch bytes_sent estimate gelu model multiplications net precision rounds scopes \
                  seconds seq split";
    assert_eq!(keys, fields.split(' ').collect());
    let number = |value: &Value| value.as_f64().expect("a number");
    let terms = ["compute", "latency", "bandwidth"].map(|term| number(&plan["estimate"][term]));
    assert!(terms.iter().all(|&term| term > 0.0), "{terms:?}");
    assert!((terms.iter().sum::<f64>() - number(&plan["seconds"])).abs() < 1e-9);
    // 20 ms for every round.
    assert!((terms[1] - 0.02 * number(&plan["rounds"])).abs() < 1e-9);
    let scopes = plan["scopes"].as_array().expect("a list");
    // Added up in another order.
    let apart = number(&scopes[0]["seconds"]) / number(&plan["seconds"]) - 1.0;
    assert!(apart.abs() < 1e-12, "{apart:e}");
    let operations = scopes.iter().flat_map(|s| s["operations"].as_array().expect("a list"));
    let multiplications = |o: &Value| o["multiplications"].as_u64().expect("a count");
    assert_eq!(plan["multiplications"], operations.map(multiplications).sum::<u64>());
    let split = plan["split"].as_object().expect("an object");
    let rounds = |part: &Value| part["rounds"].as_u64().expect("a count");
    assert_eq!(plan["rounds"], split.values().map(rounds).sum::<u64>());
}

#[test]
fn without_json_there_is_a_table() {
    let text = succeeds(run(ditto(&["plan", "bert-base", "--net", "lan"])));
    for word in ["predicted", "latency", "bandwidth", "1051", "1759.6 MB", "softmax", "LayerNorm"] {
        assert!(text.contains(word), "no {word} in: {text}");
    }
}

/// The plan of a folder is what a run of it costs, and asks for nothing but its sizes.
#[test]
fn a_folder_is_planned_from_its_sizes_alone() {
    let model = Model::new();
    let ran = json_lines(run(embed(model.path(), &["--json", "--pad", "9", "the cat"])));
    for file in [WEIGHTS_FILE, TOKENIZER_FILE] {
        std::fs::remove_file(model.path().join(file)).expect("a file");
    }
    let folder = model.path().to_str().expect("UTF-8");
    let plan = plan(&[folder, "--seq", "9"]);
    assert_eq!(plan["rounds"], ran[0]["rounds"]);
    assert_eq!(plan["bytes_sent"], ran[0]["bytes_sent"]);
}

#[test]
fn what_cannot_be_planned_is_refused() {
    let model = Model::new();
    fails(run(ditto(&["plan", "bert-base", "--seq", "513"])), &["513 tokens", "--seq"]);
    fails(run(ditto(&["plan", "bert-base", "--seq", "0"])), &["--seq"]);
    fails(run(ditto(&["plan", "bert-base", "--batch", "99999999"])), &["--batch"]);
    fails(run(ditto(&["plan", "no-such-model"])), &["no-such-model"]);
    std::fs::remove_file(model.path().join(CONFIG_FILE)).expect("a file");
    fails(run(ditto(&["plan", model.path().to_str().expect("UTF-8")])), &[CONFIG_FILE]);
    refuses(run(ditto(&["plan", "bert-base", "--net", "moon"])), &["--net", "moon"]);
    refuses(run(ditto(&["plan", "bert-base", "--batch", "0"])), &["--batch"]);
}
