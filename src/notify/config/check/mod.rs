//! What no type can say: limits, names that must exist, and which keys go with which kind of channel.
//!
//! - here: routes, and what all checks share
//! - `channel`, `email`: one channel

mod channel;
mod email;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use jiff::SignedDuration;
use toml::Spanned;
use yujing_base::diagnostic::suggest::did_you_mean;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};
use yujing_config::property;

use super::raw::{RawChannel, RawFile, RawRetry, RawRoute};
use super::route::PostPattern;
use super::{ChannelConfig, ChannelName, NotifyConfig, RetryPolicy, Route, Url};

/// Each channel has series of its own in the metrics.
const MOST_CHANNELS: usize = 1_000;
/// Of a channel's name: it is a label.
const LONGEST_NAME: usize = 64;
const USUAL_RETRY: RetryPolicy = RetryPolicy {
    first: SignedDuration::from_secs(1),
    longest: SignedDuration::from_mins(5),
    give_up_after: SignedDuration::from_hours(24),
};

/// The file, checked; `shown` is its text without secrets.
pub(super) fn check(path: &Path, shown: &str, raw: RawFile) -> Result<NotifyConfig, Diagnostics> {
    let mut check = Check { path, shown, found: Diagnostics::default() };
    let channels = check.channels(&raw.channels);
    let names: Vec<&str> = raw.channels.keys().map(String::as_str).collect();
    let routes = raw.routes.iter().map(|route| check.route(route, &names)).collect();
    let default = check.listed(raw.default.get_ref(), raw.default.span(), &names);
    if raw.default.get_ref().is_empty() {
        let message = Bilingual::new("`default` 没有列出任何渠道", "`default` names no channel");
        let help = Bilingual::new(
            "至少写一个：没有单独路由的岗位经此通知，否则无人知悉",
            "name one at least: posts without a route are told through it, and nobody would be",
        );
        check.report("notify/nobody-told", raw.default.span(), message, help);
    }
    let always = raw.always.map_or_else(Vec::new, |always| check.listed(always.get_ref(), always.span(), &names));
    let retry = raw.retry.map_or(USUAL_RETRY, |retry| check.retry(&retry));
    let proxy = raw.proxy.and_then(|proxy| check.url("proxy", proxy.get_ref(), &proxy.span()));
    if let Some(link) = &raw.link {
        check.link(link);
    }
    let link = raw.link.map(Spanned::into_inner);
    check.found.into_result(NotifyConfig { link, proxy, retry, channels, routes, default, always })
}

/// A check under way.
struct Check<'a> {
    path: &'a Path,
    shown: &'a str,
    found: Diagnostics,
}

