//! The OR of many bits by random sums: how many sums there are, and how likely they miss a bit.

/// The strings of a row whose OR is its maximum: as many as it has elements, and this many random
/// sums if it has more: one for every bit of the coefficients, which are words.
pub(crate) const ROW_SUMS: usize = u64::BITS as usize;

/// How likely the maximum of any of `rows` rows of `row` elements is to be wrong, at
/// most: [`crate::rep3::protocols`] has the argument, in `row_maximum`.
pub(crate) fn row_maximum_failure(rows: usize, row: usize, levels: u32) -> f64 {
    if row <= ROW_SUMS {
        return 0.0;
    }
    // The sets of two elements or more that count, and how likely the coefficients of one are to add
    // up to 0: 2^-64 + 2^-127 at most, rounded up to what an f64 can hold.
    let sets = rows as f64 * (row - 1).min(levels as usize) as f64;
    sets * ONE_SET * (1.0 + f64::EPSILON)
}

/// How likely an OR of many bits by random sums is to be wrong, at most, for any of `groups` groups.
pub(crate) fn any_failure(groups: usize) -> f64 {
    groups as f64 * ONE_SET
}

/// How likely all sums of one set are 0.
const ONE_SET: f64 = 1.0 / (1u128 << ROW_SUMS) as f64;
