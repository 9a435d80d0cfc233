//! What a user is told when an audit found values outside of their ranges.

use std::collections::BTreeSet;
use std::fmt;

use ditto_backends::rep3::{AuditReport, AuditedScope};

use crate::Task;

/// Values left their ranges while some requests were computed together, so their answers mean
/// nothing. Of several passes of a batch, the first is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftRange {
    /// The numbers of the requests, from 0 on.
    pub requests: Vec<usize>,
    /// What a request and an answer are called: [`Task::REQUEST`] and [`Task::ANSWER`].
    pub words: [&'static str; 2],
    /// Where values left their ranges, in the order of the computation.
    pub scopes: Vec<AuditedScope>,
}

impl LeftRange {
    /// What an audit found about the requests of a pass, if anything.
    pub(crate) fn in_pass<T: Task>(requests: &[usize], audit: &AuditReport) -> Option<Self> {
        let scopes: Vec<AuditedScope> = audit.failed().cloned().collect();
        let words = [T::REQUEST, T::ANSWER];
        (!scopes.is_empty()).then(|| Self { requests: requests.to_vec(), words, scopes })
    }
}

impl fmt::Display for LeftRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [request, answer] = self.words;
        let numbers: Vec<String> = self.requests.iter().map(|n| (n + 1).to_string()).collect();
        let plural = if numbers.len() == 1 { "" } else { "s" };
        write!(f, "{request}{plural} {}: ", numbers.join(", "))?;
        if let Some(first) = self.scopes.first() {
            write!(f, "{first}")?;
        }
        let first = self.scopes.first().map(|first| &first.path);
        let others: BTreeSet<&String> = self
            .scopes
            .iter()
            .map(|scope| &scope.path)
            .filter(|path| Some(*path) != first)
            .collect();
        match others.len() {
            0 => {}
            1 => f.write_str(", and then in 1 other scope")?,
            n => write!(f, ", and then in {n} other scopes")?,
        }
        let (means, like) = match numbers.len() {
            1 => (format!("its {answer} means"), "it"),
            _ => (format!("the {answer}s mean"), "them"),
        };
        write!(
            f,
            "; {means} nothing. Run `ditto sim` with the same options on {request}s like {like}, which \
             you may see: it names the operation, the value and the smallest format that holds it"
        )
    }
}

impl std::error::Error for LeftRange {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Embed;

    fn scope(path: &str, left_range: bool) -> AuditedScope {
        AuditedScope { path: path.to_owned(), tests: 1, left_range }
    }

    #[test]
    fn the_first_layer_is_named() {
        let scopes = vec![scope("layer 3", false), scope("layer 4/softmax", true)];
        let mut audit = AuditReport { scopes };
        let one = LeftRange::in_pass::<Embed<'_>>(&[2], &audit).expect("layer 4");
        let said = one.to_string();
        let start = "text 3: layer 4/softmax: a value left its range; its embedding means nothing.";
        assert!(said.starts_with(start), "{said}");
        audit.scopes.extend([scope("layer 5", true), scope("layer 4/softmax", true)]);
        let two =
            LeftRange::in_pass::<Embed<'_>>(&[0, 3], &audit).expect("layers 4 and 5").to_string();
        assert!(two.starts_with(
            "texts 1, 4: layer 4/softmax: a value left its range, and then in 1 other scope;"
        ));
    }

    #[test]
    fn nothing_is_said_if_nothing_was_found() {
        let audit = AuditReport { scopes: vec![scope("layer 3", false)] };
        assert_eq!(LeftRange::in_pass::<Embed<'_>>(&[0], &audit), None);
    }
}
