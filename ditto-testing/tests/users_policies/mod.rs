//! Policies of a user: formats that nobody had in mind when the layers were written, which have to run in
//! them as well.

use ditto_core::{F, Fixed, Z32, Z64};
use ditto_dsl::policy;

policy! {
    /// Two rings, with scales that differ wherever those of Ditto's own policies coincide.
    pub(crate) struct TwoRings = "two rings";
    type Act = Fixed<Z32, F<9>>;
    type Weight = Fixed<Z32, F<12>>;
    type Table = Fixed<Z32, F<17>>;
    type Inner = Fixed<Z32, F<14>>;
    type Exp = Fixed<Z32, F<18>>;
    type Prob = Fixed<Z32, F<13>>;
    type High = Fixed<Z64, F<20>>;
}

policy! {
    /// One ring, likewise; the roles stand in another order.
    pub(crate) struct OneRing = "one ring";
    type High = Fixed<Z64, F<20>>;
    type Act = Fixed<Z64, F<20>>;
    type Exp = Fixed<Z64, F<19>>;
    type Weight = Fixed<Z64, F<16>>;
    type Table = Fixed<Z64, F<18>>;
    type Inner = Fixed<Z64, F<28>>;
    type Prob = Fixed<Z64, F<17>>;
}

/// Checks a statement under both.
macro_rules! check_under_each {
    ($statement:expr, $bounds:expr) => {{
        $statement.check_under::<$crate::users_policies::TwoRings>($bounds);
        $statement.check_under::<$crate::users_policies::OneRing>($bounds);
    }};
}
pub(crate) use check_under_each;
