//! Runs the example programs against each other, with the command lines that other programs use.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::LazyLock;

mod hostile;

/// Returns the command for an example of any package.
fn example(name: &str) -> Command {
    Command::new(BUILT.join(name).with_extension(env::consts::EXE_EXTENSION))
}

/// The folder with the examples of all packages. They are built here, because cargo builds only those of a test's own
/// package. If the tests of the whole workspace run, this build is up to date already: it has the same features and
/// profile.
static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = env::current_exe().expect("the test's own path");
    let builds = test.parent().and_then(Path::parent).expect("a folder of builds");
    let profile = match builds.file_name().and_then(|name| name.to_str()).expect("a folder's name") {
        "debug" => "dev",
        profile => profile,
    };
    let built = Command::new(env::var_os("CARGO").expect("cargo runs the tests"))
        .args(["build", "--quiet", "--workspace", "--all-features", "--examples", "--profile", profile])
        .status();
    assert!(built.as_ref().is_ok_and(ExitStatus::success), "{built:?}");
    builds.join("examples")
});

/// A running server, and its address. It is stopped at the end of the test.
struct Echo {
    process: Child,
    url: String,
}

impl Echo {
    fn start(name: &str, arguments: &[&str]) -> Self {
        // The test does not need their log.
        let started = example(name).args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut process = started.expect("the example is built");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let url = line.trim_end().strip_prefix("listening on ").expect("where it listens").to_owned();
        Self { process, url }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let stopped = self.process.kill().and_then(|()| self.process.wait());
        assert!(stopped.is_ok(), "{stopped:?}");
    }
}

fn connect(arguments: &[&str], url: &str) -> Output {
    example("connect").args(arguments).arg(url).output().expect("the example is built")
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
}

#[test]
fn what_is_agreed_is_printed() {
    for name in ["echo", "hyper_echo", "axum_echo", "axum_yawc", "serve"] {
        agree(&Echo::start(name, &["--listen", "127.0.0.1:0", "--subprotocol", "chat", "--deflate"]));
    }
}

