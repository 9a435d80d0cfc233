//! How much of a run's cost each kind of layer takes, from the names of its scopes.

use ditto_core::Report;
use serde::{Serialize, Serializer};

use crate::report::svg::Segment;

/// A kind of layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// From one-hot rows to hidden states.
    Embedding,
    /// Matrix products with weights.
    Linear,
    /// Attention: queries by keys, probabilities by values.
    Scores,
    /// Softmax of the scores.
    Softmax,
    /// GeLU.
    Gelu,
    /// Layer normalisation, with the residual before it.
    LayerNorm,
    /// From hidden states to a sentence embedding.
    Pooling,
    /// What no layer claims, such as narrowing between layers.
    Other,
    /// Tests of ranges, if they were asked for.
    Audit,
}

impl Kind {
    /// In the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Embedding,
        Self::Linear,
        Self::Scores,
        Self::Softmax,
        Self::Gelu,
        Self::LayerNorm,
        Self::Pooling,
        Self::Other,
        Self::Audit,
    ];

    /// The name in `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedding => "embedding",
            Self::Linear => "linear",
            Self::Scores => "scores",
            Self::Softmax => "softmax",
            Self::Gelu => "gelu",
            Self::LayerNorm => "layer_norm",
            Self::Pooling => "pooling",
            Self::Other => "other",
            Self::Audit => "audit",
        }
    }

    /// The name as people read it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Gelu => "GeLU",
            Self::LayerNorm => "LayerNorm",
            kind => kind.name(),
        }
    }

    /// A segment of its colour in a bar.
    pub fn segment(self, length: f64, value: String) -> Segment {
        Segment { colour: self as usize, name: self.title(), length, value }
    }

    /// The kind of the innermost scope of a path that has one.
    pub fn of_path(path: &str) -> Self {
        let kind = |scope| match scope {
            "embedding" => Some(Self::Embedding),
            "linear" => Some(Self::Linear),
            // What attention does beside its products is to lay out the heads.
            "scores" | "attention" => Some(Self::Scores),
            "softmax" => Some(Self::Softmax),
            "gelu" => Some(Self::Gelu),
            "layer norm" => Some(Self::LayerNorm),
            "pooling" => Some(Self::Pooling),
            "audit" => Some(Self::Audit),
            _ => None,
        };
        path.rsplit('/').find_map(kind).unwrap_or(Self::Other)
    }
}

/// The cost of one kind of layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct KindCost {
    /// Wall-clock time at the slowest party, waiting for the others included.
    pub seconds: f64,
    /// Times in a row that a party waits.
    pub rounds: u64,
    /// Bytes that all parties send together.
    pub bytes: u64,
}

/// The cost of a run by kind of layer; every round and byte of it is in exactly one part.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    parts: [KindCost; Kind::ALL.len()],
}

impl Split {
    /// From a run's scopes: what a scope costs without the scopes inside it goes to its kind.
    pub fn of(report: &Report) -> Self {
        Self::within(report, "")
    }

    /// The same for the scope `root` and those inside it; empty for the whole run.
    pub fn within(report: &Report, root: &str) -> Self {
        let inside = |path: &str| match path.strip_prefix(root) {
            Some(rest) => root.is_empty() || rest.is_empty() || rest.starts_with('/'),
            None => false,
        };
        let mut sums = [(0.0, 0i64, 0i64); Kind::ALL.len()];
        for scope in report.scopes.iter().filter(|scope| inside(&scope.path)) {
            let (rounds, bytes) = (scope.cost.rounds as i64, scope.cost.total_bytes() as i64);
            let mut add = |path: &str, sign: i64| {
                let sum = &mut sums[Kind::of_path(path) as usize];
                sum.0 += sign as f64 * scope.seconds;
                sum.1 += sign * rounds;
                sum.2 += sign * bytes;
            };
            add(&scope.path, 1);
            // The scope around it counted the same once more.
            if scope.path != root {
                add(scope.path.rsplit_once('/').map_or("", |(outer, _)| outer), -1);
            }
        }
        // Seconds are the slowest party's of each scope, so an outer scope may have fewer than
        // those inside it together.
        let part = |(seconds, rounds, bytes): (f64, i64, i64)| KindCost {
            seconds: seconds.max(0.0),
            rounds: rounds.max(0) as u64,
            bytes: bytes.max(0) as u64,
        };
        Self { parts: sums.map(part) }
    }

    /// The cost of one kind.
    pub fn part(&self, kind: Kind) -> KindCost {
        self.parts[kind as usize]
    }

    /// All kinds with their costs; an audit only if there was one.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, KindCost)> + '_ {
        let there =
            |(kind, part): &(Kind, KindCost)| *kind != Kind::Audit || *part != KindCost::default();
        Kind::ALL.into_iter().map(|kind| (kind, self.part(kind))).filter(there)
    }
}

impl Serialize for Split {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(kind, part)| (kind.name(), part)))
    }
}

#[cfg(test)]
mod tests {
    use ditto_core::{Cost, Trace};

    use super::*;

    #[test]
    fn every_cost_goes_to_the_innermost_layer_it_belongs_to() {
        let mut trace = Trace::default();
        let mut spend = |scopes: &[&str], rounds| {
            scopes.iter().for_each(|scope| trace.enter(scope));
            trace.count(&Cost { rounds, bytes: vec![rounds; 3] });
            scopes.iter().for_each(|_| trace.leave());
        };
        spend(&["embedding"], 1);
        spend(&["embedding", "layer norm"], 2);
        spend(&["layer 0", "attention", "softmax", "maximum"], 4);
        spend(&["layer 0", "attention", "softmax"], 8);
        spend(&["layer 0"], 16);
        spend(&["pooling"], 32);
        let split = Split::of(&trace.report());
        let rounds: Vec<u64> = split.iter().map(|(_, part)| part.rounds).collect();
        assert_eq!(rounds, [1, 0, 0, 12, 0, 2, 32, 16]);
        assert!(split.iter().all(|(_, part)| part.bytes == 3 * part.rounds));
        let layer = Split::within(&trace.report(), "layer 0");
        let rounds: Vec<u64> = layer.iter().map(|(_, part)| part.rounds).collect();
        assert_eq!(rounds, [0, 0, 0, 12, 0, 0, 0, 16]);
    }

    #[test]
    fn an_audit_is_apart_from_the_layer_that_it_tests() {
        let mut trace = Trace::default();
        trace.enter("pooling");
        trace.count(&Cost { rounds: 1, bytes: vec![1; 3] });
        trace.enter("audit");
        trace.count(&Cost { rounds: 2, bytes: vec![2; 3] });
        let split = Split::of(&trace.report());
        assert_eq!((split.part(Kind::Pooling).rounds, split.part(Kind::Audit).rounds), (1, 2));
        assert_eq!(split.iter().count(), Kind::ALL.len());
    }
}
