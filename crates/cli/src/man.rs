//! `wsupgrade man`: the man pages, made of the command line.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Command};
use clap_mangen::Man;
use roff::{Roff, bold, roman};

use crate::exit::Exit;
use crate::failure::Failure;

const INSTALL: &str = "\
Read and install:
  wsupgrade man bench | man -l -
  wsupgrade man --dir ~/.local/share/man/man1";

/// Prints a man page, or writes all of them.
#[derive(Debug, Args)]
#[command(after_help = INSTALL)]
pub(crate) struct Flags {
    /// The command whose page is printed, instead of that of the whole tool
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    of: Option<String>,
    /// Write the page of each command into this directory, as `wsupgrade-COMMAND.1`
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints or writes them.
pub(crate) fn run(flags: &Flags, command: Command) -> Result<Exit, Failure> {
    let mut command = command.disable_help_subcommand(true);
    // With it, each command has its whole name, and the options that all have.
    command.build();
    if let Some(dir) = &flags.dir {
        let failed = |error: io::Error| Failure::file(dir, &error);
        fs::create_dir_all(dir).map_err(failed)?;
        for of in command.get_subcommands().chain([&command]) {
            let file = dir.join(format!("{}.1", name(of)));
            let mut file = File::create(&file).map_err(|error| Failure::file(&file, &error))?;
            write(of, &mut file).map_err(failed)?;
        }
        return Ok(Exit::Success);
    }
    let of = match &flags.of {
        None => &command,
        Some(name) => command.find_subcommand(name).ok_or_else(|| {
            let known: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
            Failure::usage(format_args!("no command {name:?}"))
                .hint(format_args!("there are {}", known.join(", ")))
        })?,
    };
    let mut page = Vec::new();
    write(of, &mut page)?;
    io::stdout().write_all(&page)?;
    Ok(Exit::Success)
}

/// The name of a command's page.
fn name(command: &Command) -> String {
    command.get_display_name().unwrap_or(command.get_name()).to_owned()
}

/// Writes the page of a command.
fn write(command: &Command, page: &mut dyn Write) -> io::Result<()> {
    let notes = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let source = format!("wsupgrade {}", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).title(name(command)).source(source).manual("wsupgrade");
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(page)?;
    }
    self::notes(&notes).to_writer(page)
}

/// The text behind the options: a line that ends in a colon becomes a heading of the page, two columns become an item,
/// and other lines that are indented stay as they are.
fn notes(text: &str) -> Roff {
    let mut roff = Roff::new();
    let (mut has_heading, mut verbatim) = (false, false);
    for line in text.lines() {
        let content = line.trim_start();
        let is_indented = content.len() < line.len();
        let item = content.split_once("  ").filter(|_| is_indented);
        if verbatim && (item.is_some() || !is_indented && !content.is_empty()) {
            roff.control("fi", []);
            verbatim = false;
        }
        match (item, content.strip_suffix(':')) {
            (Some((tag, text)), _) => {
                roff.control("TP", []);
                roff.text([bold(tag)]).text([roman(text.trim_start())]);
                continue;
            }
            (None, Some(heading)) if !is_indented => {
                roff.control("SH", [heading.to_uppercase().as_str()]);
                has_heading = true;
                continue;
            }
            _ => {}
        }
        if !has_heading {
            roff.control("SH", ["NOTES"]);
            has_heading = true;
        }
        if is_indented && !verbatim {
            roff.control("PP", []).control("nf", []);
            verbatim = true;
        }
        if content.is_empty() && !verbatim {
            roff.control("PP", []);
        } else {
            roff.text([roman(content)]);
        }
    }
    if verbatim {
        roff.control("fi", []);
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_become_sections_items_and_lines() {
        let text = "First.\nSecond.\n\nCodes:\n   0  well\n  10  not\n\nTry:\n  a --b\n  .c\n\nLast.";
        let page = notes(text).render();
        let expected = "\
            .SH NOTES\nFirst.\nSecond.\n.PP\n\
            .SH CODES\n.TP\n\\fB0\\fR\nwell\n.TP\n\\fB10\\fR\nnot\n.PP\n\
            .SH TRY\n.PP\n.nf\na \\-\\-b\n\\&.c\n\n.fi\nLast.\n";
        assert!(page.ends_with(expected), "{page}");
        assert!(notes("").to_roff().is_empty());
    }
}
