//! Every party's view of every protocol: enumerated on tiny rings ([`enumerated`]), or by the
//! statistics of messages ([`statistics`]). The dealer's is empty.

mod enumerated;
mod statistics;
mod trial;
