//! What the simulation says a forward pass costs is what it costs on three parties, scope by scope
//! and party by party, whatever the precision and the GeLU.

use std::collections::BTreeMap;

use ditto_core::{Cost, Operation, Report, ScopeReport};
use ditto_dsl::layers::{Gelu, Maximum};
use ditto_lab::cost_model::{self, BatchShape};
use ditto_models::bert::{BertConfig, BertOptions, HiddenAct};
use ditto_models::fixtures;
use ditto_net::NetworkProfile;
use ditto_runtime::{BackendChoice, Embed, PaddedText, PrecisionChoice, Run, Transport};

const PRECISIONS: [PrecisionChoice; 3] =
    [PrecisionChoice::Ditto, PrecisionChoice::Fine, PrecisionChoice::Puma];
const GELUS: [Gelu; 4] = [Gelu::Poly, Gelu::PolyTanh, Gelu::Puma, Gelu::Quad];

/// The account of every text's forward pass on a tiny model.
fn reports(
    config: &BertConfig,
    backend: BackendChoice,
    precision: PrecisionChoice,
    gelu: Gelu,
    texts: &[PaddedText],
) -> Vec<Report> {
    reports_with(config, backend, precision, BertOptions { gelu, ..BertOptions::default() }, texts)
}

/// As [`reports`], with all options.
fn reports_with(
    config: &BertConfig,
    backend: BackendChoice,
    precision: PrecisionChoice,
    options: BertOptions,
    texts: &[PaddedText],
) -> Vec<Report> {
    let weights = config.random_weights(7);
    let run = Run {
        task: Embed { config, weights: &weights, options },
        backend,
        precision,
        net: NetworkProfile::LOCAL,
        seed: None,
        batch: 2,
    };
    let mut reports = Vec::new();
    run.embed(texts, None, |embedding| reports.push(embedding.report)).expect("a run");
    reports
}

/// Calls, cost and what may fail by kind of operation and ring.
type Operations = BTreeMap<(&'static str, &'static str), (u64, Cost, f64)>;

/// What of an account does not depend on the clock: by scope, and there by operation.
fn counts(report: &Report) -> Vec<(String, u64, Cost, Operations)> {
    let operations = |scope: &ScopeReport| {
        let mut sums = Operations::new();
        for operation in &scope.operations {
            let (calls, cost, failure) =
                sums.entry((operation.operation, operation.ring)).or_default();
            *calls += operation.calls;
            *cost += &operation.cost;
            *failure += operation.failure_probability;
        }
        sums
    };
    let of = |scope: &ScopeReport| {
        (scope.path.clone(), scope.calls, scope.cost.clone(), operations(scope))
    };
    report.scopes.iter().map(of).collect()
}

/// Texts of one token, of an odd length, with and without padding; two run through one pass.
fn texts() -> Vec<PaddedText> {
    [(1, 2), (3, 7), (5, 5), (2, 16), (7, 7)]
        .map(|(tokens, length)| PaddedText { ids: (1..=tokens).collect(), length })
        .into()
}

#[test]
fn the_simulation_costs_what_three_parties_cost() {
    let config = fixtures::tiny_config();
    for precision in PRECISIONS {
        for gelu in GELUS {
            let of = |backend| reports(&config, backend, precision, gelu, &texts());
            let sim = of(BackendChoice::Sim);
            let rep3 = of(BackendChoice::Rep3(Transport::Memory));
            for ((sim, rep3), text) in sim.iter().zip(&rep3).zip(texts()) {
                assert!(sim.total().rounds > 0);
                assert_eq!(
                    counts(sim),
                    counts(rep3),
                    "{precision:?}, {gelu:?}, padded to {}",
                    text.length
                );
            }
        }
    }
}

/// Every operation is timed, on every backend that keeps an account; together they take no longer than
/// the scope that they are in.
#[test]
fn operations_have_times_of_their_own() {
    let config = fixtures::tiny_config();
    for backend in
        [BackendChoice::Sim, BackendChoice::Rep3(Transport::Memory), BackendChoice::Additive]
    {
        let reports = reports(&config, backend, PrecisionChoice::Ditto, Gelu::Poly, &texts()[..1]);
        // Preparing the weights is before the pass, so its time is none of the pass's.
        for scope in reports[0].scopes.iter().filter(|scope| scope.path != "weights") {
            for operation in &scope.operations {
                assert!(operation.seconds > 0.0, "{backend:?}, {}: {operation:?}", scope.path);
                assert!(operation.seconds <= scope.seconds, "{backend:?}, {}", scope.path);
                assert!(!operation.ring.is_empty(), "{backend:?}, {}", scope.path);
            }
        }
    }
}

