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
//! operations are between 0.4 and 1.3 ns a byte; a whole model evens them out. Where one call sends
//! more than the caches hold, the rest of its bytes takes longer.
//!
//! Passes that run at the same time wait at the same time, and where one waits another computes: their
//! latency counts once, cores idle less, and links are busy in all six directions.

use std::fmt;

use ditto_core::{Operation, Ring, Z32, Z64};
use ditto_net::NetworkProfile;
use serde::{Deserialize, Serialize};

/// What a machine that runs all three parties takes for a unit of each kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Seconds for a multiplication in the clear in Z32 and in Z64: six of the ring, two at each
    /// party.
    pub multiplication: [f64; 2],
    /// Seconds for the work that goes with a byte that some party sends.
    pub byte: f64,
    /// Bytes of one call, of all parties together, that the caches hold with what belongs to them.
    pub cache: f64,
    /// Seconds for the work that goes with each byte of a call beyond `cache`.
    pub far_byte: f64,
    /// Seconds for waking the parties up in a round.
    pub round: f64,
    /// The part of the transfer times of all rounds that is not hidden behind other work, for a pass
    /// by itself.
    pub transfer: f64,
    /// What of its compute time a pass takes where others run at the same time.
    pub overlap: f64,
}

impl Machine {
    /// The 2-core AMD Zen 5 (AVX-512, 32 MiB of L3 cache) machine of `BENCHMARKS.md`, all parties on
    /// it, idle.
    ///
    /// `multiplication` is from `ditto bench ops` as [`Machine::measure`] finds it. The others were
    /// fitted, by the greatest error, to the times of `BENCHMARKS.md` on two days, on one of which the
    /// machine was a fifth slower: BERT-base of 32 to 512 tokens with three GeLUs and in 64 bits, of 128
    /// on three networks, and in batches of 4 and 16, BERT-large, and all-MiniLM-L6-v2. All of those
    /// come out within a fifth.
    ///
    /// Another machine, or this one on another day, is better predicted with what
    /// [`Machine::measure`] finds on it.
    pub const REFERENCE: Self = Self {
        multiplication: [0.032e-9, 0.067e-9],
        byte: 0.71e-9,
        cache: 9.5e6,
        far_byte: 1.40e-9,
        round: 50e-6,
        transfer: 0.70,
        overlap: 0.80,
    };

    /// The time of an operation over a network, where `passes` passes run at the same time and
    /// `operation` is of all of them together.
    pub fn estimate(&self, operation: &Operation, net: NetworkProfile, passes: usize) -> Estimate {
        let ring = [Z32::NAME, Z64::NAME].iter().position(|&name| name == operation.ring);
        let multiplication = ring.map_or(0.0, |ring| self.multiplication[ring]);
        let (rounds, bytes) = (operation.cost.rounds as f64, operation.cost.total_bytes() as f64);
        let far = far_bytes(operation, self.cache);
        let compute = operation.multiplications as f64 * multiplication
            + (bytes - far) * self.byte
            + far * self.far_byte
            + rounds * passes as f64 * self.round;
        let alone = passes <= 1;
        let carried = match alone {
            true => operation.link_bytes as f64 * self.transfer,
            false => bytes / 6.0,
        };
        Estimate {
            compute: if alone { compute } else { compute * self.overlap },
            latency: rounds * net.round_trip.as_secs_f64() / 2.0,
            bandwidth: carried * 8.0 / net.bits_per_second,
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nano = |seconds: f64| 1e9 * seconds;
        let [in_z32, in_z64] = self.multiplication.map(nano);
        write!(
            f,
            "{in_z32:.3} and {in_z64:.3} ns a multiplication in Z32 and Z64; {:.2} ns a byte, {:.2} \
             beyond {:.1} MB; {:.0} us a round; {:.2} of transfers seen; {:.2} of the work beside others",
            nano(self.byte),
            nano(self.far_byte),
            self.cache / 1e6,
            1e6 * self.round,
            self.transfer,
            self.overlap,
        )
    }
}

/// What of an operation's bytes is beyond `cache` in its call.
pub(super) fn far_bytes(operation: &Operation, cache: f64) -> f64 {
    let calls = operation.calls as f64;
    (operation.cost.total_bytes() as f64 - calls * cache).max(0.0)
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

    const MACHINE: Machine = Machine {
        multiplication: [1e-3, 2e-3],
        byte: 1e-2,
        cache: 2.0,
        far_byte: 1e-1,
        round: 1.0,
        transfer: 0.5,
        overlap: 0.25,
    };

    fn operation(calls: u64) -> Operation {
        Operation {
            operation: "any",
            ring: "Z64",
            calls,
            elements: 1,
            multiplications: 10,
            cost: Cost { rounds: 2, bytes: vec![1, 2, 3] },
            failure_probability: 0.0,
            link_bytes: 50_000_000,
            seconds: 0.0,
        }
    }

    fn near(x: f64, y: f64) -> bool {
        (x - y).abs() < 1e-12
    }

    #[test]
    fn each_term_has_its_unit() {
        // Two bytes a call, which is what the caches hold.
        let estimate = MACHINE.estimate(&operation(3), NetworkProfile::WAN, 1);
        assert!(near(estimate.compute, 0.02 + 0.06 + 2.0), "{estimate:?}");
        assert!(near(estimate.latency, 0.04) && near(estimate.bandwidth, 0.5), "{estimate:?}");
        let local = MACHINE.estimate(&operation(3), NetworkProfile::LOCAL, 1);
        assert_eq!((local.latency, local.bandwidth), (0.0, 0.0));
    }

    #[test]
    fn bytes_of_a_call_beyond_the_caches_take_longer() {
        // Six bytes in one call: two within, four beyond.
        let estimate = MACHINE.estimate(&operation(1), NetworkProfile::LOCAL, 1);
        assert!(near(estimate.compute, 0.02 + 0.02 + 0.4 + 2.0), "{estimate:?}");
        let local_only = Operation { cost: Cost::default(), ..operation(1) };
        assert_eq!(far_bytes(&local_only, 2.0), 0.0);
    }

    #[test]
    fn passes_at_the_same_time_wait_once_and_share_the_links() {
        let estimate = MACHINE.estimate(&operation(3), NetworkProfile::WAN, 4);
        // Each of the four is woken up.
        assert!(near(estimate.compute, 0.25 * (0.02 + 0.06 + 8.0)), "{estimate:?}");
        assert!(near(estimate.latency, 0.04), "{estimate:?}");
        // One byte in each direction.
        assert!(near(estimate.bandwidth, 8.0 / 400e6), "{estimate:?}");
    }
}
