//! `wsupgrade`: see, serve and test any WebSocket opening handshake.

fn main() {}
