//! `yujing shadow`: rulesets that are tried live beside the one in force.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use comfy_table::Cell;
use jiff::Timestamp;
use rdkafka::message::Message as _;
use serde_json::{Value, json};
use yujing_base::escape;
use yujing_core::warning::Step;
use yujing_kafka::{Clients, StartAt, StrayRecords, headers};
use yujing_live::encoder::CANDIDATE;
use yujing_live::shadow::comparison::{Counts, OneSided};
use yujing_live::shadow::{ComparedEvent, Comparison};

use super::client::RequestOptions;
use super::follow::{self, Follower};
use super::rules::attempt::short;
use super::{Context, Failure, Language, output};

/// Most operators that are listed of a step.
const MOST_LISTED: usize = 10;

/// What can be asked about candidates.
#[derive(Debug, Subcommand)]
pub enum Shadow {
    /// List the candidates of the running engine, and how it goes
    List(List),
    /// Compare what each candidate would have done with what the ruleset in force did
    Diff(Diff),
}

impl Shadow {
    /// # Errors
    /// As the subcommand.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List(command) => command.run(context),
            Self::Diff(command) => command.run(context),
        }
    }
}

/// Arguments of `yujing shadow list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    request: RequestOptions,
}

impl List {
    fn run(&self, context: &Context) -> Result<(), Failure> {
        let RequestOptions { server, json, lang } = &self.request;
        let answer: Value = server.client(&context.config()?)?.get("/api/v1/shadows")?;
        if *json {
            return output::json(&answer);
        }
        let lang = *lang;
        let candidates = answer["candidates"].as_object().cloned().unwrap_or_default();
        if candidates.is_empty() {
            return output::line(lang.pick("没有影子规则集", "there are no candidates ([engine.shadow])"));
        }
        let mut table = output::table([
            lang.pick("影子规则集", "candidate"),
            lang.pick("文件夹", "folder"),
            lang.pick("规则集", "ruleset"),
            lang.pick("状态", "condition"),
        ]);
        for (name, candidate) in &candidates {
            let text = |key: &str| candidate[key].as_str().unwrap_or_default();
            table.add_row([
                output::cell(name),
                output::cell(text("folder")),
                Cell::new(short(text("hash"))),
                output::cell(&condition(candidate, lang)),
            ]);
        }
        output::line(&table.to_string())
    }
}

fn condition(candidate: &Value, lang: Language) -> String {
    let reason = |zh: &str, en: &str| candidate["refusal"]["reason"][lang.pick(zh, en)].as_str().unwrap_or_default();
    match candidate["condition"].as_str().unwrap_or_default() {
        "seated" => lang.pick("试评中", "judging").to_owned(),
        "ready" => lang.pick("等待试评", "waiting for the engine").to_owned(),
        "failed" => {
            let why = candidate["reason"].as_str().unwrap_or_default();
            format!("{}: {why}", lang.pick("已停止试评", "judges no more"))
        }
        _ => {
            let goes_on = candidate["is_seated"].as_bool().unwrap_or_default();
            let still = if goes_on {
                lang.pick("（沿用改动前的内容试评）", " (what it was before goes on)")
            } else {
                ""
            };
            format!("{}: {}{still}", lang.pick("未通过", "not in order"), reason("zh", "en"))
        }
    }
}

/// Arguments of `yujing shadow diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// Only this candidate [default: all that the topic tells of]
    candidate: Option<String>,
    /// Only what happened from this instant on, for example 2026-03-02T00:00:00+08:00; a warning that was open then
    /// counts as opened [default: the candidate's first warning]
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Only what happened before this instant [default: now]
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
    /// One JSON document with every operator
    #[arg(long)]
    json: bool,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

impl Diff {
    fn run(&self, context: &Context) -> Result<(), Failure> {
        let config = context.config()?;
        let clients = Clients::new(&config.kafka)?;
        let in_force = read(&clients, &config.topics.warnings)?.remove("").unwrap_or_default();
        let mut shadows = read(&clients, &config.topics.shadow_warnings)?;
        let mut silent: Vec<&String> =
            config.engine.shadow.keys().filter(|name| !shadows.contains_key(*name)).collect();
        if let Some(only) = &self.candidate {
            shadows.retain(|name, _| name == only);
            silent.retain(|name| *name == only);
        }
        if self.from.is_some() {
            // Where the span is given, silence is an answer too: all that the ruleset in force did, it alone did.
            shadows.extend(silent.drain(..).map(|name| (name.clone(), Vec::new())));
        }
        let compared: Vec<Comparison> = shadows
            .iter()
            .map(|(name, shadow)| {
                // Before it was attached it could not have warned.
                let from = self.from.or_else(|| shadow.iter().map(|event| event.as_of).min());
                Comparison::between(name, &in_force, shadow, from, self.to)
            })
            .collect();
        if self.json {
            return output::json(&json!({ "candidates": compared, "silent": silent }));
        }
        let lang = self.lang;
        for name in &silent {
            output::line(&match lang {
                Language::Zh => format!("影子规则集 {name} 尚未产生预警；用 --from 指明起始时间即可对比"),
                Language::En => format!("candidate {name} has told of no warning yet; it is compared from --from on"),
            })?;
        }
        if compared.is_empty() && silent.is_empty() {
            return output::line(lang.pick("没有可对比的影子规则集", "there is no candidate to compare"));
        }
        compared.iter().try_for_each(|one| output::line(&self.text(one)))
    }

