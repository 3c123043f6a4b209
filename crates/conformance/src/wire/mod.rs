//! Connections, with a record of what went over them.
