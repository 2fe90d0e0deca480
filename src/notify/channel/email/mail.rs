//! A mail as it is sent (RFC 5322, MIME): plain text in UTF-8.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use uuid::Uuid;

/// Bytes of a subject in one encoded word (RFC 2047: 75 characters with its frame).
const WORD_BYTES: usize = 42;
/// Characters of a line of base64.
const LINE: usize = 76;

/// One mail.
#[derive(Debug)]
pub(super) struct Mail<'a> {
    /// The same whenever it is sent: programs show a mail that came twice once.
    pub(super) id: Uuid,
    pub(super) from: &'a str,
    pub(super) to: &'a [String],
    pub(super) subject: &'a str,
    pub(super) text: &'a str,
    pub(super) at: Timestamp,
}

impl fmt::Display for Mail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.at.strftime("%a, %d %b %Y %H:%M:%S +0000");
        write!(f, "Date: {date}\r\nFrom: <{}>\r\n", self.from)?;
        let to: Vec<String> = self.to.iter().map(|mailbox| format!("<{mailbox}>")).collect();
        write!(f, "To: {}\r\nSubject: {}\r\n", to.join(",\r\n "), encoded_words(self.subject))?;
        write!(f, "Message-ID: <{}@yujing-notify>\r\nAuto-Submitted: auto-generated\r\n", self.id)?;
        f.write_str("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n")?;
        f.write_str("Content-Transfer-Encoding: base64\r\n\r\n")?;
        let body = STANDARD.encode(self.text.replace('\n', "\r\n"));
        for line in body.as_bytes().chunks(LINE) {
            write!(f, "{}\r\n", String::from_utf8_lossy(line))?;
        }
        Ok(())
    }
}

/// A text in a header, in words that end with characters.
fn encoded_words(text: &str) -> String {
    let mut words = vec![String::new()];
    for character in text.chars() {
        if words.last().is_some_and(|word| word.len() + character.len_utf8() > WORD_BYTES) {
            words.push(String::new());
        }
        words.last_mut().expect("invariant: there is one").push(character);
    }
    let encoded: Vec<_> = words.iter().map(|word| format!("=?UTF-8?B?{}?=", STANDARD.encode(word))).collect();
    encoded.join("\r\n ")
}
