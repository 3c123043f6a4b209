//! The server over HTTP/3 in memory, against a client that sends any bytes.

#[path = "../../../upgrade/tests/suite/collector.rs"]
mod collector;
mod connects;
mod decide;
mod drain;
mod dropped;
mod gate;
mod heads;
#[path = "../kit/mod.rs"]
mod kit;
mod leaks;
mod observed;
#[path = "../../../upgrade/tests/suite/options.rs"]
mod options;
mod origins;
mod plain;
#[allow(dead_code)]
#[path = "../../../upgrade/tests/suite/report.rs"]
mod report;
mod served;
mod streams;
