//! What no type can say: limits of numbers and durations, and properties that are not the file's to set.

use std::ops::RangeInclusive;

use axum::http::uri::Authority;
use jiff::SignedDuration;
use tracing_subscriber::EnvFilter;
use yujing_base::diagnostic::Diagnostics;
use yujing_base::language::{Bilingual, say};

use super::origin::Origins;
use super::token::TokenSource;
use super::{Clock, Config, Engine, bucket, property};

/// Every value that cannot work, at the place that set it.
pub fn check(config: &Config, origins: &Origins) -> Diagnostics {
    let mut check = Check { origins, found: Diagnostics::default() };
    check.texts(config);
    check.counts(config);
    check.durations(config);
    check.candidates(config);
    check.hosts(config);
    check.tokens(config);
    check.console(config);
    check.attachments(config);
    check.tls(config);
    check.oidc(config);
    check.log_filter(config);
    check.properties(config);
    check.found
}

/// A check under way.
struct Check<'a> {
    origins: &'a Origins,
    found: Diagnostics,
}

impl Check<'_> {
    /// The message goes on after the name of the key.
    fn refuse(&mut self, key: &[&str], message: Bilingual) {
        let (name, Bilingual { zh, en }) = (key.join("."), message);
        self.found.push(self.origins.problem("config/out-of-range", key, say!("`{name}` {zh}", "`{name}` {en}")));
    }

    fn texts(&mut self, config: &Config) {
        let texts: [(&[&str], &str); 8] = [
            (&["kafka", "bootstrap_servers"], &config.kafka.bootstrap_servers),
            (&["kafka", "group_id"], &config.kafka.group_id),
            (&["topics", "scores"], &config.topics.scores),
            (&["topics", "warnings"], &config.topics.warnings),
            (&["topics", "shadow_warnings"], &config.topics.shadow_warnings),
            (&["topics", "areas"], &config.topics.areas),
            (&["topics", "rulesets"], &config.topics.rulesets),
            (&["topics", "dead_letter_suffix"], &config.topics.dead_letter_suffix),
        ];
        for (key, text) in texts {
            if text.trim().is_empty() {
                self.refuse(key, Bilingual::new("不得为空", "must not be empty"));
            }
        }
    }

    fn counts(&mut self, config: &Config) {
        let counts: [(&[&str], i64, i64, i64); 5] = [
            (&["topics", "partitions"], i64::from(config.topics.partitions), 1, 10_000),
            (&["topics", "replication_factor"], i64::from(config.topics.replication_factor), 1, 100),
            (&["engine", "max_batch_records"], count(config.engine.max_batch_records), 1, 1_000_000),
            (&["engine", "sweep_chunk"], count(config.engine.sweep_chunk), 1, 1_000_000),
            (&["engine", "threads"], count(config.engine.threads), 0, 256),
        ];
        for (key, value, least, most) in counts {
            if !(least..=most).contains(&value) {
                let zh = format!("应在{least}至{most}之间，现为{value}");
                self.refuse(key, Bilingual::new(zh, format!("must be from {least} to {most}, and is {value}")));
            }
        }
    }

    fn durations(&mut self, config: &Config) {
        // History is long, and nobody waits for it: a sweep an hour would be most of the work.
        let longest_sweep = match config.engine.clock {
            Clock::Wall => SignedDuration::from_hours(1),
            Clock::Log => SignedDuration::from_hours(366 * 24),
        };
        let second = SignedDuration::from_secs(1);
        let Engine { batch_linger, sweep_interval, transaction_timeout, .. } = config.engine;
        self.duration("batch_linger", batch_linger, SignedDuration::ZERO..=second * 10);
        self.duration("sweep_interval", sweep_interval, second..=longest_sweep);
        self.duration("transaction_timeout", transaction_timeout, second..=SignedDuration::from_mins(15));
    }

    /// A duration below `engine`.
    fn duration(&mut self, key: &str, value: SignedDuration, allowed: RangeInclusive<SignedDuration>) {
        if !allowed.contains(&value) {
            let [least, most, value] = [*allowed.start(), *allowed.end(), value].map(|one| format!("{one:#}"));
            self.refuse(
                &["engine", key],
                say!("应在 {least} 至 {most} 之间，现为 {value}", "must be from {least} to {most}, and is {value}"),
            );
        }
    }

    fn candidates(&mut self, config: &Config) {
        for name in config.engine.shadow.keys() {
            let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if name.is_empty() || name.len() > 64 || !name.bytes().all(is_plain) {
                let message = Bilingual::new(
                    "的名称只能用小写字母、数字和 `-`，不超过64个字符",
                    "must be named by lower-case letters, digits and `-`",
                );
                self.refuse(&["engine", "shadow", name], message);
            }
        }
    }

    fn hosts(&mut self, config: &Config) {
        for name in &config.server.hosts {
            if name.parse::<Authority>().is_ok_and(|whole| whole.host() == name) {
                continue;
            }
            let message = say!(
                "中的 `{name}` 不是主机名：只写名称，不带协议和端口",
                "names `{name}`, which is no host: a name without scheme and port"
            );
            self.refuse(&["server", "hosts"], message);
        }
    }

    fn tokens(&mut self, config: &Config) {
        let server = &config.server;
        let given =
            [(["server", "read_tokens"], &server.read_tokens), (["server", "reload_tokens"], &server.reload_tokens)];
        for (key, values) in given {
            for message in values.iter().filter_map(|value| TokenSource::parse(value).err()) {
                self.refuse(&key, message);
            }
        }
        let shown = &config.console.engine_token;
        if !shown.is_empty()
            && let Err(message) = TokenSource::parse(shown)
        {
            self.refuse(&["console", "engine_token"], message);
        }
        let listen = server.listen;
        if server.is_open() {
            let message = say!(
                "为 {listen}，其他机器可以访问：须以 `server.read_tokens` 或 `server.reload_tokens` 设置令牌，或只监听 127.0.0.1",
                "is {listen}, which other machines reach: name tokens in `server.read_tokens` or `server.reload_tokens`, or listen \
                 on 127.0.0.1"
            );
            self.refuse(&["server", "listen"], message);
        }
    }

    fn console(&mut self, config: &Config) {
        let addresses = [("public_url", &config.console.public_url), ("engine", &config.console.engine)];
        for (key, address) in addresses {
            let rest = address.strip_prefix("http://").or_else(|| address.strip_prefix("https://"));
            if rest.is_none_or(|rest| rest.trim_end_matches('/').parse::<Authority>().is_err()) {
                let message = Bilingual::new(
                    "应为 http:// 或 https:// 加主机名（可带端口），不带路径",
                    "must be http:// or https:// with a host, and perhaps a port, without a path",
                );
                self.refuse(&["console", key], message);
            }
        }
    }

    fn attachments(&mut self, config: &Config) {
        let console = &config.console;
        let place = bucket::check(&console.attachments);
        let is_folder = place.is_ok() && bucket::bucket(&console.attachments).is_none();
        if let Err(message) = place {
            self.refuse(&["console", "attachments"], message);
        }
        let endpoint = &console.attachments_endpoint;
        let rest = endpoint.strip_prefix("http://").or_else(|| endpoint.strip_prefix("https://"));
        if !endpoint.is_empty() && rest.is_none_or(|rest| rest.trim_end_matches('/').parse::<Authority>().is_err()) {
            let message = Bilingual::new(
                "应为 http:// 或 https:// 加主机名（可带端口），不带路径",
                "must be http:// or https:// with a host, and perhaps a port, without a path",
            );
            self.refuse(&["console", "attachments_endpoint"], message);
        }
        let of_bucket = [("attachments_endpoint", endpoint), ("attachments_region", &console.attachments_region)];
        for (key, _) in of_bucket.into_iter().filter(|(_, value)| is_folder && !value.is_empty()) {
            let message =
                Bilingual::new("只用于 s3:// 存储桶", "is for a bucket only, and `console.attachments` names none");
            self.refuse(&["console", key], message);
        }
        let most_bytes = 100 * 1024 * 1024;
        let value = console.attachment_max_bytes;
        if !(64 * 1024..=most_bytes).contains(&value) {
            let message =
                say!("应在65536至{most_bytes}之间，现为{value}", "must be from 65536 to {most_bytes}, and is {value}");
            self.refuse(&["console", "attachment_max_bytes"], message);
        }
        // So many the schema of dispositions allows.
        let value = console.attachments_per_answer;
        if !(1..=20).contains(&value) {
            let message = say!("应在1至20之间，现为{value}", "must be from 1 to 20, and is {value}");
            self.refuse(&["console", "attachments_per_answer"], message);
        }
    }

    fn tls(&mut self, config: &Config) {
        let console = &config.console;
        let empty = [("tls_certificate", &console.tls_certificate), ("tls_key", &console.tls_key)]
            .into_iter()
            .filter(|(_, path)| path.as_os_str().is_empty())
            .map(|(key, _)| key);
        match empty.collect::<Vec<_>>().as_slice() {
            [key] => {
                let message =
                    Bilingual::new("未设置：证书和私钥须同时给出", "is not set: certificate and key go together");
                self.refuse(&["console", key], message);
            }
            [] if !console.public_url.starts_with("https://") => {
                let message = Bilingual::new(
                    "应以 https:// 开头：已设置证书",
                    "must begin with https://, because there is a certificate",
                );
                self.refuse(&["console", "public_url"], message);
            }
            _ => {}
        }
    }

    fn oidc(&mut self, config: &Config) {
        for (key, message) in config.console.oidc.problems() {
            self.refuse(&["console", "oidc", key], message);
        }
    }

    fn log_filter(&mut self, config: &Config) {
        if let Err(error) = EnvFilter::builder().parse(&config.log.filter) {
            let message = say!(
                "不是日志过滤式，写法如 `info`、`yujing=debug`：{error}",
                "is not a filter such as `info` or `yujing=debug`: {error}"
            );
            self.refuse(&["log", "filter"], message);
        }
    }

    fn properties(&mut self, config: &Config) {
        for (name, value) in &config.kafka.properties {
            if let Err(Bilingual { zh, en }) = property::check(name, value) {
                let key = ["kafka", "properties", name];
                let message = say!("Kafka 属性 `{name}` {zh}", "the Kafka property `{name}` {en}");
                self.found.push(self.origins.problem("config/property", &key, message));
            }
        }
    }
}

fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
