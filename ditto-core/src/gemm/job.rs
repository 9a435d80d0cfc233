//! A part of a product for one thread, how a product is cut into such parts, and the order in
//! which a part walks its blocks.

use super::out::Out;
use super::prefetch::prefetch;
use super::{GemmWord, Packed};
use crate::isa::Isa;

/// Products of at least twice as many multiplications are cut in two, so a job has at least this
/// many: below that, waking another thread takes longer than it saves.
const GRAIN: usize = 1 << 22;

/// The rows of `a` that a job walks before it takes the next panel: with a block of `depth`
/// columns they fill about half of a 1 MiB second-level cache, in 32-bit words.
const ROWS: usize = 384;

/// A right factor of more bytes than this is not in the second-level cache when it is wanted.
const CACHE: usize = 1 << 20;

/// `out += a * b` for some rows of `a` and some panels of `b`.
pub(super) struct Job<'a, W> {
    /// The rows, row-major, `b.k()` words each.
    a: &'a [W],
    b: &'a Packed<W>,
    /// The first panel of `b`; the width of `out` says how many there are.
    first: usize,
    out: Out<'a, W>,
}

/// A part of a job: some of its rows, and at most `depth` columns of `a` and rows of `b`.
pub(super) struct Block<'b, 'a, W> {
    /// Begins at the block's first row and column; row `r` begins at `r * stride`.
    pub a: &'b [W],
    pub stride: usize,
    pub rows: usize,
    pub depth: usize,
    b: &'b Packed<W>,
    /// The first panel, and the first row of each panel.
    first: usize,
    from: usize,
    out: &'b mut Out<'a, W>,
    /// The first row of `out`.
    top: usize,
}

/// One register tile: `out[row.., col..] += a * b` over the depth of one block.
pub(super) struct Tile<'b, 'a, W> {
    /// Begins at the tile's first row and at the block's first column; row `r` at `r * stride`.
    pub a: &'b [W],
    pub stride: usize,
    /// The number of columns of `a`.
    pub depth: usize,
    /// The block's rows of the panel, row-major; where the depth is odd, a row of zeros follows.
    pub b: &'b [W],
    /// The number of rows of the block above this tile.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code))]
    pub above: usize,
    out: &'b mut Out<'a, W>,
    row: usize,
    col: usize,
}

impl<'a, W: GemmWord> Job<'a, W> {
    /// The whole product.
    pub(super) fn whole(a: &'a [W], b: &'a Packed<W>, out: Out<'a, W>) -> Self {
        Job { a, b, first: 0, out }
    }

    pub(super) fn isa(&self) -> Isa {
        self.b.isa()
    }

    /// Runs it, on the threads of the current rayon pool if it is worth it.
    pub(super) fn share_out(self) {
        let threads = rayon::current_num_threads();
        let work = self.work();
        if threads == 1 || work < 2 * GRAIN {
            return W::run(self);
        }
        // A few jobs for each thread, because another party's product may take one of the cores.
        self.halve_down_to(GRAIN.max(work / (4 * threads)));
    }

    fn halve_down_to(self, grain: usize) {
        if self.work() < 2 * grain {
            return W::run(self);
        }
        match self.halves() {
            Ok((one, two)) => {
                rayon::join(|| one.halve_down_to(grain), || two.halve_down_to(grain));
            }
            Err(whole) => W::run(whole),
        }
    }

    /// The number of multiplications.
    fn work(&self) -> usize {
        self.out.rows() * self.out.cols() * self.b.k()
    }

    /// Cut between panels if there is more than one, so that each panel is read by one thread
    /// only; else between rows.
    fn halves(self) -> Result<(Self, Self), Self> {
        let Job { a, b, first, out } = self;
        let panels = out.cols().div_ceil(b.width());
        if panels > 1 {
            let (left, right) = out.cut_cols(panels / 2 * b.width());
            let second = first + panels / 2;
            Ok((Job { a, b, first, out: left }, Job { a, b, first: second, out: right }))
        } else if out.rows() > 1 {
            let at = out.rows() / 2;
            let (upper, lower) = out.cut_rows(at);
            let (above, below) = a.split_at(at * b.k());
            Ok((Job { a: above, b, first, out: upper }, Job { a: below, b, first, out: lower }))
        } else {
            Err(Job { a, b, first, out })
        }
    }

