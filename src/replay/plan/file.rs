//! `replay.toml`: a replay as an analyst writes it. Paths are relative to the file's folder.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use toml::Spanned;
use toml::value::Datetime;
use yujing_base::diagnostic::authored::{Authored, Codes};
use yujing_base::diagnostic::{Diagnostics, text};
use yujing_base::language::{Bilingual, say};
use yujing_base::zone::Zone;
use yujing_core::warning::Level;
use yujing_workbench::publish::{Origin, Table};

use super::written::{BudgetTable, File, InputTable, KafkaTable, OutcomeTable, SheetTable, TableEntry};
use super::{AnswerModel, Budget, Input, KafkaInput, OutcomePlan, Plan, parse_instant, parse_length, parse_zone};

const CODES: Codes = Codes { syntax: "replay/syntax", unknown_key: "replay/unknown-key" };

impl Plan {
    /// Reads `replay.toml`; `office` knows the zone for rules folders, those of the plan, if it names no zone itself.
    ///
    /// # Errors
    /// The first problem of syntax or shape, otherwise every problem, with line and column.
    pub fn load(path: &Path, office: impl FnOnce(&[PathBuf]) -> Zone) -> Result<Self, Diagnostics> {
        let text = text::read(path, text::MAX_TOML_BYTES)?;
        let (authored, content) = Authored::read::<File>(path, &text, CODES)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let mut reader = Reader { authored, folder, zone: Zone::default() };
        let plan = reader.plan(content, office);
        reader.authored.diagnostics.into_result(plan)
    }
}

/// Turns the file's values into a plan, noting what is wrong.
struct Reader<'t> {
    authored: Authored<'t>,
    folder: PathBuf,
    zone: Zone,
}

