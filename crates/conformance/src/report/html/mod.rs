//! Pages: one file each, without anything from the network.

mod case;
mod compare;
mod page;
mod report;
mod text;
