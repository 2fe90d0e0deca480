//! Mailboxes: one mail an event, by SMTP (RFC 5321) with TLS.
//!
//! - here: one delivery
//! - `session`: commands and replies; `stream`: the connection, which has a deadline; `mail`: what is sent

mod mail;
mod session;
mod stream;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustls::ClientConfig;

use self::mail::Mail;
use self::session::{SmtpError, SmtpSession};
use self::stream::Stream;
use super::message::Message;
use super::tls::Trust;
use super::{Sent, failed};
use crate::config::{EmailConfig, EmailSecurity};
use crate::delivery::Delivery;
use crate::queue::Outcome;

/// Mailboxes behind one server.
#[derive(Debug)]
pub(super) struct EmailChannel {
    config: EmailConfig,
    timeout: Duration,
    tls: Arc<ClientConfig>,
}

impl EmailChannel {
    pub(super) fn new(config: EmailConfig, timeout: Duration, trust: &Trust) -> Self {
        Self { config, timeout, tls: trust.for_mail() }
    }

    pub(super) fn send(&self, delivery: &Delivery, message: &Message, now: Timestamp) -> Sent {
        let EmailConfig { host, port, from, to, .. } = &self.config;
        let mail = Mail { id: delivery.id, from, to, subject: &message.title, text: &message.text(), at: now };
        self.converse(&mail.to_string()).map_err(|error| match error {
            SmtpError::Broken(reason) => failed(format!("{host}:{port} {reason}")),
            SmtpError::Refused(reason) => Outcome::Refused { reason: format!("{host}:{port} {reason}") },
        })
    }

    fn converse(&self, mail: &str) -> Result<(), SmtpError> {
        let EmailConfig { host, port, security, login, from, to } = &self.config;
        let stream = Stream::connect(host, *port, Instant::now() + self.timeout)?;
        let mut session = match security {
            EmailSecurity::Tls => SmtpSession::greet(stream.secured(host, &self.tls)?)?,
            EmailSecurity::Starttls => SmtpSession::greet(stream)?.secured(host, &self.tls)?,
            EmailSecurity::None => SmtpSession::greet(stream)?,
        };
        if let Some(login) = login {
            session.sign_in(login)?;
        }
        session.send(from, to, mail)
    }
}

#[cfg(test)]
#[path = "email_tests.rs"]
mod tests;

#[cfg(test)]
mod tls_tests;
