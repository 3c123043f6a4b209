#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "futures")]
pub use futures_rustls;
#[cfg(feature = "tokio")]
pub use tokio_rustls;
