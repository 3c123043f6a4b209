//! The rules of RFC 6455 §4, each judged on a request or a response.
