//! A small server and a small client with deliberate faults, each a switch.
