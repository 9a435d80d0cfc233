//! Which nodes of a tree are evaluated for points that many elements have in common but for an
//! offset: the schedule of [`super::points`].
//!
//! The points of an element are t_i - b modulo 2^w, for public numbers t_0 < t_1 < .. and an offset
//! b of its own. A node of the level with `shift` bits below it is a prefix (t_i - b) >> shift, and
//! points that are close to each other share their long prefixes. Which of them do depends on b,
//! but not how many nodes they need at most: numbers in an interval of d have at most
//! ⌈d / 2^shift⌉ + 1 prefixes, consecutive ones. So the schedule is made of runs of points, each
//! with that many nodes, and it is the same for all offsets: what is evaluated, in which order and
//! from which memory, is public, and offsets take part in arithmetic only. For edges in geometric
//! progression that is less than one node a level more than there are different prefixes.
//!
//! A run starts at the prefix of its first point; its node j is (t + j·2^shift - b) >> shift for
//! that point t. The last one may be the prefix of no point: then nothing is read from it.
//!
//! Runs only ever divide from level to level: points further apart than 2^shift are in different
//! runs, and a run that needs as many nodes as it has points is left as single points, with one
//! node each. A node has its parent in the run that its own came from, at a place that b shifts by
//! at most one: with D the distance of t + j·2^shift from the start of that run, the place is
//! ⌊D / 2^(shift+1)⌋ or one more.

/// How a node comes from the level above.
pub(crate) struct Node {
    /// The number whose prefix, less the offset, the node is.
    pub(crate) number: u64,
    /// The parent's number among the nodes above: one of two, often the same.
    pub(crate) parents: [usize; 2],
    /// It is the second one where ((number - b) ^ (start - b)) >> (shift + 1) ^ place is odd.
    pub(crate) start: u64,
    pub(crate) place: u64,
}

/// Consecutive points and their nodes.
struct Run {
    /// The first point, and the number of the first point that is not in the run.
    start: u64,
    end: usize,
    /// The number of the first node, and how many follow it.
    first: usize,
    more: u64,
    /// Whether the nodes are all that the level has. After the last comes the first again.
    full: bool,
}

impl Run {
    fn node(&self, place: u64) -> usize {
        // What follows the last node of a run that is not full is the prefix of no point.
        let place = if self.full { place & self.more } else { place.min(self.more) };
        self.first + place as usize
    }
}

/// The nodes, level after level, from the root's children on. The last level's are the points.
pub(crate) struct Prefixes {
    levels: Vec<Vec<Node>>,
}

impl Prefixes {
    /// For points of `width` bits in ascending order.
    pub(crate) fn new(points: &[u64], width: u32) -> Self {
        debug_assert!(points.is_sorted_by(|a, b| a < b), "different points in order");
        let start = points.first().map_or(0, |&t| t);
        let mut above = vec![Run { start, end: points.len(), first: 0, more: 0, full: true }];
        let level = |shift| {
            let runs = runs(points, width, shift);
            let mut nodes = Vec::new();
            let (mut parents, mut point) = (above.iter(), 0);
            let mut from = parents.next();
            for run in &runs {
                while from.is_some_and(|from| from.end <= point) {
                    from = parents.next();
                }
                let Some(from) = from else { break };
                nodes.extend((0..=run.more).map(|j| {
                    let number = run.start.wrapping_add(j << shift);
                    let distance = number.wrapping_sub(from.start);
                    let place = distance >> shift >> 1;
                    // Where the distance is a multiple of the width of a prefix, it alone says how far
                    // apart both prefixes are.
                    let other = place + u64::from(place << shift << 1 != distance);
                    let parents = [from.node(place), from.node(other)];
                    Node { number, parents, start: from.start, place }
                }));
                point = run.end;
            }
            above = runs;
            nodes
        };
        Self { levels: (0..width).rev().map(level).collect() }
    }

    /// Of every level, the bits below it and its nodes.
    pub(crate) fn levels(&self) -> impl Iterator<Item = (u32, &[Node])> {
        (0..self.levels.len() as u32).rev().zip(self.levels.iter().map(Vec::as_slice))
    }
}

/// The runs of the level with `shift` bits below it.
fn runs(points: &[u64], width: u32, shift: u32) -> Vec<Run> {
    let most = u64::MAX >> (64 - width) >> shift;
    let mut runs = Vec::new();
    let (mut end, mut first) = (0, 0);
    let mut add = |points: &[u64], more: u64| {
        end += points.len();
        runs.push(Run { start: points[0], end, first, more, full: more == most });
        first += more as usize + 1;
    };
    for near in points.chunk_by(|a, b| (b - a) >> shift == 0) {
        let span = near[near.len() - 1] - near[0];
        let more = (span >> shift) + u64::from(span >> shift << shift != span);
        let more = more.min(most);
        if more + 1 < near.len() as u64 {
            add(near, more);
        } else {
            near.chunks(1).for_each(|point| add(point, 0));
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sizes of BERT's tables: about a third of all nodes is saved, and less than one node a
    /// level is evaluated in vain.
    #[test]
    fn points_in_geometric_progression_share_nodes() {
        for (octaves, each, width, most) in [(12, 6, 25, 0.75), (27, 8, 42, 0.65)] {
            let lowest = f64::from(width - octaves);
            let point = |i| (lowest + f64::from(i) / f64::from(each)).exp2().ceil() as u64;
            let points: Vec<u64> = [0].into_iter().chain((0..octaves * each).map(point)).collect();
            let prefixes = Prefixes::new(&points, width as u32);
            let nodes: usize = prefixes.levels().map(|(_, nodes)| nodes.len()).sum();
            let share = nodes as f64 / (points.len() * width as usize) as f64;
            assert!(share < most, "{share} of all nodes");
            let offset = 0x0123_4567_89ab_cdef;
            let needed: usize = (0..width)
                .map(|shift| {
                    let low = (1u64 << width) - 1;
                    let prefix = |t: &u64| (t.wrapping_sub(offset) & low) >> shift;
                    points.iter().map(prefix).collect::<std::collections::BTreeSet<_>>().len()
                })
                .sum();
            let vain = (nodes - needed) as f64 / f64::from(width);
            assert!((0.0..1.0).contains(&vain), "{vain} nodes a level in vain");
        }
    }
}
