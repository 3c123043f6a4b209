//! The pages of the conformance suite and of the tool's server in a browser: wide and narrow, light and dark, with
//! scripts and without.
//!
//! `pages.py` looks at them, and says what runs out of the window, overlaps or can't be read. The reports are made up:
//! they have what a peer may send to break a page, and everything that is long.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use websocket_upgrade_conformance::report::{Comparison, Report};

use crate::certificate;
use crate::driven::{CHROMIUM, Session};
use crate::examples::Examples;
use crate::http::Http;
use crate::process::Process;
use crate::runtime::{Runtime, folder};
use crate::scratch::{Scratch, write};

/// The name of this check.
pub(crate) const NAME: &str = "pages of wsupgrade in chromium";

/// What the browser showed.
pub(crate) enum Shown {
    /// In so many looks, everything can be read.
    Ok(usize),
    Failed(String),
    /// It was not run, for this reason.
    NotRun(String),
}

/// Opens the pages in all looks, and keeps pictures.
pub(crate) fn run(may_install: bool, ours: &Examples) -> Shown {
    if let Err(error) = Runtime::Chromium.install(may_install) {
        return Shown::NotRun(error);
    }
    match show(ours) {
        Ok(looks) => Shown::Ok(looks),
        Err(error) => Shown::Failed(error),
    }
}

fn show(ours: &Examples) -> Result<usize, String> {
    let deadline = Instant::now() + PATIENCE;
    let pages = Scratch::new().map_err(|error| format!("a folder: {error}"))?;
    let pages = pages.path();
    let browser = CHROMIUM.session(Http::One, certificate::key_of_http3);
    notices_bad_ones(&browser, pages, deadline)?;
    let reports = TARGETS.map(|(_, target, turn)| report(target, turn));
    let reports = reports.into_iter().collect::<Result<Vec<_>, _>>()?;
    let side_by_side = |count| {
        let names = TARGETS.iter().map(|(name, ..)| *name);
        Comparison::new(names.zip(&reports).take(count)).html(false)
    };
    let [good, bad, ..] = &reports[..] else { return Err("there are no reports".to_owned()) };
    let files = [
        ("report-holds", good.html()),
        ("report", bad.html()),
        ("compare-two", side_by_side(2)),
        ("compare-four", side_by_side(4)),
        ("compare-six", side_by_side(6)),
    ];
    let mut urls = Map::new();
    for (name, page) in &files {
        urls.insert((*name).to_owned(), keep(pages, name, page)?);
    }
    let mut serve = ours.tool();
    let mut server = Process::start(serve.args(["serve", "--listen", "127.0.0.1:0"]), deadline)?;
    let url = server.wait_for("listening on ws")?;
    urls.insert("serve".to_owned(), format!("http{url}").into());
    let pictures = folder().join("screenshots");
    std::fs::create_dir_all(&pictures).map_err(|error| format!("{}: {error}", pictures.display()))?;
    let looks = look(&browser, &urls, &pictures, deadline)?;
    println!("kept: {}", pictures.display());
    Ok(looks.len())
}

/// Checks that the script finds what it looks for.
fn notices_bad_ones(browser: &Session<'_>, pages: &Path, deadline: Instant) -> Result<(), String> {
    let url = keep(pages, "bad", BAD)?;
    let Err(said) = look(browser, &Map::from_iter([("bad".to_owned(), url)]), pages, deadline) else {
        return Err("a bad page is taken for a good one".to_owned());
    };
    for problem in
        ["<p class=\"\"> runs out of", "\"one\" and \"other\" overlap", "contrast of", "is not dark"]
    {
        if !said.contains(problem) {
            return Err(format!("nobody has noticed: {problem}\n{said}"));
        }
    }
    Ok(())
}

/// Looks at pages by name, and returns a line for each look.
fn look(
    browser: &Session<'_>,
    urls: &Map<String, Value>,
    pictures: &Path,
    deadline: Instant,
) -> Result<Vec<String>, String> {
    let urls = Value::from(urls.clone()).to_string();
    let mut script = Runtime::Chromium.command("pages.py");
    browser.run(script.args(["--pages", &urls]).arg("--screenshots").arg(pictures), deadline)
}

/// Writes a page into a file, and returns its URL.
fn keep(pages: &Path, name: &str, page: &str) -> Result<Value, String> {
    let path = pages.join(format!("{name}.html"));
    write(&path, page)?;
    Ok(format!("file://{}", path.display()).into())
}

