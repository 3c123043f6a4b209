//! What the tests of both roles share: QUIC in memory, so that time can be simulated, and a peer that sends any bytes.

// Each test uses only a part of this.
#![allow(dead_code)]

pub(crate) mod network;
pub(crate) mod quic;
pub(crate) mod raw;
