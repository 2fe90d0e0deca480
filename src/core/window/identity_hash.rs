//! An [`Identity`](crate::source::Identity) is a hash already: hashing it again would only cost time.

use std::hash::{BuildHasherDefault, Hasher};

/// For maps keyed by identity.
pub(super) type IdentityHash = BuildHasherDefault<IdentityHasher>;

/// Takes the low half of an identity for its hash.
#[derive(Debug, Default)]
pub(super) struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    #[expect(clippy::cast_possible_truncation, reason = "the low half of a hash is a hash")]
    fn write_u128(&mut self, identity: u128) {
        self.0 = identity as u64;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
}
