//! Options that do not fit, and an output that cannot be written.

use std::io::Write;
use std::process::Stdio;

use crate::command::{compare, ditto, embed, fails, refuses, run, succeeds};
use crate::model::Model;

#[test]
fn a_seed_does_not_go_with_tcp() {
    let model = Model::new();
    let args = ["--seed", "1", "--transport", "tcp", "the cat"];
    let words = ["seed", "draw their own keys", "leave out the seed"];
    fails(run(embed(model.path(), &args)), &words);
    fails(run(compare(model.path(), &args)), &words);
}

#[test]
fn two_parties_and_a_dealer_do_not_go_with_tcp() {
    let model = Model::new();
    let args = ["--backend", "additive", "--transport", "tcp"];
    let words = ["--backend additive", "memory", "leave out --transport tcp"];
    fails(run(embed(model.path(), &[&args[..], &["the cat"]].concat())), &words);
    let mut bench = ditto(&["bench"]);
    bench.arg(model.path()).args(args);
    fails(run(bench), &words);
}

#[test]
fn as_written_is_for_plain() {
    let model = Model::new();
    for backend in ["sim", "rep3", "additive"] {
        let args = ["--backend", backend, "--as-written", "the cat"];
        fails(run(embed(model.path(), &args)), &["--backend plain"]);
    }
}

#[test]
fn a_network_that_is_none_is_refused_with_those_there_are() {
    let model = Model::new();
    for net in ["moon", "1", "1:", "-1:5", "1:0", "nan:1"] {
        let args = [&format!("--net={net}"), "the cat"];
        let words = ["--net", net, "is not a network", "`lan`"];
        refuses(run(embed(model.path(), &args)), &words);
    }
}

#[test]
fn a_value_that_is_none_of_the_choices_is_refused_with_them() {
    let model = Model::new();
    for (option, value) in [
        ("--backend", "rep4"),
        ("--precision", "half"),
        ("--gelu", "erf"),
        ("--transport", "udp"),
        ("--seed", "-1"),
        ("--pad", "many"),
        ("--batch", "0"),
    ] {
        let args = [&format!("{option}={value}"), "the cat"];
        refuses(run(embed(model.path(), &args)), &[option, value]);
    }
}

#[test]
fn an_unknown_command_or_option_is_refused() {
    refuses(run(ditto(&["train"])), &["train"]);
    refuses(run(ditto(&["embed", "--fast", "the cat"])), &["--fast"]);
}

#[test]
fn no_command_shows_the_help() {
    let output = run(ditto(&[]));
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("Usage: ditto"));
}

#[test]
fn help_is_help() {
    for command in ["embed", "compare"] {
        let help = succeeds(run(ditto(&[command, "--help"])));
        for option in ["--model", "--precision", "--gelu", "--pad", "--seed", "--json"] {
            assert!(help.contains(option), "no {option} in the help of {command}");
        }
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt;

    let model = Model::new();
    let mut command = embed(model.path(), &[]);
    command.arg(std::ffi::OsStr::from_bytes(b"ab\xff"));
    refuses(run(command), &["UTF-8"]);
}

/// A reader that has gone away before there was anything to read: the result is lost, and it says so.
/// The text comes after the reader has gone, so that the command cannot be the faster one.
#[test]
fn a_closed_standard_output_is_an_error() {
    let model = Model::new();
    let mut command = embed(model.path(), &["--json", "--backend", "plain"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"the cat\n").expect("the command reads its texts");
    drop(stdin);
    let output = child.wait_with_output().expect("the command ends");
    fails(output, &["cannot write the output", "Broken pipe"]);
}

/// Before anything is read or computed, for every command.
#[test]
fn kernels_that_are_none_are_refused_with_those_there_are() {
    let model = Model::new();
    let folder = model.path().to_str().expect("UTF-8");
    let commands: [&[&str]; 5] = [
        &["embed", "--model", folder, "the cat"],
        &["compare", "--model", folder, "the cat"],
        &["bench", folder, "--seq", "8"],
        &["plan", folder, "--seq", "8"],
        &["sim", folder, "--text", "the cat"],
    ];
    for args in commands {
        let mut command = ditto(args);
        command.env("DITTO_KERNEL", "nonsense");
        let words = ["DITTO_KERNEL=nonsense", "names no kernel", "portable, avx2, avx512"];
        fails(run(command), &words);
    }
    let mut command = embed(model.path(), &["--json", "the cat"]);
    command.env("DITTO_KERNEL", "portable");
    succeeds(run(command));
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_an_error() {
    let model = Model::new();
    let full = std::fs::File::options().write(true).open("/dev/full");
    let mut command = embed(model.path(), &["--json", "--backend", "plain", "the cat"]);
    command.stdout(full.expect("the full device"));
    fails(run(command), &["cannot write the output"]);
}
