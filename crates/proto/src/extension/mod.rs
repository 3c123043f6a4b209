//! Extensions (RFC 6455 §9): the trait that an extension implements, and the negotiation for both roles.
//!
//! An [`Extension`] writes its offers and judges the parameters of the other side. This module reads the lists, keeps
//! their order, and assigns the reserved bits. A list that breaks the grammar fails the handshake. An offer that is
//! well formed but can't be accepted is declined, and the next one is tried.

mod grammar;
mod negotiate;
mod supported;
mod writer;

pub use grammar::{Member, Param, ParamIter, Params, Value};
pub(crate) use grammar::{list, members, visit};
pub(crate) use negotiate::{Disagreement, InUse, accept, verify, write_offers};
pub use supported::{Announced, Extension, Illegal, NotAToken, Plain, Rsv};
pub use writer::{OfferWriter, ParamWriter};
