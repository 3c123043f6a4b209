//! The other side resets the connection, falls silent, or stops reading, at every step.

use std::rc::Rc;
use std::time::Duration;

use crate::cases::{CASES, Case, Stage};
use crate::counted::leaks_nothing;
use crate::driver::Outcome::{self, Undecided};
use crate::driver::{Call, DRIVERS, Driver, Far, Options};
use crate::stages::{Fault, Stages};

/// Runs one handshake after the other. Each time the fault comes one step later, until it does not come.
fn at_every_step(driver: &Driver, case: &Case, fault: Fault) {
    let expected = if fault == Fault::Reset { case.reset } else { case.late };
    let mut met = [false; 3];
    for steps in 0.. {
        let what = format!("{}, {:?}, {fault:?} behind {steps} steps", driver.name, case.call);
        let (stream, seen) = Stages::new(case.peer, steps, fault);
        let (outcome, elapsed) = (driver.in_memory)(case.call, stream, &Options::default(), Far::ToItsEnd);
        assert_eq!(Rc::strong_count(&seen), 1, "{what}: the stream is still there");
        let seen = seen.borrow();
        let answers = seen.written.windows(9).filter(|window| window == b"HTTP/1.1 ").count();
        assert!(answers <= 1, "{what}: {}", seen.written.escape_ascii());
        let Some(stage) = Stage::of(case.call, &seen) else {
            assert_eq!((outcome, elapsed), (case.done, Duration::ZERO), "{what}");
            break;
        };
        met[stage as usize] = true;
        assert_eq!(Some(outcome), expected[stage as usize], "{what}, {stage:?}");
        assert_eq!(elapsed, time(fault, outcome), "{what}, {stage:?}");
    }
    // A side that stops reading is noticed when there is something to send.
    let unread = if case.call == Call::UpgradeOn { [true, false, false] } else { [false, true, true] };
    let stages = [0, 1, 2].map(|at| expected[at].is_some() && (fault != Fault::Unread || unread[at]));
    assert_eq!(met, stages, "{}, {:?}, {fault:?}", driver.name, case.call);
}

/// Returns the expected time: a reset is noticed at once; otherwise the deadline ends a wait.
fn time(fault: Fault, outcome: Outcome) -> Duration {
    match (fault, outcome) {
        (Fault::Reset, _) | (_, Undecided) => Duration::ZERO,
        // The client waits only this long for the rest of a body.
        (_, Outcome::Refused { .. }) => Duration::from_secs(1),
        _ => Duration::from_secs(10),
    }
}

fn every_case(fault: Fault) {
    let every = |cases: &[Case]| {
        for driver in &DRIVERS {
            for case in cases {
                at_every_step(driver, case, fault);
            }
        }
    };
    leaks_nothing(|| every(&CASES[CASES.len() - 1..]), || every(&CASES));
}

#[test]
fn a_reset_at_every_step() {
    every_case(Fault::Reset);
}

#[test]
fn silence_from_every_step_on() {
    every_case(Fault::Silence);
}

#[test]
fn a_write_that_blocks_at_every_step() {
    every_case(Fault::Unread);
}
