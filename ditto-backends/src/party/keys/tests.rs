//! That no stream of randomness serves twice: with real keys, through the code that makes a mask of a
//! session, an operation and a purpose.

use std::collections::{BTreeSet, HashMap};

use ditto_core::prg::Key;

use crate::party::node::Node;
use crate::party::recorded_links::{MessageLog, recorded_trio};
use crate::party::streams::{Peer, Purpose, Shared};

use super::RunKeys;

fn key(number: u8) -> Key {
    Key::new([number; 16])
}

/// The nodes of some sessions of a run; the key of the pair (i, i + 1) has the number i.
fn nodes(sessions: u32) -> Vec<Vec<Node>> {
    let logs: [MessageLog; 3] = Default::default();
    let mut keys = [0, 1, 2]
        .map(|id: u8| RunKeys::new(key(id), key((id + 2) % 3), key(3)).into_sessions(sessions));
    let session = |_| {
        let links = recorded_trio(&logs).into_iter().zip(&mut keys).enumerate();
        let nodes = links.map(|(id, (links, keys))| {
            Node::new(id, links, keys.next().expect("keys of every session"))
        });
        nodes.collect()
    };
    (0..sessions).map(session).collect()
}

/// The first block of every stream of some sessions and operations, by what it is for; parties that
/// share a stream see the same.
#[test]
fn first_blocks_of_all_streams_differ() {
    const SESSIONS: u32 = 3;
    const OPERATIONS: u64 = 40;
    let mut seen: HashMap<[u64; 2], (u32, u64, usize, Purpose)> = HashMap::new();
    let mut count = 0;
    for (session, mut nodes) in (0u32..).zip(nodes(SESSIONS)) {
        for operation in 0..OPERATIONS {
            for node in &mut nodes {
                node.begin("test");
            }
            for purpose in Purpose::ALL {
                // `begin` has drawn the mark.
                let pools = if purpose == Purpose::Mark { 0..3 } else { 0..4 };
                for pool in pools {
                    let block = |node: usize, with: Shared| -> [u64; 2] {
                        let words = nodes[node].stream::<u64>(with, purpose, 2, 64).next(2);
                        [words[0], words[1]]
                    };
                    // Pools 0 to 2 are the pairs, 3 is what all know.
                    let blocks = match pool {
                        3 => [0, 1, 2].map(|node| block(node, Shared::All)).to_vec(),
                        _ => vec![block(pool, Shared::Next), block((pool + 1) % 3, Shared::Prev)],
                    };
                    assert!(blocks.iter().all(|b| *b == blocks[0]), "{purpose:?} of pool {pool}");
                    let place = (session, operation, pool, purpose);
                    let before = seen.insert(blocks[0], place);
                    assert_eq!(before, None, "the block of {place:?} is that of another stream");
                    count += 1;
                }
            }
        }
    }
    assert_eq!(seen.len(), count);
    assert_eq!(count, SESSIONS as usize * OPERATIONS as usize * (4 * Purpose::ALL.len() - 1));
}

/// No bit of an operation's number is lost on its way into a stream: those around every power of two have
/// streams of their own, as far as numbers go.
#[test]
fn first_blocks_of_operations_far_apart_differ() {
    let mut node = nodes(1).remove(0).remove(0);
    let around = |bit: u32| [(1u64 << bit) - 1, 1 << bit, (1 << bit) + 1];
    let operations: BTreeSet<u64> = (1..56).flat_map(around).collect();
    let mut seen = HashMap::new();
    let mut before = 0;
    for &operation in &operations {
        node.skip(operation - before - 1);
        node.begin("test");
        before = operation;
        let words = node.stream::<u64>(Shared::Next, Purpose::Mask, 2, 64).next(2);
        let block = [words[0], words[1]];
        assert_eq!(seen.insert(block, operation), None, "the block of operation {operation}");
    }
    assert_eq!(seen.len(), operations.len());
}

#[test]
#[should_panic(expected = "drawn twice")]
fn a_purpose_that_is_drawn_twice_is_noticed() {
    let node = nodes(1).remove(0).remove(0);
    node.draw::<u64>(Peer::Next, Purpose::Pad0, 1, 64);
    node.draw::<u64>(Peer::Next, Purpose::Pad1, 1, 64);
    node.draw::<u64>(Peer::Prev, Purpose::Pad0, 1, 64);
    node.draw::<u64>(Peer::Next, Purpose::Pad0, 1, 64);
}

/// Sessions of one run have one ledger.
#[test]
#[should_panic(expected = "drawn twice")]
fn a_session_that_is_begun_twice_is_noticed() {
    let keys = RunKeys::new(key(0), key(1), key(2));
    let ledger = super::Ledger::default();
    let logs: [MessageLog; 3] = Default::default();
    let [first, second, _] = recorded_trio(&logs);
    let nodes = [first, second].map(|links| Node::new(0, links, keys.session(5, ledger.clone())));
    for node in nodes {
        node.draw::<u64>(Peer::Next, Purpose::Mask, 1, 64);
    }
}
