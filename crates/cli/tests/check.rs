//! `wsupgrade check` and `wsupgrade compare`: reports in all forms, and what goes wrong before there is one.

mod kit;

use std::fs;
use std::path::PathBuf;

use kit::{Certificate, Done, answering, echo, echo_over_tls, file, free, run};
use serde_json::Value;

/// A few cases that take no time.
const FEW: &str = "--only=server/connection";

#[track_caller]
fn is_told(done: &Done, code: i32, error: &str, hint: &str) {
    let lines: Vec<_> = done.err.lines().collect();
    assert_eq!(lines.len(), 2, "{done:#?}");
    assert!(lines[0].starts_with("error: ") && lines[0].contains(error), "{done:#?}");
    assert!(lines[1].starts_with("hint: ") && lines[1].contains(hint), "{done:#?}");
    assert_eq!((done.code, done.out.as_str()), (code, ""), "{done:#?}");
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()))
}

/// Tests a server, and returns the file of its report.
fn saved(url: &str, name: &str) -> PathBuf {
    let path = path(name);
    run(["check", url, FEW, &format!("--json={}", path.display())]);
    path
}

#[test]
fn our_server_holds_in_every_form() {
    let url = format!("ws://{}/", echo());
    let [json, junit, html] = ["holds.json", "holds.xml", "holds.html"].map(path);
    fs::write(&html, "an old page that is longer than nothing").expect("a file");
    let done = run([
        "check",
        FEW,
        "--json",
        &json.display().to_string(),
        "--junit",
        &junit.display().to_string(),
        "--html",
        &html.display().to_string(),
        &url,
    ]);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:#?}");
    assert!(done.out.starts_with(&format!("server {url} over HTTP/1.1\n")), "{done:#?}");
    assert!(done.out.ends_with("holds: no MUST and no SHOULD failed\n"), "{done:#?}");
    assert!(done.out.lines().all(|line| line.chars().count() <= 80 && !line.contains('\x1b')), "{done:#?}");
    let report: Value = serde_json::from_str(&fs::read_to_string(json).expect("a report")).expect("JSON");
    let count = report["results"].as_array().expect("outcomes").len();
    assert!(count > 3, "{report}");
    let junit = fs::read_to_string(junit).expect("a report");
    assert!(junit.contains(&format!("tests=\"{count}\"")) && junit.contains("</testsuites>"), "{junit}");
    let html = fs::read_to_string(html).expect("a page");
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"), "{html}");
}

#[test]
fn json_replaces_the_table() {
    let url = format!("ws://{}/", echo());
    for arguments in
        [["check", &url, FEW, "--json"], ["check", FEW, "--json", &url], ["check", FEW, "--json=-", &url]]
    {
        let done = run(arguments);
        let report: Value = serde_json::from_str(&done.out).expect("JSON");
        assert_eq!((&report["format"], &report["role"], done.code), (&1.into(), &"server".into(), 0));
        assert_eq!(report["target"].as_str(), Some(url.as_str()));
    }
}

#[test]
fn a_failed_case_has_its_own_exit_code() {
    let bad = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";
    let done = run(["check", &format!("ws://{}", answering(bad)), FEW]);
    assert!(done.out.contains("\nFAILED server/connection/"), "{done:#?}");
    assert!(done.out.contains("\ndoes not hold: "), "{done:#?}");
    assert_eq!((done.code, done.err.as_str()), (11, ""), "{done:#?}");
}

#[test]
fn no_report_has_credentials() {
    let url = format!("ws://{}/", echo());
    let page = path("hidden.html");
    let headers = ["Authorization: Bearer s3cret-token", "Cookie: session=0123456789", "X-Version: 12345"];
    let mut arguments = vec!["check", &url, "--only=server/connection", "--only=server/fields", "--json"];
    arguments.extend(headers.iter().flat_map(|header| ["-H", header]));
    let page_to = page.display().to_string();
    arguments.extend(["--html", &page_to]);
    let done = run(arguments);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("Authorization: Bearer ************\\r\\n"), "{}", done.out);
    assert!(done.out.contains("X-Version: 12345\\r\\n"), "{}", done.out);
    let page = fs::read_to_string(page).expect("a page");
    for secret in ["s3cret", "0123456789"] {
        assert!(!done.out.contains(secret) && !page.contains(secret), "{secret}");
    }
}