    fn text(&self, compared: &Comparison) -> String {
        let lang = self.lang;
        let [from, to] = [compared.from, compared.to].map(|at| at.map_or_else(String::new, output::time));
        let mut parts = vec![format!("{} {}  {from} – {to}", lang.pick("影子规则集", "candidate"), compared.candidate)];
        let mut steps = self.table(lang.pick("环节（监管对象数）", "step (operators)"));
        for step in &compared.steps {
            add(&mut steps, word(step.step, lang), step.counts);
        }
        parts.push(steps.to_string());
        for (title, by) in [
            (lang.pick("按规则", "by rule"), &compared.by_rule),
            (lang.pick("按街道", "by sub-district"), &compared.by_sub_district),
        ] {
            parts.extend(self.by(title, by));
        }
        for step in &compared.steps {
            let sides = [
                (lang.pick("仅影子规则集", "candidate only"), &step.only_candidate),
                (lang.pick("仅在用规则集", "in force only"), &step.only_in_force),
            ];
            for (side, alone) in sides.into_iter().filter(|(_, alone)| !alone.is_empty()) {
                parts.push(listed(word(step.step, lang), side, alone, lang));
            }
        }
        parts.join("\n")
    }

    fn table(&self, what: &str) -> comfy_table::Table {
        let lang = self.lang;
        output::table([
            what,
            lang.pick("两者均有", "both"),
            lang.pick("仅在用规则集", "in force only"),
            lang.pick("仅影子规则集", "candidate only"),
        ])
    }

    /// Only where the two differ.
    fn by(&self, title: &str, by: &BTreeMap<String, BTreeMap<&'static str, Counts>>) -> Option<String> {
        let mut table = self.table(title);
        let mut any = false;
        for (key, steps) in by {
            for step in Step::OF_LEVEL {
                if let Some(counts) = steps.get(step.as_str()).filter(|counts| counts.differ()) {
                    any = true;
                    add(&mut table, &format!("{key}  {}", word(step, self.lang)), *counts);
                }
            }
        }
        any.then(|| table.to_string())
    }
}

fn add(table: &mut comfy_table::Table, what: &str, counts: Counts) {
    let Counts { both, only_in_force, only_candidate } = counts;
    table.add_row([Cell::new(what), Cell::new(both), Cell::new(only_in_force), Cell::new(only_candidate)]);
}

fn listed(step: &str, side: &str, alone: &[OneSided], lang: Language) -> String {
    let mut lines = vec![format!("{step} · {side}: {}", alone.len())];
    for one in alone.iter().take(MOST_LISTED) {
        let name = one.name.as_deref().unwrap_or(lang.pick("（未登记）", "(not registered)"));
        let place = one.sub_district.as_deref().unwrap_or_default();
        let (from, to) = (lang.pick(one.from.zh(), one.from.as_str()), lang.pick(one.level.zh(), one.level.as_str()));
        let (at, operator, rules) = (output::time(one.at), &one.operator_id, one.rules.join(", "));
        let line = format!("  {at}  {operator} {place} {name}  {from} → {to}  {rules}");
        lines.push(escape::line(&line).into_owned());
    }
    if alone.len() > MOST_LISTED {
        lines.push(lang.pick("  ……（--json 列出全部）", "  ... (--json lists all)").to_owned());
    }
    lines.join("\n")
}

fn word(step: Step, lang: Language) -> &'static str {
    lang.pick(step.zh(), step.as_str())
}

/// The events of a topic of warnings, by candidate; those of the ruleset in force name none.
fn read(clients: &Clients, topic: &str) -> Result<BTreeMap<String, Vec<ComparedEvent>>, Failure> {
    let mut follower = Follower::begin(clients, "shadow", topic, StartAt::Beginning)?;
    let mut events: BTreeMap<String, Vec<ComparedEvent>> = BTreeMap::new();
    let mut strays = StrayRecords::on(topic);
    while let Some(message) = follower.next(false)? {
        let name = headers::value(&message, CANDIDATE).unwrap_or_default();
        let name = String::from_utf8_lossy(&name).into_owned();
        let event = ComparedEvent::parse(message.payload().unwrap_or_default()).map_err(|error| error.to_string());
        strays.note(&message, event.map(|event| events.entry(name).or_default().push(event)));
    }
    follow::report_strays(&strays);
    Ok(events)
}
