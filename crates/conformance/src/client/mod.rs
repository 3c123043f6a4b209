//! Runs the cases for clients.
