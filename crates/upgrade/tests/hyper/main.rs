//! The entrances on hyper, tower and axum, over HTTP/1.1 and HTTP/2, on hyper's own connections in memory.

#[path = "../suite/answer.rs"]
mod answer;
mod check;
mod connect;
mod connects;
mod decide;
mod entrance;
#[path = "../suite/extended_connect.rs"]
mod extended_connect;
mod http1;
mod http2;
mod leftover;
#[path = "../suite/options.rs"]
mod options;
mod reasons;
#[path = "../suite/report.rs"]
mod report;
mod requests;
