//! The file of `yujing notify` (`deploy/notify.toml`): channels, and which post is reached through which of them.
//!
//! - here: what it says, checked
//! - `raw`: its keys; `check`: what no type can say
//! - [`secret`]: values that are never shown
//! - [`route`]: which events of which posts go where

mod check;
mod raw;
pub mod route;
pub mod secret;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use yujing_base::diagnostic::text::MAX_TOML_BYTES;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::files;
use yujing_base::language::{Bilingual, Language, say};

pub use route::Route;
pub use secret::{Secret, Url};

/// The name of a channel: a label of metrics, and part of what a receipt is known by.
pub type ChannelName = Arc<str>;

/// Everything that the file says.
#[derive(Debug, Clone)]
pub struct NotifyConfig {
    /// A page about a warning, with `{warning_id}` in it; stands at the end of messages for people.
    pub link: Option<String>,
    /// Through which HTTP proxy servers outside are reached.
    pub proxy: Option<Url>,
    pub retry: RetryPolicy,
    pub channels: BTreeMap<ChannelName, ChannelConfig>,
    /// The first that fits decides.
    pub routes: Vec<Route>,
    /// Where events go whose post has no route of its own, and those that concern no post.
    pub default: Vec<ChannelName>,
    /// Channels that get every event, whomever it concerns.
    pub always: Vec<ChannelName>,
}

/// How long a delivery is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The pause after the first try that failed. Each further one is twice as long.
    pub first: SignedDuration,
    /// The longest pause.
    pub longest: SignedDuration,
    /// For how long a delivery is tried before it goes to the dead letters, counted from when this process read it.
    pub give_up_after: SignedDuration,
}

/// One channel.
#[derive(Debug, Clone)]
pub struct ChannelConfig {
    pub kind: ChannelKind,
    /// Of messages for people.
    pub language: Language,
    /// How many messages the far side takes in a minute.
    pub per_minute: Option<u32>,
    /// How long one try may take.
    pub timeout: Duration,
}

/// What a channel speaks to.
#[derive(Debug, Clone)]
pub enum ChannelKind {
    /// Another system: the event as it is on the topic, as a CloudEvent in binary mode.
    CloudEvents { url: Url, secret: Option<Secret> },
    /// A group robot of WeCom (企业微信).
    WeCom { url: Url },
    /// A group robot of DingTalk (钉钉).
    DingTalk { url: Url, secret: Option<Secret> },
    /// A group robot of Feishu (飞书).
    Feishu { url: Url, secret: Option<Secret> },
    /// Mailboxes.
    Email(EmailConfig),
}

/// How mail is sent, and to whom.
#[derive(Debug, Clone)]
pub struct EmailConfig {
    pub host: String,
    pub port: u16,
    pub security: EmailSecurity,
    /// Who signs in, and with what; without it the server takes mail from this machine.
    pub login: Option<EmailLogin>,
    pub from: String,
    pub to: Vec<String>,
}

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EmailSecurity {
    /// TLS from the first byte, usually port 465.
    Tls,
    /// TLS after the greeting, usually port 587. A server that does not offer it gets nothing.
    Starttls,
    /// None: for a server on this machine or in a network of its own.
    None,
}

/// An account of a mail server.
#[derive(Debug, Clone)]
pub struct EmailLogin {
    pub username: String,
    pub password: Secret,
}

impl ChannelKind {
    /// Its name in the file.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::CloudEvents { .. } => "cloudevents",
            Self::WeCom { .. } => "wecom",
            Self::DingTalk { .. } => "dingtalk",
            Self::Feishu { .. } => "feishu",
            Self::Email(_) => "email",
        }
    }
}

impl NotifyConfig {
    /// Reads and checks the file, and what it names by `file:` and `env:`.
    ///
    /// # Errors
    /// Every problem, with its place. No address, secret or password is shown.
    pub fn load(path: &Path) -> Result<Self, Diagnostics> {
        let text = files::text(path, MAX_TOML_BYTES).map_err(|refused| {
            let Bilingual { zh, en } = refused.reason();
            let message = say!("通知配置文件无法读取：{zh}", "the file of notifications cannot be read: {en}");
            Diagnostic::file("notify/unreadable", path, message).with_help(Bilingual::new(
                "在 yujing.toml 中以 `notify.file` 指定，写法见 deploy/notify.toml",
                "`notify.file` in yujing.toml names it; deploy/notify.toml shows its form",
            ))
        })?;
        Self::read(path, &text)
    }

    /// As [`NotifyConfig::load`] of a file with this text.
    ///
    /// # Errors
    /// As [`NotifyConfig::load`].
    pub fn read(path: &Path, text: &str) -> Result<Self, Diagnostics> {
        let shown = secret::masked(text);
        let raw = raw::parse(path, text, &shown)?;
        check::check(path, &shown, raw)
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
