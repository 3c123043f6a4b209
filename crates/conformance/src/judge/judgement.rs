//! The judgement of one head: all rules, what was asked for or agreed on, and the answer that is due.

use serde::Serialize;

use super::agreed::{Agreed, accepts};
use super::body::Body;
use super::head::{Field, Start};
use super::rule::{Consequence, Finding, Rule, Verdict};
use super::sent::Sent;
use super::subject::Subject;
use super::{connect as connect_rules, connect_response as connect_response_rules};
use super::{refusal, request as request_rules, response as response_rules};
use crate::case::Severity;
use crate::key::accept_value;

/// The judgement of one head.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Judgement {
    /// The start line; none over HTTP/2.
    pub start: Start,
    /// The fields, in order. Over HTTP/2 the pseudo-header fields are among them.
    pub fields: Vec<Field>,
    /// Whether the head is complete.
    pub whole: bool,
    /// The length of the head in bytes, with its empty line; 0 over HTTP/2.
    pub len: usize,
    /// The status, if this is a response that has one.
    pub status: Option<u16>,
    /// All rules, in the order in which a recipient judges them.
    pub verdicts: Vec<Verdict>,
    /// What an accepting response agrees to; empty for everything else.
    pub agreed: Agreed,
    /// How the body behind a response ends.
    pub body: Body,
    sent: Sent,
}

/// Judges the head of a request to upgrade. Bytes behind the head are not read.
pub fn request(head: &[u8]) -> Judgement {
    let nothing = Sent::default();
    let subject = Subject::request(head, &nothing);
    let sent = subject.as_sent();
    Judgement::of(subject, &[request_rules::RULES], sent)
}

/// Judges the head of a response, which accepts, refuses, or is an interim one.
pub fn response(head: &[u8], sent: &Sent) -> Judgement {
    let rules = [response_rules::RULES, refusal::HTTP_1, refusal::EVERY];
    Judgement::of(Subject::response(head, sent), &rules, sent.clone())
}

/// Judges the interim responses at the start of `bytes`, and the response that follows them.
pub fn responses(bytes: &[u8], sent: &Sent) -> Vec<Judgement> {
    let mut judgements = Vec::new();
    let mut rest = bytes;
    loop {
        let judgement = response(rest, sent);
        let interim = judgement.conclusion() == Conclusion::Interim;
        rest = rest.get(judgement.len..).unwrap_or_default();
        judgements.push(judgement);
        if !interim {
            return judgements;
        }
    }
}

/// Judges the fields of an extended CONNECT, with its pseudo-header fields, as they were sent.
pub fn connect<N: AsRef<[u8]>, V: AsRef<[u8]>>(fields: &[(N, V)]) -> Judgement {
    let nothing = Sent::default();
    let subject = Subject::fields(fields, &nothing);
    let sent = subject.as_sent();
    Judgement::of(subject, &[connect_rules::RULES], sent)
}

/// Judges the fields of a response to an extended CONNECT, with `:status`, as they were sent.
pub fn connect_response<N: AsRef<[u8]>, V: AsRef<[u8]>>(fields: &[(N, V)], sent: &Sent) -> Judgement {
    let rules = [connect_response_rules::RULES, refusal::EVERY];
    Judgement::of(Subject::fields(fields, sent), &rules, sent.clone())
}

/// What a client concludes from a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// The head is not complete, and nothing is wrong so far.
    Unfinished,
    /// Another response follows.
    Interim,
    /// The connection is established.
    Established,
    /// The server has refused.
    Refused,
    /// The connection has to be failed because of this rule.
    Failed(&'static Rule),
}

/// The answer that is due to a request, as far as the request alone decides it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Due {
    /// The status: 101, or 200 over HTTP/2, if the request is valid.
    pub status: u16,
    /// The fields that the answer must have.
    pub fields: Vec<(&'static str, String)>,
    /// The rule that is broken.
    pub rule: Option<&'static Rule>,
}

