//! The notation for bytes in cases.
