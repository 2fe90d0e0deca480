//! Every metric of the program, in one registry. Only internal events move them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use prometheus::{
    CounterVec, Gauge, GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry,
    TextEncoder,
};
use yujing_base::escape;
use yujing_core::engine::Newest;
use yujing_core::feature::shortened;
use yujing_core::warning::handling::NotPermitted;
use yujing_core::warning::progress::Ruling;

use super::console::LoginOutcome;
use super::inputs::Inputs;
use super::kafka::KafkaClient;
use super::registry::{Declarations, Declared, Text};

/// Most publishers of one source that have a series of their own; further ones share the series `other`.
pub const MOST_PUBLISHERS: usize = 50;

/// The most characters of a publisher's name in a label.
const LONGEST_LABEL: usize = 200;

/// Most sub-districts that have series of their own; further ones have none, and the topic of areas has all.
pub const MOST_SUB_DISTRICTS: usize = 100;

/// The sub-district of operators of whom the register names none.
pub const NO_SUB_DISTRICT: &str = "none";

/// The publisher of series shared by those beyond [`MOST_PUBLISHERS`].
pub const OTHER_PUBLISHER: &str = "other";

/// Seconds from a tenth of a millisecond to ten seconds: stages of a batch, and transactions.
const DURATIONS: [f64; 16] =
    [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Records, from a trickle to a full batch.
const SIZES: [f64; 11] = [1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_000.0];

/// Seconds from five milliseconds to a minute: requests to servers of others.
const TRIES: [f64; 9] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// What the names of metrics of `yujing notify` begin with.
const OF_NOTIFY: &str = "yujing_notify_";
/// What the names of metrics of `yujing console` begin with.
const OF_CONSOLE: &str = "yujing_console_";
/// What the names of metrics begin with that all processes have.
const OF_ALL: [&str; 6] = [
    "process_",
    "yujing_build_info",
    "yujing_kafka_errors_total",
    "yujing_transaction",
    "yujing_http_",
    "yujing_suppressed_log_lines_total",
];

macro_rules! metrics {
    ($($field:ident: $type:ty = $make:ident($($more:expr),*), $name:literal, $en:literal, $zh:literal;)*) => {
        /// Every metric of the program, in one registry.
        #[derive(Debug)]
        pub struct Metrics {
            registry: Registry,
            declared: Vec<Declared>,
            newest: Mutex<BTreeMap<(String, String), Newest>>,
            named_publishers: OnceLock<BTreeSet<String>>,
            sub_districts: Mutex<BTreeSet<String>>,
            ready_since: Mutex<Option<Timestamp>>,
            /// What came lately.
            pub inputs: Inputs,
            $(#[doc = $en] pub $field: $type,)*
        }

        impl Metrics {
            fn declare() -> Self {
                let mut declarations = Declarations::new();
                $(let $field = declarations.$make(Text { name: $name, en: $en, zh: $zh } $(, $more)*);)*
                let Declarations { registry, declared } = declarations;
                let (newest, named_publishers, ready_since) = (Mutex::default(), OnceLock::new(), Mutex::default());
                let (sub_districts, inputs) = (Mutex::default(), Inputs::default());
                Self { registry, declared, newest, named_publishers, sub_districts, ready_since, inputs, $($field,)* }
            }
        }
    };
}

metrics! {
    build_info: IntGaugeVec = count_gauges(&["version", "revision"]), "build_info",
        "Always 1; the labels say which build runs.", "恒为1；标签为程序版本。";
    ruleset_info: IntGaugeVec = count_gauges(&["hash"]), "ruleset_info",
        "Always 1; the label is the content hash of the ruleset in force.", "恒为1；标签为在用规则集的内容哈希。";
    ruleset_rules: IntGaugeVec = count_gauges(&["status"]), "ruleset_rules",
        "Rules of the ruleset in force, by status.", "在用规则集的规则数，按状态。";
    ruleset_features: IntGauge = count_gauge(), "ruleset_features",
        "Features of the ruleset in force.", "在用规则集的指标数。";
    ruleset_reloads: IntCounterVec = counters(&["outcome"]), "ruleset_reload_total",
        "Attempts at another ruleset, by outcome: applied, unchanged, projected (only asked), refused.", "更换规则集的尝试次数，按结果：applied已更换，unchanged无变化，projected仅试算，refused未通过。";
    ruleset_last_reload_successful: IntGauge = count_gauge(), "ruleset_last_reload_successful",
        "1 unless the rules folder was refused when it was last tried.", "规则文件夹最近一次检查未通过时为0，否则为1。";
    ruleset_last_reload_success_timestamp: Gauge = gauge(), "ruleset_last_reload_success_timestamp_seconds",
        "When an attempt at another ruleset last succeeded in this run; 0 before.", "本次运行中最近一次更换规则集成功的时间；此前为0。";
    ruleset_folder_differs: IntGauge = count_gauge(), "ruleset_folder_differs",
        "1 while the rules folder holds something else than the ruleset in force.", "规则文件夹的内容与在用规则集不一致时为1。";
    shadow_seated: IntGaugeVec = count_gauges(&["candidate"]), "shadow_seated",
        "1 while a candidate judges beside the ruleset in force.", "影子规则集参与试评时为1。";
    shadow_operators: IntGaugeVec = count_gauges(&["candidate", "level"]), "shadow_operators",
        "Operators at each level by a candidate.", "按影子规则集试评的各风险等级监管对象数。";
    shadow_warnings: IntCounterVec = counters(&["candidate", "step", "level"]), "shadow_warnings_total",
        "Lifecycle events that a candidate would have told, by step and the level after it.", "影子规则集本会产生的预警事件数，按环节与其后等级。";
    shadow_errors: IntCounterVec = counters(&["candidate"]), "shadow_errors_total",
        "Evaluations of a candidate's rules and features that failed.", "影子规则集的规则和指标求值失败次数。";
    shadow_duration: HistogramVec = histograms(&["candidate"], &DURATIONS), "shadow_duration_seconds",
        "What a candidate adds to a batch or a step of a sweep.", "影子规则集给每批（每步巡检）增加的耗时。";
    ready: IntGauge = count_gauge(), "ready",
        "1 when scores are live, 0 while starting, restoring, waiting for Kafka or stopping.", "评分实时可用时为1；启动、恢复、等待Kafka或停止时为0。";
    restores: IntCounterVec = counters(&["cause"]), "restores_total",
        "Times that memory was dropped and restored without a new start: reassigned by the group, or lost because Kafka was away for too long or a transaction's outcome is unknown.",
        "运行中清空内存并重新恢复的次数：reassigned为消费组重新分配分区，lost为Kafka长时间不可用或事务结果未知。";
    restore_done_records: IntGauge = count_gauge(), "restore_done_records",
        "Records read so far by the latest restore.", "最近一次恢复已读取的记录数。";
    restore_expected_records: IntGauge = count_gauge(), "restore_expected_records",
        "Records that the latest restore has to read.", "最近一次恢复需读取的记录数。";

    events: IntCounterVec = counters(&["source", "outcome"]), "events_total",
        "Records consumed, each with exactly one outcome.", "已消费的记录数，每条恰有一种处理结果。";
    dead_letters: IntCounterVec = counters(&["source", "code"]), "dead_letters_total",
        "Records refused, by the code of the refusal.", "拒收记录数，按拒收原因代码。";
    unknown_fields: IntCounterVec = counters(&["source"]), "unknown_fields_total",
        "Fields that the schema does not know, ignored.", "数据规范未定义而被忽略的字段数。";
    unknown_values: IntCounterVec = counters(&["source"]), "unknown_values_total",
        "Unknown codes of open enumerations, taken as other.", "开放枚举中未知、按“其他”处理的代码数。";
    normalized_identifiers: IntCounterVec = counters(&["source"]), "normalized_identifiers_total",
        "Identifiers that came in another form than their normal one: full-width, lower-case, with blanks.", "写法不规范（全角、小写、含空白等）、已按规范形式处理的编号数。";
    withheld_texts: IntCounterVec = counters(&["source"]), "withheld_texts_total",
        "Texts that look as if they had personal data in them, flagged and not kept.", "疑似含有个人信息，已加标记并舍弃的文本数。";
    misrouted_records: IntCounterVec = counters(&["source"]), "misrouted_records_total",
        "Records in another partition than their operator's, applied all the same.", "分区与监管对象不符、仍予处理的记录数。";
    publisher_time_records: IntCounterVec = counters(&["source"]), "publisher_time_records_total",
        "Records that their publisher stamped, not Kafka (message.timestamp.type is CreateTime).", "时间戳由推送方而非Kafka加盖的记录数（message.timestamp.type 为 CreateTime）。";
    records_ahead: IntCounterVec = counters(&["source"]), "records_ahead_total",
        "Records whose timestamp lay more than a second ahead of this machine's clock; they are judged as of their arrival.", "时间戳超前于本机时钟1秒以上的记录数，按到达时刻处理。";
    newest_event_timestamp: GaugeVec = gauges(&["source", "publisher"]), "newest_event_timestamp_seconds",
        "When the newest event of a publisher occurred.", "推送方最新事件的发生时间。";
    newest_event_age: GaugeVec = gauges(&["source", "publisher"]), "newest_event_age_seconds",
        "How long ago the newest event of a publisher occurred, at the time of the scrape.", "推送方最新事件距采集时刻的时长。";
    newest_received_timestamp: GaugeVec = gauges(&["source", "publisher"]), "newest_received_timestamp_seconds",
        "When Kafka received the newest accepted record of a publisher; restored at the start.", "Kafka最近一次收到推送方有效记录的时间；启动时恢复。";
    source_max_silence: GaugeVec = gauges(&["source"]), "source_max_silence_seconds",
        "How long a source may be silent by its schema; sources without a limit have no series.", "数据规范允许数据源静默的最长时间；未规定的无此序列。";

    batch_records: Histogram = histogram(&SIZES), "batch_records",
        "Records in one batch.", "每批记录数。";
    stage_duration: HistogramVec = histograms(&["stage"], &DURATIONS), "stage_duration_seconds",
        "How long each stage of a batch took.", "批处理各阶段耗时。";
    operators_scored: IntCounter = counter(), "operators_scored_total",
        "Scores computed: for events, at the instants until which scores held, and in sweeps.", "评分计算次数，含有新事件时、评分到期时和巡检时。";
    wrong_answers: IntCounter = counter(), "wrong_answers_total",
        "Operators of whom a check found other features kept than their events give, and scored them anew; an error of the program.", "巡检发现内存中保留的指标与按事件重新计算不一致、已重新评分的监管对象次数；属程序缺陷，请报告。";
    operators: IntGaugeVec = count_gauges(&["level"]), "operators",
        "Operators at each level; above none is an open warning.", "各风险等级的监管对象数；高于“无”即有未解除的预警。";
    open_warnings: IntGaugeVec = count_gauges(&["state", "level"]), "open_warnings",
        "Open warnings by how far they are dealt with: new, acknowledged, in_progress, answered, reviewed, closed; unhandled where the ruleset says nothing of it.", "未解除的预警数，按处置状态：new待签收，acknowledged已签收，in_progress处置中，answered已反馈，reviewed已审核，closed办结；规则集未规定处置流程的为unhandled。";
    overdue_warnings: IntGaugeVec = count_gauges(&["clock", "level"]), "overdue_warnings",
        "Open warnings of which the time to acknowledge or to act has passed.", "已超期的未解除预警数，按时限：acknowledge签收时限，act处置时限。";
    unrouted_warnings: IntGauge = count_gauge(), "unrouted_warnings",
        "Open warnings that no route led to a post, so that the default has them; one an operator.", "按派单规则无岗位承接（未包保）、由默认岗位承接的未解除预警数，每个监管对象一条。";
    dispositions: IntCounterVec = counters(&["outcome"]), "dispositions_total",
        "Dispositions decided: applied, late (the warning is over: recorded), noted (only words changed, or the warning has no handling), or why they were not permitted.", "已判定的处置反馈数：applied已采用，late预警已解除、仅作记录，noted仅改动文字或者预警未纳入处置流程，其余为未予受理的原因。";
    warnings: IntCounterVec = counters(&["step", "level"]), "warnings_total",
        "Lifecycle events of warnings, by step and the level after it.", "预警生命周期事件数，按环节与其后等级。";
    rule_evaluations: IntCounterVec = counters(&["rule"]), "rule_evaluations_total",
        "Evaluations of a rule for an operator.", "规则对监管对象的求值次数。";
    rule_evaluation_duration: CounterVec = durations(&["rule"]), "rule_evaluation_duration_seconds_total",
        "Time spent on evaluating a rule, estimated from one evaluation in 64.", "规则求值累计耗时，按每64次求值抽取1次估算。";
    rule_fires: IntCounterVec = counters(&["rule"]), "rule_fires_total",
        "Operators for whom a rule began to fire; after a start, everyone for whom it fires counts once.",
        "规则触发次数（由未触发转为触发计一次；启动后仍触发的，每个监管对象计一次）。";
    rule_last_fired_timestamp: GaugeVec = gauges(&["rule"]), "rule_last_fired_timestamp_seconds",
        "As of when a rule last fired in this run; 0 before.", "本次运行中规则最近一次触发时的截至时刻；未触发过为0。";
    rule_warnings: IntCounterVec = counters(&["rule", "step"]), "rule_warnings_total",
        "Warnings opened or escalated while a rule fired.", "规则触发时发布或升级的预警数，按环节。";
    rule_unique_warnings: IntCounterVec = counters(&["rule", "step"]), "rule_unique_warnings_total",
        "Those of them that would not have been opened or escalated without the rule.", "其中缺少该规则即不会发布或升级的预警数。";
    rule_answers: IntCounterVec = counters(&["rule", "action"]), "rule_answers_total",
        "Dispositions of warnings that a rule helped to raise, by action, and of an answer by its verdict (`answered_unfounded`); of warnings raised in this run or open at its start. The share of `answered_unfounded` and `false_alarm` tells how often it was wrong.", "该规则参与引发的预警所收到的处置反馈数，按处置环节，核查反馈另按结论（如 answered_unfounded）；限本次运行中发布、升级或者启动时未解除的预警。其中不属实（answered_unfounded）和误报（false_alarm）所占比例反映规则的准确程度。";
    rule_errors: IntCounterVec = counters(&["rule", "kind"]), "rule_errors_total",
        "Evaluations that failed; the score is marked degraded.", "规则求值失败次数；相应评分标为不完整。";
    feature_errors: IntCounterVec = counters(&["feature"]), "feature_errors_total",
        "Runs in which the SQL of a feature failed; it is unknown then.", "指标SQL执行失败次数；该指标按未知处理。";
    area_operators: IntGaugeVec = count_gauges(&["sub_district"]), "area_operators",
        "Operators on the register that are not closed, by sub-district; `none` where the register names none.", "登记在册且未注销的监管对象数，按街道；登记信息未填街道的为none。";
    area_open_warnings: IntGaugeVec = count_gauges(&["sub_district", "level"]), "area_open_warnings",
        "Open warnings by sub-district and level.", "未解除的预警数，按街道和等级。";
    area_overdue_warnings: IntGaugeVec = count_gauges(&["sub_district", "level"]), "area_overdue_warnings",
        "Open warnings whose action is overdue, by sub-district and level.", "未解除的预警中处置已超期的件数，按街道和等级。";
    area_handled_warnings: IntGaugeVec = count_gauges(&["sub_district", "state"]), "area_handled_warnings",
        "Open warnings by sub-district and how far they are dealt with; those that nobody has to answer are in none of the states.", "未解除的预警数，按街道和处置状态；未纳入处置流程的不计入。";
    area_unrouted_operators: IntGaugeVec = count_gauges(&["sub_district"]), "area_unrouted_operators",
        "Operators that no route leads to a post, by sub-district: the default has their warnings.", "按派单规则无岗位承接（未包保）的监管对象数，按街道。";
    area_answers_due: IntGaugeVec = count_gauges(&["sub_district"]), "area_answers_due",
        "Warnings of the last 30 days that were answered in time or whose time to act passed without an answer, by sub-district.", "近30日应反馈的预警数（按时反馈的和处置时限届满未反馈的），按街道。";
    area_answers_in_time: IntGaugeVec = count_gauges(&["sub_district"]), "area_answers_in_time",
        "Those of them that were answered in time.", "其中按时反馈的件数。";
    area_operators_to_visit: IntGaugeVec = count_gauges(&["sub_district", "visit"]), "area_operators_to_visit",
        "Operators that are to be visited, by sub-district and visit target of the ruleset.", "应检查（督导）的监管对象数，按街道和规则集所列督查项目。";
    area_visited_operators: IntGaugeVec = count_gauges(&["sub_district", "visit"]), "area_visited_operators",
        "Those of them that were visited in time.", "其中已按期检查（督导）的户数。";
    sweep_completed_timestamp: Gauge = gauge(), "sweep_completed_timestamp_seconds",
        "When a sweep over all operators was last completed.", "最近一次全量巡检的完成时间。";
    sweep_age: Gauge = gauge(), "sweep_age_seconds",
        "How long ago a sweep over all operators was last completed, or the engine became ready; 0 while it is not.", "距最近一次全量巡检完成（或引擎就绪）的时长；未就绪时为0。";
    sweep_interval: Gauge = gauge(), "sweep_interval_seconds",
        "How often a sweep is to be completed, by the configuration.", "配置规定的全量巡检间隔。";

    records_cut: IntCounterVec = counters(&["topic"]), "records_cut_total",
        "Scores and warnings that were too large for one Kafka message and left cut, marked degraded.", "超过Kafka单条消息上限、截短后发出并注明的风险分和预警数。";
    consumer_lag_records: IntGaugeVec = count_gauges(&["topic", "partition"]), "consumer_lag_records",
        "Records of a partition not yet committed, those too that a publisher's open transaction holds back.",
        "分区中尚未提交的记录数，含因推送方事务未结束而暂不可读的记录。";
    consumer_lag_seconds: GaugeVec = gauges(&["topic", "partition"]), "consumer_lag_seconds",
        "How far behind a partition is: age of the last record committed while others wait, else 0.", "分区滞后时长：尚有待处理记录时为最近提交记录的时长，否则为0。";
    consumer_held_back_seconds: GaugeVec = gauges(&["topic", "partition"]), "consumer_held_back_seconds",
        "For how long a publisher's open transaction has kept the engine from reading on in a partition; 0 if none does.",
        "推送方未结束的事务使分区无法继续读取的时长；无此情况时为0。";
    input_partitions: IntGaugeVec = count_gauges(&["topic"]), "input_partitions",
        "Partitions of an input topic that are read.", "所读取的输入主题的分区数。";
    stray_records: IntGaugeVec = count_gauges(&["topic"]), "stray_records",
        "Records on the engine's own topics that no engine wrote, as of the latest start; they are passed over.",
        "引擎自有主题中并非引擎写入的记录数（以最近一次启动为准）；这些记录不作处理。";
    transactions: IntCounterVec = counters(&["outcome"]), "transactions_total",
        "Kafka transactions, by outcome.", "Kafka事务数，按结果。";
    transaction_duration: Histogram = histogram(&DURATIONS), "transaction_duration_seconds",
        "From the begin of a transaction to its confirmed commit.", "事务从开始到确认提交的耗时。";
    kafka_reachable: IntGauge = count_gauge(), "kafka_reachable",
        "1 while Kafka answers, 0 before and while the engine waits for it.", "Kafka有应答时为1；首次应答前及等待恢复期间为0。";
    kafka_errors: IntCounterVec = counters(&["client"]), "kafka_errors_total",
        "Errors that librdkafka reported, by client.", "librdkafka报告的错误数，按客户端。";

    http_requests: IntCounterVec = counters(&["route", "status"]), "http_requests_total",
        "HTTP requests answered.", "已应答的HTTP请求数。";
    http_request_duration: HistogramVec = histograms(&["route"], &DURATIONS), "http_request_duration_seconds",
        "How long HTTP requests took.", "HTTP请求耗时。";
    http_connections: IntGaugeVec = count_gauges(&["places"]), "http_connections",
        "Open HTTP connections: in the usual places, and in the reserve for probes that is used when these are full.", "打开的HTTP连接数：usual为普通连接，reserve为普通连接占满后专供探测使用的预留连接。";
    http_slow_connections: IntCounter = counter(), "http_slow_connections_total",
        "HTTP connections closed because no whole request came in time, idle ones included.", "因未在时限内收到完整请求而关闭的HTTP连接数，含空闲连接。";
    notify_ready: IntGauge = count_gauge(), "notify_ready",
        "Of `yujing notify`: 1 while events are delivered as they come, else 0.", "通知进程：正常投递时为1，否则为0。";
    notify_events: IntCounterVec = counters(&["outcome"]), "notify_events_total",
        "Events read from the warnings topic: told (somebody is to be told), nobody (no route), unreadable.",
        "从预警主题读取的事件数：told需通知，nobody按路由无需通知，unreadable无法读取。";
    notify_missed_partitions: IntCounter = counter(), "notify_missed_partitions_total",
        "Partitions of which events were deleted before they were read; nobody was told of these.", "事件未经读取即被删除、因此未通知任何岗位的分区次数。";
    notify_tries: IntCounterVec = counters(&["channel", "outcome"]), "notify_tries_total",
        "Tries to deliver an event through a channel: delivered or failed.", "经各渠道投递事件的尝试次数：delivered成功，failed失败。";
    notify_try_duration: HistogramVec = histograms(&["channel"], &TRIES), "notify_try_duration_seconds",
        "How long tries that succeeded took.", "成功投递的耗时。";
    notify_dead_letters: IntCounterVec = counters(&["channel", "code"]), "notify_dead_letters_total",
        "Events that a channel did not take: refused, or gave_up after the time for it.", "渠道未能送达的事件数：refused被对方拒收，gave_up超过时限放弃。";
    notify_backlog: IntGaugeVec = count_gauges(&["channel"]), "notify_backlog",
        "Events that wait for a channel, those under way included.", "等待投递的事件数，含正在投递的。";
    notify_oldest_waiting: GaugeVec = gauges(&["channel"]), "notify_oldest_waiting_seconds",
        "For how long the oldest of them has waited; 0 if none does.", "其中最早一条已等待的时长；没有则为0。";
    console_records: IntCounterVec = counters(&["outcome"]), "console_records_total",
        "Of `yujing console`: records read from the topics: taken into the read model, or unreadable.",
        "控制台进程：从各主题读取的记录数：taken已写入查询库，unreadable无法识别。";
    console_answers_sent: IntCounter = counter(), "console_answers_sent_total",
        "Answers that Kafka took; one that was tried again counts once.", "已写入Kafka的处置反馈数，重试的只计一次。";
    console_ready: IntGauge = count_gauge(), "console_ready",
        "Of `yujing console`: 1 while pages show all that was committed, else 0.", "控制台进程：页面内容为最新时为1，否则为0。";
    console_waiting_records: IntGauge = count_gauge(), "console_waiting_records",
        "Records that pages do not show yet.", "页面尚未反映的记录数。";
    console_oldest_answer: Gauge = gauge(), "console_oldest_answer_waiting_seconds",
        "For how long the oldest answer that Kafka did not take has waited; 0 if none does.", "最早一条未写入Kafka的处置反馈已等待的时长；没有则为0。";
    console_failures: IntCounter = counter(), "console_failures_total",
        "Requests that failed by a fault of the console or of its database.", "因控制台或其数据库故障而失败的请求数。";
    console_logins: IntCounterVec = counters(&["outcome"]), "console_logins_total",
        "Attempts to log in: accepted, refused, or locked after too many wrong passwords.", "登录次数：accepted成功，refused口令不对，locked因多次输错被锁定。";
    suppressed_log_lines: IntCounterVec = counters(&["event"]), "suppressed_log_lines_total",
        "Repeated log lines left out.", "被省略的重复日志行数。";
}

impl Metrics {
    /// All metrics, with the label sets that are known beforehand, so that rates start at zero.
    pub fn new() -> Self {
        let metrics = Self::declare();
        let revision = option_env!("YUJING_REVISION").unwrap_or("unknown");
        metrics.build_info.with_label_values(&[env!("CARGO_PKG_VERSION"), revision]).set(1);
        for outcome in ["committed", "aborted"] {
            metrics.transactions.with_label_values(&[outcome]);
        }
        for client in KafkaClient::ALL {
            metrics.kafka_errors.with_label_values(&[client.as_str()]);
        }
        for cause in ["reassigned", "lost"] {
            metrics.restores.with_label_values(&[cause]);
        }
        for outcome in super::reload::OUTCOMES {
            metrics.ruleset_reloads.with_label_values(&[outcome]);
        }
        for places in ["usual", "reserve"] {
            metrics.http_connections.with_label_values(&[places]);
        }
        for outcome in LoginOutcome::ALL.map(LoginOutcome::as_str) {
            metrics.console_logins.with_label_values(&[outcome]);
        }
        metrics.ruleset_last_reload_successful.set(1);
        for level in yujing_core::warning::Level::ALL {
            metrics.operators.with_label_values(&[level.as_str()]);
        }
        metrics.name_open_warnings();
        for outcome in Ruling::ALL.map(Ruling::as_str).into_iter().chain(NotPermitted::CODES) {
            metrics.dispositions.with_label_values(&[outcome]);
        }
        for (step, level) in super::engine::possible_steps() {
            metrics.warnings.with_label_values(&[step.as_str(), level.as_str()]);
        }
        metrics
    }

    /// What every metric is, for the reference.
    pub fn declared(&self) -> &[Declared] {
        &self.declared
    }

    /// Names the publishers that always have a series of their own, once.
    pub fn name_publishers(&self, names: &[String]) {
        let _ = self.named_publishers.set(names.iter().map(|name| label(name)).collect());
    }

    /// Notes how new a publisher's newest records are; older ones change nothing. The name under which it has series.
    pub fn note_newest(&self, source: &str, publisher: &str, noted: Newest) -> String {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let publisher = label(publisher);
        let is_named = |name: &str| self.named_publishers.get().is_some_and(|named| named.contains(name));
        let known = is_named(&publisher) || newest.contains_key(&(source.to_owned(), publisher.clone()));
        let others = || newest.keys().filter(|(of, name)| of == source && !is_named(name)).count();
        let publisher = if known || others() < MOST_PUBLISHERS { publisher } else { OTHER_PUBLISHER.to_owned() };
        let entry = newest.entry((source.to_owned(), publisher.clone())).or_insert(noted);
        *entry = entry.or_newer(noted);
        publisher
    }

    /// The label of a sub-district; nothing if too many others have series already.
    pub fn sub_district_label(&self, name: Option<&str>) -> Option<String> {
        let label = name.map_or_else(|| NO_SUB_DISTRICT.to_owned(), label);
        let mut known = self.sub_districts.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST_SUB_DISTRICTS {
            known.insert(label.clone());
        }
        known.contains(&label).then_some(label)
    }

    /// Notes since when scores are live, or that they are not: the sweep's age counts from then.
    pub fn note_ready(&self, since: Option<Timestamp>) {
        if let Some(since) = since {
            self.inputs.begin(since);
        }
        *self.ready_since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// Everything of the engine in the text format, as of `now`.
    ///
    /// # Errors
    /// If a metric cannot be written; the message names it.
    pub fn render(&self, now: Timestamp) -> Result<String, prometheus::Error> {
        self.set_ages(now);
        self.render_those(|name| !name.starts_with(OF_NOTIFY) && !name.starts_with(OF_CONSOLE))
    }

    /// Everything of `yujing notify` in the text format: alerts about the engine must not take it for one.
    ///
    /// # Errors
    /// As [`Metrics::render`].
    pub fn render_notify(&self) -> Result<String, prometheus::Error> {
        self.render_those(|name| {
            name.starts_with(OF_NOTIFY) || OF_ALL.iter().any(|beginning| name.starts_with(beginning))
        })
    }

    /// Everything of `yujing console` in the text format.
    ///
    /// # Errors
    /// As [`Metrics::render`].
    pub fn render_console(&self) -> Result<String, prometheus::Error> {
        self.render_those(|name| {
            name.starts_with(OF_CONSOLE) || OF_ALL.iter().any(|beginning| name.starts_with(beginning))
        })
    }

    fn render_those(&self, is_shown: impl Fn(&str) -> bool) -> Result<String, prometheus::Error> {
        let mut families = self.registry.gather();
        families.retain(|family| is_shown(family.name()));
        let mut out = String::new();
        TextEncoder::new().encode_utf8(&families, &mut out)?;
        Ok(out)
    }

    fn set_ages(&self, now: Timestamp) {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        for ((source, publisher), Newest { occurred_at, received_at }) in newest.iter() {
            let labels = [source.as_str(), publisher.as_str()];
            self.newest_event_timestamp.with_label_values(&labels).set(seconds(*occurred_at));
            self.newest_event_age.with_label_values(&labels).set((seconds(now) - seconds(*occurred_at)).max(0.0));
            self.newest_received_timestamp.with_label_values(&labels).set(seconds(*received_at));
        }
        self.sweep_age.set(self.sweep_age_at(now));
    }

    /// How long ago everybody was last gone through, in seconds; 0 while scores are not live.
    pub fn sweep_age_at(&self, now: Timestamp) -> f64 {
        let ready_since = *self.ready_since.lock().unwrap_or_else(PoisonError::into_inner);
        let age = ready_since
            .map_or(0.0, |ready_since| seconds(now) - self.sweep_completed_timestamp.get().max(seconds(ready_since)));
        age.max(0.0)
    }

    /// The publishers of a source that have a series, and how new their newest records are.
    pub fn publishers(&self, source: &str) -> BTreeMap<String, Newest> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let of_source = newest.iter().filter(|((of, _), _)| of == source);
        of_source.map(|((_, publisher), newest)| (publisher.clone(), *newest)).collect()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// A name from outside as a label: on one line, and no longer than a person reads.
fn label(name: &str) -> String {
    let shown = escape::line(name);
    shortened(&shown, LONGEST_LABEL).unwrap_or_else(|| shown.into_owned())
}

/// Seconds since 1970 as Prometheus has them.
pub fn seconds(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}
