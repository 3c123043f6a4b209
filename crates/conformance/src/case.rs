//! A case: what is sent, how, and what may come back.
