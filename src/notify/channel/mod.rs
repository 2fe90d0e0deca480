//! How each kind of channel is spoken to: one try of one delivery, and what came of it.
//!
//! - here: a channel of any kind
//! - [`message`]: what people read
//! - `cloud_event`, `wecom`, `dingtalk`, `feishu`: over HTTP; `robot`: how robots answer
//! - [`http`]: one request, its redirects and its answer; `signature`: HMAC
//! - `email`: over SMTP; `tls`: whom we trust

mod cloud_event;
mod dingtalk;
mod email;
mod feishu;
pub mod http;
pub mod message;
mod robot;
mod signature;
mod tls;
mod wecom;

use jiff::Timestamp;

use self::email::EmailChannel;
use self::http::HttpClient;
use self::message::Message;
use self::tls::Trust;
use crate::config::{ChannelConfig, ChannelKind, Secret, Url};
use crate::error::NotifyError;
use crate::queue::{Attempt, Outcome};

/// What all channels share.
#[derive(Debug)]
pub struct Surroundings {
    trust: Trust,
    proxy: Option<Url>,
    link: Option<String>,
}

impl Surroundings {
    /// Reads the certificates that this machine trusts.
    pub fn new(proxy: Option<Url>, link: Option<String>) -> Self {
        Self { trust: Trust::of_this_machine(), proxy, link }
    }
}

/// A channel that can be sent through.
#[derive(Debug)]
pub struct Channel {
    wire: Wire,
    style: message::Style,
}

#[derive(Debug)]
enum Wire {
    CloudEvents { http: HttpClient, url: Url, secret: Option<Secret> },
    WeCom { http: HttpClient, url: Url },
    DingTalk { http: HttpClient, url: Url, secret: Option<Secret> },
    Feishu { http: HttpClient, url: Url, secret: Option<Secret> },
    Email(EmailChannel),
}

impl Channel {
    /// Connects to nothing.
    ///
    /// # Errors
    /// If the proxy's address cannot be used.
    pub fn new(config: &ChannelConfig, around: &Surroundings) -> Result<Self, NotifyError> {
        let http = || HttpClient::new(config.timeout, &around.trust, around.proxy.as_ref());
        let wire = match config.kind.clone() {
            ChannelKind::CloudEvents { url, secret } => Wire::CloudEvents { http: http()?, url, secret },
            ChannelKind::WeCom { url } => Wire::WeCom { http: http()?, url },
            ChannelKind::DingTalk { url, secret } => Wire::DingTalk { http: http()?, url, secret },
            ChannelKind::Feishu { url, secret } => Wire::Feishu { http: http()?, url, secret },
            ChannelKind::Email(email) => Wire::Email(EmailChannel::new(email, config.timeout, &around.trust)),
        };
        Ok(Self { wire, style: message::Style { language: config.language, link: around.link.clone() } })
    }

    /// Makes one try. Blocks for no longer than the channel's timeout.
    pub fn send(&self, attempt: &Attempt, now: Timestamp) -> Outcome {
        let Attempt { letter, delivery, .. } = attempt;
        let message = || Message::new(&letter.notice, delivery, &self.style);
        let sent = match &self.wire {
            Wire::CloudEvents { http, url, secret } => cloud_event::send(http, url, secret.as_ref(), letter, now),
            Wire::WeCom { http, url } => wecom::send(http, url, &message(), now),
            Wire::DingTalk { http, url, secret } => dingtalk::send(http, url, secret.as_ref(), &message(), now),
            Wire::Feishu { http, url, secret } => feishu::send(http, url, secret.as_ref(), &message(), now),
            Wire::Email(email) => email.send(delivery, &message(), now),
        };
        sent.err().unwrap_or(Outcome::Delivered)
    }
}

/// Nothing, or how the try ended otherwise.
type Sent = Result<(), Outcome>;

/// A failure after which the lane takes its own pause.
fn failed(reason: impl Into<String>) -> Outcome {
    Outcome::Failed { reason: reason.into(), pause: None }
}
