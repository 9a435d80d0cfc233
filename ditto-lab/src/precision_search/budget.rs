//! How a budget of noise is shared among formats: who gives bits away, and who gets some more.
//!
//! Rounding errors of different places are independent, so their powers add up, and with them what they
//! take from the cosine. A fractional bit less means four times the power. Bytes are linear in the bits.
//! So a few measurements of each format alone say what any combination would do, nearly; a run of the
//! combination has the last word.

use std::collections::BTreeMap;

/// A format whose fractional bits can be chosen.
#[derive(Clone, Debug)]
pub(super) struct Knob {
    /// The bits that it starts from.
    pub(super) base: u32,
    /// The fewest.
    pub(super) low: u32,
    /// The most.
    pub(super) high: u32,
    /// Bytes that the first bit less saves; negative if it costs.
    pub(super) saved_by_coarser: f64,
    /// Bytes that one bit more saves; negative if it costs.
    pub(super) saved_by_finer: f64,
    /// What was measured: the loss of cosine of each text, by fractional bits.
    pub(super) measured: BTreeMap<u32, Vec<f64>>,
}

impl Knob {
    /// The loss of each text at `frac` bits, from the nearest measurement.
    fn loss(&self, frac: u32, text: usize) -> f64 {
        let nearest = self.measured.iter().min_by_key(|(known, _)| known.abs_diff(frac));
        nearest.map_or(0.0, |(&known, losses)| losses[text] * 4f64.powi(known as i32 - frac as i32))
    }

    /// Bytes saved at `frac` bits, against the base.
    fn saved(&self, frac: u32) -> f64 {
        let (down, up) = (self.base.saturating_sub(frac), frac.saturating_sub(self.base));
        f64::from(down) * self.saved_by_coarser + f64::from(up) * self.saved_by_finer
    }
}

