//! Running the command, and what its output must be.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The command with arguments, nothing on standard input.
pub(crate) fn ditto(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ditto"));
    command.args(args).stdin(Stdio::null());
    command
}

/// `ditto embed` on the model in `folder`.
pub(crate) fn embed(folder: &Path, args: &[&str]) -> Command {
    on_model("embed", folder, args)
}

/// `ditto compare` on the model in `folder`.
pub(crate) fn compare(folder: &Path, args: &[&str]) -> Command {
    on_model("compare", folder, args)
}

fn on_model(subcommand: &str, folder: &Path, args: &[&str]) -> Command {
    let mut command = ditto(&[subcommand, "--model"]);
    command.arg(folder).args(args);
    command
}

/// Runs the command to its end.
pub(crate) fn run(mut command: Command) -> Output {
    command.output().expect("the command starts")
}

/// Runs the command with `input` on its standard input.
pub(crate) fn run_with_input(mut command: Command, input: &[u8]) -> Output {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().expect("the command starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A command that has refused its arguments does not read.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().expect("the command ends")
}

/// The output of a command that must succeed and have nothing to say on standard error.
pub(crate) fn succeeds(output: Output) -> String {
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert_eq!(error, "", "no word on success");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The lines of `--json` output of a command that must succeed.
pub(crate) fn json_lines(output: Output) -> Vec<Value> {
    succeeds(output)
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect()
}

/// Checks that the command failed as every failure should: exit code 2, nothing on standard
/// output, one line on standard error, with each of `words` in it.
pub(crate) fn fails(output: Output, words: &[&str]) {
    let error = failure(output);
    assert!(error.starts_with("ditto: "), "{error}");
    let line = error.strip_suffix('\n').expect("a whole line");
    assert!(!line.contains(char::is_control), "one line: {error:?}");
    for word in words {
        assert!(line.contains(word), "no {word:?} in: {line}");
    }
}

/// Checks that the command refused its arguments: exit code 2, nothing on standard output, and a
/// first line on standard error with each of `words` in it; the usage may follow.
pub(crate) fn refuses(output: Output, words: &[&str]) {
    let error = failure(output);
    let line = error.lines().next().unwrap_or_default();
    assert!(line.starts_with("error: "), "{error}");
    for word in words {
        assert!(line.contains(word), "no {word:?} in: {line}");
    }
}

fn failure(output: Output) -> String {
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "nothing on standard output");
    assert!(!error.contains("panicked"), "{error}");
    error
}

/// The numbers of a JSON list.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("a list");
    list.iter().map(|v| v.as_f64().expect("a number")).collect()
}

/// The largest difference between elements of two vectors.
pub(crate) fn distance(x: &[f64], y: &[f64]) -> f64 {
    assert_eq!(x.len(), y.len());
    x.iter().zip(y).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
