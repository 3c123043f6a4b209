//! Proves that an established WebSocket works.
