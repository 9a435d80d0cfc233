//! Tests that must not compile, one wrong step a file, each named by the rule that it breaks; and what
//! all messages have to keep, the language's as well (`ditto-dsl/tests/compile_fail`).
//!
//! The expected messages are part of the language: each is short, says in domain words
//! what is wrong and names the remedy. They depend on the compiler's version, which
//! rust-toolchain.toml pins; `TRYBUILD=overwrite` writes them anew after a change, to be read as
//! a newcomer would before they are kept.

use std::path::Path;

#[test]
fn wrong_tests_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}

/// A message that nobody would read to its end explains nothing.
#[test]
fn messages_are_short_and_speak_of_formats() {
    let folders = ["tests/compile_fail", "../ditto-dsl/tests/compile_fail"];
    let folders = folders.map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let entries =
        folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("programs are there"));
    let mut read = 0;
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        if path.extension().is_none_or(|extension| extension != "stderr") {
            continue;
        }
        let message = std::fs::read_to_string(&path).expect("messages are text");
        let lines = message.lines().count();
        assert!(lines <= 25, "{} has {lines} lines", path.display());
        for number in ["UInt<", "UTerm", "typenum", "ToUInt"] {
            assert!(!message.contains(number), "{} shows `{number}`", path.display());
        }
        let most = most_parameters(&message);
        assert!(most <= 3, "{} shows a type with {most} parameters", path.display());
        read += 1;
    }
    assert!(read >= 25, "{read} messages");
}

/// The largest number of parameters of a type or an item in `text`, which are what stands between
/// the angle brackets right after a name.
fn most_parameters(text: &str) -> usize {
    let bytes = text.as_bytes();
    let opens = |i: &usize| bytes[*i] == b'<' && *i > 0 && bytes[i - 1].is_ascii_alphanumeric();
    let count = |i: usize| {
        let (mut depth, mut commas) = (0, 0);
        for (j, byte) in bytes.iter().enumerate().skip(i) {
            match byte {
                b'<' | b'(' | b'[' => depth += 1,
                // The head of an arrow closes nothing.
                b'>' if bytes[j - 1] == b'-' => {}
                b'>' | b')' | b']' => depth -= 1,
                b',' if depth == 1 => commas += 1,
                _ => {}
            }
            if depth == 0 {
                return commas + 1;
            }
        }
        0
    };
    (0..bytes.len()).filter(opens).map(count).max().unwrap_or(0)
}

#[test]
fn parameters_are_counted() {
    assert_eq!(most_parameters("no type, here"), 0);
    assert_eq!(most_parameters("a `Product<B, Fixed<Z32, F<8>>, Fixed<Z32, F<8>>>` is"), 3);
    assert_eq!(most_parameters("for Closure<A, B, C, fn(D, E) -> F>"), 4);
}

/// Every public trait that a program can fail to satisfy says so in domain words. Traits of single
/// machine words are sealed, and stand in no bound that a layer meets.
#[test]
fn every_public_trait_explains_itself() {
    let of_words = ["PackWord", "PrgWord", "GemmWord", "PlaneWord", "Word"];
    let mut found = 0;
    for folder in ["src", "../ditto-dsl/src", "../ditto-core/src"] {
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("the sources are there") {
                let path = entry.expect("the folder can be read").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let source = std::fs::read_to_string(&path).expect("sources are text");
                // Traits inside of modules of a file are those that seal others.
                for (before, after) in
                    source.match_indices("\npub trait ").map(|(i, _)| source.split_at(i))
                {
                    let name = after.trim_start_matches("\npub trait ");
                    let end = name.find(|c: char| !c.is_alphanumeric()).expect("a body");
                    let name = &name[..end];
                    let attributes = before.rsplit("\n\n").next().expect("what stands above");
                    let explains = attributes.contains("#[diagnostic::on_unimplemented(");
                    assert!(explains || of_words.contains(&name), "{}: {name}", path.display());
                    found += usize::from(explains);
                }
            }
        }
    }
    assert!(found >= 20, "{found} traits");
}