impl Check<'_> {
    fn report(&mut self, code: &'static str, span: Range<usize>, message: Bilingual, help: Bilingual) {
        // A table is shown by its first line.
        let line_end = self.shown.get(span.start..).and_then(|rest| rest.find('\n')).map(|end| span.start + end);
        let span = span.start..line_end.map_or(span.end, |end| end.min(span.end));
        self.found.push(Diagnostic::at(code, self.path, self.shown, span, message).with_help(help));
    }

    fn channels(&mut self, raw: &BTreeMap<String, Spanned<RawChannel>>) -> BTreeMap<ChannelName, ChannelConfig> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let mut channels = BTreeMap::new();
        for (name, channel) in raw {
            if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(is_plain) {
                let message = say!("渠道名称 `{name}` 不符合要求", "`{name}` cannot be the name of a channel");
                let help = Bilingual::new(
                    "只用小写字母、数字和 `-`，不超过64个字符",
                    "use lower-case letters, digits and `-`, at most 64 of them",
                );
                self.report("notify/channel-name", channel.span(), message, help);
            }
            if let Some(checked) = self.channel(channel) {
                channels.insert(name.as_str().into(), checked);
            }
        }
        if raw.len() > MOST_CHANNELS {
            let message = say!("渠道超过{MOST_CHANNELS}个", "there are more than {MOST_CHANNELS} channels");
            let help = Bilingual::new("请合并", "put some together");
            self.report("notify/out-of-range", 0..0, message, help);
        }
        channels
    }

    fn route(&mut self, spanned: &Spanned<RawRoute>, names: &[&str]) -> Route {
        let (raw, span) = (spanned.get_ref(), spanned.span());
        let mut posts = Vec::new();
        for text in &raw.posts {
            match PostPattern::parse(text) {
                Some(pattern) => posts.push(pattern),
                None => {
                    let message = say!("`{text}` 不能用作岗位", "`{text}` fits no post");
                    let help = Bilingual::new(
                        "写岗位编号，或者以 `*` 结尾的前缀，如 grid/*",
                        "write the id of a post, or its beginning with a star at the end: grid/*",
                    );
                    self.report("notify/post", span.clone(), message, help);
                }
            }
        }
        let channels = self.listed(&raw.channels, span, names);
        Route { posts, least_level: raw.least_level, steps: raw.steps.clone(), channels }
    }

    /// Channels that exist.
    fn listed(&mut self, given: &[String], span: Range<usize>, names: &[&str]) -> Vec<ChannelName> {
        for name in given.iter().filter(|name| !names.contains(&name.as_str())) {
            let message = say!("没有名为 `{name}` 的渠道", "there is no channel `{name}`");
            let help = did_you_mean(name, names.iter().copied()).unwrap_or_else(in_the_example);
            self.report("notify/unknown-channel", span.clone(), message, help);
        }
        given.iter().map(|name| name.as_str().into()).collect()
    }

    fn retry(&mut self, spanned: &Spanned<RawRetry>) -> RetryPolicy {
        let (raw, span) = (spanned.get_ref(), spanned.span());
        let policy = RetryPolicy {
            first: raw.first.unwrap_or(USUAL_RETRY.first),
            longest: raw.longest.unwrap_or(USUAL_RETRY.longest),
            give_up_after: raw.give_up_after.unwrap_or(USUAL_RETRY.give_up_after),
        };
        let (hour, tenth) = (SignedDuration::from_hours(1), SignedDuration::from_millis(100));
        self.duration("first", policy.first, &(tenth..hour), &span);
        self.duration("longest", policy.longest, &(policy.first.max(tenth)..hour), &span);
        self.duration("give_up_after", policy.give_up_after, &(SignedDuration::from_secs(1)..hour * 24 * 30), &span);
        policy
    }

    fn duration(&mut self, key: &str, value: SignedDuration, bounds: &Range<SignedDuration>, span: &Range<usize>) {
        let (least, most) = (bounds.start, bounds.end);
        if value < least || value > most {
            let message = say!(
                "`{key}` 应在 {least:#} 至 {most:#} 之间，现为 {value:#}",
                "`{key}` must be from {least:#} to {most:#}, and is {value:#}"
            );
            self.report("notify/out-of-range", span.clone(), message, in_the_example());
        }
    }

    fn link(&mut self, link: &Spanned<String>) {
        if Url::parse(&link.get_ref().replace("{warning_id}", "x")).is_none() {
            let message = Bilingual::new("`link` 不是网址", "`link` is no address of a page");
            self.report("notify/address", link.span(), message, in_the_example());
        }
    }

    fn url(&mut self, key: &str, value: &str, span: &Range<usize>) -> Option<Url> {
        let url = self.resolved(key, value, span)?;
        let parsed = Url::parse(&url);
        if parsed.is_none() {
            let message = say!("`{key}` 不是网址", "`{key}` is no address of a server");
            let help = Bilingual::new(
                "以 http:// 或 https:// 开头，不含用户名和密码",
                "begin it with http:// or https://, without a user's name and password",
            );
            self.report("notify/address", span.clone(), message, help);
        }
        parsed
    }

    fn required(&mut self, key: &str, value: Option<&str>, span: &Range<usize>) -> Option<String> {
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        if value.is_none() {
            self.missing(key, span);
        }
        value.map(str::to_owned)
    }

    fn missing(&mut self, key: &str, span: &Range<usize>) {
        let message = say!("此渠道缺少 `{key}`", "this channel lacks `{key}`");
        self.report("notify/missing-key", span.clone(), message, in_the_example());
    }

    /// A value that may stand in a file or in the environment.
    fn resolved(&mut self, key: &str, value: &str, span: &Range<usize>) -> Option<String> {
        match property::resolve(value) {
            Ok(resolved) => Some(resolved.trim().to_owned()),
            Err(Bilingual { zh, en }) => {
                let help =
                    Bilingual::new("文件和变量应在启动之前备好", "files and variables must be there at the start");
                self.report("notify/secret", span.clone(), say!("`{key}` {zh}", "`{key}` {en}"), help);
                None
            }
        }
    }
}

fn in_the_example() -> Bilingual {
    Bilingual::new("写法见 deploy/notify.toml", "deploy/notify.toml shows how it is written")
}