#[test]
fn other_sizes_cost_the_same_on_both_too() {
    let config = BertConfig {
        hidden_size: 24,
        num_hidden_layers: 1,
        num_attention_heads: 3,
        intermediate_size: 20,
        hidden_act: HiddenAct::GeluTanh,
        ..fixtures::tiny_config()
    };
    for precision in PRECISIONS {
        let of = |backend| reports(&config, backend, precision, Gelu::Poly, &texts());
        let sim = of(BackendChoice::Sim);
        let rep3 = of(BackendChoice::Rep3(Transport::Memory));
        for (sim, rep3) in sim.iter().zip(&rep3) {
            assert_eq!(counts(sim), counts(rep3), "{precision:?}");
        }
    }
}

#[test]
fn tcp_costs_what_memory_costs() {
    let config = fixtures::tiny_config();
    let of = |transport| {
        let backend = BackendChoice::Rep3(transport);
        reports(&config, backend, PrecisionChoice::Ditto, Gelu::Poly, &texts())
    };
    let (memory, tcp) = (of(Transport::Memory), of(Transport::Tcp));
    for (memory, tcp) in memory.iter().zip(&tcp) {
        assert_eq!(counts(memory), counts(tcp));
    }
}

/// The account of a pass of BERT-base on a text of 128 tokens, from those of models like it of one
/// and of two layers: every layer costs the same, and the size of the vocabulary nothing.
fn bert_base(gelu: Gelu) -> Cost {
    let of_layers = |layers| {
        let config = BertConfig {
            vocab_size: 16,
            hidden_size: 768,
            num_hidden_layers: layers,
            num_attention_heads: 12,
            intermediate_size: 3072,
            max_position_embeddings: 128,
            ..fixtures::tiny_config()
        };
        let text = [PaddedText { ids: vec![1; 100], length: 128 }];
        reports(&config, BackendChoice::Sim, PrecisionChoice::Ditto, gelu, &text)[0].total()
    };
    let (one, two) = (of_layers(1), of_layers(2));
    let twelve = |one: u64, two: u64| one + 11 * (two - one);
    Cost {
        rounds: twelve(one.rounds, two.rounds),
        bytes: vec![twelve(one.total_bytes(), two.total_bytes()), 0, 0],
    }
}

/// The sizes alone decide rounds and bytes, so these figures are those of every machine.
#[test]
fn bert_base_costs_what_the_benchmarks_say() {
    let quad = bert_base(Gelu::Quad);
    assert_eq!(quad.rounds, 907);
    assert!(quad.total_bytes() <= 1_200_000_000, "{} bytes", quad.total_bytes());
    let poly = bert_base(Gelu::Poly);
    assert_eq!(poly.rounds, 1051);
    assert!(poly.total_bytes() <= 2_000_000_000, "{} bytes", poly.total_bytes());
}

/// A plan is the account that a simulation would leave, without the simulation: scope for scope,
/// and operation for operation.
#[test]
fn a_plan_says_what_the_simulation_counts() {
    let tiny = BertConfig { max_position_embeddings: 80, ..fixtures::tiny_config() };
    let wide = BertConfig {
        hidden_size: 24,
        num_hidden_layers: 3,
        num_attention_heads: 3,
        intermediate_size: 20,
        hidden_act: HiddenAct::GeluTanh,
        ..tiny.clone()
    };
    let without_time = |operation: &Operation| Operation { seconds: 0.0, ..operation.clone() };
    let operations = |report: &Report| -> Vec<Vec<Operation>> {
        let of = |scope: &ScopeReport| scope.operations.iter().map(without_time).collect();
        report.scopes.iter().map(of).collect()
    };
    for config in [tiny, wide] {
        for (precision, gelu) in PRECISIONS.into_iter().flat_map(|p| GELUS.map(|g| (p, g))) {
            // The last is two passes at the same time.
            for (seq, texts) in [(1, 1), (7, 1), (5, 2), (32, 1), (65, 2)] {
                let text = PaddedText { ids: vec![1], length: seq };
                let sim = vec![text; texts];
                let sim = &reports(&config, BackendChoice::Sim, precision, gelu, &sim)[0];
                let options = BertOptions { gelu, ..BertOptions::default() };
                let plan =
                    cost_model::count(&config, &BatchShape { precision, options, seq, texts });
                let plan = plan.expect("a plan");
                assert!(plan.total().rounds > 0);
                assert_eq!(counts(&plan), counts(sim), "{precision:?}, {gelu:?}, {seq} tokens");
                assert_eq!(operations(&plan), operations(sim));
                // Every round and byte is some operation's.
                let all = || operations(&plan).into_iter().flatten();
                assert_eq!(all().map(|o| o.cost.rounds).sum::<u64>(), plan.total().rounds);
                let bytes: u64 = all().map(|o| o.cost.total_bytes()).sum();
                assert_eq!(bytes, plan.total().total_bytes());
                // What one waits for is at least the fair share of six directions, at most all.
                assert!(all().all(|o| {
                    (o.cost.total_bytes().div_ceil(6)..=o.cost.total_bytes())
                        .contains(&o.link_bytes)
                }));
            }
        }
    }
}

