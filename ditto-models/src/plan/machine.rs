//! How long operations take: a model of a machine and a network with few constants.
//!
//! Time = work + waiting for messages to arrive + waiting for links to carry them:
//!
//! - compute = multiplications · their time + bytes sent · the time of the work around a byte +
//!   rounds · the time of a wake-up;
//! - latency = rounds · round trip / 2;
//! - bandwidth = the bytes of each round on the busiest direction of a link, over its rate, times the
//!   part of it that one waits for: the rest passes while others compute or send on other links.
//!
//! That the work beside matrix products goes with the bytes is an observation: what a protocol does
//! to an element (masks from AES, packing, adding, selecting) it does to what it sends. Single
//! operations are between 0.4 and 1.3 ns a byte; a whole model evens them out.

use ditto_backends::rep3::net::shaped::Shape;
use ditto_core::{Operation, Ring, Z32, Z64};
use serde::Serialize;

/// What a machine that runs all three parties takes for a unit of each kind of work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Machine {
    /// Seconds for a multiplication in the clear in Z32 and in Z64: six of the ring, two at each
    /// party.
    pub multiplication: [f64; 2],
    /// Seconds for the work that goes with a byte that some party sends.
    pub byte: f64,
    /// Seconds for waking the parties up in a round.
    pub round: f64,
    /// The part of the transfer times of all rounds that is not hidden behind other work.
    pub transfer: f64,
}

impl Machine {
    /// The 2-core AMD Zen 5 (AVX-512) machine of `BENCHMARKS.md`, all parties on it, idle.
    ///
    /// How these were found, all from the medians in `BENCHMARKS.md`:
    ///
    /// - `multiplication`, Z32 and Z64: from `ditto bench ops`, which has two products of as many
    ///   multiplications and different numbers of results, 128x768x3072 and 128x3072x768: the
    ///   difference is the cost of a result (11.5 ns in Z32), and the rest over 302 million is this.
    /// - `byte`: from `ditto bench bert-base`, the local time less the multiplications and rounds,
    ///   over the bytes.
    /// - `round`: from `ditto bench bert-base --seq 32`, where it matters most, in the same way.
    /// - `transfer`: from `ditto bench bert-base --net wan`, and the same with `--gelu quad`: the time
    ///   less the local one and the latency, over the transfer times that a plan adds up (14.1 of 18.1
    ///   seconds, and 9.5 of 12.5).
    ///
    /// To adapt them to another machine, repeat these commands on it while it is idle. With these, the
    /// times in `BENCHMARKS.md` of up to 256 tokens come out within a fifth; at 512 tokens tensors
    /// leave the caches, and the prediction is a third too low.
    pub const REFERENCE: Self =
        Self { multiplication: [0.032e-9, 0.0645e-9], byte: 0.70e-9, round: 30e-6, transfer: 0.77 };

    /// The time of an operation over a network.
    pub fn estimate(&self, operation: &Operation, net: Shape) -> Estimate {
        let ring = [Z32::NAME, Z64::NAME].iter().position(|&name| name == operation.ring);
        let multiplication = ring.map_or(0.0, |ring| self.multiplication[ring]);
        let rounds = operation.cost.rounds as f64;
        Estimate {
            compute: operation.multiplications as f64 * multiplication
                + operation.cost.total_bytes() as f64 * self.byte
                + rounds * self.round,
            latency: rounds * net.round_trip.as_secs_f64() / 2.0,
            bandwidth: operation.link_bytes as f64 * 8.0 / net.bits_per_second * self.transfer,
        }
    }
}

/// A predicted time, by what takes it. In seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// The parties compute.
    pub compute: f64,
    /// Messages are on their way.
    pub latency: f64,
    /// Messages wait for the rate of a link.
    pub bandwidth: f64,
}

impl Estimate {
    /// All of it.
    pub fn seconds(&self) -> f64 {
        self.compute + self.latency + self.bandwidth
    }
}

impl std::ops::AddAssign for Estimate {
    fn add_assign(&mut self, other: Self) {
        self.compute += other.compute;
        self.latency += other.latency;
        self.bandwidth += other.bandwidth;
    }
}

#[cfg(test)]
mod tests {
    use ditto_core::Cost;

    use super::*;

    #[test]
    fn each_term_has_its_unit() {
        let machine =
            Machine { multiplication: [1e-3, 2e-3], byte: 1e-2, round: 1.0, transfer: 0.5 };
        let operation = Operation {
            operation: "any",
            ring: "Z64",
            calls: 1,
            elements: 1,
            multiplications: 10,
            cost: Cost { rounds: 2, bytes: [1, 2, 3] },
            link_bytes: 50_000_000,
            seconds: 0.0,
        };
        let estimate = machine.estimate(&operation, Shape::WAN);
        let near = |x: f64, y: f64| (x - y).abs() < 1e-12;
        assert!(near(estimate.compute, 0.02 + 0.06 + 2.0), "{estimate:?}");
        assert!(near(estimate.latency, 0.04) && near(estimate.bandwidth, 0.5), "{estimate:?}");
        let local = machine.estimate(&operation, Shape::LOCAL);
        assert_eq!((local.latency, local.bandwidth), (0.0, 0.0));
    }
}
