//! A slower network, emulated on a fast one: a delay and a rate for each direction of each link.
//!
//! A message of n bytes that enters a link at time t is delivered at
//! `finish + round_trip / 2`, where `finish = max(finish of the previous one, t) + 8n / rate`.
//! The sender never waits, and any number of messages is in flight: the receiving end knows when
//! each one was sent and waits until it is due. In memory that time is the time of sending; over
//! TCP it is the arrival of the header, so that what the real network takes comes on top and no
//! clocks need to agree.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The delay and the rate of a network, the same for each direction of each link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetworkProfile {
    /// The time of a message there and an answer back, apart from what the rate adds.
    pub round_trip: Duration,
    /// The rate of each direction of each link; infinite for no limit.
    pub bits_per_second: f64,
}

impl NetworkProfile {
    /// No delay and no limit.
    pub const LOCAL: NetworkProfile =
        NetworkProfile { round_trip: Duration::ZERO, bits_per_second: f64::INFINITY };
    /// A local network: 0.4 ms and 5 Gbit/s.
    pub const LAN: NetworkProfile =
        NetworkProfile { round_trip: Duration::from_micros(400), bits_per_second: 5e9 };
    /// A wide-area network: 40 ms and 400 Mbit/s.
    pub const WAN: NetworkProfile =
        NetworkProfile { round_trip: Duration::from_millis(40), bits_per_second: 400e6 };
}

/// The slowest rate: below it, a single message could hold up a run for days.
pub(super) const MIN_BITS_PER_SECOND: f64 = 1e3;
/// The longest round trip.
pub(super) const MAX_ROUND_TRIP: Duration = Duration::from_secs(60);

/// Why a text is not a [`NetworkProfile`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a network: {cause}; \
     write `local`, `lan`, `wan`, or round trip in ms and rate in Mbit/s, such as `0.4:5000`"
)]
pub struct ParseProfileError {
    text: String,
    cause: &'static str,
}

impl FromStr for NetworkProfile {
    type Err = ParseProfileError;

    fn from_str(text: &str) -> Result<Self, ParseProfileError> {
        let fail = |cause| ParseProfileError { text: text.to_owned(), cause };
        match text {
            "local" => return Ok(Self::LOCAL),
            "lan" => return Ok(Self::LAN),
            "wan" => return Ok(Self::WAN),
            _ => {}
        }
        let (round_trip, rate) =
            text.split_once(':').ok_or_else(|| fail("it is no known name and has no `:`"))?;
        let millis: f64 = round_trip.parse().map_err(|_| fail("the round trip is not a number"))?;
        let mbit: f64 = rate.parse().map_err(|_| fail("the rate is not a number"))?;
        let round_trip = Duration::try_from_secs_f64(millis / 1e3)
            .ok()
            .filter(|&round_trip| round_trip <= MAX_ROUND_TRIP)
            .ok_or_else(|| fail("the round trip is not between 0 and 60000 ms"))?;
        let bits_per_second = mbit * 1e6;
        // `inf` is a fair way to ask for a delay alone.
        if bits_per_second.is_nan() || bits_per_second < MIN_BITS_PER_SECOND {
            return Err(fail("the rate is not at least 0.001 Mbit/s"));
        }
        Ok(Self { round_trip, bits_per_second })
    }
}

impl fmt::Display for NetworkProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.round_trip.as_secs_f64() * 1e3;
        write!(f, "{millis}:{}", self.bits_per_second / 1e6)
    }
}

#[cfg(test)]
mod tests;
