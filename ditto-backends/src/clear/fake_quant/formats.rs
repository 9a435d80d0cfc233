//! Which formats a run computes in: those that the types say, or others in their place.

use std::collections::{HashMap, HashSet};
use std::fmt;

use ditto_core::{Ring, Z32, Z64};

/// A fixed-point format as a value: what [`ditto_core::Fixed`] is as a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FormatValue {
    /// The bits of the ring: 32 or 64.
    pub ring: u32,
    /// Fractional bits.
    pub frac: u32,
}

impl FormatValue {
    /// The ring's name.
    pub fn ring_name(&self) -> &'static str {
        if self.ring == Z32::BITS { Z32::NAME } else { Z64::NAME }
    }
}

impl fmt::Display for FormatValue {
    /// As a user writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fixed<{}, F<{}>>", self.ring_name(), self.frac)
    }
}

/// What values of a format are in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SiteKind {
    /// The right factor of a matrix product, prepared once.
    Weight,
    /// Everything else.
    Value,
}

/// The values of one format, as the types say it, that come into being in one layer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Site {
    /// The layer: names of scopes, joined by `/`; empty outside of all.
    pub layer: String,
    /// Weights or other values.
    pub kind: SiteKind,
    /// The format that the types say.
    pub written: FormatValue,
}

/// The formats of a run. Integers (formats without fractional bits) stay as they are.
#[derive(Clone, Debug)]
pub struct Formats {
    depth: usize,
    /// What is rounded; `None` is everything.
    rounded: Option<HashSet<Site>>,
    margin: u32,
    frac: HashMap<Site, u32>,
    narrowed: HashSet<String>,
}

/// The format that values are rounded to, or would be if they were rounded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) format: FormatValue,
    pub(super) exact: bool,
}

impl Formats {
    /// The formats that the types say. A layer is a scope of at most `depth` names (0 counts as 1),
    /// together with the scopes inside of it that have more.
    pub fn as_written(depth: usize) -> Self {
        let (frac, narrowed) = (HashMap::new(), HashSet::new());
        Self { depth: depth.max(1), rounded: None, margin: 0, frac, narrowed }
    }

    /// Rounds the values of these sites alone: what is left of the error is theirs. With none, the run
    /// is the reference.
    pub fn round_only(mut self, sites: impl IntoIterator<Item = Site>) -> Self {
        self.rounded = Some(sites.into_iter().collect());
        self
    }

    /// Requires that values could grow by 2^`bits` wherever a format has more fractional bits than
    /// the types say, or a narrower ring.
    pub fn with_margin(mut self, bits: u32) -> Self {
        self.margin = bits;
        self
    }

    /// Gives the values of a site other fractional bits. (A site of a format without fractional bits
    /// keeps it.)
    pub fn set(&mut self, site: Site, frac: u32) {
        self.frac.insert(site, frac);
    }

    /// Runs all formats of `Z64` of a layer in `Z32`. Their fractional bits should be set too.
    pub fn narrow(&mut self, layer: String) {
        self.narrowed.insert(layer);
    }

    pub(super) fn margin(&self) -> u32 {
        self.margin
    }

    /// The layer that the scope at `path` belongs to.
    pub(super) fn layer<'a>(&self, path: &'a str) -> &'a str {
        match path.match_indices('/').nth(self.depth - 1) {
            Some((end, _)) => &path[..end],
            None => path,
        }
    }

    /// The ring that `ring` stands for in a layer.
    pub(super) fn ring(&self, layer: &str, ring: u32) -> u32 {
        if self.narrowed.contains(layer) { Z32::BITS } else { ring }
    }

    pub(super) fn target(&self, site: &Site) -> Target {
        let ring = self.ring(&site.layer, site.written.ring);
        if site.written.frac == 0 {
            return Target { format: FormatValue { ring, frac: 0 }, exact: false };
        }
        let frac = self.frac.get(site).copied().unwrap_or(site.written.frac);
        let exact = self.rounded.as_ref().is_some_and(|rounded| !rounded.contains(site));
        Target { format: FormatValue { ring, frac }, exact }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_a_scope_with_those_inside_of_it() {
        let formats = Formats::as_written(2);
        let layers = ["", "a", "a/b", "a/b/c", "a/b/c/d"].map(|path| formats.layer(path));
        assert_eq!(layers, ["", "a", "a/b", "a/b", "a/b"]);
        assert_eq!(Formats::as_written(0).layer("a/b"), "a");
    }

    #[test]
    fn what_is_not_set_is_as_written_and_integers_always_are() {
        let written = FormatValue { ring: 64, frac: 18 };
        let site = Site { layer: "a".to_owned(), kind: SiteKind::Value, written };
        let mut formats = Formats::as_written(1);
        assert!(!formats.target(&site).exact);
        let before = formats.clone().round_only([]).target(&site);
        assert!(before.exact && before.format == written);
        formats.set(site.clone(), 9);
        formats.narrow("a".to_owned());
        let after = formats.clone().round_only([site.clone()]).target(&site);
        assert!(!after.exact && after.format == FormatValue { ring: 32, frac: 9 });
        let integers = Site { written: FormatValue { ring: 64, frac: 0 }, ..site };
        formats.set(integers.clone(), 5);
        assert_eq!(formats.target(&integers).format, FormatValue { ring: 32, frac: 0 });
        assert_eq!(written.to_string(), "Fixed<Z64, F<18>>");
    }
}
