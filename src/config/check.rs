//! What no type can say: limits of numbers and durations, and properties that are not the file's to set.

use axum::http::uri::Authority;
use jiff::SignedDuration;
use tracing_subscriber::EnvFilter;

use super::load::Origins;
use super::{Clock, Config, property};
use yujing_base::diagnostic::Diagnostics;
use yujing_base::language::{Bilingual, say};

/// Every value that cannot work, at the place that set it.
pub fn check(config: &Config, origins: &Origins) -> Diagnostics {
    let mut found = Diagnostics::default();
    // The message goes on after the name of the key.
    let mut refuse = |key: &[&str], message: Bilingual| {
        let (name, Bilingual { zh, en }) = (key.join("."), message);
        found.push(origins.problem("config/out-of-range", key, say!("`{name}` {zh}", "`{name}` {en}")));
    };

    let texts: [(&[&str], &str); 7] = [
        (&["kafka", "bootstrap_servers"], &config.kafka.bootstrap_servers),
        (&["kafka", "group_id"], &config.kafka.group_id),
        (&["topics", "scores"], &config.topics.scores),
        (&["topics", "warnings"], &config.topics.warnings),
        (&["topics", "shadow_warnings"], &config.topics.shadow_warnings),
        (&["topics", "rulesets"], &config.topics.rulesets),
        (&["topics", "dead_letter_suffix"], &config.topics.dead_letter_suffix),
    ];
    for (key, text) in texts {
        if text.trim().is_empty() {
            refuse(key, Bilingual::new("不得为空", "must not be empty"));
        }
    }

    let counts: [(&[&str], i64, i64); 4] = [
        (&["topics", "partitions"], i64::from(config.topics.partitions), 10_000),
        (&["topics", "replication_factor"], i64::from(config.topics.replication_factor), 100),
        (&["engine", "max_batch_records"], count(config.engine.max_batch_records), 1_000_000),
        (&["engine", "sweep_chunk"], count(config.engine.sweep_chunk), 1_000_000),
    ];
    for (key, value, most) in counts {
        if !(1..=most).contains(&value) {
            refuse(key, say!("应在1至{most}之间，现为{value}", "must be from 1 to {most}, and is {value}"));
        }
    }

    // History is long, and nobody waits for it: a sweep an hour would be most of the work.
    let longest_sweep = match config.engine.clock {
        Clock::Wall => SignedDuration::from_hours(1),
        Clock::Log => SignedDuration::from_hours(366 * 24),
    };
    let durations: [(&[&str], SignedDuration, SignedDuration, SignedDuration); 3] = [
        (&["engine", "batch_linger"], config.engine.batch_linger, SignedDuration::ZERO, SignedDuration::from_secs(10)),
        (&["engine", "sweep_interval"], config.engine.sweep_interval, SignedDuration::from_secs(1), longest_sweep),
        (
            &["engine", "transaction_timeout"],
            config.engine.transaction_timeout,
            SignedDuration::from_secs(1),
            SignedDuration::from_mins(15),
        ),
    ];
    for (key, value, least, most) in durations {
        if value < least || value > most {
            let (least, most, value) = (format!("{least:#}"), format!("{most:#}"), format!("{value:#}"));
            refuse(
                key,
                say!("应在 {least} 至 {most} 之间，现为 {value}", "must be from {least} to {most}, and is {value}"),
            );
        }
    }

    for name in config.engine.shadow.keys() {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_plain) {
            let message = Bilingual::new(
                "的名称只能用小写字母、数字和 `-`，不超过64个字符",
                "must be named by lower-case letters, digits and `-`",
            );
            refuse(&["engine", "shadow", name], message);
        }
    }

    for name in &config.server.hosts {
        if name.parse::<Authority>().is_ok_and(|whole| whole.host() == name) {
            continue;
        }
        let message = say!(
            "中的 `{name}` 不是主机名：只写名称，不带协议和端口",
            "names `{name}`, which is no host: a name without scheme and port"
        );
        refuse(&["server", "hosts"], message);
    }

    if let Err(error) = EnvFilter::builder().parse(&config.log.filter) {
        let message = say!(
            "不是日志过滤式，写法如 `info`、`yujing=debug`：{error}",
            "is not a filter such as `info` or `yujing=debug`: {error}"
        );
        refuse(&["log", "filter"], message);
    }
    for (name, value) in &config.kafka.properties {
        if let Err(reason) = property::check(name, value) {
            let key = ["kafka", "properties", name];
            let Bilingual { zh, en } = reason;
            let message = say!("Kafka 属性 `{name}` {zh}", "the Kafka property `{name}` {en}");
            found.push(origins.problem("config/property", &key, message));
        }
    }
    found
}

fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
