//! The check itself: what a party sees must not depend on what it must not learn.
//!
//! For every party and every value of what it knows (its components, and all randomness of its two
//! pairs), the messages that it receives are counted over the randomness that it does not know,
//! separately for every value of the components that it lacks. All these counts must be the same.

use std::sync::Arc;

use super::enumeration::{Extent, Joined, Space};
use super::tested_protocol::{PartyInputs, TestedProtocol, Transcript};
use crate::rep3::party::{PartyError, Rep3};

/// The fields of each message that a role receives, in order: bits an element.
pub(super) type Layout = Vec<Vec<u32>>;

/// The layouts of the first, second and third role.
pub(super) type Layouts = [Layout; 3];

/// Planes of single bits, one after another.
pub(super) fn planes(count: usize) -> Vec<u32> {
    vec![1; count]
}

/// Appends to `joined` what the messages hold of every element.
fn append_view(joined: &mut Joined, messages: &[Vec<u8>], layout: &Layout) {
    let n = joined.values.len();
    assert_eq!(messages.len(), layout.len(), "messages received");
    for (message, widths) in messages.iter().zip(layout) {
        let mut start = 0;
        for &width in widths {
            let bytes = &message[start..];
            let field = |i: usize| {
                let bit = i * width as usize;
                let high = bytes.get(bit / 8 + 1).copied().unwrap_or(0);
                let both = u64::from(bytes[bit / 8]) | u64::from(high) << 8;
                both >> (bit % 8) & ((1 << width) - 1)
            };
            joined.push((0..n).map(field), width);
            start += width as usize * n / 8;
        }
        assert_eq!(start, message.len(), "bytes of a message of {widths:?} bits an element");
    }
}

/// Whether the view of `party` depends on what it must not learn; `Err` says for which knowledge.
fn independent(
    space: &Space,
    party: usize,
    messages: &[Vec<u8>],
    layout: &Layout,
) -> Result<(), String> {
    // (known, hidden, seen) of every element in one number, so that sorting brings together what
    // is to be compared.
    let [mut joined, hidden] = space.knowledge(party);
    let hidden_bits = hidden.bits;
    joined.push(hidden.values.into_iter(), hidden_bits);
    let before = joined.bits;
    append_view(&mut joined, messages, layout);
    let seen_bits = joined.bits - before;
    let mut all = joined.values;
    all.sort_unstable();
    let hidden = |v: &u64| v >> seen_bits;
    let known = |v: &u64| v >> seen_bits >> hidden_bits;
    let seen = |v: &u64| v & ((1 << seen_bits) - 1);
    for same_known in all.chunk_by(|a, b| known(a) == known(b)) {
        let mut groups = same_known.chunk_by(|a, b| hidden(a) == hidden(b));
        let first = groups.next().expect("chunks are not empty");
        let mut others = 0;
        for other in groups {
            others += 1;
            if !other.iter().map(seen).eq(first.iter().map(seen)) {
                return Err(format!(
                    "party {party}, knowing {:#b}, sees other messages where it must not learn \
                     {:#b} than where it must not learn {:#b}",
                    known(&first[0]),
                    hidden(&first[0]) & ((1 << hidden_bits) - 1),
                    hidden(&other[0]) & ((1 << hidden_bits) - 1),
                ));
            }
        }
        assert!(others > 0, "nothing is hidden from party {party}: the check would be empty");
    }
    Ok(())
}

impl<O, F> TestedProtocol<F>
where
    O: Send,
    F: Fn(&mut Rep3, &PartyInputs<'_>) -> Result<O, PartyError> + Sync,
{
    /// Checks every party's view over everything, and hands the results to `check`.
    pub(super) fn check_full(&self, layouts: &Layouts, check: impl Fn(&Space, &[O; 3])) {
        let draws = self.draws();
        let space = Arc::new(Space::new(&self.inputs, &draws, Extent::Full));
        let transcript = self.run(&space, &draws, None);
        for role in 0..3 {
            self.view(&space, role, &transcript, layouts).unwrap_or_else(|leak| panic!("{leak}"));
        }
        check(&space, &transcript.outputs);
    }

    /// Checks one party's view after another, each over all that the party does not know and
    /// `samples` choices of what it knows.
    pub(super) fn check_unknown(
        &self,
        samples: usize,
        layouts: &Layouts,
        check: impl Fn(&Space, &[O; 3]),
    ) {
        let draws = self.draws();
        for role in 0..3 {
            let extent = Extent::Unknown { party: self.player(role), samples };
            let space = Arc::new(Space::new(&self.inputs, &draws, extent));
            let transcript = self.run(&space, &draws, None);
            self.view(&space, role, &transcript, layouts).unwrap_or_else(|leak| panic!("{leak}"));
            check(&space, &transcript.outputs);
        }
    }

    /// Silences one draw after another: the check must find every one of these broken protocols.
    /// So the check can fail, and there is no draw without a purpose.
    pub(super) fn every_draw_is_needed(&self, extent: Option<usize>, layouts: &Layouts) {
        let draws = self.draws();
        assert!(!draws.is_empty());
        for (number, draw) in draws.iter().enumerate() {
            let found = (0..3).any(|role| {
                let extent = match extent {
                    None => Extent::Full,
                    Some(samples) => Extent::Unknown { party: self.player(role), samples },
                };
                let space = Arc::new(Space::new(&self.inputs, &draws, extent));
                let transcript = self.run(&space, &draws, Some(number));
                self.view(&space, role, &transcript, layouts).is_err()
            });
            assert!(found, "the check does not notice that this draw is missing: {draw}");
        }
    }

    fn view(
        &self,
        space: &Space,
        role: usize,
        transcript: &Transcript<O>,
        layouts: &Layouts,
    ) -> Result<(), String> {
        let party = self.player(role);
        independent(space, party, &transcript.received[party], &layouts[role])
    }
}
