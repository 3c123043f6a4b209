//! What is made of the command line: completions of shells, and man pages.

mod common;

use std::fs;
use std::path::Path;

use common::{fails, run};

/// Every command.
fn commands() -> Vec<String> {
    let help = String::from_utf8(run(&["--help"]).stdout).expect("text");
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed.take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
    let names: Vec<_> = names.map(str::to_owned).filter(|name| name != "help").collect();
    assert!(names.len() >= 5, "{names:?}");
    names
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = run(&["completions", shell]);
        let script = String::from_utf8(output.stdout).expect("text");
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{shell}");
        for command in commands() {
            assert!(script.contains(&command), "{shell}: {command}");
        }
        assert!(script.contains("one-connection"), "{shell}");
    }
    assert!(fails(&["completions", "csh"], 2).contains("csh"));
    assert!(fails(&["completions"], 2).contains("<SHELL>"));
}

#[test]
fn each_command_has_a_page() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("man-{}", std::process::id()));
    let output = run(&["man", "--dir", directory.to_str().expect("text")]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    let page = |name: &str| fs::read_to_string(directory.join(name)).expect("a page");
    assert!(page("wsupgrade.1").contains("EXIT CODES"));
    for command in commands() {
        let written = page(&format!("wsupgrade-{command}.1"));
        assert!(written.starts_with(".ie") && written.contains(".SH SYNOPSIS"), "{command}: {written}");
        assert!(written.contains(&format!("wsupgrade\\-{command}")), "{command}: {written}");
        let printed = String::from_utf8(run(&["man", &command]).stdout).expect("text");
        assert_eq!(printed, written, "{command}");
    }
    assert_eq!(fs::read_dir(&directory).expect("a directory").count(), commands().len() + 1);
    let bench = page("wsupgrade-bench.1");
    assert!(bench.contains(".SH EXAMPLES\n.TP\n\\fBwsupgrade bench ws://"), "{bench}");
    let printed = String::from_utf8(run(&["man"]).stdout).expect("text");
    assert_eq!(printed, page("wsupgrade.1"));
    fs::remove_dir_all(directory).expect("its files");
}

#[test]
fn a_page_that_is_not_there_says_so() {
    let said = fails(&["man", "unheard-of"], 2);
    assert!(said.contains("unheard-of") && said.contains("hint: there are connect, "), "{said}");
    // A directory can't be made in a file.
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("man-file-{}", std::process::id()));
    fs::write(&file, "").expect("room");
    let below = file.join("man1");
    assert!(fails(&["man", "--dir", below.to_str().expect("text")], 2).starts_with("error: "));
    fs::remove_file(file).expect("the file");
}
