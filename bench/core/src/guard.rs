//! The guard: compares the core's instructions with figures that are committed. A figure is the ratio to floor A,
//! counted in the same run, so that it depends little on the machine. Times are not compared.

use std::collections::BTreeMap;
use std::env::consts::ARCH;

use serde::{Deserialize, Serialize};

use crate::counter::Counter;
use crate::measured::{self, FLOOR_A, PROTO};

/// How much a ratio may be above the committed one.
const ALLOWED: f64 = 1.03;

/// The ratios that one counter finds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// The compiler.
    made_with: String,
    /// The processor, and the instructions it has that the crates look for, as far as the counter knows them.
    processor: String,
    /// The core's instructions in ratio to those of floor A, for each case.
    ratios: BTreeMap<String, f64>,
}

/// The committed file: the figures of each counter, by its name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Committed(BTreeMap<String, Figures>);

impl Committed {
    /// Counts by each counter that works here.
    ///
    /// # Errors
    /// A text that says what can't be counted.
    pub fn count() -> Result<Self, String> {
        let counters = Counter::ALL.into_iter().filter(|counter| counter.works(&measured::NOTHING));
        let all = counters.map(|counter| Ok((counter.name().to_owned(), Figures::count(counter)?)));
        all.collect::<Result<_, String>>().map(Self)
    }

    /// Returns the figures of a counter, if those that it counts here can be compared with them.
    ///
    /// # Errors
    /// A text that says why they can't.
    pub fn comparable(&self, counter: Counter) -> Result<&Figures, String> {
        self.comparable_on(&processor(counter), counter)
    }

    fn comparable_on(&self, processor: &str, counter: Counter) -> Result<&Figures, String> {
        let name = counter.name();
        match self.0.get(name) {
            None => Err(format!("no figures are committed that were counted by {name}")),
            Some(figures) if figures.processor != processor => {
                let other = &figures.processor;
                Err(format!("this processor is {processor}; the figures counted by {name} are of {other}"))
            }
            Some(figures) => Ok(figures),
        }
    }
}

impl Figures {
    /// Counts the core and floor A in each case.
    ///
    /// # Errors
    /// A text that says what can't be counted.
    pub fn count(counter: Counter) -> Result<Self, String> {
        let mut ratios = BTreeMap::new();
        for case in measured::cases() {
            let count = |who| {
                let count = counter.instructions(&measured::arguments(who, &case.name), measured::TIMES);
                count.ok_or_else(|| format!("{}, {who}: can't be counted by {}", case.name, counter.name()))
            };
            // Four digits are far more than 3 %, and make a readable file.
            let ratio = (count(PROTO)? / count(FLOOR_A)? * 1e4).round() / 1e4;
            ratios.insert(case.name, ratio);
        }
        Ok(Self { made_with: env!("COMPILER").to_owned(), processor: processor(counter), ratios })
    }

    /// Compares these committed figures with those of now, and prints them.
    ///
    /// # Errors
    /// A text that names each figure that has grown by more than 3 %, or that is not committed.
    pub fn compare(&self, now: &Self) -> Result<(), String> {
        let mut problems = Vec::new();
        for (case, ratio) in &now.ratios {
            let Some(before) = self.ratios.get(case) else {
                problems.push(format!("{case}: {ratio:.3} of floor A, and no committed figure"));
                continue;
            };
            println!("{case}: {ratio:.3} of floor A, committed {before:.3}");
            if ratio / before > ALLOWED {
                problems.push(format!("{case}: {ratio:.3} of floor A, more than 3 % above {before:.3}"));
            }
        }
        if problems.is_empty() {
            return Ok(());
        }
        if now.made_with != self.made_with {
            problems.push(format!("made with {}; committed: {}", now.made_with, self.made_with));
        }
        problems.push("`cargo xtask bench --accept` commits what there is now".to_owned());
        Err(problems.join("\n"))
    }
}

/// Describes the processor: its architecture, and those of the instructions that the crates look for that it has and
/// the counter knows.
fn processor(counter: Counter) -> String {
    #[cfg(target_arch = "x86_64")]
    let has = [
        ("avx2", is_x86_feature_detected!("avx2")),
        ("sha", counter.knows_sha() && is_x86_feature_detected!("sha")),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let has = [("sha", false); 0];
    let has = has.iter().filter(|(_, has)| *has).map(|(name, _)| format!(", {name}"));
    format!("{ARCH}{}", has.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(made_with: &str, ratio: f64) -> Figures {
        Figures {
            made_with: made_with.into(),
            processor: "x86_64, avx2, sha".into(),
            ratios: [("a case".to_owned(), ratio)].into(),
        }
    }

    #[test]
    fn three_percent_more_pass_and_four_fail() {
        let before = figures("rustc 1", 1.0);
        for ratio in [0.5, 1.0, 1.03] {
            assert_eq!(before.compare(&figures("rustc 1", ratio)), Ok(()));
        }
        let error = before.compare(&figures("rustc 1", 1.04)).expect_err("it has grown");
        assert!(error.starts_with("a case: 1.040 of floor A, more than 3 % above 1.000\n"), "{error}");
        assert!(error.contains("cargo xtask bench --accept") && !error.contains("made with"), "{error}");
    }

    #[test]
    fn another_compiler_is_named() {
        let error = figures("rustc 1", 1.0).compare(&figures("rustc 2", 1.04)).expect_err("it has grown");
        assert!(error.contains("made with rustc 2; committed: rustc 1"), "{error}");
    }

    #[test]
    fn what_is_not_committed_is_no_success() {
        let other = Figures { ratios: [("another case".to_owned(), 1.0)].into(), ..figures("rustc 1", 1.0) };
        let error = figures("rustc 1", 1.0).compare(&other).expect_err("it is not committed");
        assert!(error.contains("another case: 1.000 of floor A, and no committed figure"), "{error}");
    }

    #[test]
    fn figures_of_another_processor_or_counter_are_not_compared() {
        let before = figures("rustc 1", 1.0);
        let committed = Committed([(Counter::Steps.name().to_owned(), before.clone())].into());
        assert_eq!(committed.comparable_on("x86_64, avx2, sha", Counter::Steps), Ok(&before));
        let error =
            committed.comparable_on("x86_64, avx2", Counter::Steps).expect_err("it has no SHA instructions");
        assert_eq!(
            error,
            "this processor is x86_64, avx2; the figures counted by single steps are of x86_64, avx2, sha"
        );
        let error = committed.comparable_on("x86_64, avx2", Counter::Valgrind).expect_err("it has none");
        assert!(error.starts_with("no figures are committed that were counted by valgrind"), "{error}");
    }

    #[test]
    fn valgrind_knows_no_sha_instructions() {
        assert!(!processor(Counter::Valgrind).contains("sha"));
        assert!(processor(Counter::Steps).starts_with(&processor(Counter::Valgrind)));
    }

    #[test]
    fn the_committed_file_has_every_case() {
        let committed: Committed = serde_json::from_str(include_str!("../figures.json")).expect("figures");
        for figures in committed.0.values() {
            let cases = measured::cases();
            assert!(cases.iter().all(|case| figures.ratios.contains_key(&case.name)));
            assert_eq!(figures.ratios.len(), cases.len());
        }
        assert!(!committed.0.is_empty());
    }
}