/// Bits for every knob, such that the losses of each text add up to at most `budget`: first those that
/// are cheaper with more bits get them, then the noisiest for their price until the budget is kept, then
/// bits are given away, those first that save most for their noise. If all bits that there are do
/// not keep the budget, these.
pub(super) fn share(knobs: &[Knob], texts: usize, budget: f64) -> Vec<u32> {
    let mut bits: Vec<u32> = knobs
        .iter()
        .map(|knob| match knob.saved_by_finer > 0.0 {
            true => knob.high.min(knob.measured.keys().copied().max().unwrap_or(0)).max(knob.base),
            false => knob.base,
        })
        .collect();
    let total = |bits: &[u32], text| -> f64 {
        knobs.iter().zip(bits).map(|(knob, &frac)| knob.loss(frac, text)).sum()
    };
    let mut spent: Vec<f64> = (0..texts).map(|text| total(&bits, text)).collect();
    while let Some(worst) = (0..texts).max_by(|&a, &b| spent[a].total_cmp(&spent[b]))
        && spent[worst] > budget
    {
        // The loss that a bit more takes from the worst text, for what it costs at least.
        let gain = |i: usize| {
            let (knob, frac) = (&knobs[i], bits[i]);
            let less = knob.loss(frac, worst) - knob.loss(frac + 1, worst);
            less / (knob.saved(frac) - knob.saved(frac + 1)).max(1.0)
        };
        let finer = (0..knobs.len()).filter(|&i| bits[i] < knobs[i].high && gain(i) > 0.0);
        let Some(best) = finer.max_by(|&a, &b| gain(a).total_cmp(&gain(b))) else { break };
        bits[best] += 1;
        spent = (0..texts).map(|text| total(&bits, text)).collect();
    }
    loop {
        // The part of what is left of the budget that a bit less takes, of the text where it is most.
        let part = |i: usize| {
            let added = |text| knobs[i].loss(bits[i] - 1, text) - knobs[i].loss(bits[i], text);
            (0..texts).map(|text| added(text) / (budget - spent[text])).fold(0.0, f64::max)
        };
        let saves = |i: usize| knobs[i].saved(bits[i] - 1) - knobs[i].saved(bits[i]);
        let room = |text: usize| spent[text] < budget;
        let coarser = (0..knobs.len()).filter(|&i| {
            bits[i] > knobs[i].low && saves(i) > 0.0 && (0..texts).all(room) && part(i) <= 1.0
        });
        let value = |i: usize| saves(i) / part(i).max(f64::MIN_POSITIVE);
        let Some(best) = coarser.max_by(|&a, &b| value(a).total_cmp(&value(b))) else { break };
        bits[best] -= 1;
        spent = (0..texts).map(|text| total(&bits, text)).collect();
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knob(loss: f64, saved: f64) -> Knob {
        Knob {
            base: 10,
            low: 1,
            high: 12,
            saved_by_coarser: saved,
            saved_by_finer: -saved,
            measured: [(10, vec![loss])].into(),
        }
    }

    fn total(knobs: &[Knob], bits: &[u32]) -> f64 {
        knobs.iter().zip(bits).map(|(knob, &frac)| knob.loss(frac, 0)).sum()
    }

    #[test]
    fn a_bit_is_four_times_the_noise() {
        let mut knob = knob(1e-6, 1.0);
        assert_eq!([9, 10, 12].map(|frac| knob.loss(frac, 0)), [4e-6, 1e-6, 1e-6 / 16.0]);
        knob.measured.insert(6, vec![1e-3]);
        assert_eq!(knob.loss(5, 0), 4e-3, "from the nearest measurement");
    }

    /// Among equals every bit goes where it saves most, and none is left that would fit.
    #[test]
    fn the_budget_is_kept_and_used() {
        let knobs = [knob(1e-6, 100.0), knob(1e-6, 1.0), knob(1e-9, 1.0), knob(0.0, 5.0)];
        let budget = 1.2e-3;
        let bits = share(&knobs, 1, budget);
        assert!(total(&knobs, &bits) <= budget);
        assert!(bits[0] < bits[1] && bits[2] < bits[1], "{bits:?}");
        assert_eq!(bits[3], 1, "what makes no noise gives all it has");
        for i in 0..3 {
            let mut more = bits.clone();
            more[i] -= 1;
            assert!(total(&knobs, &more) > budget, "{i} of {bits:?}");
        }
    }

    #[test]
    fn where_a_bit_less_costs_none_is_given_away() {
        let dear = Knob { saved_by_coarser: -3.0, saved_by_finer: -1.0, ..knob(1e-6, 0.0) };
        let cheaper = Knob { saved_by_coarser: -3.0, saved_by_finer: 3.0, ..dear.clone() };
        assert_eq!(share(&[dear], 1, 1e-3), [10]);
        // Up to what was measured.
        assert_eq!(share(std::slice::from_ref(&cheaper), 1, 1e-3), [10]);
        let measured = [(10, vec![1e-6]), (11, vec![2.5e-7])].into();
        assert_eq!(share(&[Knob { measured, ..cheaper }], 1, 1e-3), [11]);
    }

    #[test]
    fn too_much_noise_asks_for_bits_and_takes_all_that_there_are() {
        let noisy = [knob(1e-3, 1.0), knob(1e-6, 1.0)];
        let bits = share(&noisy, 1, 3e-4);
        assert_eq!(bits[0], 11);
        assert!(total(&noisy, &bits) <= 3e-4);
        assert_eq!(share(&noisy, 1, 1e-12), [12, 12]);
    }

    #[test]
    fn each_text_keeps_the_budget() {
        let of =
            |losses: [f64; 2]| Knob { measured: [(10, losses.to_vec())].into(), ..knob(0.0, 1.0) };
        let knobs = [of([1e-6, 0.0]), of([0.0, 1e-4])];
        let bits = share(&knobs, 2, 1e-3);
        assert!(bits[0] < bits[1], "{bits:?}");
        for text in 0..2 {
            let spent: f64 = knobs.iter().zip(&bits).map(|(k, &f)| k.loss(f, text)).sum();
            assert!(spent <= 1e-3 && spent > 1e-4);
        }
    }
}
