//! One format for each role of a precision policy: the smallest that holds what is suggested for the
//! layers.

use ditto_backends::fake_quant::{FakeQuant, FormatValue, OutOfRange, SiteKind};
use ditto_core::{Ring, Z32, Z64};
use ditto_dsl::Precision;
use serde::Serialize;

use super::search::Found;
use super::trials::{FormatChoice, Results, Trials};
use super::{Outcome, RingAndScale};

/// A format of a precision policy.
#[derive(Clone, Copy, Debug)]
pub struct Role {
    /// Its name in [`Precision`].
    pub name: &'static str,
    /// What has it.
    pub kind: SiteKind,
    /// The format.
    pub written: FormatValue,
}

impl Role {
    /// The roles of a policy.
    pub fn all<P: Precision>() -> Vec<Self> {
        fn role<Q: ditto_core::Format>(name: &'static str, kind: SiteKind) -> Role {
            let written = FormatValue { ring: Q::Ring::BITS, frac: Q::FRAC };
            Role { name, kind, written }
        }
        vec![
            role::<P::Act>("Act", SiteKind::Value),
            role::<P::Weight>("Weight", SiteKind::Weight),
            role::<P::Table>("Table", SiteKind::Weight),
            role::<P::Inner>("Inner", SiteKind::Value),
            role::<P::Exp>("Exp", SiteKind::Value),
            role::<P::Prob>("Prob", SiteKind::Value),
            role::<P::High>("High", SiteKind::Value),
        ]
    }
}

/// The format of a role.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoleFormat {
    /// The role's name.
    pub role: &'static str,
    /// As it is written.
    pub now: RingAndScale,
    /// The finest that is suggested for a layer, and no finer than it is written where some layer has
    /// no room for that; as written if no layer has it.
    pub suggested: RingAndScale,
}

/// A format for each role. Roles that have the same format cannot be told apart, and get the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Policy {
    /// The roles.
    pub roles: Vec<RoleFormat>,
    /// What came of a run with these; `None` if a value left its range.
    pub outcome: Option<Outcome>,
    /// That value, if there was one.
    pub out_of_range: Option<String>,
}

impl Policy {
    pub(super) fn new<C>(roles: &[Role], found: &Found, trials: &Trials<C>) -> Self
    where
        C: Fn(&mut FakeQuant) -> Result<Results, OutOfRange> + Sync,
    {
        let notes = || found.trial.layers.iter().flat_map(|layer| &layer.sites);
        // A ring is of a role in all layers, and roles that are multiplied share it.
        let wide = || notes().filter(|note| note.site.written.ring == Z64::BITS);
        let all_narrow = wide().all(|note| note.format.ring == Z32::BITS);
        let finest = |kind: SiteKind, written: FormatValue| -> FormatValue {
            let ring = if all_narrow { Z32::BITS } else { written.ring };
            let alike = notes().filter(|n| n.site.kind == kind && n.site.written == written);
            let frac = alike.filter(|n| n.format.ring == ring).map(|n| n.format.frac).max();
            frac.map_or(written, |frac| FormatValue { ring, frac })
        };
        let run = |of: &dyn Fn(SiteKind, FormatValue) -> FormatValue| {
            let mut plan = FormatChoice::default();
            for note in notes() {
                let format = of(note.site.kind, note.site.written);
                plan.frac.insert(note.site.clone(), format.frac);
                if format.ring < note.site.written.ring {
                    plan.narrowed.insert(note.site.layer.clone());
                }
            }
            let trial = trials.whole(&plan);
            let role = |role: &Role| RoleFormat {
                role: role.name,
                now: role.written.into(),
                suggested: of(role.kind, role.written).into(),
            };
            Self {
                roles: roles.iter().map(role).collect(),
                outcome: trial.as_ref().ok().map(Outcome::of),
                out_of_range: trial.err().map(|error| error.to_string()),
            }
        };
        let policy = run(&finest);
        // What one layer has room for, another may not.
        let no_finer = |kind, written: FormatValue| {
            let found = finest(kind, written);
            let frac =
                if found.ring == written.ring { found.frac.min(written.frac) } else { found.frac };
            FormatValue { frac, ..found }
        };
        if policy.outcome.is_some() { policy } else { run(&no_finer) }
    }

    /// The lines of a `Precision` policy.
    pub fn lines(&self) -> Vec<String> {
        let line = |role: &RoleFormat| {
            let RingAndScale { ring, frac } = role.suggested;
            let was = if role.suggested == role.now {
                String::new()
            } else {
                format!(" // was {}", role.now)
            };
            format!("type {} = Fixed<{ring}, F<{frac}>>;{was}", role.role)
        };
        self.roles.iter().map(line).collect()
    }
}
