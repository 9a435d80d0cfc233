//! How close three parties come to the reference, and what 128 tokens cost them.

use ditto_runtime::{BackendChoice, PrecisionChoice, Transport};

use crate::{cosine, embed, minilm, reference};

const SHORT: &str = "A man is playing a guitar.";
const MEDIUM: &str = "The committee postponed its decision on the 14 new railway lines because \
    nobody, least of all the ministry, could say what they would cost; in Zürich, meanwhile, \
    the old ones were full.";
/// 128 tokens of the model, with [CLS] and [SEP].
const LONG: &str = "When the river rose for the third time that spring, the people of the lower \
    town carried their furniture to the attics, tied their boats to the window frames, and waited. \
    An old clockmaker refused to leave his workshop; he had repaired the tower clock for fifty \
    years, he said, and somebody had to wind it. By the second night the water stood two metres \
    deep in the market square, the street lamps had gone out, and the only sound was the clock, \
    which struck every quarter of an hour as if nothing had happened. On the third morning the rain \
    stopped. Children paddled across it in a tub.";

const REP3: BackendChoice = BackendChoice::Rep3(Transport::Memory);

/// Every text's embedding on three parties has at least this cosine with the reference.
fn assert_fidelity(precision: PrecisionChoice, least: f64) {
    let Some(folder) = minilm() else { return };
    let texts = ["Hi", SHORT, MEDIUM, LONG];
    let expected = reference(&folder, &texts);
    let found = embed(&folder, REP3, precision, &texts);
    for ((found, expected), text) in found.iter().zip(&expected).zip(texts) {
        let cosine = cosine(&found.values, expected);
        assert!(cosine >= least, "{precision:?}: {cosine} for {text:?}");
    }
}

#[test]
fn the_papers_map_keeps_the_direction() {
    assert_fidelity(PrecisionChoice::Ditto, 0.995);
}

/// Texts of about one word lose most: nothing is averaged over tokens.
#[test]
fn the_papers_map_keeps_the_direction_of_single_words() {
    let Some(folder) = minilm() else { return };
    let texts = ["No.", "Why?", "Yes", "ok"];
    let expected = reference(&folder, &texts);
    let found = embed(&folder, REP3, PrecisionChoice::Ditto, &texts);
    for ((found, expected), text) in found.iter().zip(&expected).zip(texts) {
        let cosine = cosine(&found.values, expected);
        assert!(cosine >= 0.995, "{cosine} for {text:?}");
    }
}

#[test]
fn finer_weights_keep_it_better() {
    assert_fidelity(PrecisionChoice::Fine, 0.998);
}

/// Rounds and bytes depend on the sizes alone, so they are the same on every machine.
#[test]
fn a_forward_pass_of_128_tokens_sends_at_most_900_megabytes() {
    let Some(folder) = minilm() else { return };
    let tokens = folder.tokenizer.encode(LONG).expect("tokens").len();
    assert_eq!(tokens, 128);
    let [rep3, sim] = [REP3, BackendChoice::Sim].map(|backend| {
        let embedding = embed(&folder, backend, PrecisionChoice::Ditto, &[LONG]).remove(0);
        embedding.report.total()
    });
    assert!(rep3.total_bytes() <= 900_000_000, "{} bytes", rep3.total_bytes());
    assert!(rep3.rounds <= 600, "{} rounds", rep3.rounds);
    assert_eq!(rep3, sim, "the simulation's account of it");
    // Roles rotate with the operations, so no party sends much more than another:
    // what remains is of the operations that a pass has but a few of.
    let [least, most] = [rep3.bytes.iter().min(), rep3.bytes.iter().max()];
    assert!(most <= least.map(|least| least + least / 20).as_ref(), "{:?}", rep3.bytes);
}
