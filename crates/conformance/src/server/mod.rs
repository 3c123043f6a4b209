//! Runs the cases for servers.
