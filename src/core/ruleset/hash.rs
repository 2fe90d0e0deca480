//! The name of a ruleset: a hash of its content.

use sha2::{Digest as _, Sha256};
use yujing_base::digest::hex;

use super::Files;

/// The hash of a ruleset of these files: each path and content behind its length, so that no two rulesets collide by
/// concatenation. SHA-256 in hex.
pub fn content_hash(files: &Files) -> String {
    let mut hasher = Sha256::new();
    for part in files.iter().flat_map(|(path, text)| [path, text]) {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hex(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_tells_a_path_from_a_content() {
        let one = Files::from([("ab".to_owned(), "c".to_owned())]);
        let other = Files::from([("a".to_owned(), "bc".to_owned())]);
        assert_ne!(content_hash(&one), content_hash(&other));
        assert_eq!(content_hash(&one).len(), 64);
    }
}
