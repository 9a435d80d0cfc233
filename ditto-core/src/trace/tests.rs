//! Scopes, costs and clocks of an account, and accounts put together.

use super::*;

#[test]
fn costs_count_for_every_open_scope() {
    let mut trace = Trace::default();
    let one = Cost { rounds: 1, bytes: vec![1, 2, 3] };
    trace.count(&one);
    trace.enter("layer 0");
    trace.count(&one);
    trace.enter("softmax");
    assert_eq!(trace.path(), "layer 0/softmax");
    trace.count(&one);
    trace.leave();
    trace.leave();
    let report = trace.report();
    let rounds: Vec<_> = report.scopes.iter().map(|s| (s.path.as_str(), s.cost.rounds)).collect();
    assert_eq!(rounds, [("", 3), ("layer 0", 2), ("layer 0/softmax", 1)]);
    assert_eq!(report.total().total_bytes(), 18);
}

/// What may fail is the same at all parties and adds up over all that runs, at the same time or not.
#[test]
fn failure_probabilities_add_up_by_the_union_bound() {
    let report = || {
        let mut trace = Trace::default();
        let operation = Operation { operation: "maximum", calls: 1, ..Default::default() };
        for (scope, failure_probability) in [("a", 0.25), ("b", 0.0), ("a", 0.125)] {
            trace.enter(scope);
            trace.count_operation(Operation { failure_probability, ..operation.clone() });
            trace.leave();
        }
        trace.report()
    };
    assert_eq!(report().failure_probability(), 0.375);
    assert_eq!(Report::default().failure_probability(), 0.0);
    assert_eq!(Report::merge([(); 3].map(|()| report())).failure_probability(), 0.375);
    let two = || [report(), report()].into_iter();
    assert_eq!(Report::in_sequence(two()).failure_probability(), 0.75);
    assert_eq!(Report::concurrent(two()).failure_probability(), 0.75);
}

#[test]
fn operations_count_for_the_innermost_scope() {
    let mut trace = Trace::default();
    let cost = Cost { rounds: 1, bytes: vec![1; 3] };
    let open = Operation { operation: "open", ring: "Z32", calls: 1, cost, ..Default::default() };
    trace.enter("layer 0");
    trace.count_operation(open.clone());
    trace.count_operation(open.clone());
    trace.count_operation(Operation { ring: "Z64", ..open.clone() });
    trace.leave();
    let report = trace.report();
    let calls = |scope: usize| -> Vec<u64> {
        report.scopes[scope].operations.iter().map(|operation| operation.calls).collect()
    };
    assert_eq!((calls(0), calls(1)), (vec![], vec![2, 1]));
    trace.count_operation(open.clone());
    let sums = trace.report().operations();
    let of = |o: &Operation| (o.operation, o.ring, o.calls, o.cost.rounds);
    let mut sums: Vec<_> = sums.iter().map(of).collect();
    sums.sort_unstable();
    assert_eq!(sums, [("open", "Z32", 3, 3), ("open", "Z64", 1, 1)]);
    assert_eq!(report.total().rounds, 3);
}

/// Whether anything is known of the time of an operation does not depend on how long it was.
#[test]
fn the_clock_is_of_the_operation_that_was_counted() {
    let open = Operation { operation: "open", calls: 1, ..Default::default() };
    let mut trace = Trace::default();
    trace.count_operation(open.clone());
    trace.start_clock("Z32");
    trace.count_operation(open.clone());
    trace.count_operation(open.clone());
    std::hint::black_box((0..1000).map(f64::from).sum::<f64>());
    trace.stop_clock();
    // Nothing is counted: the time is nobody's.
    let before = trace.report().scopes[0].operations.clone();
    trace.start_clock("Z64");
    trace.stop_clock();
    trace.stop_clock();
    let operations = trace.report().scopes[0].operations.clone();
    assert_eq!(operations, before);
    let known: Vec<_> = operations.iter().map(|o| (o.ring, o.calls, o.seconds > 0.0)).collect();
    assert_eq!(known, [("", 1, false), ("Z32", 2, true)]);
    // One that ends with another.
    trace.start_clock("Z64");
    trace.count_operation(open.clone());
    trace.count_operation(Operation { operation: "reshare", ..open.clone() });
    trace.stop_clock();
    let operations = trace.report().scopes[0].operations.clone();
    assert!(operations[2..].iter().all(|o| o.ring == "Z64" && o.seconds > 0.0));
    assert_eq!(operations.len(), 4);
}

