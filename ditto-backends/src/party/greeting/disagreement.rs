//! What two parties do not agree on.

use std::fmt;

use ditto_net::PartyId;

/// What parties compare in their greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// The version of the protocols.
    Version,
    /// The model's shape.
    Shape,
    /// The options.
    Options,
    /// The digest of public tables and constants.
    Tables,
    /// The nonce of the run.
    Run,
}

impl Field {
    fn advice(self) -> &'static str {
        match self {
            Self::Version => "run the same release of Ditto at all three parties",
            Self::Shape => "give all three parties the same model",
            Self::Options => "start all three parties with the same options",
            Self::Tables => {
                "run the same build of Ditto at all three parties; if they do, their machines compute \
                 public numbers differently: please report it"
            }
            Self::Run => {
                "the parties' connections belong to different runs: end all three parties and start \
                 them again"
            }
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "version of the protocols",
            Self::Shape => "shape of the model",
            Self::Options => "options",
            Self::Tables => "digest of public tables and constants",
            Self::Run => "nonce of the run",
        })
    }
}

/// Two parties that would not compute the same: nothing of the computation was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "parties {} and {} differ in the {field}: {:?} at party {}, {:?} at party {}; {}",
    parties[0], parties[1], values[0], parties[0], values[1], parties[1], field.advice()
)]
#[non_exhaustive]
pub struct Disagreement {
    /// What they differ in.
    pub field: Field,
    /// This party and its peer.
    pub parties: [PartyId; 2],
    /// This party's value and that of its peer.
    pub values: [String; 2],
}

impl Disagreement {
    pub(super) fn new(field: Field, parties: [PartyId; 2], values: [String; 2]) -> Self {
        Self { field, parties, values }
    }

    /// Between parties with digests.
    pub(super) fn between(field: Field, [own, other]: [(PartyId, &[u8; 32]); 2]) -> Self {
        let hex = |digest: &[u8; 32]| digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self::new(field, [own.0, other.0], [hex(own.1), hex(other.1)])
    }
}
