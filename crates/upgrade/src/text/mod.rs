//! Texts of errors: how errors show their causes, and what others have written as a part of one line.

pub(crate) mod cause;
pub(crate) mod part;
