//! What a user chooses by name: the backend, the transport, the precision.

use std::str::FromStr;

/// What to compute on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackendChoice {
    /// f64; with the true functions, or with the layers' approximations.
    Plain {
        /// Compute the approximations.
        as_written: bool,
    },
    /// The insecure simulation.
    Sim,
    /// Three parties.
    Rep3(Transport),
    /// Three parties that test in secret whether values stay in their ranges, see
    /// [`AuditReport`](ditto_backends::rep3::AuditReport). Answers that mean nothing become
    /// [`RunError::LeftRange`](crate::RunError::LeftRange).
    Rep3Audited(Transport),
    /// Two parties and a dealer, over channels between threads of one process. The weights are masked and
    /// revealed once, which the account of the first batch shows in the scope `weights`.
    Additive,
}

/// What the three parties talk over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Channels between threads of one process.
    #[default]
    Memory,
    /// TCP with TLS on the loopback interface.
    Tcp,
}

/// Which formats the model runs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrecisionChoice {
    /// The paper's map.
    #[default]
    Ditto,
    /// Weights with two more fractional bits.
    Fine,
    /// Everything in 64 bits.
    Puma,
}

impl FromStr for PrecisionChoice {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "ditto" => Ok(Self::Ditto),
            "fine" => Ok(Self::Fine),
            "puma" => Ok(Self::Puma),
            _ => Err(format!("no precision `{name}`; there are: ditto, fine, puma")),
        }
    }
}

/// Evaluates an expression with the [`Precision`](ditto_dsl::Precision) that a [`PrecisionChoice`]
/// stands for: the one place where a value becomes the type that everything below is generic over.
///
/// ```
/// use ditto_dsl::Precision;
/// use ditto_runtime::{PrecisionChoice, with_precision};
///
/// fn name<P: Precision>() -> &'static str {
///     P::NAME
/// }
///
/// let choice: PrecisionChoice = "fine".parse()?;
/// assert_eq!(with_precision!(choice, |P| name::<P>()), "fine");
/// # Ok::<(), String>(())
/// ```
#[macro_export]
macro_rules! with_precision {
    ($choice:expr, |$precision:ident| $body:expr) => {
        match $choice {
            $crate::PrecisionChoice::Ditto => {
                type $precision = $crate::precision::Ditto;
                $body
            }
            $crate::PrecisionChoice::Fine => {
                type $precision = $crate::precision::Fine;
                $body
            }
            $crate::PrecisionChoice::Puma => {
                type $precision = $crate::precision::Puma;
                $body
            }
        }
    };
}