/// With either maximum, and rows of more than 64 elements: the same account on three parties, on the
/// simulation and in a plan, with what may fail.
#[test]
fn either_maximum_costs_what_three_parties_cost() {
    let config = BertConfig { max_position_embeddings: 80, ..fixtures::tiny_config() };
    let text = [PaddedText { ids: vec![1, 2, 3], length: 66 }];
    for precision in PRECISIONS {
        let [bound, exact] = [Maximum::Bound, Maximum::Exact].map(|maximum| {
            let options = BertOptions { maximum, ..BertOptions::default() };
            let of = |backend| reports_with(&config, backend, precision, options, &text).remove(0);
            let (sim, rep3) = (of(BackendChoice::Sim), of(BackendChoice::Rep3(Transport::Memory)));
            let batch = BatchShape { precision, options, seq: 66, texts: 1 };
            let plan = cost_model::count(&config, &batch).expect("a plan");
            assert_eq!(counts(&sim), counts(&rep3), "{precision:?}, {maximum:?}");
            assert_eq!(counts(&plan), counts(&sim), "{precision:?}, {maximum:?}");
            sim
        });
        // A level of the tournament waits for a comparison of 18 bits in 32 or 28 in 64, 7 rounds both,
        // for a bit and for a product; the bound for its 11 rounds.
        let layers = config.num_hidden_layers as u64;
        let more = exact.total().rounds - bound.total().rounds;
        assert_eq!(more, layers * (7 * (7 + 2) - 11), "{precision:?}");
        assert!(exact.total().total_bytes() < bound.total().total_bytes(), "{precision:?}");
        // Every row has 65 sets of two elements or more, of 256 levels.
        let rows = layers * config.num_attention_heads as u64 * 66;
        let sets = bound.failure_probability() * 2f64.powi(64);
        assert_eq!((sets.round(), exact.failure_probability()), ((rows * 65) as f64, 0.0));
    }
}

/// By the account of a plan, whose bound is the sum over all rows of all layers; README.md says so.
#[test]
fn whole_passes_fail_as_rarely_as_stated() {
    let failure = |config: &BertConfig, seq, maximum| {
        let options = BertOptions { maximum, ..BertOptions::default() };
        let batch = BatchShape { precision: PrecisionChoice::Ditto, options, seq, texts: 1 };
        cost_model::count(config, &batch).expect("a plan").failure_probability()
    };
    // Rows, and sets of a row that can fail: of 256 levels and of one element less than a row has.
    let of = |rows: f64, sets: f64| rows * sets * 2f64.powi(-64);
    let base = failure(&BertConfig::base(), 128, Maximum::Bound);
    let large = failure(&BertConfig::large(), 512, Maximum::Bound);
    for (got, stated) in
        [(base, of(12.0 * 12.0 * 128.0, 127.0)), (large, of(24.0 * 16.0 * 512.0, 256.0))]
    {
        assert!(got >= stated && got < 1.000001 * stated, "{got:e} and not {stated:e}");
    }
    assert!(base <= 2f64.powf(-42.8), "2^{}", base.log2());
    assert!(large <= 2f64.powi(-38), "2^{}", large.log2());
    assert_eq!(failure(&BertConfig::large(), 512, Maximum::Exact), 0.0);
}

/// The products of a BERT by hand: one-hot embedding, four projections and two layers of a
/// feed-forward network, attention.
#[test]
fn a_plan_counts_the_multiplications_of_matrix_products() {
    let config = BertConfig::base();
    let options = BertOptions { gelu: Gelu::Quad, ..BertOptions::default() };
    let (n, h, f) = (128u64, 768u64, 3072u64);
    let batch =
        BatchShape { precision: PrecisionChoice::Ditto, options, seq: n as usize, texts: 2 };
    let report = cost_model::count(&config, &batch).expect("a plan");
    let all = report.scopes.iter().flat_map(|scope| &scope.operations);
    let products = all.filter(|operation| operation.operation == "matrix product");
    let linear = n * h * 30522 + 12 * (4 * n * h * h + 2 * n * h * f);
    let attention = 12 * 2 * n * n * h + n * h;
    assert_eq!(products.map(|o| o.multiplications).sum::<u64>(), 2 * (linear + attention));
}
