//! The client in real networks: redirects, credentials, cookies, proxies, deadlines, and servers that misbehave.

mod advice;
mod authorization;
mod bad_proxies;
mod bad_servers;
mod cancelled;
mod certificates;
mod connectors;
mod cookies;
mod deadlines;
mod drivers;
mod elsewhere;
mod endless;
mod environment;
mod everywhere;
mod failures;
mod flooding;
mod identity;
mod leaks;
mod logged;
mod peers;
mod redirects;
#[path = "../suite/report.rs"]
mod report;
mod retries;
mod socks;
mod tunnels;
mod unneeded;
mod watched;
