//! `ditto compare`.

use std::collections::BTreeSet;

use crate::command::{compare, json_lines, run, succeeds};
use crate::model::Model;

const BACKENDS: [&str; 4] = ["plain", "plain as written", "sim", "rep3"];

#[test]
fn json_has_a_line_for_every_text_and_backend() {
    let model = Model::new();
    let args = ["--json", "--precision", "puma", "the cat", "the cat sat"];
    let rows = json_lines(run(compare(model.path(), &args)));
    assert_eq!(rows.len(), 2 * BACKENDS.len());
    for (i, row) in rows.iter().enumerate() {
        let fields: BTreeSet<&str> =
            row.as_object().expect("an object").keys().map(String::as_str).collect();
        let promised =
            ["text", "backend", "cosine", "seconds", "rounds", "bytes_sent", "failure_probability"];
        assert_eq!(fields, BTreeSet::from(promised));
        assert_eq!(row["text"], ["the cat", "the cat sat"][i / 4]);
        assert_eq!(row["backend"], BACKENDS[i % 4]);
        let cosine = row["cosine"].as_f64().expect("a number");
        assert!((cosine - 1.0).abs() < 1e-4, "{row}");
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
