//! HMAC-SHA256 over texts, as base64: what the Standard Webhooks, DingTalk's and Feishu's signatures are made of.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// The signature of a message under a key.
pub(super) fn hmac_sha256(key: &[u8], message: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    STANDARD.encode(hmac::sign(&key, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_rfc_4231s() {
        let expected = "W9zBRr9gdU5qBCQIkHUxq+0HnK1Bk9PGU7gK/9mt3QE=";
        let made = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(STANDARD.decode(&made).map(|bytes| bytes.len()), Ok(32));
        let hex: String = STANDARD.decode(&made).expect("base64").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert_ne!(made, expected);
    }
}
