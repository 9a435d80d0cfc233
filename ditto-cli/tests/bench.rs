//! `ditto bench` and batches, on a tiny random model: what is printed, and that a batch gives what
//! its texts give by themselves. Nothing here depends on how long a run takes.

use std::path::Path;
use std::process::{Command, Output};

use ditto_lab::bench::plain::PlainBert;
use ditto_models::bert::{BertConfig, Options};
use ditto_models::checkpoint::Weights;
use ditto_models::fixtures;
use ditto_runtime::{BackendChoice, Embedding, Padded, PrecisionChoice, Run, Transport};
use serde_json::Value;

const REP3: BackendChoice = BackendChoice::Rep3(Transport::Memory);
const TRUE_FUNCTIONS: BackendChoice = BackendChoice::Plain { as_written: false };

/// Embeds texts of the tiny model, `batch` at a time, in 64 bits.
fn embed(backend: BackendChoice, batch: usize, texts: &[Padded]) -> Vec<Embedding> {
    embed_with(backend, Some(3), batch, texts)
}

/// Embeds [`texts`] on three parties.
fn embed_over(transport: Transport, seed: Option<u64>, batch: usize) -> Vec<Embedding> {
    embed_with(BackendChoice::Rep3(transport), seed, batch, &texts())
}

fn embed_with(
    backend: BackendChoice,
    seed: Option<u64>,
    batch: usize,
    texts: &[Padded],
) -> Vec<Embedding> {
    let config = fixtures::tiny_config();
    let weights = weights(&config);
    let run = Run {
        config: &config,
        weights: &weights,
        backend,
        precision: PrecisionChoice::Puma,
        options: Options::default(),
        batch,
        net: ditto_net::NetworkProfile::LOCAL,
        seed,
    };
    let mut embeddings = Vec::new();
    run.embed(texts, None, |embedding| embeddings.push(embedding)).expect("a run");
    embeddings.sort_by_key(|embedding| embedding.text);
    embeddings
}

fn weights(config: &BertConfig) -> Weights {
    config.random_weights(7)
}

/// Texts of different true lengths, two of which have another padded length.
fn texts() -> Vec<Padded> {
    let text = |ids: &[u32], length| Padded { ids: ids.to_vec(), length };
    vec![
        text(&[2, 61, 62, 63, 3], 8),
        text(&[2, 5, 3], 6),
        text(&[2, 9, 33, 12, 40, 61, 7, 3], 8),
        text(&[2, 20, 3], 8),
        text(&[2, 8, 8, 3], 6),
    ]
}

fn furthest(x: &[Embedding], y: &[Embedding]) -> f64 {
    assert_eq!(x.len(), y.len());
    let values = |all: &[Embedding]| -> Vec<f64> {
        all.iter().flat_map(|embedding| embedding.values.clone()).collect()
    };
    let apart = values(x).into_iter().zip(values(y)).map(|(a, b)| (a - b).abs());
    apart.fold(0.0, f64::max)
}

#[test]
fn a_batch_gives_what_its_texts_give_by_themselves() {
    for (backend, tolerance) in [(TRUE_FUNCTIONS, 1e-12), (BackendChoice::Sim, 2e-3), (REP3, 2e-3)]
    {
        let (single, batch) = (embed(backend, 1, &texts()), embed(backend, 3, &texts()));
        let apart = furthest(&single, &batch);
        assert!(apart < tolerance, "{backend:?}: {apart:.1e}");
        let together: Vec<usize> = batch.iter().map(|embedding| embedding.batch).collect();
        assert_eq!(together, [3, 3, 3, 2, 2]);
    }
}

#[test]
fn rounds_do_not_grow_with_the_batch_and_sim_counts_as_rep3() {
    let text = texts().remove(0);
    let cost = |backend, batch| {
        let texts = vec![text.clone(); batch];
        embed(backend, batch, &texts).remove(0).report.total()
    };
    let (one, four) = (cost(REP3, 1), cost(REP3, 4));
    assert_eq!(one.rounds, four.rounds);
    // Rounding to whole bytes and words makes a little difference.
    assert!(four.total_bytes() > 3 * one.total_bytes());
    assert!(four.total_bytes() <= 4 * one.total_bytes());
    assert_eq!(four, cost(BackendChoice::Sim, 4));
}

#[test]
fn passes_at_the_same_time_share_rounds_and_add_bytes() {
    // Two padded lengths are two passes.
    let all = texts();
    let total =
        |backend, batch, texts: &[Padded]| embed(backend, batch, texts).remove(0).report.total();
    let (long, short) = (total(REP3, 1, &all[..1]), total(REP3, 1, &all[1..2]));
    let both = total(REP3, 2, &all[..2]);
    assert_eq!(both.rounds, long.rounds.max(short.rounds));
    assert_eq!(both.total_bytes(), long.total_bytes() + short.total_bytes());
    assert_eq!(both, total(BackendChoice::Sim, 2, &all[..2]));
}

#[test]
fn passes_at_the_same_time_do_not_meet_on_any_transport() {
    let alone = embed_over(Transport::Memory, None, 1);
    for transport in [Transport::Memory, Transport::Tcp] {
        let apart = furthest(&alone, &embed_over(transport, None, 5));
        assert!(apart < 2e-3, "{transport:?}: {apart:.1e}");
    }
    let replay = || embed_over(Transport::Memory, Some(3), 5);
    assert_eq!(furthest(&replay(), &replay()), 0.0, "a seed replays a batch");
}

#[test]
fn the_f32_yardstick_computes_the_same_model() {
    let config = fixtures::tiny_config();
    let texts = [[2u32, 61, 62, 63, 30, 3], [2, 9, 33, 12, 40, 3]];
    let padded = texts.map(|ids| Padded { ids: ids.to_vec(), length: ids.len() });
    let truth = embed(TRUE_FUNCTIONS, 2, &padded);
    let plain = PlainBert::new(&config, &weights(&config)).expect("complete weights");
    let plain = plain.embed(&texts.each_ref().map(|ids| ids.as_slice()));
    for (truth, plain) in truth.iter().zip(plain) {
        assert_eq!(truth.values.len(), plain.len());
        for (t, p) in truth.values.iter().zip(plain) {
            assert!((t - f64::from(p)).abs() < 1e-5, "{t} and {p}");
        }
    }
}

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
    let keys = |value: &Value| -> Vec<String> {
        let mut keys: Vec<_> = value.as_object().expect("an object").keys().cloned().collect();
        keys.sort();
        keys
    };
    let fields = "batch bytes_sent failure_probability machine model peak_rss_bytes plain_seconds predicted ratio rounds runs \
                  scopes seconds seq split";
    assert_eq!(keys(&object).join(" "), fields);
    let kinds = "embedding gelu layer_norm linear other pooling scores softmax";
    assert_eq!(keys(&object["split"]).join(" "), kinds);
    let parts = object["split"].as_object().expect("an object");
    assert!(parts.values().all(|part| keys(part).join(" ") == "bytes rounds seconds"));
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
    fails(bench(folder.path(), &["--softmax", "none"]), "--softmax");
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
