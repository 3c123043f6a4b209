//! A future that is dropped half way leaves no open stream and sends no second answer.

use std::cell::RefCell;
use std::rc::Rc;

use crate::cases::{CASES, Case, undecided};
use crate::counted::leaks_nothing;
use crate::driver::{Call, DRIVERS, Decision, Driver, Far, Options, Outcome};
use crate::stages::{Fault, Seen, Stages};
use crate::suite::answer::Answer;
use crate::suite::model::REQUEST;

/// The number of steps in which the head of [`REQUEST`] and the bytes after it are read.
const READS: usize = (REQUEST.len() + b"\r\nleft".len()).div_ceil(Stages::BYTES);

/// More steps than any call has.
const ALL: usize = 1000;

/// Lets a call go on for a number of steps, and drops it.
fn go(driver: &Driver, case: &Case, steps: usize) -> (Outcome, Rc<RefCell<Seen>>) {
    let (stream, seen) = Stages::new(case.peer, steps, Fault::Silence);
    let (outcome, elapsed) = (driver.in_memory)(case.call, stream, &Options::default(), Far::ToItsFirstWait);
    assert!(elapsed.is_zero(), "nothing waits");
    assert_eq!(Rc::strong_count(&seen), 1, "the stream is still there after {steps} steps");
    (outcome, seen)
}

/// Drops a future at each of its steps, from the first one to the one at which it is done.
fn at_every_step(driver: &Driver, case: &Case) {
    for steps in 0.. {
        let (outcome, seen) = go(driver, case, steps);
        let what = format!("{}, {:?}, after {steps} steps", driver.name, case.call);
        let written = &seen.borrow().written;
        let answers = written.windows(9).filter(|window| window == b"HTTP/1.1 ").count();
        assert!(answers <= 1, "{what}: {}", written.escape_ascii());
        match outcome {
            Outcome::Dropped => assert!(steps < ALL, "{what}: it waits"),
            outcome => {
                assert_eq!(outcome, case.done, "{what}");
                assert!(steps > 0, "{what}");
                return;
            }
        }
    }
}

#[test]
fn at_every_await_point() {
    let every = |cases: &[Case]| {
        for driver in DRIVERS.iter().filter(|driver| driver.has_futures) {
            for case in cases {
                at_every_step(driver, case);
            }
        }
    };
    leaks_nothing(|| every(&CASES[CASES.len() - 1..]), || every(&CASES));
}

#[test]
fn a_decision_that_is_never_carried_out_is_none() {
    let all = || {
        for driver in &DRIVERS {
            for decision in
                [Decision::ForgetToAccept, Decision::ForgetToCheck, Decision::ForgetToReject, Decision::Drop]
            {
                let (outcome, seen) = go(driver, &undecided(decision), ALL);
                assert_eq!(outcome, Outcome::Undecided);
                let answer =
                    Answer::parse(&seen.borrow().written).expect("a whole answer, in several writes");
                assert_eq!((answer.status, answer.all("Retry-After")), (503, vec!["1"]));
                answer.is_rejection(false).expect("a whole answer");
            }
        }
    };
    leaks_nothing(all, all);
}

#[test]
fn a_decision_that_is_dropped_half_way_gets_no_second_answer() {
    let all = || {
        for driver in DRIVERS.iter().filter(|driver| driver.has_futures) {
            let accepts = CASES.iter().find(|case| case.call == Call::Receive(Decision::Accept));
            let accepts = accepts.expect("a case");
            let (outcome, seen) = go(driver, accepts, READS);
            assert_eq!(outcome, Outcome::Dropped);
            assert!(seen.borrow().written.is_empty());

            let (outcome, seen) = go(driver, accepts, READS + 1);
            assert_eq!(outcome, Outcome::Dropped);
            let written = &seen.borrow().written;
            assert_eq!((&written[..20], written.len()), (&b"HTTP/1.1 101 Switchi"[..], Stages::BYTES));
        }
    };
    leaks_nothing(all, all);
}

/// An undecided request whose client does not read can't be answered without waiting, so it is closed.
#[test]
fn dropping_never_waits() {
    let all = || {
        for driver in &DRIVERS {
            let (outcome, seen) = go(driver, &undecided(Decision::Drop), READS);
            assert_eq!(outcome, Outcome::Undecided);
            assert!(seen.borrow().written.is_empty());
        }
    };
    leaks_nothing(all, all);
}
