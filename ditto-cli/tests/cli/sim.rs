//! `ditto sim`.

use std::process::{Command, Output};

use serde_json::Value;

use crate::command::{ditto, embed, fails, json_lines, refuses, run, run_with_input, succeeds};
use crate::model::Model;

fn sim(model: &Model, args: &[&str]) -> Command {
    let mut command = ditto(&["sim"]);
    command.arg(model.path()).args(args);
    command
}

fn layer<'a>(inspection: &'a Value, path: &str) -> &'a Value {
    let layers = inspection["layers"].as_array().expect("a list");
    layers.iter().find(|layer| layer["path"] == path).unwrap_or_else(|| panic!("no {path}"))
}

fn inspect(model: &Model, args: &[&str]) -> Value {
    let args = [&["--json"], args].concat();
    json_lines(run(sim(model, &args))).remove(0)
}

#[test]
fn every_layer_has_its_room_its_error_and_its_cost() {
    let model = Model::new();
    let found = inspect(&model, &["--text", "the cat sat"]);
    let softmax = layer(&found, "layer 1/attention/softmax");
    let number = |value: &Value| value.as_f64().expect("a number");
    assert!(number(&softmax["error"]["cosine"]) > 0.99);
    assert!(number(&softmax["ranges"][0]["headroom_bits"]) > 0.0);
    assert!(number(&softmax["wan_seconds"]) > number(&softmax["lan_seconds"]));
    // Probabilities are between 0 and 1, and the error of a part is below the whole.
    assert!(number(&softmax["error"]["max"]) < 0.1);
    let ran = json_lines(run(embed(model.path(), &["--json", "the cat sat"]))).remove(0);
    assert_eq!(found["whole"]["rounds"], ran["rounds"]);
    let bytes = ran["bytes_sent"].as_array().expect("a list");
    assert_eq!(found["whole"]["bytes"], bytes.iter().flat_map(Value::as_u64).sum::<u64>());
    // With 64 bits everywhere, the error is much smaller: by ten fractional bits of activations.
    let fine = inspect(&model, &["--text", "the cat sat", "--precision", "puma"]);
    let error = |found: &Value| number(&found["whole"]["error"]["max"]);
    assert!(10.0 * error(&fine) < error(&found), "{} and {}", error(&fine), error(&found));
}

#[test]
fn texts_come_from_the_options_from_a_file_or_from_standard_input() {
    let model = Model::new();
    let file = model.path().join("texts.txt");
    std::fs::write(&file, "the cat\nthe cat sat\n").expect("a file");
    let by_options = inspect(&model, &["--text", "the cat", "--text", "the cat sat"]);
    let by_file = inspect(&model, &["--texts", file.to_str().expect("UTF-8")]);
    let piped = run_with_input(sim(&model, &["--json"]), b"the cat\nthe cat sat\n");
    let by_input = json_lines(piped).remove(0);
    assert_eq!(by_options, by_file);
    assert_eq!(by_options, by_input);
    assert_eq!(by_options["passes"], 2);
    let batch = inspect(&model, &["--texts", file.to_str().expect("UTF-8"), "--batch", "2"]);
    assert_eq!(batch["passes"], 1);
}

#[test]
fn the_table_marks_the_layer_that_loses_most() {
    let model = Model::new();
    let table = succeeds(run(sim(&model, &["--text", "the cat sat"])));
    assert_eq!(table.matches("<- loses most").count(), 1, "{table}");
    for word in ["headroom", "SNR", "WAN s", "layer 1/gelu", "everything"] {
        assert!(table.contains(word), "no {word} in: {table}");
    }
    assert!(!table.contains("/softmax"), "two levels by default");
    let deeper = succeeds(run(sim(&model, &["--text", "the cat sat", "--depth", "3"])));
    assert!(deeper.contains("layer 0/attention/softmax"), "{deeper}");
}

#[test]
fn the_report_is_one_page_that_needs_nothing_else() {
    let model = Model::new();
    let page = model.path().join("layers.html");
    let path = page.to_str().expect("UTF-8");
    succeeds(run(sim(&model, &["--text", "the cat sat", "--report", path])));
    let html = std::fs::read_to_string(page).expect("a page");
    for outside in ["://", "src=", "href=", "@import", "url(", "<script", "<link"] {
        assert!(!html.contains(outside), "{outside} in the page");
    }
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"));
    // Embedding and its norm, two layers of an attention, a GeLU, and linear and norm by one name
    // each, and pooling: in three charts.
    assert_eq!(html.matches("<svg").count(), 3 * (2 + 2 * 5 + 1));
    assert_eq!(html.matches("<svg").count(), html.matches("</svg>").count());
    assert_eq!(html.matches("class=\"worst\"").count(), 3);
}

