//! The figures of rules as a table for people.

use comfy_table::{Cell, ColumnConstraint, Width};
use yujing_core::warning::quality::RaiseCount;

use super::{Figures, RuleFigures};
use crate::rules::attempt::short;
use crate::{Language, output};

/// Room for the id of a rule, which is not to be broken.
const RULE_WIDTH: u16 = 30;

/// What is not known.
const UNKNOWN: &str = "–";

impl Figures {
    pub(super) fn text(&self, lang: Language) -> String {
        let (hash, since) = (short(&self.ruleset), output::time(self.since));
        let mut lines = vec![match lang {
            Language::Zh => format!("在用规则集 {hash}；{since} 以来发布、升级的预警"),
            Language::En => {
                format!("ruleset in force {hash}; warnings opened and escalated since {since}, Beijing time")
            }
        }];
        let mut table = output::table([
            lang.pick("规则", "rule"),
            lang.pick("发布（独有）", "opened (unique)"),
            lang.pick("升级（独有）", "escalated (unique)"),
            lang.pick("不属实/已反馈", "unfounded/answered"),
            lang.pick("最近触发", "last fired"),
            lang.pick("现触发户数", "firing now"),
            lang.pick("触发次数*", "fires*"),
            lang.pick("出错率*", "error rate*"),
            lang.pick("单次求值*", "one evaluation*"),
        ]);
        if let Some(column) = table.column_mut(0) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(RULE_WIDTH)));
        }
        for row in &self.rules {
            table.add_row(row.cells(lang).map(Cell::new));
        }
        lines.push(table.to_string());
        lines.push(
            lang.pick(
                "独有：缺少该规则即不会发布或升级。* 引擎本次启动以来",
                "unique: without the rule it would not have been opened or escalated. * since the engine started",
            )
            .to_owned(),
        );
        let (absent, never): (Vec<&RuleFigures>, Vec<&RuleFigures>) =
            self.rules.iter().filter(|row| row.never_fired).partition(|row| row.is_absent());
        let groups = [(never, "从未触发", "never fired"), (absent, "未施行", "not in force since then")];
        for (rows, zh, en) in groups.into_iter().filter(|(rows, ..)| !rows.is_empty()) {
            let names: Vec<&str> = rows.into_iter().map(|row| row.rule.as_str()).collect();
            lines.push(format!("{}: {}", lang.pick(zh, en), names.join(", ")));
        }
        lines.join("\n")
    }
}

impl RuleFigures {
    /// Whether it could not fire, because its days in force lie elsewhere.
    fn is_absent(&self) -> bool {
        self.status == "active" && !self.in_force
    }

    fn cells(&self, lang: Language) -> [String; 9] {
        let Self { rule, title, quality, firing_now, engine, .. } = self;
        let status = match self.status {
            "draft" => lang.pick("（草稿）", " (draft)"),
            "retired" => lang.pick("（停用）", " (retired)"),
            "removed" => lang.pick("（已删除）", " (removed)"),
            _ => "",
        };
        let raised = |RaiseCount { warnings, unique }: RaiseCount| match lang {
            Language::Zh => format!("{warnings}（{unique}）"),
            Language::En => format!("{warnings} ({unique})"),
        };
        let false_alarms = match self.false_alarm_share {
            Some(share) => format!("{}/{} {}", quality.false_alarms(), quality.answered, percent(share)),
            None => UNKNOWN.to_owned(),
        };
        let never =
            if self.is_absent() { lang.pick("未施行", "not in force") } else { lang.pick("从未触发", "never") };
        [
            format!("{}{status}\n{rule}", lang.of(title)),
            raised(quality.opened),
            raised(quality.escalated),
            false_alarms,
            quality.last_fired.map_or_else(|| never.to_owned(), output::time),
            firing_now.to_string(),
            engine.map_or_else(|| UNKNOWN.to_owned(), |engine| engine.fires.to_string()),
            engine.and_then(|engine| engine.error_rate()).map_or_else(|| UNKNOWN.to_owned(), percent),
            engine
                .and_then(|engine| engine.microseconds())
                .map_or_else(|| UNKNOWN.to_owned(), |us| format!("{us:.1} µs")),
        ]
    }
}

/// As a percentage, with a decimal where it is not whole.
fn percent(share: f64) -> String {
    let percent = (share * 1_000.0).round() / 10.0;
    format!("{percent}%")
}
