//! Runs the cases of a file and reports the failures, each with the rule of its case.

use std::fmt;
use std::sync::Mutex;
use std::thread;

use websocket_upgrade_proto::client::ResponseError;

/// The result of a case.
pub(crate) type Outcome = Result<(), String>;

/// Runs all cases, on as many threads as there are processors.
pub(crate) fn run<C: Sync>(
    file: &str,
    cases: &[C],
    name_and_rule: impl Fn(&C) -> (&str, &str) + Sync,
    test: impl Fn(&C) -> Outcome + Sync,
) {
    let mut names: Vec<&str> = cases.iter().map(|case| name_and_rule(case).0).collect();
    names.sort_unstable();
    let failures = Mutex::new(Vec::new());
    for pair in names.windows(2).filter(|pair| pair[0] == pair[1]) {
        failures.lock().expect("no thread panics").push(format!("{}: the name is not unique", pair[0]));
    }
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        for first in 0..threads {
            let (failures, test, name_and_rule) = (&failures, &test, &name_and_rule);
            scope.spawn(move || {
                for case in cases.iter().skip(first).step_by(threads) {
                    if let Err(failure) = test(case) {
                        let (name, rfc) = name_and_rule(case);
                        let failure = format!("{name} ({rfc})\n    {failure}");
                        failures.lock().expect("no thread panics").push(failure);
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("no thread panics");
    failures.sort_unstable();
    let count = failures.len();
    assert!(count == 0, "{file}: {count} of {} cases fail\n\n{}\n", cases.len(), failures.join("\n\n"));
}

/// Returns an error with both values if they differ.
pub(crate) fn same<T: PartialEq + fmt::Debug>(what: &str, got: &T, expected: &T) -> Outcome {
    if got == expected {
        Ok(())
    } else {
        Err(format!("{what}\n    got      {got:?}\n    expected {expected:?}"))
    }
}

/// Checks that a label is the name of its reason in lower case: `http_10` for `Http10`. Errors of syntax share one.
pub(crate) fn is_label(label: &str, reason: &dyn fmt::Debug) -> Outcome {
    let name = format!("{reason:?}");
    let name = name.split('(').next().unwrap_or_default();
    same("label", &label.replace('_', ""), &name.to_lowercase())
}

/// Checks that a response's error has the expected text and its label.
pub(crate) fn is_failure(error: &ResponseError, names: &str) -> Outcome {
    is_label(error.reason().label(), &error.reason())?;
    let text = error.to_string();
    if text.contains(names) { Ok(()) } else { Err(format!("the error {text:?} does not name {names:?}")) }
}

/// Returns where a message of `len` bytes is split in two: everywhere, or at a few places for `cargo xtask mutants`,
/// which runs the vectors many times.
pub(crate) fn splits(len: usize) -> impl Iterator<Item = usize> {
    let step = if std::env::var_os("QUICK_TESTS").is_some() { len / 2 + 1 } else { 1 };
    (0..=len).step_by(step)
}
