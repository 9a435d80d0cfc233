//! When a message that goes through an emulated network is due (see `profile`).

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::profile::{MAX_ROUND_TRIP, MIN_BITS_PER_SECOND, NetworkProfile};

/// One direction of the network between two parties. Clones are the same line: messages of several
/// links queue for its rate.
#[derive(Clone)]
pub(super) struct Line {
    profile: NetworkProfile,
    /// When the last message so far has left; `None` before the first.
    finish: Arc<Mutex<Option<Instant>>>,
}

impl Line {
    pub(super) fn new(profile: NetworkProfile) -> Self {
        let profile = NetworkProfile {
            round_trip: profile.round_trip.min(MAX_ROUND_TRIP),
            bits_per_second: profile.bits_per_second.max(MIN_BITS_PER_SECOND),
        };
        Self { profile, finish: Arc::default() }
    }

    /// When a message of `bytes` bytes that enters at `sent` is due at the other end; `None` is at
    /// once. To be asked once for each message, as it enters.
    pub(super) fn due(&self, sent: Instant, bytes: usize) -> Option<Instant> {
        if self.profile == NetworkProfile::LOCAL {
            return None;
        }
        // A thread that panics cannot leave an instant half written.
        let mut last = self.finish.lock().unwrap_or_else(PoisonError::into_inner);
        let start = last.map_or(sent, |finish| finish.max(sent));
        let transfer = Duration::from_secs_f64(bytes as f64 * 8.0 / self.profile.bits_per_second);
        let finish = start + transfer;
        *last = Some(finish);
        Some(finish + self.profile.round_trip / 2)
    }
}

/// The lines on which one party hears its peers. Clones are the same lines: all links that are made
/// with them share one network.
#[derive(Clone)]
pub struct Lines {
    pub(super) next: Line,
    pub(super) prev: Line,
}

impl Lines {
    /// Two lines of such a network.
    pub fn new(profile: NetworkProfile) -> Self {
        Self { next: Line::new(profile), prev: Line::new(profile) }
    }
}

/// A sleep overshoots by the kernel's timer slack and a wake-up; the last stretch is spun instead.
const SPIN: Duration = Duration::from_micros(80);

pub(super) fn sleep_until(due: Instant) {
    let left = due.saturating_duration_since(Instant::now());
    if left > SPIN {
        thread::sleep(left - SPIN);
    }
    while Instant::now() < due {
        // Three parties may share two cores: let whoever can run, run.
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// 10 ms one way, and 1 ms for each 1,000 bytes.
    fn line() -> Line {
        Line::new(NetworkProfile { round_trip: 20 * MS, bits_per_second: 8e6 })
    }

    #[test]
    fn messages_in_flight_share_the_delay() {
        let (line, sent) = (line(), Instant::now());
        for _ in 0..1000 {
            assert_eq!(line.due(sent, 0), Some(sent + 10 * MS));
        }
    }

    #[test]
    fn messages_queue_for_the_rate() {
        let (line, sent) = (line(), Instant::now());
        assert_eq!(line.due(sent, 1000), Some(sent + 11 * MS));
        assert_eq!(line.due(sent, 2000), Some(sent + 13 * MS));
        assert_eq!(line.due(sent + MS, 1000), Some(sent + 14 * MS));
    }

    #[test]
    fn idle_line_is_not_saved_up() {
        let (line, sent) = (line(), Instant::now());
        line.due(sent, 1000);
        assert_eq!(line.due(sent + 50 * MS, 1000), Some(sent + 61 * MS));
    }

    #[test]
    fn clones_share_the_rate() {
        let (line, sent) = (line(), Instant::now());
        let other = line.clone();
        assert_eq!(line.due(sent, 1000), Some(sent + 11 * MS));
        assert_eq!(other.due(sent, 1000), Some(sent + 12 * MS));
    }

    #[test]
    fn a_local_line_holds_nothing_back() {
        let line = Line::new(NetworkProfile::LOCAL);
        assert_eq!(line.due(Instant::now(), 1 << 30), None);
    }

    #[test]
    fn senseless_profiles_neither_panic_nor_hang() {
        let sent = Instant::now();
        for bits_per_second in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY, 1e-300] {
            let line = Line::new(NetworkProfile { round_trip: Duration::MAX, bits_per_second });
            assert_eq!(line.due(sent, 125), Some(sent + 31_000 * MS));
        }
    }

    #[test]
    fn sleeping_never_ends_early() {
        for micros in [0, 10, 100, 1000] {
            let due = Instant::now() + Duration::from_micros(micros);
            sleep_until(due);
            assert!(Instant::now() >= due);
        }
    }
}