    /// Calls `run` for every block, which is at most `depth` deep.
    ///
    /// A block of `a` stays in the second-level cache while all panels pass by.
    #[inline(always)]
    pub(super) fn blocks(mut self, depth: usize, mut run: impl FnMut(Block<'_, 'a, W>)) {
        let (k, rows) = (self.b.k(), self.out.rows());
        for from in (0..k).step_by(depth) {
            for top in (0..rows).step_by(ROWS) {
                run(Block {
                    a: &self.a[top * k + from..],
                    stride: k,
                    rows: ROWS.min(rows - top),
                    depth: depth.min(k - from),
                    b: self.b,
                    first: self.first,
                    from,
                    out: &mut self.out,
                    top,
                });
            }
        }
    }
}

impl<'a, W: GemmWord> Block<'_, 'a, W> {
    /// Calls `run(rows, tile)` for every tile, which has at most `height` rows.
    ///
    /// A block of a panel stays in the first-level cache while all rows pass by. The heights are
    /// as even as can be: 128 rows by 6 at most are 18 tiles of 6 and 4 of 5, not 21 and one of 2.
    #[inline(always)]
    pub(super) fn tiles(self, height: usize, run: impl Fn(usize, Tile<'_, 'a, W>)) {
        let width = self.b.width();
        let words = self.from * width..(self.from + self.depth).next_multiple_of(2) * width;
        let count = self.rows.div_ceil(height);
        let panels = self.out.cols().div_ceil(width);
        for p in 0..panels {
            let b = &self.b.panel(self.first + p)[words.clone()];
            // The next block of a panel is fetched from memory meanwhile, a part with each tile.
            let next = match p + 1 < panels && self.b.len() * size_of::<W>() > CACHE {
                true => &self.b.panel(self.first + p + 1)[words.clone()],
                false => &[],
            };
            let mut next = next.chunks(words.len().div_ceil(count));
            let mut above = 0;
            for done in 0..count {
                next.next().into_iter().for_each(prefetch);
                let rows = (self.rows - above).div_ceil(count - done);
                let tile = Tile {
                    a: &self.a[above * self.stride..],
                    stride: self.stride,
                    depth: self.depth,
                    b,
                    above,
                    out: &mut *self.out,
                    row: self.top + above,
                    col: p * width,
                };
                run(rows, tile);
                above += rows;
            }
        }
    }
}

impl<'b, W: GemmWord> Tile<'b, '_, W> {
    /// The rows of the panel, `N` words each, one for each column of `a`.
    ///
    /// Panics unless `a` has `R` rows as deep as that, which is what the kernels' reads rely on.
    #[inline(always)]
    pub(super) fn checked<const R: usize, const N: usize>(&self) -> &'b [[W; N]] {
        assert!(self.a.len() >= (R - 1) * self.stride + self.depth);
        &self.b.as_chunks::<N>().0[..self.depth]
    }

    /// Adds `sum` to the first columns of row `r` of the tile, as many as the output has.
    #[inline(always)]
    pub(super) fn add_row<const N: usize>(&mut self, r: usize, sum: [W; N]) {
        let used = N.min(self.out.cols() - self.col);
        let to = self.out.row(self.row + r, self.col, used);
        // Nearly every tile is a whole one, and a length known to the compiler makes it vectors.
        match <&mut [W; N]>::try_from(&mut *to) {
            Ok(to) => *to = std::array::from_fn(|j| to[j].plus(sum[j])),
            Err(_) => add_some(to, &sum),
        }
    }
}

/// Adds the first words of `sum`; apart from `add_row`, so that `sum` need not be in memory there.
#[inline(never)]
fn add_some<W: GemmWord>(to: &mut [W], sum: &[W]) {
    for (to, &x) in to.iter_mut().zip(sum) {
        *to = to.plus(x);
    }
}
