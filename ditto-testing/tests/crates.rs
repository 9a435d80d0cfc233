//! What depends on what: the crates have an order, in which nothing points back, and what only a command
//! needs, to talk to people, stays out of the libraries.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The crates of the workspace. Each may depend on those before it, its tests and build scripts too.
const ORDER: [&str; 9] = [
    "ditto-core",
    "ditto-net",
    "ditto-backends",
    "ditto-dsl",
    "ditto-testing",
    "ditto-models",
    "ditto-runtime",
    "ditto-lab",
    "ditto-cli",
];

/// What no library may need: an external crate, and the one crate that may depend on it.
const KEPT_APART: [(&str, &str); 4] = [
    ("clap", "ditto-cli"),
    ("anyhow", "ditto-cli"),
    ("indicatif", "ditto-cli"),
    ("faer", "ditto-lab"),
];

/// For tests alone: no crate depends on it but in `[dev-dependencies]`.
const FOR_TESTS: &str = "ditto-testing";

/// The crates of a workspace, and what their manifests ask for.
struct Workspace {
    crates: Vec<String>,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    from: String,
    to: String,
    /// In `[dev-dependencies]`.
    dev: bool,
}

impl Workspace {
    /// This one, as Cargo reads its manifests.
    fn read() -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata are JSON");
        let text = |value: &Value| value.as_str().expect("names are text").to_owned();
        let list = |value: &Value| value.as_array().expect("a list").clone();
        let mut workspace = Self { crates: Vec::new(), dependencies: Vec::new() };
        for package in list(&metadata["packages"]) {
            let from = text(&package["name"]);
            for dependency in list(&package["dependencies"]) {
                workspace.dependencies.push(Dependency {
                    from: from.clone(),
                    to: text(&dependency["name"]),
                    // Cargo gives ordinary dependencies no kind.
                    dev: dependency["kind"].as_str() == Some("dev"),
                });
            }
            workspace.crates.push(from);
        }
        workspace
    }

    /// What is wrong with it, a line for each thing.
    fn complaints(&self) -> Vec<String> {
        let place = |name: &str| ORDER.iter().position(|each| *each == name);
        let unplaced = self.crates.iter().filter(|name| place(name).is_none());
        let mut complaints: Vec<_> =
            unplaced.map(|name| format!("{name} has no place: put it in ORDER")).collect();
        for Dependency { from, to, dev } in &self.dependencies {
            // To turn on its own features, for its tests.
            let on_itself = from == to && *dev;
            if let (Some(dependent), Some(dependency)) = (place(from), place(to))
                && dependency >= dependent
                && !on_itself
            {
                complaints.push(format!("{from} depends on {to}, which comes after it in ORDER"));
            }
            if to == FOR_TESTS && !dev {
                complaints.push(format!("{from} depends on {to} outside of [dev-dependencies]"));
            }
            let apart = KEPT_APART.iter().find(|(name, _)| name == to);
            if let Some((_, home)) = apart
                && from != home
            {
                complaints.push(format!("{from} depends on {to}, which only {home} may"));
            }
        }
        complaints
    }
}

#[test]
fn nothing_points_back() {
    let workspace = Workspace::read();
    let complaints = workspace.complaints();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));

    // That all manifests were read: the folders beside this crate's that have one.
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace around the crate");
    let folders = std::fs::read_dir(root).expect("the workspace can be read");
    let folders = folders.map(|entry| entry.expect("the folder can be read").path());
    let manifests = folders.filter(|folder| folder.join("Cargo.toml").is_file()).count();
    assert_eq!(workspace.crates.len(), manifests, "{:?}", workspace.crates);
    let own = |arrow: &&Dependency| ORDER.contains(&arrow.to.as_str());
    assert!(workspace.dependencies.iter().filter(own).count() >= manifests);
}

/// The complaints about a workspace of the crates that `arrows` name: `"a -> b"`, or `"a dev-> b"` where
/// only tests depend.
fn complaints(arrows: &[&str]) -> Vec<String> {
    let mut workspace = Workspace { crates: Vec::new(), dependencies: Vec::new() };
    for arrow in arrows {
        let (from, to) = arrow.split_once("-> ").expect("an arrow");
        let dev = from.ends_with("dev");
        let from = from.trim_end_matches("dev").trim_end().to_owned();
        workspace.crates.push(from.clone());
        workspace.dependencies.push(Dependency { from, to: to.to_owned(), dev });
    }
    workspace.complaints()
}

#[test]
fn an_arrow_that_points_back_is_found() {
    let forward =
        ["ditto-dsl -> ditto-core", "ditto-testing -> ditto-dsl", "ditto-cli -> ditto-lab"];
    assert!(complaints(&forward).is_empty());
    for back in ["ditto-core -> ditto-dsl", "ditto-dsl dev-> ditto-testing"] {
        let found = complaints(&[forward.as_slice(), &[back]].concat());
        assert_eq!(found.len(), 1, "{back}: {found:?}");
        assert!(found[0].contains("comes after it in ORDER"), "{back}: {found:?}");
    }
    assert!(complaints(&["ditto-net dev-> ditto-net"]).is_empty());
    assert_eq!(complaints(&["ditto-net -> ditto-net"]).len(), 1);
}

#[test]
fn a_crate_without_a_place_is_found() {
    assert_eq!(
        complaints(&["ditto-new -> ditto-core"]),
        ["ditto-new has no place: put it in ORDER"]
    );
}

#[test]
fn what_is_kept_apart_is_found_in_a_library() {
    for (apart, home) in KEPT_APART {
        assert!(complaints(&[&format!("{home} -> {apart}")]).is_empty());
        for kind in ["->", "dev->"] {
            let found = complaints(&[&format!("ditto-core {kind} {apart}")]);
            assert_eq!(found, [format!("ditto-core depends on {apart}, which only {home} may")]);
        }
    }
}

#[test]
fn the_harness_is_found_in_a_release() {
    assert!(complaints(&["ditto-models dev-> ditto-testing"]).is_empty());
    let found = complaints(&["ditto-models -> ditto-testing"]);
    assert_eq!(found, ["ditto-models depends on ditto-testing outside of [dev-dependencies]"]);
}