/// Makes up a report. Every case that has its turn fails or is skipped.
fn report(target: &str, turn: usize) -> Result<Report, String> {
    let mut results = Vec::new();
    for (group, cases) in CASES {
        for case in *cases {
            let number = results.len();
            let mut result = json!({
                "id": format!("{group}/{case}"),
                "section": SECTIONS[number % SECTIONS.len()],
                "severity": SEVERITIES[number % SEVERITIES.len()],
                "why": "A Connection field is a list of which each member is compared as a whole.",
                "disagree": "RFC 6455 §4.2.1: an |Upgrade| header field containing the value \"websocket\".",
                "ms": number * 7,
                "result": "passed",
            });
            let more = match (number + turn) * turn % 7 {
                1 => failure(),
                2 => json!({ "result": "skipped", "reason": "the server agrees on no subprotocol" }),
                _ => json!({}),
            };
            if let (Value::Object(result), Value::Object(more)) = (&mut result, more) {
                result.extend(more);
            }
            results.push(result);
        }
    }
    let report = json!({
        "format": Report::FORMAT, "suite": "0.1.0", "role": "server", "http": "1.1", "tls": false,
        "target": target, "results": results,
    });
    Report::from_json(&report.to_string()).map_err(|error| format!("the report that is made up: {error:?}"))
}

fn failure() -> Value {
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX: </script><img src=x onerror=alert(1)>\r\n\r\n";
    json!({
        "result": "failed",
        "expected": "refused: a whole response with a status from 400 to 499, then the end of the connection",
        "got": format!("accepted: </script><img src=x onerror=alert(1)> {}", "x".repeat(90)),
        "wire": [
            { "from": "suite", "at_ms": 0, "text": format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(3000)) },
            { "from": "peer", "at_ms": 2, "text": head },
            { "from": "peer", "at_ms": 3, "base64": "gQVoZWxsbwD/", "cut": 70_000, "note": "a frame with text" },
            { "from": "peer", "at_ms": 3000, "note": "closed" },
        ],
    })
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok(looks) => write!(f, "ok: {looks} looks"),
            Self::Failed(error) => write!(f, "FAILED: {error}"),
            Self::NotRun(error) => write!(f, "not run: {error}"),
        }
    }
}

/// A name, a target, and which cases fail.
const TARGETS: [(&str, &str, usize); 6] = [
    ("ours", "ws://127.0.0.1:9001/", 0),
    ("other", "wss://[::1]:45231/a/rather/long/path?with=a&query=of-some-length-and-</script><img src=x>", 2),
    ("a-library-with-a-long-name", "ws://127.0.0.1:9002/", 3),
    ("ws://127.0.0.1:65535/a/path/that/does/not/fit/into/a/column", "ws://127.0.0.1:65535/", 4),
    ("fifth", "ws://127.0.0.1:9003/", 5),
    ("sixth", "ws://127.0.0.1:9004/", 6),
];

const CASES: &[(&str, &[&str])] = &[
    ("server/request-line", &["method-post", "http-1-0", "target-absolute", "later-minor-version"]),
    ("server/connection", &["substring", "list", "second-line", "case", "missing"]),
    (
        "server/extensions/permessage-deflate/server-max-window-bits",
        &["eight-is-kept-or-declined-but-never-raised", "nine", "sixteen-is-declined", "quoted-comma"],
    ),
    ("server/subprotocol", &["order", "case", "unknown"]),
    ("server/early", &["frame-in-the-same-segment", "ping"]),
    ("server/slow", &["byte-by-byte", "half-closed"]),
];

const SECTIONS: [&str; 3] = ["RFC 6455 §4.2.1", "RFC 9110 §7.8, §7.6.1", "RFC 7692 §7.1.2.1"];

const SEVERITIES: [&str; 4] = ["MUST", "SHOULD", "security", "robustness"];

/// A page with a mistake of each kind.
const BAD: &str = "<!DOCTYPE html><meta name=viewport content='width=device-width'>
<body style='background: #fff; color: #aaa'><p style='width: 900px'>wide</p>
<div style='position: relative'>one<span style='position: absolute; left: 3px; top: 2px'>other</span></div>";

/// The time for all pages.
const PATIENCE: Duration = Duration::from_mins(3);