#[test]
fn a_server_that_is_not_there_is_one_error_and_leaves_no_file() {
    let html = path("nobody.html");
    let done = run(["check", &free().to_string(), "--html", &html.display().to_string()]);
    is_told(&done, 4, "could not connect", "nothing listens there");
    assert!(!html.exists());
    let page = answering("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    is_told(&run(["check", &page.to_string()]), 8, "404", "the path may be another one");
}

#[test]
fn over_tls_a_certificate_has_to_be_trusted() {
    let certificate = Certificate::of("localhost");
    let url = format!("wss://localhost:{}/", echo_over_tls(&certificate).port());
    is_told(&run(["check", &url, FEW]), 6, "certificate", "--cacert");
    let pem = certificate.file("check.pem").display().to_string();
    for arguments in [&["--insecure"][..], &["--cacert", &pem]] {
        let done = run([&["check", &url, FEW], arguments].concat());
        assert!(done.out.starts_with(&format!("server {url} over HTTP/1.1 and TLS\n")), "{done:#?}");
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:#?}");
    }
}

#[test]
fn a_server_without_http2_is_not_tested_over_http2() {
    let done = run(["check", "--http2", &echo().to_string()]);
    assert!(done.err.starts_with("error: ") && done.err.contains("\nhint: "), "{done:#?}");
    assert_eq!((done.out.as_str(), done.err.lines().count()), ("", 2), "{done:#?}");
}

#[test]
fn wrong_usage() {
    let nowhere = path("no-folder").join("report.html").display().to_string();
    for (arguments, code, error, hint) in [
        (&["check"][..], 2, "<URL", "--help"),
        (&["check", "--json"], 2, "there is no URL", "--help"),
        (&["check", "--client"], 2, "there is no command", "behind --"),
        (&["check", "--client", "--", "no-such-client", "{url}"], 2, "no such command", "words of their own"),
        (&["check", "--client", "--", "./no/client"], 2, "no such command", "words of their own"),
        (&["check", "ws://a/", "--client"], 2, "cannot be used with", "--help"),
        (&["check", "ws://a/", "--tls"], 2, "cannot be used with", "--help"),
        (&["check", "--tls", "--list"], 2, "--client", "--help"),
        (&["check", "ws://a/", "--", "true"], 2, "cannot be used with", "--help"),
        (&["check", "ws://a/", "--jobs", "0"], 2, "not zero", "wsupgrade"),
        (&["check", "ws://a/", "--timeout", "soon"], 2, "expected seconds", "wsupgrade"),
        (&["check", "ws://a/", "--only", "nothing"], 2, "none of the cases for a server", "--list"),
        (&["check", "ftp://a/"], 2, "not a scheme", "ws://"),
        (&["check", "ws://a/", "--html", &nowhere], 1, "can't be written", "folder"),
        (&["check", "ws://a/", "--cacert", "/no/such/file"], 2, "no/such/file", "check the path"),
        (&["compare", "a.json"], 2, "nothing to compare", "two"),
        (&["compare", "/no/such.json", "b.json"], 2, "such.json", "check the path"),
    ] {
        let done = run(arguments);
        assert_eq!(done.code, code, "{arguments:?}: {done:#?}");
        is_told(&done, code, error, hint);
    }
}

#[test]
fn cases_are_listed_with_their_sections() {
    for (arguments, start) in
        [(&["check", "--list"][..], "server/"), (&["check", "--list", "--client"], "client/")]
    {
        let done = run(arguments);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:#?}");
        assert!(done.out.lines().count() >= 100, "{done:#?}");
        for line in done.out.lines() {
            let mut words = line.split_whitespace();
            assert!(words.next().is_some_and(|id| id.starts_with(start)), "{line}");
            assert!(matches!(words.next(), Some("MUST" | "SHOULD" | "security" | "robustness")), "{line}");
            assert_eq!(words.next(), Some("RFC"), "{line}");
        }
    }
}

#[test]
fn a_client_is_a_command() {
    let tool = env!("CARGO_BIN_EXE_wsupgrade");
    // It sends a message and echoes none, but it knows which handshakes fail.
    let client = ["--", tool, "connect", "--quiet", "{url}"];
    let done = run([&["check", "--client", "--jobs=8", "--only=client/accept"][..], &client].concat());
    assert!(done.out.starts_with("client "), "{done:#?}");
    let row = done.out.lines().find(|line| line.starts_with("client/accept ")).expect("a row");
    assert!(row.split_whitespace().nth(1).is_some_and(|must| !must.starts_with("0/")), "{done:#?}");
    assert_eq!((done.code, done.err.as_str()), (11, ""), "{done:#?}");
}

#[test]
#[cfg(unix)]
fn a_client_that_never_connects_is_one_error() {
    for http in ["--jobs=1", "--http2"] {
        let done = run(["check", "--client", http, "--", "sh", "-c", "echo oh no >&2; exit 3", "{url}"]);
        is_told(&done, 11, "the client does not connect", "what a client does");
        assert!(done.err.contains("oh no"), "{done:#?}");
    }
}

#[test]
fn reports_are_compared_as_files_and_urls() {
    let url = format!("ws://{}/", echo());
    let one = saved(&url, "one.json");
    // The other report differs in one case.
    let mut report: Value = serde_json::from_str(&fs::read_to_string(&one).expect("a report")).expect("JSON");
    let id = report["results"][1]["id"].as_str().expect("an id").to_owned();
    report["results"][1]["result"] = "failed".into();
    report["results"][1]["expected"] = "refused".into();
    report["results"][1]["got"] = "accepted <b>".into();
    let two = file("two.json", report.to_string());
    let html = path("compare.html").display().to_string();
    let [one, two] = [one, two].map(|path| path.display().to_string());
    let two_named = format!("other={two}");
    let done = run(["compare", &one, &two_named, &format!("now={url}"), FEW, "--html", &html]);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:#?}");
    let row = done.out.lines().find(|line| line.starts_with(&id)).expect("a row");
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), [&id, "pass", "FAIL", "pass"]);
    assert!(done.out.contains("\n1 of "), "{done:#?}");
    let page = fs::read_to_string(html).expect("a page");
    assert!(page.contains("accepted &lt;b&gt;") && page.contains("other"), "{page}");
    let all = run(["compare", &one, &two, "--all"]);
    assert!(all.out.lines().count() > done.out.lines().count(), "{all:#?}");
}

#[test]
fn what_is_no_report_is_not_compared() {
    let one = saved(&echo().to_string(), "server.json").display().to_string();
    let page = file("page.json", "<html>").display().to_string();
    is_told(&run(["compare", &one, &page]), 2, "not a report", "saves a report");
    let report = fs::read_to_string(&one).expect("a report");
    let later =
        file("later.json", report.replacen("\"format\": 1", "\"format\": 9", 1)).display().to_string();
    is_told(&run(["compare", &one, &later]), 2, "format 9", "saves a report");
    let client = report.replacen("\"role\": \"server\"", "\"role\": \"client\"", 1);
    let client = file("client.json", client).display().to_string();
    is_told(&run(["compare", &one, &client]), 2, "a client over HTTP/1.1", "no case in common");
    let http2 = report.replacen("\"http\": \"1.1\"", "\"http\": \"2\"", 1);
    let http2 = file("http2.json", http2).display().to_string();
    is_told(&run(["compare", &one, &http2]), 2, "a server over HTTP/2", "no case in common");
    is_told(&run(["compare", &one, &free().to_string()]), 4, "could not connect", "nothing listens there");
}
