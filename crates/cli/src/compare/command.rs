//! The command: its flags, the reports, and how they are shown.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use websocket_upgrade_conformance::report::Comparison;

use super::subject::Subject;
use crate::check::Output;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::suite::{self, width};

/// Compare servers, or saved reports of servers or clients.
#[derive(Args, Debug)]
#[command(
    after_help = "Each is a URL, or a file that `wsupgrade check --json FILE` has saved. Its name in the table can \
    stand in front: ours=ws://127.0.0.1:9001/ or before=old.json."
)]
pub(crate) struct Flags {
    /// What is compared: URLs or saved reports, two at least
    #[arg(value_name = "WHAT", required = true, num_args = 1..)]
    what: Vec<String>,
    /// Show all cases, and not only differences
    #[arg(long, help_heading = "Output")]
    all: bool,
    /// Write the comparison as a page to a file
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    html: Option<PathBuf>,

    #[command(flatten)]
    suite: suite::Flags,
}

pub(crate) async fn run(flags: &Flags) -> Result<Exit, Failure> {
    if flags.what.len() < 2 {
        return Err(Failure::usage("there is nothing to compare it with")
            .hint("give two URLs or saved reports at least"));
    }
    let html = Output::open(flags.html.as_ref())?;
    let mut subjects: Vec<Subject> = Vec::new();
    for what in &flags.what {
        let subject = Subject::new(what, &flags.suite).await?;
        if let Some(first) = subjects.first() {
            let tested =
                |subject: &Subject| format!("a {} over {}", subject.report.role, subject.report.http);
            let [first_is, is] = [first, &subject].map(tested);
            if first_is != is {
                return Err(Failure::usage(format_args!(
                    "{} is {first_is}, and {} {is}",
                    first.name, subject.name
                ))
                .hint("these have no case in common"));
            }
        }
        subjects.push(subject);
    }
    let comparison = Comparison::new(subjects.iter().map(|subject| (subject.name.as_str(), &subject.report)));
    html.write(|| comparison.html(flags.all))?;
    let mut stdout = anstream::stdout().lock();
    write!(stdout, "{}", comparison.text().all(flags.all).width(width()).colours(true))?;
    stdout.flush()?;
    Ok(Exit::Success)
}
