//! Which texts run through one forward pass together.

use ditto_core::{Backend, Source};
use ditto_dsl::{InputError, Precision};
use ditto_models::bert::{BertConfig, Input};

use crate::Padded;

/// The tokens that a pass may have when it holds several texts. Short texts gain from products of
/// more rows; from here on their tensors would only leave the caches.
const TOKENS: usize = 128;
/// About how many passes a batch may have, each with threads of its own; a larger batch has larger
/// passes.
const PASSES: usize = 16;

/// Texts of the same padded length, by their numbers: they run as one tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// The numbers of its texts among all texts of the run.
    pub texts: Vec<usize>,
    length: usize,
}

/// Passes that run at the same time.
pub type Batch = Vec<Pass>;

impl Pass {
    /// Takes `size` texts after another as a batch (0 counts as 1). Within it, texts of equal padded
    /// length share a pass as long as it has at most 128 tokens, or a 16th of the batch's.
    ///
    /// Only padded lengths decide, and they are public.
    pub fn plan(texts: &[Padded], size: usize) -> Vec<Batch> {
        let numbered: Vec<(usize, usize)> =
            texts.iter().map(|text| text.length).enumerate().collect();
        numbered.chunks(size.max(1)).map(Self::batch).collect()
    }

    /// The passes of a batch of texts, given by number and length.
    pub fn batch(texts: &[(usize, usize)]) -> Batch {
        let all: usize = texts.iter().map(|(_, length)| length).sum();
        let tokens = TOKENS.max(all.div_ceil(PASSES));
        let mut passes = Batch::new();
        for &(number, length) in texts {
            let has_room = |pass: &&mut Pass| (pass.texts.len() + 1) * length <= tokens;
            let open = passes.iter_mut().rfind(|pass| pass.length == length).filter(has_room);
            match open {
                Some(pass) => pass.texts.push(number),
                None => passes.push(Self { texts: vec![number], length }),
            }
        }
        passes
    }

    /// How many texts it has, and their padded length.
    pub fn shape(&self) -> (usize, usize) {
        (self.texts.len(), self.length)
    }

    /// Shares the texts of this pass, out of all `texts`.
    ///
    /// # Errors
    /// As [`Input::share`].
    ///
    /// # Panics
    /// As [`Input::share`], and if it has a number that `texts` has not.
    pub fn share<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        texts: &[Padded],
        config: &BertConfig,
    ) -> Result<Input<B, P>, InputError> {
        let ids: Vec<&[u32]> = self.texts.iter().map(|&i| texts[i].ids.as_slice()).collect();
        Input::share(source, &ids, config.pad_token_id, self.length, config.vocab_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(lengths: &[usize], size: usize) -> Vec<Vec<Vec<usize>>> {
        let text = |&length: &usize| Padded { ids: vec![1], length };
        let texts: Vec<Padded> = lengths.iter().map(text).collect();
        let batch = |batch: Batch| batch.into_iter().map(|pass| pass.texts).collect();
        Pass::plan(&texts, size).into_iter().map(batch).collect()
    }

    #[test]
    fn a_batch_is_the_next_texts() {
        assert_eq!(plan(&[32, 64, 32], 1), [[[0]], [[1]], [[2]]]);
        assert_eq!(plan(&[32, 32], 0), [[[0]], [[1]]]);
        assert_eq!(plan(&[64, 32, 64], 2), [vec![vec![0], vec![1]], vec![vec![2]]]);
        assert!(plan(&[], 4).is_empty());
    }

    #[test]
    fn equal_lengths_share_a_pass_up_to_its_tokens() {
        let passes =
            |passes: &[&[usize]]| [passes.iter().map(|texts| texts.to_vec()).collect::<Vec<_>>()];
        assert_eq!(plan(&[32, 64, 32, 32, 64], 5), passes(&[&[0, 2, 3], &[1, 4]]));
        assert_eq!(plan(&[32; 5], 5), passes(&[&[0, 1, 2, 3], &[4]]));
        assert_eq!(plan(&[64, 64, 65, 65], 4), passes(&[&[0, 1], &[2], &[3]]));
        assert_eq!(plan(&[512, 512], 2), passes(&[&[0], &[1]]));
    }

    #[test]
    fn a_large_batch_has_larger_passes() {
        let sizes = |lengths: &[usize]| -> Vec<usize> {
            plan(lengths, lengths.len()).remove(0).iter().map(Vec::len).collect()
        };
        assert_eq!(sizes(&[128; 16]), [1; 16]);
        assert_eq!(sizes(&[128; 32]), [2; 16]);
        assert_eq!(sizes(&[32; 1000]), [&[62; 16][..], &[8]].concat());
    }
}
