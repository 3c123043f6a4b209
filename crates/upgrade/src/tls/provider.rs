//! Which crypto provider rustls uses.

use std::sync::Arc;

use ::rustls::crypto::CryptoProvider;

/// The provider that the process has installed, or else that of a feature. It is not installed: that is up to the
/// process.
pub fn provider() -> Option<Arc<CryptoProvider>> {
    CryptoProvider::get_default().cloned().or_else(of_features)
}

/// The provider of the feature `aws-lc-rs`, which is on only if it was chosen, or of `ring`.
#[allow(clippy::unnecessary_wraps)] // without either feature there is none
fn of_features() -> Option<Arc<CryptoProvider>> {
    #[cfg(feature = "aws-lc-rs")]
    return Some(Arc::new(::rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    return Some(Arc::new(::rustls::crypto::ring::default_provider()));
    #[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_lc_rs_comes_before_ring() {
        let kinds = of_features().map(|provider| {
            // ring has no key exchange that is safe from quantum computers.
            provider.kx_groups.iter().any(|group| group.name() == ::rustls::NamedGroup::X25519MLKEM768)
        });
        let (ring, aws_lc_rs) = (cfg!(feature = "ring"), cfg!(feature = "aws-lc-rs"));
        assert_eq!(kinds, (ring || aws_lc_rs).then_some(aws_lc_rs));
    }
}
