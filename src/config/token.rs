//! Where bearer tokens are read from. A token never stands in the configuration itself: `file:PATH` and `env:NAME` say
//! where it does, `sha256:HEX` is what it is checked by.

use yujing_base::language::{Bilingual, say};

use super::property::resolve;

/// The shortest token, in bytes: 128 random bits in hex. A shorter one can be guessed.
pub const SHORTEST: usize = 32;

/// Where a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource<'a> {
    /// In a file or an environment variable, with its prefix.
    Elsewhere(&'a str),
    Hash([u8; 32]),
}

/// A token, or its SHA-256 hash.
#[derive(Clone, PartialEq, Eq)]
pub enum Token {
    Text(String),
    Hash([u8; 32]),
}

/// What a token is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenUse {
    /// Others show it: its hash is enough.
    Checked,
    /// It is shown to another server.
    Shown,
}

/// Tokens are secrets.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

impl<'a> TokenSource<'a> {
    /// # Errors
    /// The end of a sentence that begins with what the token is of. It does not repeat the value, which may be a token.
    pub fn parse(value: &'a str) -> Result<Self, Bilingual> {
        if value.starts_with("file:") || value.starts_with("env:") {
            return Ok(Self::Elsewhere(value));
        }
        value.strip_prefix("sha256:").and_then(unhex).map(Self::Hash).ok_or_else(|| {
            Bilingual::new(
                "应写为 file:路径、env:变量名，或 sha256: 加64位十六进制数；令牌本身不写在配置中",
                "must be file:PATH, env:NAME, or sha256: with 64 digits in hex; the token itself does not stand here",
            )
        })
    }

    /// Reads it.
    ///
    /// # Errors
    /// As [`TokenSource::parse`]: if it cannot be read, is too short, cannot stand in a header, or only its hash is known and
    /// it is to be shown.
    pub fn load(&self, needed: TokenUse) -> Result<Token, Bilingual> {
        let text = match self {
            Self::Hash(hash) if needed == TokenUse::Checked => return Ok(Token::Hash(*hash)),
            Self::Hash(_) => {
                return Err(Bilingual::new(
                    "要出示给对方，不能只有 sha256",
                    "is shown to another server: its hash is not enough",
                ));
            }
            Self::Elsewhere(value) => resolve(value)?,
        };
        if text.len() < SHORTEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(say!(
                "应为至少{SHORTEST}个可见 ASCII 字符，例如 `openssl rand -hex 32` 的输出",
                "must be at least {SHORTEST} visible ASCII characters, such as `openssl rand -hex 32` prints"
            ));
        }
        Ok(Token::Text(text))
    }
}

/// The token that is shown to another server; none where none is configured.
///
/// # Errors
/// The end of a sentence that begins with what the token is of.
pub fn shown(value: &str) -> Result<Option<String>, Bilingual> {
    if value.is_empty() {
        return Ok(None);
    }
    match TokenSource::parse(value)?.load(TokenUse::Shown)? {
        Token::Text(text) => Ok(Some(text)),
        Token::Hash(_) => unreachable!("invariant: what is shown is no hash"),
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(16 * high? + low?).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stands_in_a_file_or_a_variable_or_is_known_by_its_hash() {
        let folder = std::env::temp_dir().join(format!("yujing-token-{}", std::process::id()));
        let given = "0123456789abcdef0123456789abcdef";
        std::fs::write(&folder, format!("{given}\n")).expect("written");
        let file = format!("file:{}", folder.display());
        assert_eq!(shown(&file).ok().flatten().as_deref(), Some(given));
        std::fs::write(&folder, "short\n").expect("written");
        assert!(shown(&file).is_err_and(|reason| reason.en.contains("at least 32")));
        std::fs::write(&folder, format!("{given} with spaces")).expect("written");
        assert!(shown(&file).is_err());
        std::fs::remove_file(&folder).expect("removed");
        assert!(shown(&file).is_err());
        let hash = format!("sha256:{}", "0f".repeat(32));
        assert_eq!(TokenSource::parse(&hash), Ok(TokenSource::Hash([15; 32])));
        assert!(shown(&hash).is_err_and(|reason| reason.en.contains("not enough")));
        assert_eq!(shown(""), Ok(None));
    }

    #[test]
    fn a_token_in_the_configuration_is_refused_and_not_repeated() {
        for value in
            ["0123456789abcdef0123456789abcdef", "sha256:12", "sha256:+f", &format!("sha256:{}", "é".repeat(32))]
        {
            let reason = TokenSource::parse(value).expect_err("it is none of the three");
            assert!(!reason.en.contains(value) && !reason.zh.contains(value));
        }
    }
}
