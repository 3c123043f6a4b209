//! The cases over HTTP/2.
