//! Runs the cases of a table and reports those that fail.

use std::fmt::Debug;

/// The result of a case.
pub(crate) type Outcome = Result<(), String>;

/// Runs every case, and reports all failures together.
pub(crate) fn run<C>(table: &str, cases: &[C], name: impl Fn(&C) -> String, test: impl Fn(&C) -> Outcome) {
    assert!(!cases.is_empty(), "{table} is empty");
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| test(case).err().map(|failure| format!("{}\n    {failure}", name(case))))
        .collect();
    let count = failures.len();
    assert!(count == 0, "{table}: {count} of {} cases fail\n\n{}\n", cases.len(), failures.join("\n\n"));
}

/// Returns an error with both values if they differ.
pub(crate) fn same<T: Debug + PartialEq<E> + ?Sized, E: Debug + ?Sized>(
    what: &str,
    got: &T,
    expected: &E,
) -> Outcome {
    if got == expected {
        Ok(())
    } else {
        Err(format!("{what}\n    got      {got:?}\n    expected {expected:?}"))
    }
}

/// As [`same`], for bytes that are shown as text.
pub(crate) fn same_bytes(what: &str, got: &[u8], expected: &[u8]) -> Outcome {
    same(what, &got.escape_ascii().to_string(), &expected.escape_ascii().to_string())
}

/// Returns an error if the condition does not hold.
pub(crate) fn holds(condition: bool, what: impl FnOnce() -> String) -> Outcome {
    if condition { Ok(()) } else { Err(what()) }
}
