//! The entrance for every framework: requests that were parsed, and the responses to send.

#[path = "../suite/collector.rs"]
mod collector;
mod connects;
#[path = "../suite/extended_connect.rs"]
mod extended_connect;
mod once;
#[path = "../suite/options.rs"]
mod options;
#[path = "../suite/parsed.rs"]
mod parsed;
mod refusal;
#[path = "../suite/report.rs"]
mod report;
mod requests;
