//! Passwords and tokens. A password is kept as its Argon2id hash, a token as its SHA-256: who reads the database can use
//! neither.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use ring::rand::{SecureRandom as _, SystemRandom};
use uuid::Uuid;

use crate::error::ConsoleError;

/// The shortest password, in characters.
pub const LEAST_PASSWORD: usize = 10;
/// The longest, in bytes: hashing it must not take long.
pub const MOST_PASSWORD_BYTES: usize = 1024;

/// Something that only its holder knows: 256 random bits.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub fn random() -> Result<Self, ConsoleError> {
        Ok(Self(URL_SAFE_NO_PAD.encode(random_bytes::<32>()?)))
    }

    /// What is given to its holder, safe in an address and in a header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is kept of a token.
pub fn token_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, token.as_bytes()))
}

/// A random id.
///
/// # Errors
/// If the system gives no random numbers.
pub fn random_id() -> Result<Uuid, ConsoleError> {
    Ok(uuid::Builder::from_random_bytes(random_bytes()?).into_uuid())
}

/// What is kept of a password: Argon2id with the crate's parameters (19 MiB, 2 passes), which OWASP recommends.
///
/// # Errors
/// If the system gives no random numbers or no memory.
pub fn hash_password(password: &str) -> Result<String, ConsoleError> {
    let salt: [u8; 16] = random_bytes()?;
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|error| ConsoleError::Password(error.to_string()))
}

/// Whether it is the password of a hash. An account that is not there takes as long: it is compared with
/// [`NOBODYS_HASH`].
pub fn is_password(password: &str, hash: &str) -> bool {
    password.len() <= MOST_PASSWORD_BYTES && Argon2::default().verify_password(password.as_bytes(), hash).is_ok()
}

/// The hash of a password that nobody knows.
pub const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn random_bytes<const N: usize>() -> Result<[u8; N], ConsoleError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| ConsoleError::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_is_taken() {
        let hash = hash_password("正确的马 电池 订书钉").expect("hashed");
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(is_password("正确的马 电池 订书钉", &hash));
        for other in ["", "正确的马", "正确的马 电池 订书钉 "] {
            assert!(!is_password(other, &hash), "{other}");
        }
        assert!(!is_password("x", NOBODYS_HASH) && !is_password("x", "no hash"));
        assert!(NOBODYS_HASH.parse::<String>().is_ok_and(|hash| hash.matches('$').count() == 5));
    }

    #[test]
    fn tokens_differ_and_are_shown_to_nobody() {
        let (one, other) = (Token::random().expect("a token"), Token::random().expect("a token"));
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), 43);
        assert!(!format!("{one:?}").contains(one.as_str()));
        assert_ne!(token_hash(one.as_str()), one.as_str());
    }
}
