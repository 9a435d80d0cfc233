//! Where results go: standard output, and pages.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result};

/// Writes the whole output. A reader that has gone away is an error, as for any other command that has
/// something left to say: `ditto .. | head` takes what fits the pipe, and who wants to know whether all
/// was read sets `pipefail`. One that was closed before the start (`>&-`) is `/dev/null` to a Rust program,
/// and cannot be told from that.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.context("cannot write the output")
}

/// Checks that a page can be written, before the work whose result it is to show. Leaves nothing behind.
pub(crate) fn check_page(path: Option<&Path>) -> Result<()> {
    let Some(path) = path else {
        return Ok(());
    };
    let is_new = !path.exists();
    // To append, so that a page that is there already stays until there is another.
    let opened = File::options().append(true).create(true).open(path);
    opened.with_context(|| cannot_write(path))?;
    if is_new {
        fs::remove_file(path).with_context(|| cannot_write(path))?;
    }
    Ok(())
}

/// Writes a page.
pub(crate) fn write_page(path: &Path, html: &str) -> Result<()> {
    fs::write(path, html).with_context(|| cannot_write(path))
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
