//! The server over HTTP/3 in memory, against a client that sends any bytes.

mod connects;
mod decide;
mod drain;
#[path = "../kit/mod.rs"]
mod kit;
#[path = "../../../upgrade/tests/suite/options.rs"]
mod options;
#[allow(dead_code)]
#[path = "../../../upgrade/tests/suite/report.rs"]
mod report;
mod served;
