//! Compares the reading of requests with httparse: the vectors, and variants with a few wrong bytes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use websocket_upgrade_proto::Limits;
use websocket_upgrade_proto::head::{Scan, Syntax, read_request};

use crate::{Verdict, text};

/// A head, in a form for both readers: method, target, minor version, fields, length.
type Head = (String, String, u8, Vec<(String, Vec<u8>)>, usize);

fn ours(bytes: &[u8]) -> Verdict<Head, Syntax> {
    match read_request(bytes, &mut Scan::default(), &Limits::new()) {
        Ok(None) => Verdict::Partial,
        Err(error) => Verdict::Wrong(error.reason()),
        Ok(Some(head)) => Verdict::Complete((
            head.method().to_owned(),
            head.target().to_owned(),
            head.minor_version(),
            head.fields().iter().map(|field| (text(field.name), field.value.to_vec())).collect(),
            head.head_len(),
        )),
    }
}

fn theirs(bytes: &[u8]) -> Verdict<Head, httparse::Error> {
    let mut fields = vec![httparse::EMPTY_HEADER; 100];
    let mut head = httparse::Request::new(&mut fields);
    match head.parse(bytes) {
        Ok(httparse::Status::Partial) => Verdict::Partial,
        Err(error) => Verdict::Wrong(error),
        Ok(httparse::Status::Complete(len)) => Verdict::Complete((
            head.method.unwrap_or_default().to_owned(),
            head.path.unwrap_or_default().to_owned(),
            head.version.unwrap_or_default(),
            head.headers.iter().map(|field| (field.name.to_owned(), field.value.to_vec())).collect(),
            len,
        )),
    }
}

/// Returns the rule that explains a difference, if there is one. The rules are in the order of the checks.
///
/// | ours | httparse | rule |
/// |---|---|---|
/// | accepts HTTP/1.2 to 1.9 | refuses | RFC 9110 §6.2: a later minor version is treated like the known one |
/// | refuses a target with `#`, or with bytes other than visible ASCII | accepts | RFC 9112 §3.2: no form has them |
/// | refuses beyond a limit | accepts, or waits | it is a limit of ours |
/// | waits | refuses | a wrong line is refused when it is complete, so that the split does not matter |
fn rule(ours: &Verdict<Head, Syntax>, theirs: &Verdict<Head, httparse::Error>) -> Option<&'static str> {
    use Verdict::{Complete, Partial, Wrong};
    match (ours, theirs) {
        (Wrong(_), Wrong(_)) => Some("both refuse"),
        (Complete(head), Wrong(httparse::Error::Version)) if head.2 > 1 => Some("later minor version"),
        (Wrong(Syntax::Target), Complete(head))
            if !head.1.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') =>
        {
            Some("characters of a target")
        }
        (Wrong(Syntax::Target), Partial) => Some("characters of a target"),
        (Wrong(Syntax::HeadTooLarge | Syntax::TooManyFields | Syntax::TargetTooLong), _) => Some("limits"),
        (Partial, Wrong(_)) => Some("a wrong line that is not complete"),
        _ => None,
    }
}

/// Compares one input, and returns the rule by which it differs, if it does.
fn compare(bytes: &[u8]) -> Option<&'static str> {
    let (ours, theirs) = (ours(bytes), theirs(bytes));
    match (&ours, &theirs) {
        (Verdict::Complete(a), Verdict::Complete(b)) => {
            assert_eq!(a, b, "{}", bytes.escape_ascii());
            None
        }
        (Verdict::Partial, Verdict::Partial) => None,
        _ => {
            let rule = rule(&ours, &theirs);
            assert!(rule.is_some(), "ours {ours:?}, theirs {theirs:?}: {}", bytes.escape_ascii());
            rule
        }
    }
}

#[test]
fn every_vector_is_read_alike_or_a_rule_says_why() {
    let mut differences: BTreeMap<&str, usize> = BTreeMap::new();
    for case in vectors::requests() {
        if let Some(rule) = compare(&case.request) {
            *differences.entry(rule).or_default() += 1;
        }
    }
    // A rule that no vector needs must be removed.
    let needed: Vec<&str> = differences.keys().copied().collect();
    let rules = [
        "a wrong line that is not complete",
        "both refuse",
        "characters of a target",
        "later minor version",
        "limits",
    ];
    assert_eq!(needed, rules, "{differences:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn so_is_what_a_few_wrong_bytes_make_of_a_vector(
        index in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let cases = CASES.get_or_init(|| {
            let short = |case: &vectors::RequestCase| (1..1000).contains(&case.request.len());
            vectors::requests().into_iter().filter(short).map(|case| case.request.to_vec()).collect::<Vec<_>>()
        });
        let mut bytes = index.get(cases).clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        compare(&bytes);
    }
}

static CASES: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
