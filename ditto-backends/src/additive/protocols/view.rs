//! Every party's view of every protocol: enumerated on tiny rings ([`enumerated`]), or by the
//! statistics of messages ([`statistics`], and by [`positions`]). The dealer's is empty.

mod enumerated;
mod positions;
mod statistics;
mod trial;
