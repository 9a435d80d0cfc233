//! Which requests run through one forward pass together.
//!
//! Only their lengths decide, which are public: nobody learns more from it.

/// The tokens that a pass may have when it holds several requests. Short requests gain from products with
/// more rows; beyond this many, their tensors would only leave the caches.
const TOKENS: usize = 128;
/// About how many passes a batch may have, each with threads of its own; a larger batch has larger
/// passes.
const PASSES: usize = 16;

/// Requests of the same length, by their numbers: they run as one tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// The numbers of its requests among all of the run.
    pub requests: Vec<usize>,
    /// The length of each, padding included.
    pub length: usize,
}

/// Passes that run at the same time.
pub type Batch = Vec<Pass>;

impl Pass {
    /// Takes `size` consecutive requests as a batch (0 counts as 1). Within it, those of equal length share a
    /// pass as long as it has at most 128 tokens, or a 16th of the batch's if that is more.
    pub fn plan(lengths: &[usize], size: usize) -> Vec<Batch> {
        let numbered: Vec<(usize, usize)> = lengths.iter().copied().enumerate().collect();
        numbered.chunks(size.max(1)).map(Self::batch).collect()
    }

    /// The passes of a batch of requests, given by number and length.
    pub fn batch(requests: &[(usize, usize)]) -> Batch {
        let all: usize = requests.iter().map(|(_, length)| length).sum();
        let tokens = TOKENS.max(all.div_ceil(PASSES));
        let mut passes = Batch::new();
        for &(number, length) in requests {
            let has_room = |pass: &&mut Pass| (pass.requests.len() + 1) * length <= tokens;
            let open = passes.iter_mut().rfind(|pass| pass.length == length).filter(has_room);
            match open {
                Some(pass) => pass.requests.push(number),
                None => passes.push(Self { requests: vec![number], length }),
            }
        }
        passes
    }

    /// How many requests it has, and their length.
    pub fn shape(&self) -> (usize, usize) {
        (self.requests.len(), self.length)
    }

    /// The requests of this pass, out of all `requests`.
    ///
    /// # Panics
    /// If a number of the pass is not one of `requests`.
    pub fn of<'a, R>(&self, requests: &'a [R]) -> Vec<&'a R> {
        self.requests.iter().map(|&number| &requests[number]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(lengths: &[usize], size: usize) -> Vec<Vec<Vec<usize>>> {
        let batch = |batch: Batch| batch.into_iter().map(|pass| pass.requests).collect();
        Pass::plan(lengths, size).into_iter().map(batch).collect()
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
        let passes = |passes: &[&[usize]]| {
            [passes.iter().map(|requests| requests.to_vec()).collect::<Vec<_>>()]
        };
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
