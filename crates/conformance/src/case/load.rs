//! Reads the files of cases, and checks them.

use std::collections::HashSet;
use std::error::Error;
use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::client::ClientExchange;
use super::fields::{Case, Exchange, Http, Need, Role, Severity};
use super::files::{CLIENT, File, HTTP2_CLIENT, HTTP2_SERVER, SERVER};
use super::message::Message;
use super::server::ServerExchange;

/// A file of cases can't be read, or breaks a rule.
#[derive(Clone, Debug)]
pub struct LoadError {
    place: String,
    problem: String,
}

/// Returns the cases for a role and a version of HTTP, in the order of their files.
///
/// The files are part of the library, and its tests read all of them. So there is no error to return.
pub fn cases(role: Role, http: Http) -> &'static [Case] {
    static SETS: LazyLock<[Vec<Case>; 4]> = LazyLock::new(|| {
        [SERVER, CLIENT, HTTP2_SERVER, HTTP2_CLIENT].map(|files| load(files).unwrap_or_default())
    });
    &SETS[match (role, http) {
        (Role::Server, Http::Http1) => 0,
        (Role::Client, Http::Http1) => 1,
        (Role::Server, Http::Http2) => 2,
        (Role::Client, Http::Http2) => 3,
    }]
}

/// Reads a file of cases. `name` is shown in errors.
///
/// # Errors
///
/// If it is no TOML, has unknown keys or lacks one, or breaks a rule for ids and sections.
pub fn parse(name: &str, text: &str) -> Result<Vec<Case>, LoadError> {
    let file: Cases = toml::from_str(text).map_err(|error| LoadError::new(name, error))?;
    let mut ids = HashSet::new();
    let mut cases = Vec::with_capacity(file.case.len());
    for table in file.case {
        let id = table.get("id").and_then(toml::Value::as_str).unwrap_or("a case without an id").to_owned();
        let case = read(file.role, file.http, table)
            .and_then(|case| check(&case).map(|()| case))
            .map_err(|problem| LoadError::new(&format!("{name}: {id}"), problem))?;
        if !ids.insert(case.id.clone()) {
            return Err(LoadError::new(&format!("{name}: {id}"), "the id is not unique"));
        }
        cases.push(case);
    }
    Ok(cases)
}

fn load(files: &[File]) -> Result<Vec<Case>, LoadError> {
    let mut cases: Vec<Case> = Vec::new();
    for (name, text) in files {
        for case in parse(name, text)? {
            if cases.iter().any(|other| other.id == case.id) {
                return Err(LoadError::new(&format!("{name}: {}", case.id), "the id is not unique"));
            }
            cases.push(case);
        }
    }
    Ok(cases)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    role: Role,
    http: Http,
    #[serde(default)]
    case: Vec<toml::Table>,
}

/// The keys that every case has.
#[derive(Deserialize)]
struct Common {
    id: String,
    section: String,
    severity: Severity,
    why: String,
    #[serde(default)]
    needs: Vec<Need>,
    #[serde(default)]
    intrusive: bool,
    disagree: Option<String>,
}

const COMMON: [&str; 7] = ["id", "section", "severity", "why", "needs", "intrusive", "disagree"];

fn read(role: Role, http: Http, mut table: toml::Table) -> Result<Case, String> {
    let Common { id, section, severity, why, needs, intrusive, disagree } = take(&mut table, &COMMON)?;
    let exchange = match (role, http) {
        (Role::Server, Http::Http1) => {
            let message = take(&mut table, &Message::KEYS)?;
            Exchange::Server(Box::new(ServerExchange::new(message, rest(table)?)))
        }
        (Role::Client, Http::Http1) => {
            let message = take(&mut table, &Message::KEYS)?;
            Exchange::Client(Box::new(ClientExchange::new(message, rest(table)?)))
        }
        (Role::Server, Http::Http2) => Exchange::Http2Server(Box::new(rest(table)?)),
        (Role::Client, Http::Http2) => Exchange::Http2Client(Box::new(rest(table)?)),
    };
    Ok(Case { id, section, severity, why, needs, intrusive, disagree, role, http, exchange })
}

/// Takes the named keys out of a table, and reads them. serde can't refuse unknown keys of a flattened struct.
fn take<T: DeserializeOwned>(table: &mut toml::Table, keys: &[&str]) -> Result<T, String> {
    let taken: toml::Table =
        keys.iter().filter_map(|key| table.remove(*key).map(|value| ((*key).to_owned(), value))).collect();
    rest(taken)
}

fn rest<T: DeserializeOwned>(table: toml::Table) -> Result<T, String> {
    table.try_into().map_err(|error| error.to_string())
}

