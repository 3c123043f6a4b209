//! A rule, and what the judge finds about it.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

use super::subject::Subject;
use crate::case::Severity;

/// One rule of a specification about a head.
#[derive(Serialize)]
#[non_exhaustive]
pub struct Rule {
    /// A path in kebab-case, such as `response/accept`. It never changes.
    pub id: &'static str,
    /// The section, such as `RFC 6455 §4.1`.
    pub section: &'static str,
    /// How much it matters that the sender keeps it.
    pub severity: Severity,
    /// The rule in plain words.
    pub text: &'static str,
    /// What a recipient does if it is broken.
    pub consequence: Consequence,
    /// Whether it can be judged before the head is complete.
    #[serde(skip)]
    pub(super) early: bool,
    #[serde(skip)]
    pub(super) check: Check,
}

/// Judges one rule.
pub(super) type Check = fn(&Subject<'_>) -> Finding;

/// What a recipient does with a head that breaks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Consequence {
    /// It may accept the head all the same.
    None,
    /// A server answers with this status.
    Answer(u16),
    /// A client fails the connection.
    Fail,
}

impl Rule {
    const fn new(
        severity: Severity,
        id: &'static str,
        section: &'static str,
        text: &'static str,
        consequence: Consequence,
        check: Check,
    ) -> Self {
        Self { id, section, severity, text, consequence, early: false, check }
    }

    /// Makes a rule that a section states with MUST or with the grammar of a field.
    pub(super) const fn must(
        id: &'static str,
        section: &'static str,
        text: &'static str,
        consequence: Consequence,
        check: Check,
    ) -> Self {
        Self::new(Severity::Must, id, section, text, consequence, check)
    }

    /// Makes a rule that a section states with SHOULD.
    pub(super) const fn should(
        id: &'static str,
        section: &'static str,
        text: &'static str,
        consequence: Consequence,
        check: Check,
    ) -> Self {
        Self::new(Severity::Should, id, section, text, consequence, check)
    }

    /// Makes a rule that no section states in so many words for this sender.
    pub(super) const fn robust(
        id: &'static str,
        section: &'static str,
        text: &'static str,
        consequence: Consequence,
        check: Check,
    ) -> Self {
        Self::new(Severity::Robustness, id, section, text, consequence, check)
    }

    /// Lets the rule be judged before the head is complete.
    pub(super) const fn early(self) -> Self {
        Self { early: true, ..self }
    }

    pub(super) fn judge(&'static self, subject: &Subject<'_>) -> Verdict {
        let finding =
            if subject.whole || self.early { (self.check)(subject) } else { Finding::NotApplicable };
        Verdict { rule: self, finding }
    }
}

/// There is one rule of each id.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// What the judge finds about one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The rule.
    pub rule: &'static Rule,
    /// The finding.
    pub finding: Finding,
}

/// Whether a rule is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// The head keeps it.
    Kept,
    /// The head breaks it.
    Broken {
        /// The bytes of the head that break it, if they are somewhere.
        at: Option<Range<usize>>,
        /// What stands there, or what is missing: bounded, and escaped.
        evidence: String,
    },
    /// The rule is about something that this head does not have.
    NotApplicable,
}

impl Finding {
    /// Kept, or broken with nothing to point at.
    pub(super) fn kept_if(kept: bool, evidence: &str) -> Self {
        if kept { Self::Kept } else { Self::missing(evidence) }
    }

    /// Something is missing, so there are no bytes to point at.
    pub(super) fn missing(evidence: &str) -> Self {
        Self::Broken { at: None, evidence: evidence.to_owned() }
    }

    /// Broken by these bytes.
    pub(super) fn at(at: Option<Range<usize>>, bytes: &[u8]) -> Self {
        Self::Broken { at, evidence: shown(bytes) }
    }

    /// Returns whether the rule is broken.
    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Broken { .. })
    }
}

/// Shows bytes, escaped and bounded.
pub(super) fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 60;
    match bytes.get(..MOST) {
        Some(start) if bytes.len() > MOST => {
            format!("\"{}\"... ({} bytes)", start.escape_ascii(), bytes.len())
        }
        _ => format!("\"{}\"", bytes.escape_ascii()),
    }
}
