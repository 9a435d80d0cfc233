//! `ditto plan`.

use ditto_models::checkpoint::{CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE};
use serde_json::Value;

use crate::command::{ditto, embed, fails, json_lines, refuses, run, succeeds};
use crate::model::Model;
use crate::shape::shape;

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
        (vec!["bert-base"], 1051, 1830.4),
        (vec!["bert-base", "--gelu", "quad"], 907, 1178.1),
        (vec!["bert-base", "--gelu", "puma"], 1075, 2254.5),
        (vec!["bert-base", "--seq", "32"], 1039, 348.6),
        (vec!["bert-large"], 2071, 4863.0),
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
    insta::assert_json_snapshot!("plan_line", shape(&plan));
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

/// The section of `BENCHMARKS.md` that has predicted times beside measured ones: its predictions are
/// those of the command, and all are within a fifth.
#[test]
fn predictions_are_near_what_was_measured() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../BENCHMARKS.md");
    let text = std::fs::read_to_string(path).expect("the benchmarks");
    let (_, section) = text.split_once("\n## Predicted\n").expect("the section");
    let (section, _) = section.split_once("\n## ").expect("a next section");
    let mut rows = 0;
    for line in section.lines() {
        let Some((_, line)) = line.split_once("| `ditto plan ") else {
            continue;
        };
        let (args, times) = line.split_once("` |").expect("a command");
        let seconds = |text: &str| -> f64 {
            text.trim().trim_end_matches(" s").parse().unwrap_or_else(|e| panic!("{text}: {e}"))
        };
        let times: Vec<&str> = times.trim_end_matches('|').split('|').collect();
        let [predicted, measured] = [seconds(times[0]), seconds(times[1])];
        let plan = plan(&args.split(' ').collect::<Vec<_>>());
        let [whole, texts] = ["seconds", "batch"].map(|f| plan[f].as_f64().expect("a number"));
        let decimals = times[0].split_once('.').map_or(0, |(_, d)| d.trim_end_matches(" s ").len());
        let half = 0.5001 * 10f64.powi(-(decimals as i32));
        assert!((whole / texts - predicted).abs() < half, "{args}: {} s", whole / texts);
        assert!((predicted / measured - 1.0).abs() <= 0.2, "{args}: {predicted} and {measured}");
        rows += 1;
    }
    assert!(rows >= 15, "{rows} rows");
}

/// Not how fast this machine is, but that what was found of it is used, and can be kept.
#[test]
fn a_machine_that_was_measured_can_be_kept() {
    let model = Model::new();
    let folder = model.path().to_str().expect("UTF-8");
    let calibrated = plan(&[folder, "--seq", "8", "--calibrate"]);
    let constants = calibrated["machine"].as_object().expect("an object");
    let names = "byte cache far_byte multiplication overlap round transfer";
    assert_eq!(constants.keys().map(String::as_str).collect::<Vec<_>>().join(" "), names);
    for constant in constants.values() {
        let all = constant.as_array().cloned().unwrap_or_else(|| vec![constant.clone()]);
        let positive = |value: &Value| value.as_f64().is_some_and(|v| v > 0.0 && v.is_finite());
        assert!(all.iter().all(positive), "{constants:?}");
    }
    let file = model.path().join("machine.json");
    std::fs::write(&file, calibrated.to_string()).expect("a file");
    let again = plan(&[folder, "--seq", "8", "--machine", file.to_str().expect("UTF-8")]);
    let seconds = |plan: &Value| plan["seconds"].as_f64().expect("a time");
    assert!((seconds(&again) / seconds(&calibrated) - 1.0).abs() < 1e-12);
    // Another machine than the one that is assumed without either.
    assert_ne!(seconds(&again), seconds(&plan(&[folder, "--seq", "8"])));
}

#[test]
fn a_file_that_holds_no_machine_is_refused() {
    let model = Model::new();
    let folder = model.path().to_str().expect("UTF-8");
    let file = model.path().join("machine.json");
    let path = file.to_str().expect("UTF-8");
    let refused = |words: &[&str]| {
        let words = [&["machine.json", "--calibrate"], words].concat();
        fails(run(ditto(&["plan", folder, "--machine", path])), &words);
        fails(run(ditto(&["bench", folder, "--machine", path])), &words);
    };
    refused(&["No such file"]);
    for (text, word) in
        [("", "EOF"), ("[1]", "no object"), ("{\"machine\": {\"byte\": 1}}", "missing")]
    {
        std::fs::write(&file, text).expect("a file");
        refused(&[word]);
    }
    std::fs::write(&file, [0xff, 0xfe]).expect("a file");
    refused(&["UTF-8"]);
    refuses(
        run(ditto(&["plan", folder, "--calibrate", "--machine", path])),
        &["--calibrate", "--machine"],
    );
}

#[test]
fn without_json_there_is_a_table() {
    let text = succeeds(run(ditto(&["plan", "bert-base", "--net", "lan"])));
    for word in [
        "predicted",
        "latency",
        "bandwidth",
        "ns a byte",
        "1051",
        "1830.4 MB",
        "softmax",
        "LayerNorm",
    ] {
        assert!(text.contains(word), "no {word} in: {text}");
    }
}

/// What may fail is a number in JSON and a power of two for people; with the exact maximum nothing may.
#[test]
fn the_probability_of_failure_follows_the_maximum() {
    let of = |args: &[&str]| plan(args)["failure_probability"].as_f64().expect("a number");
    assert!(of(&["bert-large", "--seq", "512"]) <= 2f64.powi(-38));
    assert!(of(&["bert-large", "--seq", "512"]) > 2f64.powi(-39));
    assert_eq!(of(&["bert-large", "--seq", "512", "--maximum", "exact"]), 0.0);
    let text = succeeds(run(ditto(&["plan", "bert-base"])));
    assert!(text.contains("failure    with a probability of 2^-42.8 at most"), "{text}");
    let text = succeeds(run(ditto(&["plan", "bert-base", "--maximum", "exact"])));
    assert!(text.contains("failure    with a probability of 0 at most"), "{text}");
    assert!(text.contains("maximum exact"), "{text}");
    // 52 rounds more for each of twelve layers.
    let rounds = |args: &[&str]| plan(args)["rounds"].as_u64().expect("a count");
    assert_eq!(rounds(&["bert-base", "--maximum", "exact"]), rounds(&["bert-base"]) + 12 * 52);
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