#[test]
fn formats_are_suggested_that_keep_the_bound() {
    let model = Model::new();
    let texts = ["--text", "the cat sat", "--text", "a dog", "--suggest", "--cosine", "0.99"];
    let found = inspect(&model, &texts);
    let suggestion = &found["suggestion"];
    assert_eq!((&suggestion["kept"], &suggestion["texts"]), (&Value::Bool(true), &2.into()));
    assert!(suggestion["suggested"]["cosine"].as_f64() >= Some(0.99));
    // As written it costs what the simulation counts, in each layer too.
    assert_eq!(suggestion["now"]["bytes"], found["whole"]["bytes"]);
    let layers = suggestion["layers"].as_array().expect("a list");
    let gelu = layers.iter().find(|layer| layer["path"] == "layer 1/gelu").expect("a layer");
    assert_eq!(gelu["bytes_now"], layer(&found, "layer 1/gelu")["bytes"]);
    let number = |value: &Value| value.as_u64().expect("a number");
    assert!(number(&suggestion["suggested"]["bytes"]) < number(&suggestion["now"]["bytes"]));
    let sum = |key: &str| layers.iter().map(|layer| number(&layer[key])).sum::<u64>();
    assert_eq!(sum("bytes_suggested"), number(&suggestion["suggested"]["bytes"]));
    assert_eq!(suggestion["policy"]["roles"].as_array().map(Vec::len), Some(7));
    assert!(inspect(&model, &["--text", "a dog"]).get("suggestion").is_none());
}

#[test]
fn suggestions_are_a_table_and_a_part_of_the_page() {
    let model = Model::new();
    let page = model.path().join("layers.html");
    let path = page.to_str().expect("UTF-8");
    // The shortest text that there is.
    let table = succeeds(run(sim(&model, &["--text", "a", "--suggest", "--report", path])));
    for word in ["cosine alone", "MB then", "keep the cosine above 0.999", "type Act = Fixed<Z"] {
        assert!(table.contains(word), "no {word} in: {table}");
    }
    let html = std::fs::read_to_string(page).expect("a page");
    assert!(html.contains("<h2>Suggested formats</h2>") && html.ends_with("</html>\n"));
    // Beside the three charts of 13 layers, two bars for each of 11: those that compute themselves.
    assert_eq!(html.matches("<svg").count(), 3 * 13 + 2 * 11);
    let far = ["--text", "the cat", "--suggest", "--cosine", "0.999999999999"];
    let table = succeeds(run(sim(&model, &far)));
    assert!(table.contains("no formats were found that keep the cosine above"), "{table}");
}

#[test]
fn a_bound_that_is_none_is_refused() {
    let model = Model::new();
    for bound in ["0", "1", "1.5", "-0.5", "nan", "inf", "close"] {
        let bound = format!("--cosine={bound}");
        let args = ["--text", "the cat", "--suggest", &bound];
        refuses(run(sim(&model, &args)), &["--cosine", "above 0 and below 1"]);
    }
    let alone = run(sim(&model, &["--text", "the cat", "--cosine", "0.99"]));
    refuses(alone, &["required"]);
    fails(run(sim(&model, &["--text", "", "--suggest"])), &["text 1"]);
    fails(run_with_input(sim(&model, &["--suggest"]), b""), &["text"]);
}

#[test]
fn a_value_out_of_range_is_named_with_a_format_that_holds_it() {
    let model = Model::new();
    model.set("encoder.layer.1.output.dense.weight", 0..32, 5e5);
    let words = ["layer 1/linear", "matrix product", "at index", "the bound 4096;", "Fixed<Z"];
    fails(run(sim(&model, &["--text", "the cat"])), &words);
}

/// That a page can be written is tried before, and leaves a page that is there as it was, and none where
/// none was.
#[test]
fn a_run_that_fails_writes_no_page() {
    let model = Model::new();
    let page = model.path().join("page.html");
    let args = ["--text", "", "--report", page.to_str().expect("UTF-8")];
    fails(run(sim(&model, &args)), &["text 1"]);
    assert!(!page.exists());
    std::fs::write(&page, "earlier").expect("a page");
    fails(run(sim(&model, &args)), &["text 1"]);
    assert_eq!(std::fs::read_to_string(&page).expect("a page"), "earlier");
}

#[test]
fn bad_input_is_refused() {
    let model = Model::new();
    let fail = |args: &[&str], words: &[&str]| fails(run(sim(&model, args)), words);
    fail(&["--texts", "/no/such/file"], &["/no/such/file"]);
    fail(&["--text", ""], &["text 1"]);
    fail(&["--text", "the cat", "--report", "/no/such/folder/page.html"], &["cannot write"]);
    // Before the texts are looked at, let alone computed.
    fail(
        &["--text", "", "--report", "/no/such/folder/page.html"],
        &["cannot write", "No such file"],
    );
    let folder = model.path().to_str().expect("UTF-8");
    fail(&["--text", "", "--report", folder], &["cannot write", "directory"]);
    let refused = |args: &[&str]| -> Output { run(sim(&model, args)) };
    refuses(refused(&["--text", "the cat", "--texts", "file"]), &["--text"]);
    refuses(refused(&["--text", "the cat", "--depth", "0"]), &["--depth"]);
    fails(run(ditto(&["sim", "bert-base", "--text", "the cat"])), &["bert-base"]);
}
