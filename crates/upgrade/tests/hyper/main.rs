//! The entrances for servers on hyper, on hyper's own connections in memory: hyper, tower and axum, HTTP/1.1 and
//! HTTP/2.

#[path = "../suite/answer.rs"]
mod answer;
mod connect;
mod connects;
mod decide;
mod entrance;
mod http1;
mod http2;
mod leftover;
#[path = "../suite/options.rs"]
mod options;
mod reasons;
#[path = "../suite/report.rs"]
mod report;
mod requests;