impl Judgement {
    fn of(subject: Subject<'_>, tables: &[&'static [Rule]], sent: Sent) -> Self {
        let rules = tables.iter().copied().flatten();
        let verdicts = rules.map(|rule| rule.judge(&subject)).collect();
        let status = subject.status();
        let established = status.is_some() && accepts(&subject);
        Self {
            status,
            verdicts,
            agreed: if established { Agreed::of(&subject) } else { Agreed::default() },
            body: if status.is_some() { Body::of(&subject) } else { Body::None },
            start: subject.start,
            fields: subject.fields,
            whole: subject.whole,
            len: subject.len,
            sent,
        }
    }

    /// Returns whether the head is complete and keeps every rule that is a MUST.
    pub fn is_valid(&self) -> bool {
        self.whole && self.broken().all(|verdict| verdict.rule.severity != Severity::Must)
    }

    /// Returns the rules that are broken.
    pub fn broken(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts.iter().filter(|verdict| verdict.finding.is_broken())
    }

    /// Returns what was found about the rule with this id.
    pub fn finding(&self, id: &str) -> Option<&Finding> {
        self.verdicts.iter().find(|verdict| verdict.rule.id == id).map(|verdict| &verdict.finding)
    }

    /// Returns the value of the first line of a field.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|field| field.is(name)).map(|field| &*field.value)
    }

    /// Returns what a request sends, against which its response is judged. For a response: the request it answers.
    pub fn sent(&self) -> Sent {
        self.sent.clone()
    }

    /// Returns the answer that is due to a request: by the first rule that is broken, or the one that accepts. `None`
    /// if the head is not complete and nothing is wrong so far, and for responses.
    pub fn due(&self) -> Option<Due> {
        self.due_without(|_| false)
    }

    /// As [`Judgement::due`], as if the rules that are passed over were not broken.
    pub(crate) fn due_without(&self, passed_over: impl Fn(&Rule) -> bool) -> Option<Due> {
        let is_connect = matches!(self.start, Start::None);
        match self.consequence(passed_over) {
            Some(rule) => match rule.consequence {
                Consequence::Answer(status) => {
                    Some(Due { status, fields: fields_of_refusal(rule, status), rule: Some(rule) })
                }
                _ => None,
            },
            None if !self.whole || self.status.is_some() => None,
            None if is_connect => Some(Due { status: 200, fields: Vec::new(), rule: None }),
            None => {
                let key = self.sent.key.as_deref().unwrap_or_default();
                let fields = vec![
                    ("Upgrade", "websocket".to_owned()),
                    ("Connection", "Upgrade".to_owned()),
                    ("Sec-WebSocket-Accept", accept_value(key)),
                ];
                Some(Due { status: 101, fields, rule: None })
            }
        }
    }

    /// Returns what a client concludes from a response.
    pub fn conclusion(&self) -> Conclusion {
        self.conclusion_without(|_| false)
    }

    /// As [`Judgement::conclusion`], as if the rules that are passed over were not broken.
    pub(crate) fn conclusion_without(&self, passed_over: impl Fn(&Rule) -> bool) -> Conclusion {
        match (self.consequence(passed_over), self.status) {
            (Some(rule), _) => Conclusion::Failed(rule),
            _ if !self.whole => Conclusion::Unfinished,
            (None, Some(200..=299)) if self.sent.method == "CONNECT" => Conclusion::Established,
            (None, Some(101)) => Conclusion::Established,
            (None, Some(100..=199)) => Conclusion::Interim,
            (None, _) => Conclusion::Refused,
        }
    }

    /// Returns the first broken rule that has a consequence, and is not passed over.
    fn consequence(&self, passed_over: impl Fn(&Rule) -> bool) -> Option<&'static Rule> {
        let rules = self.broken().map(|verdict| verdict.rule);
        rules.filter(|rule| !passed_over(rule)).find(|rule| rule.consequence != Consequence::None)
    }
}

/// Returns the fields that the answer to a request that breaks a rule must have (RFC 6455 §4.2.2, RFC 9110 §15.5.6,
/// §15.5.22).
fn fields_of_refusal(rule: &Rule, status: u16) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    if status == 405 {
        fields.push(("Allow", "GET".to_owned()));
    }
    if status == 426 {
        fields.push(("Upgrade", "websocket".to_owned()));
        fields.push(("Connection", "Upgrade".to_owned()));
    }
    if status == 426 || rule.id.split_once('/').is_some_and(|(_, name)| name.starts_with("version")) {
        fields.push(("Sec-WebSocket-Version", "13".to_owned()));
    }
    fields
}
