//! The flags of all commands that run the conformance suite.

use std::path::PathBuf;

use clap::Args;
use websocket_upgrade_conformance::case::{Case, Http, Role, cases};

use crate::failure::Failure;
use crate::network::{Seconds, seconds};

#[allow(clippy::struct_excessive_bools)] // each is a flag
#[allow(clippy::doc_markdown)] // the help is no markdown
#[derive(Args, Clone, Debug)]
// The commands that have these flags are groups of the same name.
#[group(skip)]
pub(crate) struct Flags {
    /// Run only cases whose ids begin with this, such as server/connection (several times for more)
    #[arg(long, value_name = "PATTERN", help_heading = "Cases")]
    pub(crate) only: Vec<String>,
    /// Leave out cases whose ids begin with this
    #[arg(long, value_name = "PATTERN", help_heading = "Cases")]
    pub(crate) skip: Vec<String>,
    /// Run the cases for HTTP/2 (RFC 8441) instead of those for HTTP/1.1
    #[arg(long, help_heading = "Cases")]
    pub(crate) http2: bool,
    /// Run cases too that send floods and endless heads: only against a server of your own
    #[arg(long, help_heading = "Cases")]
    pub(crate) intrusive: bool,
    /// Subprotocols that the server may know (several times, or with commas)
    #[arg(short, long = "subprotocol", value_name = "NAME", value_delimiter = ',', help_heading = "Cases")]
    pub(crate) subprotocols: Vec<String>,

    /// Run so many cases at the same time
    #[arg(short, long, value_name = "NUMBER", default_value_t = 1, value_parser = jobs, help_heading = "Run")]
    pub(crate) jobs: usize,
    /// The time for each case
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "5", help_heading = "Run")]
    pub(crate) timeout: Seconds,
    /// Add a header to the server's requests ("Name: value"), such as credentials
    #[arg(short = 'H', long = "header", value_name = "HEADER", help_heading = "Run")]
    pub(crate) headers: Vec<String>,
    /// Accept any certificate of a server
    #[arg(short = 'k', long, help_heading = "Run")]
    pub(crate) insecure: bool,
    /// Trust the certificates in this PEM file, and not those of the system
    #[arg(long, value_name = "FILE", conflicts_with = "insecure", help_heading = "Run")]
    pub(crate) cacert: Option<PathBuf>,
}

impl Flags {
    pub(crate) fn http(&self) -> Http {
        if self.http2 { Http::Http2 } else { Http::Http1 }
    }

    /// Returns the cases that `--only` and `--skip` choose.
    ///
    /// # Errors
    ///
    /// If there are none.
    pub(crate) fn cases(&self, role: Role) -> Result<Vec<&'static Case>, Failure> {
        let begins = |case: &Case, starts: &[String]| starts.iter().any(|start| case.id.starts_with(start));
        let chosen = cases(role, self.http())
            .iter()
            .filter(|case| (self.only.is_empty() || begins(case, &self.only)) && !begins(case, &self.skip));
        let chosen: Vec<_> = chosen.collect();
        if chosen.is_empty() {
            let of = format!("cases for a {role} over {}", self.http());
            return Err(Failure::usage(format_args!("--only and --skip leave none of the {of}"))
                .hint("--list shows the ids of all cases"));
        }
        Ok(chosen)
    }
}

fn jobs(text: &str) -> Result<usize, &'static str> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a number that is not zero"),
        Ok(jobs) => Ok(jobs),
    }
}