#[test]
fn the_times_of_operations_merge_as_those_of_scopes() {
    let of = |seconds: f64| {
        let mut trace = Trace::default();
        trace.count_operation(Operation { operation: "open", calls: 1, ..Default::default() });
        let mut report = trace.report();
        report.scopes[0].operations[0].seconds = seconds;
        report
    };
    let seconds = |report: Report| report.scopes[0].operations[0].seconds;
    assert_eq!(seconds(Report::merge([of(1.0), of(4.0), of(2.5)])), 4.0);
    assert_eq!(seconds(Report::in_sequence([of(1.0), of(4.0), of(2.5)])), 7.5);
    assert_eq!(seconds(Report::concurrent([of(1.0), of(4.0), of(2.5)].into_iter())), 2.5);
}

#[test]
fn merged_reports_add_bytes_but_not_rounds() {
    let party = |i: usize| {
        let mut trace = Trace::default();
        let mut bytes = [0; 3];
        bytes[i] = 10 * (i as u64 + 1);
        trace.count(&Cost { rounds: 2, bytes: bytes.to_vec() });
        trace.report()
    };
    let merged = Report::merge([party(0), party(1), party(2)]);
    assert_eq!(merged.total(), Cost { rounds: 2, bytes: vec![10, 20, 30] });
}

#[test]
fn concurrent_computations_share_rounds_and_time() {
    let computation = |rounds: u64, seconds: f64| {
        let mut trace = Trace::default();
        trace.count(&Cost { rounds, bytes: vec![1, 2, 3] });
        let mut report = trace.report();
        report.scopes[0].seconds = seconds;
        report
    };
    let both = [computation(2, 3.0), computation(5, 1.0)];
    let merged = Report::concurrent(both.into_iter());
    assert_eq!(merged.total(), Cost { rounds: 5, bytes: vec![2, 4, 6] });
    assert_eq!(merged.scopes[0].seconds, 2.0);
    let merged = Report::in_sequence([computation(2, 3.0), computation(5, 1.0)]);
    assert_eq!(merged.total(), Cost { rounds: 7, bytes: vec![2, 4, 6] });
    assert_eq!(merged.scopes[0].seconds, 4.0);
    assert!(Report::concurrent([].into_iter()).scopes.is_empty());
}

#[test]
fn earlier_operations_are_accounted_and_not_observed() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut trace = Trace::new(2);
    let paths = seen.clone();
    trace.observe(move |path| paths.lock().expect("no panic").push(path.to_owned()));
    trace.enter("layer");
    trace.leave();
    let cost = Cost { rounds: 1, bytes: vec![3, 4] };
    let earlier = Operation { operation: "weight", cost, seconds: 5.0, ..Operation::default() };
    trace.add_earlier("weights", [earlier.clone(), earlier]);
    trace.enter("layer");
    trace.leave();
    assert_eq!(*seen.lock().expect("no panic"), ["layer", "layer"]);
    let report = trace.report();
    assert_eq!(report.total(), Cost { rounds: 2, bytes: vec![6, 8] });
    assert_eq!((report.scopes[2].path.as_str(), report.scopes[2].calls), ("weights", 1));
    assert_eq!(report.scopes[2].operations[0].seconds, 0.0);
}

/// Nodes that an account does not know of yet are added as they send something.
#[test]
fn accounts_have_as_many_nodes_as_there_are() {
    let mut trace = Trace::new(1);
    trace.count(&Cost::sent_by(0, 5));
    assert_eq!(trace.total(), Cost { rounds: 0, bytes: vec![5] });
    trace.count(&(Cost::sent_by(3, 7) + Cost::round()));
    assert_eq!(trace.total(), Cost { rounds: 1, bytes: vec![5, 0, 0, 7] });
    assert_eq!(Cost::none(3), Cost { rounds: 0, bytes: vec![0; 3] });
}
