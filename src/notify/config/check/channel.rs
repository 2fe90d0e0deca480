//! One channel: which keys go with its kind, and what they may say.

use std::ops::Range;

use jiff::SignedDuration;
use toml::Spanned;
use yujing_base::language::{Bilingual, Language, say};

use super::{Check, in_the_example};
use crate::config::raw::{RawChannel, RawKind, RawLanguage};
use crate::config::{ChannelConfig, ChannelKind, Secret, Url};

/// A shorter key could be found by trying.
const SHORTEST_SECRET: usize = 16;
/// The most messages in a minute that a channel may be set to.
const MOST_PER_MINUTE: u32 = 6_000;
/// How long one try may take, unless the file says otherwise.
const USUAL_TIMEOUT: SignedDuration = SignedDuration::from_secs(10);

impl Check<'_> {
    pub(super) fn channel(&mut self, spanned: &Spanned<RawChannel>) -> Option<ChannelConfig> {
        let (raw, span) = (spanned.get_ref(), spanned.span());
        self.refuse_foreign_keys(raw, &span);
        let kind = self.kind(raw, &span);
        let timeout = raw.timeout.unwrap_or(USUAL_TIMEOUT);
        let seconds = SignedDuration::from_secs;
        self.duration("timeout", timeout, &(seconds(1)..seconds(60)), &span);
        if raw.per_minute.is_some_and(|count| !(1..=MOST_PER_MINUTE).contains(&count)) {
            let message =
                say!("`per_minute` 应在1至{MOST_PER_MINUTE}之间", "`per_minute` must be from 1 to {MOST_PER_MINUTE}");
            self.report("notify/out-of-range", span, message, in_the_example());
        }
        let language = match raw.language {
            Some(RawLanguage::En) => Language::En,
            Some(RawLanguage::Zh) | None => Language::Zh,
        };
        Some(ChannelConfig { kind: kind?, language, per_minute: raw.per_minute, timeout: timeout.unsigned_abs() })
    }

    fn kind(&mut self, raw: &RawChannel, span: &Range<usize>) -> Option<ChannelKind> {
        match raw.kind {
            RawKind::Email => self.email(raw, span).map(ChannelKind::Email),
            RawKind::Wecom => self.address(raw, span).map(|url| ChannelKind::WeCom { url }),
            RawKind::Cloudevents => self.signed(raw, span, |url, secret| ChannelKind::CloudEvents { url, secret }),
            RawKind::Dingtalk => self.signed(raw, span, |url, secret| ChannelKind::DingTalk { url, secret }),
            RawKind::Feishu => self.signed(raw, span, |url, secret| ChannelKind::Feishu { url, secret }),
        }
    }

    /// A kind whose messages may be signed.
    fn signed(
        &mut self,
        raw: &RawChannel,
        span: &Range<usize>,
        kind: impl FnOnce(Url, Option<Secret>) -> ChannelKind,
    ) -> Option<ChannelKind> {
        let (url, secret) = (self.address(raw, span), self.secret(raw, span));
        url.map(|url| kind(url, secret))
    }

    fn address(&mut self, raw: &RawChannel, span: &Range<usize>) -> Option<Url> {
        let url = self.required("url", raw.url.as_deref(), span)?;
        self.url("url", &url, span)
    }

    fn secret(&mut self, raw: &RawChannel, span: &Range<usize>) -> Option<Secret> {
        let secret = self.resolved("secret", raw.secret.as_deref()?, span)?;
        if secret.len() < SHORTEST_SECRET {
            let message =
                say!("`secret` 不足{SHORTEST_SECRET}个字符", "`secret` has less than {SHORTEST_SECRET} characters");
            let help = Bilingual::new("请换用足够长的密钥", "take a longer one");
            self.report("notify/secret", span.clone(), message, help);
        }
        Some(Secret::new(secret))
    }

    /// A key that the kind of channel does not have would be read as if it did something.
    fn refuse_foreign_keys(&mut self, raw: &RawChannel, span: &Range<usize>) {
        let is_email = raw.kind == RawKind::Email;
        let of_http = [("url", raw.url.is_some()), ("secret", raw.secret.is_some())];
        let of_email = [
            ("host", raw.host.is_some()),
            ("port", raw.port.is_some()),
            ("security", raw.security.is_some()),
            ("username", raw.username.is_some()),
            ("password", raw.password.is_some()),
            ("from", raw.from.is_some()),
            ("to", raw.to.is_some()),
        ];
        let mut foreign: Vec<&str> = Vec::new();
        let of_others: &[(&str, bool)] = if is_email { &of_http } else { &of_email };
        foreign.extend(of_others.iter().filter(|(_, given)| *given).map(|(key, _)| *key));
        if raw.kind == RawKind::Wecom && raw.secret.is_some() {
            foreign.push("secret");
        }
        for key in foreign {
            let message = say!("此类渠道没有 `{key}`", "this kind of channel has no `{key}`");
            self.report("notify/unknown-key", span.clone(), message, in_the_example());
        }
    }
}
