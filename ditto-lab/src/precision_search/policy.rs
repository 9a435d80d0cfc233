//! One format for each role of a precision policy: the smallest that holds what is suggested for the
//! layers.

use ditto_backends::fake_quant::{FakeQuant, FormatValue, OutOfRange, Part};
use ditto_core::{Ring, Z32, Z64};
use ditto_dsl::Precision;
use serde::Serialize;

use super::search::Found;
use super::trials::{Plan, Results, Trials};
use super::{Format, Outcome};

/// A format of a precision policy.
#[derive(Clone, Copy, Debug)]
pub struct Role {
    /// Its name in [`Precision`].
    pub name: &'static str,
    /// What has it.
    pub part: Part,
    /// The format.
    pub written: FormatValue,
}

impl Role {
    /// The roles of a policy.
    pub fn all<P: Precision>() -> Vec<Self> {
        fn role<Q: ditto_core::Format>(name: &'static str, part: Part) -> Role {
            let written = FormatValue { ring: Q::Ring::BITS, frac: Q::FRAC };
            Role { name, part, written }
        }
        vec![
            role::<P::Act>("Act", Part::Value),
            role::<P::Weight>("Weight", Part::Weight),
            role::<P::Table>("Table", Part::Weight),
            role::<P::Inner>("Inner", Part::Value),
            role::<P::Exp>("Exp", Part::Value),
            role::<P::Prob>("Prob", Part::Value),
            role::<P::High>("High", Part::Value),
        ]
    }
}

/// The format of a role.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoleFormat {
    /// The role's name.
    pub role: &'static str,
    /// As it is written.
    pub now: Format,
    /// The finest that is suggested for a layer, and no finer than it is written where some layer has
    /// no room for that; as written if no layer has it.
    pub suggested: Format,
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
        let finest = |part: Part, written: FormatValue| -> FormatValue {
            let ring = if all_narrow { Z32::BITS } else { written.ring };
            let alike = notes().filter(|n| n.site.part == part && n.site.written == written);
            let frac = alike.filter(|n| n.format.ring == ring).map(|n| n.format.frac).max();
            frac.map_or(written, |frac| FormatValue { ring, frac })
        };
        let run = |of: &dyn Fn(Part, FormatValue) -> FormatValue| {
            let mut plan = Plan::default();
            for note in notes() {
                let format = of(note.site.part, note.site.written);
                plan.frac.insert(note.site.clone(), format.frac);
                if format.ring < note.site.written.ring {
                    plan.narrowed.insert(note.site.layer.clone());
                }
            }
            let trial = trials.whole(&plan);
            let role = |role: &Role| RoleFormat {
                role: role.name,
                now: role.written.into(),
                suggested: of(role.part, role.written).into(),
            };
            Self {
                roles: roles.iter().map(role).collect(),
                outcome: trial.as_ref().ok().map(Outcome::of),
                out_of_range: trial.err().map(|error| error.to_string()),
            }
        };
        let policy = run(&finest);
        // What one layer has room for, another may not.
        let no_finer = |part, written: FormatValue| {
            let found = finest(part, written);
            let frac =
                if found.ring == written.ring { found.frac.min(written.frac) } else { found.frac };
            FormatValue { frac, ..found }
        };
        if policy.outcome.is_some() { policy } else { run(&no_finer) }
    }

    /// The lines of a `Precision` policy.
    pub fn lines(&self) -> Vec<String> {
        let line = |role: &RoleFormat| {
            let Format { ring, frac } = role.suggested;
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