/// Checks what the types can't.
fn check(case: &Case) -> Result<(), String> {
    let start = match (case.role, case.http) {
        (Role::Server, Http::Http1) => "server/",
        (Role::Client, Http::Http1) => "client/",
        (Role::Server, Http::Http2) => "http2/server/",
        (Role::Client, Http::Http2) => "http2/client/",
    };
    let Some(path) = case.id.strip_prefix(start) else {
        return Err(format!("the id does not begin with {start}"));
    };
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    if path.split('/').count() < 2 || !path.split('/').all(is_name) {
        return Err("the id is no path of two or more names in kebab-case".to_owned());
    }
    if !case.section.starts_with("RFC ") || !case.section.contains('§') {
        return Err("the section does not have the form \"RFC 6455 §4.2.1\"".to_owned());
    }
    if case.why.trim().is_empty() || case.why.contains('\n') {
        return Err("why is not one line".to_owned());
    }
    Ok(())
}

impl LoadError {
    fn new(place: &str, problem: impl fmt::Display) -> Self {
        Self { place: place.to_owned(), problem: problem.to_string() }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

impl Error for LoadError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::ServerExpect;
    use crate::text::{self, Names};

    #[test]
    fn every_file_is_sound() {
        for files in [SERVER, CLIENT, HTTP2_SERVER, HTTP2_CLIENT] {
            if let Err(error) = load(files) {
                panic!("{error}");
            }
        }
    }

    #[test]
    fn every_text_keeps_the_notation() {
        let names = Names::sample();
        for case in cases(Role::Server, Http::Http1) {
            let Exchange::Server(exchange) = &case.exchange else { panic!("{}: not for servers", case.id) };
            let head = exchange.request.head(&["GET {path} HTTP/1.1"], &names);
            assert!(head.is_ok(), "{}: {head:?}", case.id);
            let behind = exchange.request.behind(&names);
            assert!(behind.is_ok(), "{}: {behind:?}", case.id);
            for expect in &exchange.expect {
                if let ServerExpect::Accepted(accepted) = expect {
                    assert!(
                        accepted.subprotocol.iter().all(|name| text::bytes(name, &names).is_ok()),
                        "{}",
                        case.id
                    );
                }
            }
        }
    }

    #[test]
    fn every_text_for_clients_keeps_the_notation() {
        let names = Names::sample();
        let cases = cases(Role::Client, Http::Http1);
        assert!(cases.len() >= 180, "{}", cases.len());
        for case in cases {
            let Exchange::Client(exchange) = &case.exchange else { panic!("{}: not for clients", case.id) };
            let before = exchange.before.as_deref().map(|before| text::bytes(before, &names)).transpose();
            let message = exchange.response.head(&ClientExchange::GOOD, &names);
            let behind = exchange.response.behind(&names);
            let path = text::bytes(&exchange.path, &names);
            for (what, result) in [
                ("before", before.map(Option::unwrap_or_default)),
                ("head", message),
                ("behind", behind),
                ("path", path),
            ] {
                assert!(result.is_ok(), "{}: {what}: {result:?}", case.id);
            }
        }
    }

    const HEAD: &str = "role = 'server'\nhttp = '1.1'\n";
    const GOOD: &str =
        "[[case]]\nid = 'server/a/b'\nsection = 'RFC 1 §1'\nseverity = 'MUST'\nwhy = 'x'\nexpect = 'any'\n";

    #[test]
    fn what_is_refused() {
        assert_eq!(
            parse("good", &format!("{HEAD}{GOOD}add = ['X: y']"))
                .map_err(|error| error.to_string())
                .unwrap()
                .len(),
            1
        );
        for (text, problem) in [
            (format!("{HEAD}{GOOD}{GOOD}"), "not unique"),
            (format!("{HEAD}{GOOD}ad = []"), "unknown field `ad`"),
            (format!("{HEAD}colour = 1\n{GOOD}"), "unknown field `colour`"),
            (format!("{HEAD}{}", GOOD.replace("server/a/b", "client/a/b")), "does not begin with server/"),
            (format!("{HEAD}{}", GOOD.replace("server/a/b", "server/b")), "no path"),
            (format!("{HEAD}{}", GOOD.replace("server/a/b", "server/a/B")), "no path"),
            (format!("{HEAD}{}", GOOD.replace("RFC 1 §1", "")), "the section"),
            (format!("{HEAD}{}", GOOD.replace("'x'", "''")), "one line"),
            (format!("{HEAD}{}", GOOD.replace("'any'", "'good'")), "no expectation"),
            (format!("{HEAD}{}", GOOD.replace("'any'", "{ any = { x = 1 } }")), "has no key"),
            (format!("{HEAD}{}", GOOD.replace("'any'", "[]")), "empty array"),
            (format!("{HEAD}{}", GOOD.replace("expect", "# ")), "missing field `expect`"),
        ] {
            let error = parse("bad", &text).map(|cases| cases.len()).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}\nlacks {problem:?} for {text}");
        }
    }
}
