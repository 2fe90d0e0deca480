//! `yujing explain OPERATOR`: why an operator has its score, asked of the running engine.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use clap::Args;
use comfy_table::Cell;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Failure, Language, output};
use crate::config::Config;
use crate::rule::Bilingual;
use crate::warning::{Coverage, Floor, Freshness, Level};

/// The engine answers within seconds or not at all.
const PATIENCE: Duration = Duration::from_secs(15);

/// Arguments of `yujing explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The operator's licence or filing number
    operator: String,
    /// Where the engine's HTTP endpoints are [default: http:// and server.listen of the configuration]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The engine's answer as it is, in JSON
    #[arg(long)]
    json: bool,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

impl Explain {
    /// # Errors
    /// If the engine cannot be reached, is not ready or does not know the operator.
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let server = self.server.unwrap_or_else(|| format!("http://{}", config.server.listen));
        let server = server.trim_end_matches('/');
        let answer = ask(&format!("{server}/api/v1/operators/{}/explain", escaped(&self.operator)), server)?;
        if self.json {
            return output::json(&answer);
        }
        let answer: Answer = serde_json::from_value(answer).map_err(|error| {
            Failure::other(format!("the answer of {server} is not understood ({error}): is it the same version?"))
        })?;
        output::line(&answer.text(self.lang))
    }
}

fn ask(url: &str, server: &str) -> Result<Value, Failure> {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).build().into();
    let mut response = agent.get(url).call().map_err(|error| {
        Failure::other(format!("{server} does not answer ({error}): is `yujing run` running, and is --server right?"))
    })?;
    let status = response.status();
    let body: Value = response
        .body_mut()
        .read_json()
        .map_err(|error| Failure::other(format!("{server} answered {status}, but not in JSON ({error})")))?;
    if status.is_success() {
        return Ok(body);
    }
    let detail = body.get("detail").and_then(Value::as_str).unwrap_or("no reason given");
    Err(Failure::other(format!("{server} answered {status}: {detail}")))
}

/// The operator's number as one segment of a path: everything but letters, digits and `-._~` in percents.
fn escaped(operator: &str) -> String {
    operator.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("invariant: a String takes all writes");
        }
        out
    })
}

/// The parts of the engine's answer that the table shows.
#[derive(Debug, Deserialize)]
struct Answer {
    operator_id: String,
    as_of: jiff::Timestamp,
    score: i64,
    level: Level,
    level_by_score: Level,
    to_next: Option<i64>,
    base: i64,
    floors: Vec<Floor>,
    coverage: Coverage,
    degraded: Vec<String>,
    operator: Map<String, Value>,
    ruleset: String,
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
struct Rule {
    #[serde(rename = "rule")]
    id: String,
    title: Bilingual,
    outcome: String,
    points: i64,
    counted: i64,
    reads: BTreeMap<String, Value>,
    because: Option<Bilingual>,
    failure: Option<String>,
}

impl Answer {
    fn text(&self, lang: Language) -> String {
        let mut lines = vec![
            self.headline(lang),
            format!("{}: {}", lang.pick("截至", "as of"), self.as_of),
            format!("{}: {}", lang.pick("静态基础分", "base points"), self.base),
        ];
        if !self.floors.is_empty() {
            let floors: Vec<_> =
                self.floors.iter().map(|floor| format!("{} ({})", level(floor.level, lang), floor.rule)).collect();
            lines.push(format!("{}: {}", lang.pick("直接定级", "floors"), floors.join(", ")));
        }
        if self.level != self.level_by_score {
            let what = lang.pick("仅按当前分值与直接定级应为", "by score and floors alone it would be");
            lines.push(format!("{what}: {}", level(self.level_by_score, lang)));
        }
        if let Some(points) = self.to_next {
            lines.push(format!("{}: {points}", lang.pick("距上一等级分值", "points to the next level")));
        }
        lines.push(format!("{}: {}", lang.pick("数据齐备度", "coverage"), self.coverage_text(lang)));
        if !self.degraded.is_empty() {
            let what = lang.pick("评分可能偏低", "the score may be too low");
            lines.push(format!("{what}: {}", self.degraded.join("; ")));
        }
        lines.push(format!("{}: {}", lang.pick("规则集", "ruleset"), self.ruleset));
        lines.push(self.table(lang));
        lines.join("\n")
    }

    fn headline(&self, lang: Language) -> String {
        let name = self.operator.get("name").and_then(Value::as_str);
        let name = name.unwrap_or(lang.pick("（未登记）", "(not registered)"));
        let (id, score, level) = (&self.operator_id, self.score, level(self.level, lang));
        match lang {
            Language::Zh => format!("{id} {name}：风险分 {score}，等级 {level}"),
            Language::En => format!("{id} {name}: score {score}, level {level}"),
        }
    }

    fn coverage_text(&self, lang: Language) -> String {
        let one = |(source, freshness): (&String, &Freshness)| {
            let word = match freshness {
                Freshness::Fresh => lang.pick("正常", "fresh"),
                Freshness::Stale => lang.pick("超期未更新", "stale"),
                Freshness::Never => lang.pick("从未接入", "never heard"),
            };
            format!("{source} {word}")
        };
        self.coverage.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    fn table(&self, lang: Language) -> String {
        let mut table = output::table([
            lang.pick("规则", "rule"),
            lang.pick("结果", "outcome"),
            lang.pick("计分/得分", "counted/given"),
            lang.pick("读取的指标值", "values read"),
            lang.pick("说明", "because"),
        ]);
        for rule in &self.rules {
            let points =
                if rule.outcome == "fired" { format!("{}/{}", rule.counted, rule.points) } else { String::new() };
            let because = rule.because.as_ref().map(|because| lang.of(because).to_owned());
            table.add_row([
                Cell::new(format!("{}\n{}", lang.of(&rule.title), rule.id)),
                Cell::new(outcome(&rule.outcome, lang)),
                Cell::new(points),
                Cell::new(rule.values(lang)),
                Cell::new(because.or_else(|| rule.failure.clone()).unwrap_or_default()),
            ]);
        }
        table.to_string()
    }
}

impl Rule {
    fn values(&self, lang: Language) -> String {
        let one = |(name, value): (&String, &Value)| match value {
            Value::Null => format!("{name} = {}", lang.pick("未知", "unknown")),
            Value::String(text) => format!("{name} = {text}"),
            other => format!("{name} = {other}"),
        };
        self.reads.iter().map(one).collect::<Vec<_>>().join("\n")
    }
}

fn level(level: Level, lang: Language) -> &'static str {
    lang.pick(level.zh(), level.as_str())
}

fn outcome(outcome: &str, lang: Language) -> &str {
    let zh = match outcome {
        "fired" => "触发",
        "quiet" => "未触发",
        "failed" => "执行失败",
        "not in force" => "未启用",
        other => other,
    };
    lang.pick(zh, outcome)
}