fn agree(echo: &Echo) {
    for (arguments, expected) in [
        (&[][..], &["status: 101"][..]),
        (&["--extension", "x-test"], &["status: 101"]),
        (&["--subprotocol", "other", "--subprotocol", "chat"], &["status: 101", "subprotocol: chat"]),
        (&["--deflate", ""], &["status: 101", "extensions: permessage-deflate"]),
        (
            &["--subprotocol", "chat", "--deflate", "server_max_window_bits=8,client_max_window_bits=10"],
            &[
                "status: 101",
                "subprotocol: chat",
                "extensions: permessage-deflate; client_max_window_bits=10",
            ],
        ),
    ] {
        let output = connect(arguments, &echo.url);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        assert_eq!(lines(&output.stdout), expected, "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
}

#[test]
fn another_place_to_connect_to() {
    let echo = Echo::start("echo", &[]);
    let address = echo.url.trim_start_matches("ws://").trim_end_matches('/');
    let output = connect(&["--connect-to", &format!("name.invalid:80={address}")], "ws://name.invalid/");
    assert_eq!(lines(&output.stdout), ["status: 101"], "{output:?}");
}

#[test]
fn a_failure_is_explained_and_exit_status_1() {
    let echo = Echo::start("echo", &[]);
    let elsewhere = echo.url.replace("ws://", "http://");
    // An error in an option is one line; the reason for a failed connection is two lines.
    for (arguments, url, lines_of_it, expected) in [
        (&["--header", "Host: other"][..], &echo.url, 1, "Host"),
        (&["--header", "no colon"], &echo.url, 1, "no colon"),
        (&["--subprotocol", "a b"], &echo.url, 1, "a b"),
        (&["--deflate", "unknown"], &echo.url, 1, "unknown"),
        (&["--proxy-header", "Host: other"], &echo.url, 1, "Host"),
        (&["--connect-to", "a.example:80"], &echo.url, 1, "no ="),
        (&["--connect-to", "a b=c"], &echo.url, 1, "not a host"),
        (&[], &elsewhere, 2, "expected ws:// or wss://"),
    ] {
        let output = connect(arguments, url);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        let error = lines(&output.stderr);
        assert!(error.len() == lines_of_it && error[0].contains(expected), "{arguments:?}: {error:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    }
}

/// Returns the answer to a request.
fn get(address: &str, target: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a connection");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// Returns the answer of `/health`, and whether it is 200.
fn health(address: &str) -> (bool, String) {
    let answer = get(address, "/health");
    (answer.starts_with("HTTP/1.1 200 OK\r\n"), answer)
}

/// The counts are those of the handshakes, and are shown only if the command line asks for them.
#[test]
fn handshakes_are_counted_for_prometheus() {
    for arguments in [&["--metrics"][..], &[]] {
        let server = Echo::start("serve", arguments);
        let address = server.url.trim_start_matches("ws://").trim_end_matches('/');
        assert!(connect(&[], &server.url).status.success());
        let answer = get(address, "/metrics");
        if arguments.is_empty() {
            assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
            continue;
        }
        assert!(
            answer.to_lowercase().contains("\r\ncontent-type: text/plain; version=0.0.4\r\n"),
            "{answer}"
        );
        for name in ["websocket_upgrade_handshakes_total", "websocket_upgrade_handshake_seconds_count"] {
            let count = answer.lines().find(|line| line.starts_with(name) && line.contains("\"accepted\""));
            assert!(count.is_some_and(|line| line.ends_with(" 1")), "{name}: {answer}");
        }
    }
}

#[test]
fn plain_http_is_answered_beside_it() {
    for name in ["hyper_echo", "axum_echo", "page", "serve"] {
        let server = Echo::start(name, &["--listen", "127.0.0.1:0", "--same-origin"]);
        let address = server.url.trim_start_matches("ws://").trim_end_matches('/');
        let (healthy, answer) = health(address);
        assert!(healthy, "{name}: {answer}");
        // The request comes from a page of another origin.
        let output = connect(&["--header", "Origin: https://elsewhere.example"], &server.url);
        assert_eq!(output.status.code(), Some(1), "{name}: {output:?}");
    }
}

#[test]
fn a_token_is_asked_for_once_the_origin_is_allowed() {
    let tokens = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tokens");
    fs::write(&tokens, "a\nb\n").expect("a file");
    let server = Echo::start("serve", &["--same-origin", "--tokens", tokens.to_str().expect("a path")]);
    let elsewhere = "Origin: https://elsewhere.example";
    for (headers, status) in [
        (&[elsewhere][..], "403"),
        (&[elsewhere, "Authorization: Bearer a"], "403"),
        (&[], "401"),
        (&["Authorization: Bearer c"], "401"),
        (&["Authorization: Basic a"], "401"),
        (&["Authorization: bearer a"], "101"),
        (&["Authorization: Bearer b"], "101"),
    ] {
        let arguments: Vec<&str> = headers.iter().flat_map(|header| ["--header", header]).collect();
        let output = connect(&arguments, &server.url);
        let said = [&output.stdout[..], &output.stderr].concat();
        assert_eq!(output.status.success(), status == "101", "{headers:?}: {output:?}");
        assert!(String::from_utf8_lossy(&said).contains(status), "{headers:?}: {output:?}");
    }
}

/// A browser does not tell a page why its handshake failed; the server of the page can.
#[test]
fn a_page_can_ask_what_came_of_its_handshake() {
    let server = Echo::start("page", &["--subprotocol", "chat", "--same-origin"]);
    let address = server.url.trim_start_matches("ws://").trim_end_matches('/');
    let page = get(address, "/");
    assert!(page.contains(r#": ["chat"];"#), "{page}");
    for (number, origin, answered) in [
        (1, format!("http://{address}"), "101 Switching Protocols\nsec-websocket-protocol: chat\n"),
        (2, "https://elsewhere.example".to_owned(), "403 Forbidden\nOrigin: "),
    ] {
        let url = format!("{}socket?{number}", server.url);
        connect(&["--subprotocol", "chat", "--header", &format!("Origin: {origin}")], &url);
        let told = get(address, &format!("/handshake?{number}"));
        assert!(told.contains("sec-websocket-protocol: chat\n") && told.contains(&origin), "{told}");
        assert!(told.contains(&format!("\n\n{answered}")), "{told}");
    }
    assert!(get(address, "/handshake?3").ends_with("\r\n\r\n"));
}

#[test]
fn with_tls_it_says_so() {
    for name in ["hyper_echo", "axum_echo", "serve"] {
        let server = Echo::start(name, &["--listen", "127.0.0.1:0", "--tls"]);
        assert!(server.url.starts_with("wss://127.0.0.1:"), "{name}: {}", server.url);
        // The certificate of this server is trusted nowhere.
        let output = connect(&[], &server.url);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && error.contains("TLS"), "{name}: {output:?}");
    }
}

/// Both ends run in one program, over the caller's own transport.
#[test]
fn a_way_of_ones_own() {
    let unix = "client: to http://daemon.local:80/\n\
        server: asked for /events\n\
        client: agreed on Some(\"chat\")\n\
        server: received \"hello from the client\"\n\
        client: received \"hello from the server\"\n";
    let memory = "server: /echo is accepted\n\
        client: received \"hello\"\n\
        server: /elsewhere is rejected\n\
        client: refused with status 404: there is no /elsewhere\n";
    let route = "both tests hold\n";
    for (name, expected) in [("unix_socket", unix), ("in_memory", memory), ("test_a_route", route)] {
        let output = example(name).output().expect("the example is built");
        assert!(output.status.success() && output.stderr.is_empty(), "{name}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{name}");
    }
}

/// Runs the commands in the READMEs and above the examples, with free ports.
#[test]
fn what_is_written_there_can_be_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut texts =
        vec![root.join("README.md"), root.join("crates/upgrade/README.md"), root.join("deploy/README.md")];
    for package in PACKAGES {
        let files = fs::read_dir(root.join(folder(package))).expect("a folder");
        texts.extend(files.map(|entry| entry.expect("a file").path()).filter(|path| path.is_file()));
    }
    let echo = Echo::start("echo", &["--subprotocol", "chat", "--deflate"]);
    let mut run = 0;
    for text in texts {
        for line in fs::read_to_string(&text).expect("a text").lines() {
            let command =
                line.trim_start_matches("//! ").trim_matches('`').split("  ").next().unwrap_or_default();
            let Some((cargo, called)) = command.split_once(" --example ") else { continue };
            if !cargo.starts_with("cargo run") {
                continue;
            }
            let mut words = called.split(' ');
            let name = words.next().unwrap_or_default();
            let package = cargo.split_once(" -p ").map(|(_, package)| package);
            let package = package.unwrap_or_else(|| panic!("{}: {command}: no package", text.display()));
            let source = root.join(folder(package)).join(name).with_extension("rs");
            assert!(source.is_file(), "{}: {command}: no {}", text.display(), source.display());
            let mut arguments: Vec<&str> = words
                .filter(|word| !matches!(*word, "--" | "&"))
                .map(|word| elsewhere(word, &echo))
                .collect();
            // Commands above it make the file. Without it the server makes one on the spot.
            if let Some(at) = arguments.iter().position(|argument| *argument == "--certificate") {
                arguments.drain(at..at + 2);
            }
            run += 1;
            if arguments.contains(&ANY_PORT) {
                drop(Echo::start(name, &arguments));
            } else {
                let output = example(name).args(&arguments).output().expect("the example is built");
                assert!(output.status.success(), "{}: {command}: {output:?}", text.display());
            }
        }
    }
    // There are several in the READMEs, and one for every example.
    assert!(run > 25, "{run}");
}

/// The packages with examples.
const PACKAGES: [&str; 6] = ["basics", "commands", "entrances", "frameworks", "handoff", "websocket-upgrade"];

/// Returns the folder with the examples of a package, relative to the root.
fn folder(package: &str) -> String {
    match package {
        "websocket-upgrade" => "crates/upgrade/examples".to_owned(),
        "websocket-upgrade-h3" => "crates/h3/examples".to_owned(),
        package => format!("examples/{package}"),
    }
}

/// Returns the value to use instead of an argument.
fn elsewhere<'a>(word: &'a str, echo: &'a Echo) -> &'a str {
    match word.strip_prefix("ws://").unwrap_or(word).starts_with("127.0.0.1:") {
        false => word,
        true if word.starts_with("ws://") => &echo.url,
        true => ANY_PORT,
    }
}

const ANY_PORT: &str = "127.0.0.1:0";
