//! The nonce of a request: 16 random bytes (RFC 6455 §4.1).

use std::array::IntoIter;
use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};

type Nonce = [u8; 16];

/// How many nonces one call of the system makes.
const AT_ONCE: usize = 16;

thread_local! {
    /// Nonces that were made and not used. A nonce is no secret: it tells a response from one that a cache has kept.
    static UNUSED: RefCell<Option<IntoIter<Nonce, { AT_ONCE - 1 }>>> = const { RefCell::new(None) };
}

/// Returns a nonce that was not used before.
pub(super) fn nonce() -> Nonce {
    // The thread may be about to end, and have no place for unused ones any more.
    UNUSED.try_with(|unused| next(&mut unused.borrow_mut())).unwrap_or_else(|_| next(&mut None))
}

fn next(unused: &mut Option<IntoIter<Nonce, { AT_ONCE - 1 }>>) -> Nonce {
    if let Some(nonce) = unused.as_mut().and_then(Iterator::next) {
        return nonce;
    }
    let mut nonces = [Nonce::default(); AT_ONCE];
    if getrandom::fill(nonces.as_flattened_mut()).is_err() {
        hashed(nonces.as_flattened_mut());
    }
    let [first, rest @ ..] = nonces;
    *unused = Some(rest.into_iter());
    first
}

/// Fills bytes by the hashers of std, each of which has keys of its own. It is for a system that gives no random
/// bytes.
fn hashed(bytes: &mut [u8]) {
    for piece in bytes.chunks_mut(8) {
        let hash = RandomState::new().hash_one(0).to_ne_bytes();
        piece.iter_mut().zip(hash).for_each(|(byte, hash)| *byte = hash);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::thread;

    use super::*;

    #[test]
    fn none_comes_twice() {
        let some = || (0..=5 * AT_ONCE).map(|_| nonce()).collect::<Vec<_>>();
        let threads = [(); 3].map(|()| thread::spawn(some));
        let all = threads.map(|thread| thread.join().expect("no panic")).concat();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        // Each byte has many values: none is left out.
        for place in 0..16 {
            let values: BTreeSet<u8> = all.iter().map(|nonce| nonce[place]).collect();
            assert!(values.len() > 50, "{place}: {values:?}");
        }
    }

    #[test]
    fn nor_where_the_system_gives_none() {
        let mut bytes = [0; 16 * 100];
        hashed(&mut bytes);
        let nonces: BTreeSet<_> = bytes.chunks(16).collect();
        assert_eq!(nonces.len(), 100);
    }
}
