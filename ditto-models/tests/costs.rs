//! What the simulation says a forward pass costs is what it costs on three parties, scope by scope
//! and party by party, whatever the precision and the GeLU.

use ditto_backends::rep3::net::shaped::Shape;
use ditto_core::{Cost, Report};
use ditto_dsl::layers::Gelu;
use ditto_models::bert::Options;
use ditto_models::folder::{BertConfig, HiddenAct, Weights, fixtures};
use ditto_models::run::{BackendChoice, Padded, PrecisionChoice, Run, Transport};

const PRECISIONS: [PrecisionChoice; 3] =
    [PrecisionChoice::Ditto, PrecisionChoice::Fine, PrecisionChoice::Puma];
const GELUS: [Gelu; 4] = [Gelu::Poly, Gelu::PolyTanh, Gelu::Puma, Gelu::Quad];

/// The account of every text's forward pass on a tiny model.
fn reports(
    config: &BertConfig,
    backend: BackendChoice,
    precision: PrecisionChoice,
    gelu: Gelu,
    texts: &[Padded],
) -> Vec<Report> {
    let weights = Weights::random(config, 7);
    let run = Run {
        config,
        weights: &weights,
        backend,
        precision,
        options: Options { gelu },
        net: Shape::LOCAL,
        seed: None,
        batch: 2,
    };
    let mut reports = Vec::new();
    run.embed(texts, None, |embedding| reports.push(embedding.report)).expect("a run");
    reports
}

/// What of an account does not depend on the clock.
fn counts(report: &Report) -> Vec<(String, u64, Cost)> {
    let scopes = report.scopes.iter();
    scopes.map(|scope| (scope.path.clone(), scope.calls, scope.cost)).collect()
}

/// Texts of one token, of an odd length, with and without padding; two run through one pass.
fn texts() -> Vec<Padded> {
    [(1, 2), (3, 7), (5, 5), (2, 16), (7, 7)]
        .map(|(tokens, length)| Padded { ids: (1..=tokens).collect(), length })
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
