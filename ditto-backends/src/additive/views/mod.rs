//! Every party's view of every protocol: enumerated on tiny rings ([`enumerated`]), or by the
//! statistics of messages ([`statistics`], and by [`positions`]); of keys, by what the dealer draws
//! ([`roots`]). The dealer's is empty.

mod enumerated;
mod positions;
mod roots;
mod statistics;
mod tested_protocol;
