//! Runs the hand-off example of every codec. The first frames are those that came with the head.

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// Returns the path of an example. cargo puts the examples of this build beside the tests.
fn example(name: &str) -> Command {
    let test = env::current_exe().expect("the test's own path");
    let target = test.parent().and_then(|folder| folder.parent()).expect("a folder of builds");
    let path: PathBuf = [target.as_os_str(), "examples".as_ref(), name.as_ref()].iter().collect();
    Command::new(path.with_extension(env::consts::EXE_EXTENSION))
}

#[test]
fn frames_behind_the_head_come_first() {
    let plain = ["0 bytes behind the request", "9 bytes behind the 101", "11 bytes behind the request"];
    let window = "permessage-deflate; server_max_window_bits=10, behind the head";
    let context = "permessage-deflate; server_no_context_takeover, behind the head";
    // The first byte of a compressed message.
    let deflated = |agreed: &str| ["None", "Some(c1)", "Some(c1)"].map(|first| format!("{agreed} {first}"));
    for (name, [server, client, eager]) in [
        ("fastwebsockets", plain.map(str::to_owned)),
        ("sockudo_ws", deflated(window)),
        ("soketto", plain.map(str::to_owned)),
        ("tokio_tungstenite", plain.map(str::to_owned)),
        ("tokio_websockets", plain.map(str::to_owned)),
        ("yawc", deflated(context)),
    ] {
        let output = example(name).output().expect("the example is built with the tests");
        let expected = format!(
            "server: {server}\n\
             client: {client}\n\
             client: received \"welcome\"\n\
             server: received \"round trip\"\n\
             client: received \"round trip\"\n\
             server: {eager}\n\
             server: received \"Hello\"\n"
        );
        assert!(output.status.success(), "{name}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{name}");
        assert!(output.stderr.is_empty(), "{name}: {output:?}");
    }
}
