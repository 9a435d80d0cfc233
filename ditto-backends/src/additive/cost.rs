//! What each protocol costs, from public shapes alone: rounds, and bytes that party 0, party 1 and
//! the dealer send. The tests hold every protocol to these figures.

use ditto_core::Cost;
use ditto_core::bitplanes::plane_words;
use ditto_core::pack::packed_len;

use crate::gadgets::random_sums::ROW_SUMS;

fn one_round(party: usize, dealer: usize) -> Cost {
    Cost { rounds: 1, bytes: vec![party as u64, party as u64, dealer as u64] }
}

/// The product of a factor of `left` with one of `right` elements of `k` bits, `results` elements.
/// For a weight, `right` is 0.
pub fn product(left: usize, right: usize, results: usize, k: u32) -> Cost {
    one_round(packed_len(left + right, k), packed_len(results, k))
}

/// Preparing a weight of `n` elements of `k` bits.
pub fn weight(n: usize, k: u32) -> Cost {
    one_round(packed_len(n, k), 0)
}

/// Opening `n` elements of `k` bits to all three nodes.
pub fn open(n: usize, k: u32) -> Cost {
    one_round(2 * packed_len(n, k), 0)
}

/// Scaling `n` elements of `k` bits down by `bits` into `wide` bits, which may be k.
pub fn truncate(n: usize, k: u32, wide: u32, bits: u32) -> Cost {
    one_round(packed_len(n, k), packed_len(n, wide) + packed_len(n, wide - k + bits))
}

/// Widening `n` elements from `k` to `wide` bits with `up` < wide - k more fractional bits.
pub fn widen(n: usize, k: u32, wide: u32, up: u32) -> Cost {
    one_round(packed_len(n, k), 2 * packed_len(n, wide - k - up))
}

/// `n` bits as elements of `k` bits.
pub fn bit_to_ring(n: usize, k: u32) -> Cost {
    one_round(8 * plane_words(n), packed_len(n, k))
}

/// The sign of `n` elements known to fit `width` bits.
pub fn is_negative(n: usize, width: u32) -> Cost {
    let plane = 8 * plane_words(n);
    let lower = width as usize - 1;
    let mut cost = one_round(packed_len(n, width), (width as usize + lower / 2) * plane);
    let mut groups = lower.div_ceil(2);
    while groups > 1 {
        let pairs = groups / 2;
        cost += one_round((3 * pairs - 1) * plane, (2 * pairs - 1) * plane);
        groups -= pairs;
    }
    cost
}

/// Step functions of `n` elements of `k` bits that fit `width` bits, however many they are.
pub fn step_functions(n: usize, k: u32, width: u32) -> Cost {
    let levels = n * width as usize;
    let key = 16 * levels + packed_len(levels + n, k) + packed_len(2 * levels, 1);
    one_round(packed_len(n, width), 2 * key)
}

/// 2^x of `n` elements of `k` bits, `frac` of them fractional.
pub fn exp2(n: usize, k: u32, frac: u32) -> Cost {
    one_round(packed_len(n, frac + 5), packed_len(8 * n, k))
}

/// A bound of the maximum of `rows` rows of `row` elements of `k` bits, on a scale of `levels` levels
/// at a distance of 2^`bits` units.
pub fn row_maximum(rows: usize, row: usize, k: u32, levels: u32, bits: u32) -> Cost {
    let (n, digits, string) = (rows * row, levels.ilog2(), packed_len(rows, levels));
    let mut cost = one_round(packed_len(n, bits + digits), packed_len(n, levels));
    let mut groups = row.min(ROW_SUMS);
    while groups > 1 {
        let pairs = groups / 2;
        cost += one_round(2 * pairs * string, pairs * string);
        groups -= pairs;
    }
    cost + bit_to_ring(rows * digits as usize, k)
}
