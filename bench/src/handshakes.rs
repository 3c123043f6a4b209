//! Compares all contenders on the same bytes in memory: time, instructions, allocations.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bench_core::{Counter, Handshake, Repetition, measured};
use serde_json::{Value, json};

use crate::cases::Case;
use crate::counted::Counted;
use crate::table::{Markdown, number, ratio};
use crate::traced;

/// The result of one contender in a case.
pub(crate) struct Row {
    who: &'static str,
    /// `None` for a contender that refuses.
    cost: Option<Cost>,
}

/// The cost of one handshake.
struct Cost {
    time: Duration,
    instructions: Option<f64>,
    allocations: Option<u64>,
}

impl Cost {
    // It has the form of `instructions`.
    #[allow(clippy::unnecessary_wraps)]
    fn seconds(&self) -> Option<f64> {
        Some(self.time.as_secs_f64())
    }

    fn instructions(&self) -> Option<f64> {
        self.instructions
    }
}

/// Measures all contenders in turns, so that they see the same state of the machine.
pub(crate) fn compare(case: &Case, counter: Option<Counter>, heap: &Counted) -> Vec<Row> {
    const ROUNDS: u32 = 200;
    let mut out = [0; 1024];
    let mut times = Vec::new();
    for (_, handshake) in &case.handshakes {
        times.push((handshake(case.input, &mut out) > 0).then_some(Duration::MAX));
    }
    for _ in 0..ROUNDS {
        for (least, (_, handshake)) in times.iter_mut().zip(&case.handshakes) {
            *least = least.map(|least| least.min(time(*handshake, case)));
        }
    }
    let rows = case.handshakes.iter().zip(times);
    rows.map(|((who, _), time)| {
        let instructions =
            |counter: Counter| counter.instructions(&measured::arguments(who, &case.name), case.repeat);
        let cost = time.map(|time| Cost {
            time,
            instructions: counter.and_then(instructions),
            allocations: heap.allocations(&case.name, who),
        });
        Row { who, cost }
    })
    .collect()
}

/// Returns the time of one handshake, as the average of many.
fn time(handshake: Handshake, case: &Case) -> Duration {
    let calls = case.repeat / 5;
    let mut out = [0; 1024];
    let started = Instant::now();
    for _ in 0..calls {
        black_box(handshake(black_box(case.input), black_box(&mut out)));
    }
    started.elapsed() / calls
}

/// Repeats one handshake, and does nothing else.
pub(crate) fn repeat(case: &Case, who: &str, repetition: Repetition) -> Option<Result<(), String>> {
    let (_, handshake) = case.handshakes.iter().find(|(name, _)| *name == who)?;
    Some(measured::shake(repetition, *handshake, case.input))
}

/// Makes a table with ratios to the bases, and with what is left of a cost without a part that is no contender's own.
pub(crate) fn table(case: &Case, rows: &[Row]) -> Markdown {
    let what = format!("{}, {} B", case.name, case.input.len());
    let less = case.part.map(|part| format!("- {}", part.who));
    let bases: Vec<&Row> = case.bases.iter().filter_map(|base| find(rows, base)).collect();
    let to = |base: &&Row| format!("x {}", base.who);
    let mut titles = vec![what, "time".to_owned()];
    titles.extend(bases.iter().map(to));
    titles.push("instructions".to_owned());
    titles.extend(less);
    titles.extend(bases.iter().map(to));
    titles.push("allocations".to_owned());
    let mut table = Markdown::new(&titles);
    for row in rows {
        let Some(cost) = &row.cost else {
            table.push(&[row.who.into(), "refused".into()]);
            continue;
        };
        let own = |cost: fn(&Cost) -> Option<f64>| own(case, rows, row, cost);
        let ratios = |cost: fn(&Cost) -> Option<f64>| {
            bases.iter().map(move |base| {
                // Like is compared with like: a part that the base does not have is left out of both.
                let whole = case.part.is_none_or(|part| !part.without.contains(&base.who));
                let figure = row.cost.as_ref().and_then(cost);
                ratio(if whole { figure } else { own(cost) }, base.cost.as_ref().and_then(cost))
            })
        };
        let mut cells = vec![row.who.to_owned(), format!("{:?}", cost.time)];
        cells.extend(ratios(Cost::seconds));
        cells.push(cost.instructions.map(|count| format!("{count:.0}")).unwrap_or_default());
        cells.extend(
            case.part.map(|_| own(Cost::instructions).map(|own| format!("{own:.0}")).unwrap_or_default()),
        );
        cells.extend(ratios(Cost::instructions));
        cells.push(cost.allocations.map(|count| count.to_string()).unwrap_or_default());
        table.push(&cells);
    }
    table
}

fn find<'a>(rows: &'a [Row], who: &str) -> Option<&'a Row> {
    rows.iter().find(|row| row.who == who)
}

/// Returns what a contender takes itself: its cost without the part that is not its own.
fn own(case: &Case, rows: &[Row], row: &Row, cost: fn(&Cost) -> Option<f64>) -> Option<f64> {
    let whole = row.cost.as_ref().and_then(cost)?;
    match case.part.filter(|part| !part.without.contains(&row.who)) {
        Some(part) => Some(whole - find(rows, part.who)?.cost.as_ref().and_then(cost)?),
        None => Some(whole),
    }
}

/// Makes a table of the cost of a byte, in heads of several lengths.
pub(crate) fn growth(cases: &[(Case, Vec<Row>)]) -> Markdown {
    let mut table = Markdown::new(&[
        "a head",
        "arrives",
        "time",
        "time per byte",
        "instructions by valgrind",
        "per byte",
    ]);
    for (case, rows) in cases {
        let bytes = number(case.input.len() as u64);
        for row in rows {
            let Some(cost) = &row.cost else { continue };
            let each = |count: f64| format!("{:.2}", count / bytes);
            table.push(&[
                case.name.clone(),
                row.who.into(),
                format!("{:?}", cost.time),
                each(cost.time.as_secs_f64() * 1e9) + " ns",
                cost.instructions.map(|count| format!("{count:.0}")).unwrap_or_default(),
                cost.instructions.map(each).unwrap_or_default(),
            ]);
        }
    }
    table
}

/// Counts how often each contender asks the system for random numbers.
pub(crate) fn random(case: &Case) -> (Markdown, Value) {
    /// Enough to see a call that only a few of the handshakes make.
    const TIMES: u32 = 10_000;
    let mut table = Markdown::new(&[&case.name, "calls of getrandom in a handshake"]);
    let rows = case.handshakes.iter().map(|(who, _)| {
        let calls = traced::random_calls(who, &case.name, TIMES);
        table.push(&[(*who).into(), calls.map_or("not counted".into(), |calls| format!("{calls:.4}"))]);
        json!({ "name": who, "calls": calls })
    });
    let rows = rows.collect();
    (table, rows)
}

/// Returns the figures of one case.
pub(crate) fn to_json(case: &Case, rows: &[Row]) -> Vec<Value> {
    let figures = rows.iter().map(|row| {
        let Row { who, cost } = row;
        json!({
            "case": case.name,
            "bytes": case.input.len(),
            "name": who,
            "accepted": cost.is_some(),
            "nanoseconds": cost.as_ref().map(|cost| cost.time.as_nanos()),
            "instructions": cost.as_ref().and_then(Cost::instructions),
            "own_instructions": own(case, rows, row, Cost::instructions),
            "allocations": cost.as_ref().and_then(|cost| cost.allocations),
        })
    });
    figures.collect()
}