impl Reader<'_> {
    fn plan(&mut self, content: File, office: impl FnOnce(&[PathBuf]) -> Zone) -> Plan {
        let rules: Vec<_> = content.rules.iter().map(|path| self.folder.join(path)).collect();
        let mut plan = Plan { title: content.title, ..Plan::default() };
        if let Some(given) = &content.time_zone {
            match parse_zone(given.get_ref()) {
                Ok(zone) => plan.zone = zone,
                Err(message) => {
                    self.refuse("replay/zone", given.span(), message, "name the zone in which the days are");
                }
            }
        } else {
            plan.zone = office(&rules);
        }
        self.zone = plan.zone.clone();
        plan.schemas = content.schemas.map(|path| self.folder.join(path));
        plan.rules = rules;
        plan.from = content.from.and_then(|given| self.instant(&given, false));
        plan.to = content.to.and_then(|given| self.instant(&given, true));
        plan.step = self.length(content.step.as_ref()).unwrap_or(plan.step);
        plan.wake_interval = self.length(content.wake_interval.as_ref()).unwrap_or(plan.wake_interval);
        for given in [&content.sweep, &content.sweep_warned].into_iter().flatten() {
            let message = say!(
                "`sweep`、`sweep_warned` 已取消：指标、期限、规则生效日在何时变化，就在何时评分",
                "`sweep` and `sweep_warned` are no more: everyone is scored exactly when something about them changes"
            );
            self.refuse("replay/unknown-key", given.span(), message, "take the line out");
        }
        plan.events = content.events.map(|events| self.folder_of_events(&events));
        plan.inputs = content.input.into_iter().filter_map(|input| self.input(input)).collect();
        plan.kafka = content.kafka.map(|kafka| self.kafka(kafka));
        plan.outcome = content.outcome.map(|outcome| self.outcome(outcome));
        plan.budget = content.budget.and_then(|budget| self.budget(budget));
        plan.answers = content.answers.and_then(|answers| self.answers(answers));
        plan
    }

    fn folder_of_events(&mut self, events: &Spanned<PathBuf>) -> PathBuf {
        let folder = self.folder.join(events.get_ref());
        if !folder.is_dir() {
            let message = format!("there is no folder {}", folder.display());
            self.refuse("replay/events", events.span(), message, "name a folder with SOURCE.jsonl files");
        }
        folder
    }

    fn input(&mut self, given: Spanned<InputTable>) -> Option<Input> {
        let span = given.span();
        let InputTable { source, files, sql, tables } = given.into_inner();
        let tables = self.tables(tables);
        let origin = match (sql, files.is_empty()) {
            (Some(file), true) if !tables.is_empty() => Origin::Sql { file: self.folder.join(file), tables },
            (None, false) if tables.is_empty() => {
                Origin::Lines(files.iter().map(|file| self.folder.join(file)).collect())
            }
            _ => {
                let help =
                    "write `files = [\"a.jsonl\"]`, or `sql = \"map.sql\"` with `tables = { visits = \"visits.csv\" }`";
                self.refuse("replay/input", span, format!("the input of `{source}` is not complete"), help);
                return None;
            }
        };
        Some(Input { source, origin })
    }

    fn tables(&self, given: BTreeMap<String, TableEntry>) -> Vec<Table> {
        let table = |(name, entry)| match entry {
            TableEntry::Path(path) => Table::new(name, self.folder.join(path)),
            TableEntry::Sheet(SheetTable { path, sheet, header_row }) => {
                Table { sheet, header_row, ..Table::new(name, self.folder.join(path)) }
            }
        };
        given.into_iter().map(table).collect()
    }

    fn kafka(&mut self, given: KafkaTable) -> KafkaInput {
        let from = given.from.and_then(|from| self.instant(&from, false));
        let to = given.to.and_then(|to| self.instant(&to, true));
        let mut offsets: BTreeMap<String, BTreeMap<i32, (i64, i64)>> = BTreeMap::new();
        for (source, partitions) in given.offsets {
            for (partition, offset_range) in partitions {
                match partition.get_ref().parse::<i32>() {
                    Ok(number) => drop(offsets.entry(source.clone()).or_default().insert(number, offset_range)),
                    Err(_) => {
                        let message = format!("`{}` is not the number of a partition", partition.get_ref());
                        self.refuse("replay/offsets", partition.span(), message, "write `\"0\" = [120, 480]`");
                    }
                }
            }
        }
        KafkaInput { sources: given.sources, from, to, offsets }
    }

    fn outcome(&mut self, given: OutcomeTable) -> OutcomePlan {
        let usual = OutcomePlan::new(self.folder.join(&given.sql));
        let weight = given.prior_weight.as_ref();
        if let Some(weight) = weight.filter(|weight| !weight.get_ref().is_finite() || *weight.get_ref() < 0.0) {
            self.refuse("replay/prior-weight", weight.span(), "the weight is no number of results", "write 2.0");
        }
        if let Some(resamples) = given.resamples.as_ref().filter(|resamples| *resamples.get_ref() < 2) {
            let message = "an interval needs at least two resamples";
            self.refuse("replay/resamples", resamples.span(), message, "write 1000");
        }
        OutcomePlan {
            title: given.title,
            tables: self.tables(given.tables),
            judge_from: given.judge_from.and_then(|day| self.day(&day)),
            judge_to: given.judge_to.and_then(|day| self.day(&day)),
            within: self.length(given.within.as_ref()).unwrap_or(usual.within),
            days_ahead: given.days_ahead,
            window: given.window.as_ref().and_then(|window| self.window(window)).unwrap_or(usual.window),
            prior_weight: given.prior_weight.map_or(usual.prior_weight, Spanned::into_inner),
            resamples: given.resamples.map_or(usual.resamples, Spanned::into_inner),
            seed: given.seed.unwrap_or(usual.seed),
            ablate: given.ablate,
            ..usual
        }
    }

    fn budget(&mut self, given: Spanned<BudgetTable>) -> Option<Budget> {
        let span = given.span();
        let BudgetTable { most, level, per, every } = given.into_inner();
        if level == Level::None {
            let help = "name the lowest level that makes work: blue, yellow, orange or red";
            self.refuse("replay/budget", span, "`none` is not a warning", help);
            return None;
        }
        Some(Budget { most, level, per: per.filter(|per| per != "all"), every })
    }

    fn answers(&mut self, given: Spanned<AnswerModel>) -> Option<AnswerModel> {
        let span = given.span();
        let model = given.into_inner();
        let Some(problem) = model.problem() else { return Some(model) };
        let help =
            "for each level: `acknowledged`, `answered`, `reviewed = { share = 0.9, within = \"4h\" }`, and `verdicts`";
        self.refuse("replay/answers", span, problem, help);
        None
    }

    fn length(&mut self, given: Option<&Spanned<String>>) -> Option<jiff::SignedDuration> {
        let given = given?;
        match parse_length(given.get_ref()) {
            Ok(length) => Some(length),
            Err(message) => {
                self.refuse("replay/length", given.span(), message, "a number and a unit");
                None
            }
        }
    }

    fn window(&mut self, given: &Spanned<String>) -> Option<Span> {
        let span = given.get_ref().parse::<Span>().ok().filter(|span| {
            let day = jiff::civil::date(2026, 1, 1);
            day.checked_add(*span).is_ok_and(|end| end > day)
        });
        if span.is_none() {
            let message = format!("`{}` is not a stretch of whole days", given.get_ref());
            self.refuse("replay/window", given.span(), message, "write `2 months` or `60 days`");
        }
        span
    }

    fn instant(&mut self, given: &Spanned<Datetime>, ends: bool) -> Option<Timestamp> {
        match parse_instant(&given.get_ref().to_string(), &self.zone, ends) {
            Ok(at) => Some(at),
            Err(message) => {
                self.refuse("replay/time", given.span(), message, "a time needs its offset");
                None
            }
        }
    }

    fn day(&mut self, given: &Spanned<Datetime>) -> Option<Date> {
        let text = given.get_ref().to_string();
        let day = text.parse::<Date>().ok().filter(|_| given.get_ref().time.is_none());
        if day.is_none() {
            self.refuse("replay/time", given.span(), format!("`{text}` is not a day"), "write it like 2026-03-01");
        }
        day
    }

    fn refuse(&mut self, code: &'static str, span: Range<usize>, message: impl Into<Bilingual>, help: &str) {
        self.authored.report(code, span, message, help);
    }
}
