//! Delivering messages no sooner than a slower network would (see `shaped`).

use std::thread;
use std::time::{Duration, Instant};

use super::shaped::{MAX_ROUND_TRIP, MIN_BITS_PER_SECOND, Shape};

/// Holds each message of one direction of one link back until it is due.
pub(super) struct Pacer {
    shape: Shape,
    finish: Option<Instant>,
}

impl Pacer {
    pub(super) fn new(shape: Shape) -> Self {
        let shape = Shape {
            round_trip: shape.round_trip.min(MAX_ROUND_TRIP),
            bits_per_second: shape.bits_per_second.max(MIN_BITS_PER_SECOND),
        };
        Self { shape, finish: None }
    }

    /// Returns when a message of `bytes` bytes, sent at `sent`, is due.
    pub(super) fn wait(&mut self, sent: Instant, bytes: usize) {
        if self.shape != Shape::LOCAL {
            sleep_until(self.due(sent, bytes));
        }
    }

    fn due(&mut self, sent: Instant, bytes: usize) -> Instant {
        let start = self.finish.map_or(sent, |finish| finish.max(sent));
        let transfer = Duration::from_secs_f64(bytes as f64 * 8.0 / self.shape.bits_per_second);
        let finish = start + transfer;
        self.finish = Some(finish);
        finish + self.shape.round_trip / 2
    }
}

/// A sleep overshoots by the kernel's timer slack and a wake-up; the last stretch is spun instead.
const SPIN: Duration = Duration::from_micros(80);

fn sleep_until(due: Instant) {
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
    fn pacer() -> Pacer {
        Pacer::new(Shape { round_trip: 20 * MS, bits_per_second: 8e6 })
    }

    #[test]
    fn messages_in_flight_share_the_delay() {
        let (mut pacer, sent) = (pacer(), Instant::now());
        for _ in 0..1000 {
            assert_eq!(pacer.due(sent, 0), sent + 10 * MS);
        }
    }

    #[test]
    fn messages_queue_for_the_rate() {
        let (mut pacer, sent) = (pacer(), Instant::now());
        assert_eq!(pacer.due(sent, 1000), sent + 11 * MS);
        assert_eq!(pacer.due(sent, 2000), sent + 13 * MS);
        assert_eq!(pacer.due(sent + MS, 1000), sent + 14 * MS);
    }

    #[test]
    fn idle_line_is_not_saved_up() {
        let (mut pacer, sent) = (pacer(), Instant::now());
        pacer.due(sent, 1000);
        assert_eq!(pacer.due(sent + 50 * MS, 1000), sent + 61 * MS);
    }

    #[test]
    fn senseless_shapes_neither_panic_nor_hang() {
        let sent = Instant::now();
        for bits_per_second in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY, 1e-300] {
            let mut pacer = Pacer::new(Shape { round_trip: Duration::MAX, bits_per_second });
            assert_eq!(pacer.due(sent, 125), sent + 31_000 * MS);
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
