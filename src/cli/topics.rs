//! `yujing topics`: are the topics as the engine needs them? With `--create`, the missing ones are made first.

use clap::Args;
use comfy_table::Cell;
use yujing_kafka::topics::{self, Purpose, TopicDifference, TopicReport};
use yujing_kafka::{Clients, Gap};
use yujing_workbench::schemas_folder;

use super::{Context, Failure, Language, output};

/// Arguments of `yujing topics`.
#[derive(Debug, Args)]
pub struct Topics {
    /// Create the topics that are missing; those that exist are never changed
    #[arg(long)]
    create: bool,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

impl Topics {
    /// # Errors
    /// If Kafka cannot be asked, or a topic is missing or unfit after all.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let config = context.config()?;
        let sources = schemas_folder::load(&config.paths.schemas)?;
        let clients = Clients::new(&config.kafka)?;
        let inspect = || {
            topics::inspect(&clients, topics::plan(&config, &sources)).map_err(|error| {
                let servers = clients.servers();
                Failure::external(format!("{error}; is Kafka running at {servers} (kafka.bootstrap_servers)?"))
            })
        };
        let mut reports = inspect()?;
        let missing: Vec<_> =
            reports.iter().filter(|report| report.missing).map(|report| report.plan.clone()).collect();
        if self.create && !missing.is_empty() {
            topics::create(&clients, &missing).map_err(|error| Failure::external(error.to_string()))?;
            let created: Vec<_> = missing.iter().map(|plan| plan.name.as_str()).collect();
            let (count, names) = (created.len(), created.join(self.lang.pick("、", ", ")));
            output::line(&match self.lang {
                Language::Zh => format!("已创建{count}个：{names}"),
                Language::En => format!("created {count}: {names}"),
            })?;
            reports = inspect()?;
        }
        output::line(&table(&reports, self.lang))?;
        let check = topics::check(&reports).map_err(|error| {
            Failure::external(match self.lang {
                Language::Zh => "主题不符合引擎的要求，见上表；缺少的主题可用 `yujing topics --create` 创建，其余按 deploy/README.zh-CN.md \
                                 “主题”一节修改"
                    .to_owned(),
                Language::En => error.to_string(),
            })
        })?;
        if check.gaps.is_empty() {
            return output::line(self.lang.pick("引擎可以使用这些主题运行", "the engine can run with these topics"));
        }
        for gap in &check.gaps {
            let text = gap_text(gap, self.lang);
            output::line(&match self.lang {
                Language::Zh => format!("重启后可能缺少事件：{text}"),
                Language::En => format!("events may be missing after a restart: {text}"),
            })?;
        }
        Err(Failure::external(self.lang.pick(
            "请延长这些主题的 `retention.ms`，或以 --accept-gap 启动引擎",
            "raise `retention.ms` of these topics, or start the engine with --accept-gap",
        )))
    }
}

fn table(reports: &[TopicReport], lang: Language) -> String {
    let mut table =
        output::table(lang.pick_all(["主题", "用途", "分区数", "状态"], ["topic", "for", "partitions", "state"]));
    for report in reports {
        table.add_row([
            output::cell(&report.plan.name),
            Cell::new(purpose(&report.plan.purpose, lang)),
            Cell::new(report.partitions),
            Cell::new(state(report, lang)),
        ]);
    }
    table.to_string()
}

fn purpose(purpose: &Purpose, lang: Language) -> &str {
    match purpose {
        Purpose::Input { source } => source,
        Purpose::DeadLetters => lang.pick("拒收记录", "dead letters"),
        Purpose::Scores => lang.pick("风险分", "scores"),
        Purpose::Warnings => lang.pick("预警", "warnings"),
        Purpose::UndeliveredWarnings => lang.pick("未送达的预警", "warnings that reached nobody"),
        Purpose::ShadowWarnings => lang.pick("影子规则集的预警", "warnings of candidates"),
        Purpose::Areas => lang.pick("辖区汇总", "areas"),
        Purpose::Rulesets => lang.pick("规则集", "rulesets"),
    }
}

fn state(report: &TopicReport, lang: Language) -> String {
    if report.missing {
        return lang.pick("缺少", "missing").to_owned();
    }
    if report.as_planned() {
        return lang.pick("相符", "as planned").to_owned();
    }
    let differences = report.differences.iter().map(|TopicDifference { setting, found, planned, .. }| match lang {
        Language::Zh => format!("{setting} 现为 {found}，应为 {planned}"),
        Language::En => format!("{setting} is {found}, planned {planned}"),
    });
    let gap = report.gap.as_ref().map(|gap| gap_text(gap, lang));
    differences.chain(gap).collect::<Vec<_>>().join("\n")
}

fn gap_text(gap: &Gap, lang: Language) -> String {
    match (lang, gap) {
        (Language::En, gap) => gap.to_string(),
        (Language::Zh, Gap::Deleted { topic, partition, committed, beginning }) => {
            format!("{topic} 分区{partition}：已读到位点{committed}，而日志现从{beginning}开始")
        }
        (Language::Zh, Gap::Vanished { topic, partition, committed, end }) => {
            format!(
                "{topic} 分区{partition}：已读到位点{committed}，而日志现止于{end}，主题曾被删除重建，或丢失了末尾的记录"
            )
        }
        (Language::Zh, Gap::Renewed { topic }) => {
            format!(
                "{topic}：现有评分依据了该数据源的事件，但已无读取位点，主题曾被删除重建或改用了其他主题，或消费组的位点已被删除"
            )
        }
        (Language::Zh, Gap::Retention { topic, keeps, needs }) => {
            format!("{topic} 保存记录 {keeps}，而其数据源的事件有效期为 {needs}")
        }
    }
}
