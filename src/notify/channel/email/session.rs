//! Commands to a mail server, and its replies.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ClientConfig;
use yujing_base::escape;

use super::stream::Stream;
use crate::config::EmailLogin;

/// Lines of one reply.
const MOST_LINES: usize = 64;
/// The most characters of a reply that are shown.
const LONGEST_WORDS: usize = 200;

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SmtpError {
    /// Another try may go better: the server is away, or asks for another time, or does not let us in.
    Broken(String),
    /// The server will never take this mail, or not for all mailboxes.
    Refused(String),
}

impl SmtpError {
    pub(super) fn broken(reason: &str) -> Self {
        Self::Broken(reason.to_owned())
    }
}

/// A conversation.
#[derive(Debug)]
pub(super) struct SmtpSession {
    stream: Stream,
    /// What the server offers.
    offers: Vec<String>,
}

/// What the server said.
#[derive(Debug)]
struct Reply {
    code: u16,
    lines: Vec<String>,
}

impl Reply {
    fn words(&self) -> String {
        let text: String = self.lines.join(" ").chars().take(LONGEST_WORDS).collect();
        format!("answers {} ({})", self.code, escape::line(&text))
    }

    fn is_good(&self) -> bool {
        (200..400).contains(&self.code)
    }
}

impl SmtpSession {
    /// Hears the greeting, and introduces itself.
    pub(super) fn greet(stream: Stream) -> Result<Self, SmtpError> {
        let mut session = Self { stream, offers: Vec::new() };
        session.expect_reply()?;
        session.introduce()?;
        Ok(session)
    }

    fn introduce(&mut self) -> Result<(), SmtpError> {
        let command = format!("EHLO {}", self.stream.own_address());
        let reply = self.command(&command)?;
        self.offers = reply.lines.iter().map(|line| line.to_ascii_uppercase()).collect();
        Ok(())
    }

    /// The same conversation within TLS; a server that does not offer it gets nothing.
    pub(super) fn secured(mut self, host: &str, config: &Arc<ClientConfig>) -> Result<Self, SmtpError> {
        if !self.offers.iter().any(|offer| offer == "STARTTLS") {
            return Err(SmtpError::broken("does not offer TLS (STARTTLS)"));
        }
        self.command("STARTTLS")?;
        let mut session = Self { stream: self.stream.secured(host, config)?, offers: Vec::new() };
        session.introduce()?;
        Ok(session)
    }

    pub(super) fn sign_in(&mut self, login: &EmailLogin) -> Result<(), SmtpError> {
        let plain = format!("\0{}\0{}", login.username, login.password.expose());
        self.command(&format!("AUTH PLAIN {}", STANDARD.encode(plain))).map(drop)
    }

    /// Sends one mail. If the server takes it for some mailboxes only, these have it, and the mail counts as refused:
    /// no receipt may say that all were told.
    pub(super) fn send(&mut self, from: &str, to: &[String], mail: &str) -> Result<(), SmtpError> {
        self.command(&format!("MAIL FROM:<{from}>"))?;
        let mut refused = Vec::new();
        for mailbox in to {
            let reply = self.ask(&format!("RCPT TO:<{mailbox}>"))?;
            match reply.code {
                250..=259 => {}
                500..=599 => refused.push(format!("<{mailbox}> {}", reply.words())),
                _ => return Err(SmtpError::Broken(reply.words())),
            }
        }
        if refused.len() < to.len() {
            self.command("DATA")?;
            self.stream.write(mail.as_bytes())?;
            let reply = self.ask("\r\n.")?;
            match reply.code {
                250..=259 => {}
                500..=599 => return Err(SmtpError::Refused(reply.words())),
                _ => return Err(SmtpError::Broken(reply.words())),
            }
        }
        // The mail is taken; how the server says good-bye changes nothing.
        let _ = self.ask("QUIT");
        if refused.is_empty() { Ok(()) } else { Err(SmtpError::Refused(refused.join("; "))) }
    }

    /// A command that the server has to take.
    fn command(&mut self, command: &str) -> Result<Reply, SmtpError> {
        self.stream.write(format!("{command}\r\n").as_bytes())?;
        self.expect_reply()
    }

    fn expect_reply(&mut self) -> Result<Reply, SmtpError> {
        let reply = self.reply()?;
        if reply.is_good() { Ok(reply) } else { Err(SmtpError::Broken(reply.words())) }
    }

    fn ask(&mut self, command: &str) -> Result<Reply, SmtpError> {
        self.stream.write(format!("{command}\r\n").as_bytes())?;
        self.reply()
    }

    fn reply(&mut self) -> Result<Reply, SmtpError> {
        let mut lines = Vec::new();
        while lines.len() < MOST_LINES {
            let line = self.stream.line()?;
            let code = line.get(..3).and_then(|code| code.parse().ok());
            let Some(code) = code else { return Err(SmtpError::broken("does not speak SMTP")) };
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(Reply { code, lines });
            }
        }
        Err(SmtpError::broken("answers without an end"))
    }
}
