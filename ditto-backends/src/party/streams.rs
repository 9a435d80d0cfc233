//! The streams of common randomness: who knows them, and what each is used for.

use std::marker::PhantomData;

use ditto_core::Word;
use ditto_core::prg::Stream;

/// A neighbour on the ring of parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Party i + 1.
    Next,
    /// Party i - 1.
    Prev,
}

/// What a stream of common randomness is used for. One stream per pair, operation and purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Purpose {
    /// The masks of a zero sharing.
    Zero = 1,
    /// The two pads of a transfer, for choice 0 and choice 1.
    Pad0 = 2,
    Pad1 = 3,
    /// A component of the result.
    Component = 4,
    /// Masks of a message between the two parties that do not hold it.
    Mask = 5,
    /// The roots of keys of a comparison function.
    Seed = 6,
    /// Coefficients of random sums.
    Coefficients = 7,
    /// By how much strings are rotated.
    Rotation = 8,
    /// The mask of a second factor.
    SecondMask = 9,
    /// A further part of the result.
    SecondComponent = 10,
    /// Public: the coins that make rounding fair.
    Dither = 11,
    /// Public: the permutation of a comparison function.
    Permutation = 12,
    /// Public: the mark of a result, which its local rounding draws coins from.
    Mark = 13,
}

impl Purpose {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 13] = [
        Self::Zero,
        Self::Pad0,
        Self::Pad1,
        Self::Component,
        Self::Mask,
        Self::Seed,
        Self::Coefficients,
        Self::Rotation,
        Self::SecondMask,
        Self::SecondComponent,
        Self::Dither,
        Self::Permutation,
        Self::Mark,
    ];
}

/// Who knows a stream of randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shared {
    /// This party and party i + 1.
    Next,
    /// This party and party i - 1.
    Prev,
    /// All three: coins that are public among them.
    All,
}

impl From<Peer> for Shared {
    fn from(peer: Peer) -> Self {
        match peer {
            Peer::Next => Self::Next,
            Peer::Prev => Self::Prev,
        }
    }
}

/// Uniform values that two parties share, in order.
pub(crate) enum Draws<W> {
    Keyed(Box<Stream>, PhantomData<W>),
    #[cfg(test)]
    Scripted(std::collections::VecDeque<W>),
}

impl<W: Word> Draws<W> {
    /// The next `n`. The lengths of all pieces but the last are multiples of
    /// [`PIECE`](crate::rep3::protocols::PIECE), so that pieces are what one draw would be.
    pub(crate) fn next(&mut self, n: usize) -> Vec<W> {
        match self {
            Self::Keyed(stream, _) => {
                let mut words = vec![W::default(); n];
                W::fill(stream, &mut words);
                words
            }
            #[cfg(test)]
            Self::Scripted(words) => words.drain(..n).collect(),
        }
    }
}
