//! Policies of a user: layers run in formats that nobody had in mind when they were written.

use ditto_core::{F, Fixed, Z32, Z64};
use ditto_dsl::layers::Gelu;
use ditto_dsl::{Precision, policy};
use ditto_testing::{Bounds, Policy, Within, conformance, tensor};
use proptest::prelude::*;
use proptest::sample::select;

use crate::{attention, embedding, gelu, swiglu};

policy! {
    /// Two rings, with scales that are apart wherever those of Ditto's own policies coincide.
    struct TwoRings = "two rings";
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
    struct OneRing = "one ring";
    type High = Fixed<Z64, F<20>>;
    type Act = Fixed<Z64, F<20>>;
    type Exp = Fixed<Z64, F<19>>;
    type Weight = Fixed<Z64, F<16>>;
    type Table = Fixed<Z64, F<18>>;
    type Inner = Fixed<Z64, F<28>>;
    type Prob = Fixed<Z64, F<17>>;
}

/// Both policies, for a statement that is the same in each.
macro_rules! in_each {
    ($statement:expr, $bounds:expr) => {{
        $statement.check_under::<TwoRings>($bounds);
        $statement.check_under::<OneRing>($bounds);
    }};
}

/// Half of the error of `Fine`, whose activations have one bit less; and that of `Puma`.
#[test]
fn attention_runs_in_a_policy_of_ones_own() {
    let stated = |policy: Policy| Bounds {
        quantization: Within::absolute(if policy.name == TwoRings::NAME { 3e-2 } else { 3e-4 }),
        ..attention::expected(policy)
    };
    in_each!(
        conformance("own_policy_attention", attention::attention())
            .cases(attention::cases)
            .reference_with(attention::reference),
        |policy, _, _| stated(policy)
    );
}

#[test]
fn feed_forward_layers_run_in_a_policy_of_ones_own() {
    in_each!(
        conformance("own_policy_swiglu", swiglu::swiglu())
            .cases(swiglu::cases)
            .reference_with(swiglu::reference),
        swiglu::stated
    );
    in_each!(
        conformance("own_policy_gelu", gelu::gelu())
            .cases(|_| {
                let forms = select(vec![Gelu::Poly, Gelu::Puma]);
                (forms, tensor(9, -7.9..7.9)).prop_map(|(form, x)| ((form, 8.0), [x]))
            })
            .reference_with(gelu::reference),
        |policy, (form, bound), x| Bounds {
            // Coefficients of 12 bits, where `Gelu::Puma` has them, are as coarse in any format.
            quantization: Within::absolute(match form {
                Gelu::Puma => f64::max(3.0 * policy.act.ulp, 1e-4),
                _ => 2.0 * policy.act.ulp,
            }),
            ..gelu::stated(policy, &(*form, *bound), x)
        }
    );
}

#[test]
fn an_embedding_is_exact_in_a_policy_of_ones_own() {
    in_each!(
        conformance("own_policy_embedding", embedding::embedding())
            .cases(embedding::cases)
            .reference_with(embedding::reference),
        |_, _, _| Bounds { approximation: Within::NOTHING, quantization: Within::NOTHING }
    );
}
