//! `yujing report`: the office's monthly report, from the topics.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::{Span, Timestamp};
use rdkafka::message::Message as _;
use yujing_base::escape;
use yujing_base::language::say;
use yujing_base::zone::Zone;
use yujing_config::Config;
use yujing_core::ruleset::Archive;
use yujing_core::warning::{AreaRollup, Policy};
use yujing_kafka::{Clients, StartAt, StrayRecords};
use yujing_report::{Month, MonthlyReport, Past, PastStep, Unreportable, page, table};

use super::follow::{self, Follower};
use super::rules::history::published;
use super::{Context, Failure, Language, check, output};

const EXAMPLES: &str = "\
The report is a page for a browser, and CSV tables for spreadsheets. It reads the topics of warnings, areas and rulesets, and writes to none.

Examples:
  yujing report --month 2026-03
  yujing report --month 2026-03 --out reports --lang en";

/// Write the office's monthly report: warnings, what was in time, who was overdue, what was found
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Report {
    /// The month, such as 2026-03
    #[arg(long, value_name = "YYYY-MM")]
    month: String,
    /// The folder that gets report.html and the tables [default: report-YYYY-MM]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the figures as one JSON document, and write no files
    #[arg(long, conflicts_with = "out")]
    json: bool,
    /// The language in which the page opens
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

impl Report {
    /// # Errors
    /// If it is no month that can be reported, the topics cannot be read or the files not written.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let config = context.config()?;
        let clients = Clients::new(&config.kafka)?;
        let now = Timestamp::now();
        // Before anything is read that may take long.
        let month = self.month_in(&Zone::default())?;
        if month.from() > now + Span::new().hours(24) {
            return Err(self.unreportable(Unreportable::NotBegun, &month));
        }
        let archive = published(&clients, &config)?;
        let past = read(&clients, &config, &archive, now)?;
        let month = self.month_in(&zone(&config, &archive))?;
        let report = MonthlyReport::new(&past, month.clone(), now).map_err(|error| self.unreportable(error, &month))?;
        if self.json { output::json(&report) } else { self.write(&report) }
    }

    fn month_in(&self, zone: &Zone) -> Result<Month, Failure> {
        Month::parse(&self.month, zone).ok_or_else(|| {
            let given = &self.month;
            let message =
                say!("`{given}` 不是月份，请写成 2026-03 的形式", "`{given}` is no month: write it like 2026-03");
            Failure::user(escape::line(self.lang.of(&message)))
        })
    }

    fn unreportable(&self, error: Unreportable, month: &Month) -> Failure {
        Failure::user(self.lang.of(&error.words(month)))
    }

    fn write(&self, report: &MonthlyReport) -> Result<(), Failure> {
        let folder = self.out.clone().unwrap_or_else(|| format!("report-{}", report.month).into());
        let refused = |error: std::io::Error| {
            let folder = folder.display();
            let message = say!("{folder} 无法写入：{error}", "{folder} cannot be written: {error}");
            Failure::external(self.lang.of(&message))
        };
        let defect = |error: &dyn std::fmt::Display| {
            Failure::internal(format!("the report cannot be made, a defect of the program: {error:#}"))
        };
        let html = page::render(report, self.lang).map_err(|error| defect(&error))?;
        let tables = table::files(report, self.lang).map_err(|error| defect(&error))?;
        std::fs::create_dir_all(&folder).map_err(refused)?;
        std::fs::write(folder.join("report.html"), html).map_err(refused)?;
        for file in &tables {
            std::fs::write(folder.join(file.name), &file.bytes).map_err(refused)?;
        }
        let names: Vec<String> =
            ["report.html"].into_iter().chain(tables.iter().map(|file| file.name)).map(str::to_owned).collect();
        let (folder, names) = (folder.display(), self.lang.joined(&names));
        output::line(self.lang.of(&say!("已写入 {folder}：{names}", "{folder}: {names}")))
    }
}

/// The office's zone, by the ruleset in force.
fn zone(config: &Config, archive: &Archive) -> Zone {
    let newest = archive.newest().and_then(|newest| policy(archive, &newest.ruleset));
    newest.map_or_else(|| check::zone_of(&config.paths.rules), |policy| policy.zone)
}

/// The policy of a ruleset, if it can still be had.
fn policy(archive: &Archive, hash: &str) -> Option<Policy> {
    let text = archive.files(hash)?.get("ruleset.toml")?;
    Policy::read(Path::new("ruleset.toml"), text).ok()
}

fn read(clients: &Clients, config: &Config, archive: &Archive, now: Timestamp) -> Result<Past, Failure> {
    let mut past = warnings(clients, &config.topics.warnings, now)?;
    past.areas = areas(clients, &config.topics.areas)?;
    for step in &past.steps {
        if !past.policies.contains_key(&step.ruleset) {
            past.policies.extend(policy(archive, &step.ruleset).map(|policy| (step.ruleset.clone(), policy)));
        }
    }
    Ok(past)
}

/// Every event of the warnings topic, and since when it has all of them.
fn warnings(clients: &Clients, topic: &str, now: Timestamp) -> Result<Past, Failure> {
    let mut follower = Follower::begin(clients, "report", topic, StartAt::Beginning)?;
    let bounds = follower.bounds()?;
    let mut past = Past::default();
    let mut first: BTreeMap<i32, Timestamp> = BTreeMap::new();
    let mut strays = StrayRecords::on(topic);
    while let Some(message) = follower.next(false)? {
        let step: Result<PastStep, _> = serde_json::from_slice(message.payload().unwrap_or_default());
        let step = step.map(|step| {
            first.entry(message.partition()).or_insert(step.as_of);
            past.steps.push(step);
        });
        strays.note(&message, step.map_err(|error| error.to_string()));
    }
    follow::report_strays(&strays);
    // A partition that lost its beginning is complete from its first record on; one that lost everything is only from now on.
    let lost = bounds.iter().filter(|range| range.from > 0);
    past.complete_since = lost.map(|range| first.get(&range.partition).copied().unwrap_or(now)).max();
    Ok(past)
}

/// The newest record of each area.
fn areas(clients: &Clients, topic: &str) -> Result<Vec<AreaRollup>, Failure> {
    let mut follower = Follower::begin(clients, "report", topic, StartAt::Beginning)?;
    let mut areas: BTreeMap<Vec<u8>, AreaRollup> = BTreeMap::new();
    let mut strays = StrayRecords::on(topic);
    while let Some(message) = follower.next(false)? {
        let key = message.key().unwrap_or_default().to_vec();
        let Some(value) = message.payload() else {
            areas.remove(&key);
            strays.note(&message, Ok(()));
            continue;
        };
        let area = serde_json::from_slice(value).map_err(|error| error.to_string());
        strays.note(&message, area.map(|area| drop(areas.insert(key, area))));
    }
    follow::report_strays(&strays);
    Ok(areas.into_values().collect())
}
