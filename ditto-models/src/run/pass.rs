//! Which texts run through one forward pass together.

use ditto_core::{Backend, Source};
use ditto_dsl::{InputError, Precision};

use super::Padded;
use crate::bert::Input;
use crate::folder::BertConfig;

/// Texts of the same padded length, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pass {
    pub(super) texts: Vec<usize>,
    length: usize,
}

impl Pass {
    /// Puts texts of equal padded length together, at most `batch` in a pass; 0 counts as 1. A
    /// pass comes where the first of its texts was.
    pub(super) fn plan(texts: &[Padded], batch: usize) -> Vec<Self> {
        let mut passes: Vec<Self> = Vec::new();
        for (number, text) in texts.iter().enumerate() {
            let open = passes
                .iter_mut()
                .rfind(|pass| pass.length == text.length)
                .filter(|pass| pass.texts.len() < batch);
            match open {
                Some(pass) => pass.texts.push(number),
                None => passes.push(Self { texts: vec![number], length: text.length }),
            }
        }
        passes
    }

    /// Shares the texts of this pass, out of all `texts`.
    pub(super) fn share<B: Backend, P: Precision>(
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

    fn plan(lengths: &[usize], batch: usize) -> Vec<Vec<usize>> {
        let text = |&length: &usize| Padded { ids: vec![1], length };
        let texts: Vec<Padded> = lengths.iter().map(text).collect();
        Pass::plan(&texts, batch).into_iter().map(|pass| pass.texts).collect()
    }

    #[test]
    fn equal_lengths_meet_and_order_is_that_of_the_first_text() {
        assert_eq!(plan(&[32, 64, 32, 32, 64], 2), [vec![0, 2], vec![1, 4], vec![3]]);
        assert_eq!(plan(&[32, 64, 32], 1), [[0], [1], [2]]);
        assert_eq!(plan(&[32, 32], 0), [[0], [1]]);
        assert!(plan(&[], 4).is_empty());
    }
}
