//! The client in the network as it is: redirects, credentials, cookies, proxies, deadlines, and servers that misbehave.

mod authorization;
mod bad_proxies;
mod cancelled;
mod certificates;
mod cookies;
mod deadlines;
mod environment;
mod leaks;
mod peers;
mod redirects;
#[path = "../suite/report.rs"]
mod report;
mod socks;
mod tunnels;
