//! Measured operations as a table for a terminal.

use super::Measured;
use super::peers::Peer;
use crate::report::table::{Column, table};

const COLUMNS: [Column; 7] = [
    Column::left(0, "operation", 22),
    Column::right("bits", 8),
    Column::right("ms", 9),
    Column::right("MB", 9),
    Column::right("rounds", 7),
    Column::left(2, "ahead", 6),
    Column::left(1, "others: ms / MB", 0),
];

/// A line for each operation, with the figures of other systems.
pub fn text(all: &[Measured]) -> String {
    let peer = |peer: &Peer| {
        format!("{} {:.0} / {:.1}", peer.system, 1e3 * peer.seconds, peer.bytes as f64 / 1e6)
    };
    let rows = all.iter().map(|measured| {
        let peers: Vec<String> = measured.peers.iter().map(peer).collect();
        vec![
            measured.operation.to_owned(),
            measured.format.to_owned(),
            format!("{:.1}", 1e3 * measured.seconds),
            format!("{:.2}", measured.bytes as f64 / 1e6),
            measured.rounds.to_string(),
            if measured.is_ahead() { "yes" } else { "NO" }.to_owned(),
            peers.join("; "),
        ]
    });
    format!(
        "{}\n\nahead: less time and fewer bytes of all parties than every other system here\n",
        table(&COLUMNS, rows).trim_fmt()
    )
}
