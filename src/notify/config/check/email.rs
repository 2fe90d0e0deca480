//! Mailboxes and the server that they are reached through.

use std::ops::Range;

use yujing_base::language::{Bilingual, say};

use super::Check;
use crate::config::raw::RawChannel;
use crate::config::{EmailConfig, EmailLogin, EmailSecurity, Secret};

impl Check<'_> {
    pub(super) fn email(&mut self, raw: &RawChannel, span: &Range<usize>) -> Option<EmailConfig> {
        let host = self.required("host", raw.host.as_deref(), span);
        let from = self.required("from", raw.from.as_deref(), span);
        let to = raw.to.clone().unwrap_or_default();
        if to.is_empty() {
            self.missing("to", span);
        }
        for address in from.iter().chain(&to).filter(|address| !is_mailbox(address)) {
            let message = say!("`{address}` 不是邮箱地址", "`{address}` is no mail address");
            let help =
                Bilingual::new("写法如 duty@example.cn，不带姓名", "write it like duty@example.cn, without a name");
            self.report("notify/address", span.clone(), message, help);
        }
        let security = raw.security.unwrap_or(EmailSecurity::Tls);
        let usual_port = match security {
            EmailSecurity::Tls => 465,
            EmailSecurity::Starttls => 587,
            EmailSecurity::None => 25,
        };
        let login = match (&raw.username, &raw.password) {
            (Some(username), Some(password)) => {
                let password = self.resolved("password", password, span).map(Secret::new);
                password.map(|password| EmailLogin { username: username.clone(), password })
            }
            (None, None) => None,
            (Some(_), None) => {
                self.missing("password", span);
                None
            }
            (None, Some(_)) => {
                self.missing("username", span);
                None
            }
        };
        if security == EmailSecurity::None && login.is_some() {
            let message = Bilingual::new(
                "未加密的连接不得发送密码",
                "a password must not be sent over a connection that is not encrypted",
            );
            let help = Bilingual::new("将 `security` 设为 tls 或 starttls", "set `security` to tls or starttls");
            self.report("notify/secret", span.clone(), message, help);
        }
        Some(EmailConfig { host: host?, port: raw.port.unwrap_or(usual_port), security, login, from: from?, to })
    }
}

/// Whether a text is an address that fits into a mail's commands and headers as it is.
fn is_mailbox(address: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | ',' | ';' | ':' | '"' | '(' | ')' | '\\');
    let parts = address.split_once('@');
    parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && address.chars().all(is_plain)
        && address.len() <= 254
}
