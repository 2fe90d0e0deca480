//! Every code that a check can give, with what it means in one line. `yujing rules check --explain CODE` and
//! `rules/checks.md` are made from this table; a test holds it to the codes that stand in the source.

use super::Severity;

/// One thing that a check can find.
#[derive(Debug)]
pub struct Code {
    /// Stable: `kind/what-is-wrong`.
    pub name: &'static str,
    pub severity: Severity,
    pub zh: &'static str,
    pub en: &'static str,
}

impl Code {
    /// The code of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        CODES.iter().find(|code| code.name == name)
    }

    /// What stands before the `/`: the kind of file that it is about.
    pub fn kind(&self) -> &'static str {
        self.name.split_once('/').map_or(self.name, |(kind, _)| kind)
    }
}

/// A finding that refuses the ruleset.
const fn error(name: &'static str, zh: &'static str, en: &'static str) -> Code {
    Code { name, severity: Severity::Error, zh, en }
}

/// A finding that is shown and refuses nothing.
const fn warning(name: &'static str, zh: &'static str, en: &'static str) -> Code {
    Code { name, severity: Severity::Warning, zh, en }
}

/// The kinds of files that analysts write, in the order in which they are described.
pub const ANALYSTS_KINDS: [&str; 12] = [
    "file",
    "check",
    "ruleset",
    "policy",
    "calendar",
    "laws",
    "modifiers",
    "routing",
    "handling",
    "feature",
    "rule",
    "case",
];

/// Every code, by kind.
pub const CODES: &[Code] = &[
    // Any file.
    error("file/unreadable", "文件或者文件夹无法读取", "a file or folder cannot be read"),
    error("file/encoding", "文件不是 UTF-8 编码（多为 GBK）", "a file is not UTF-8, probably GBK"),
    error("file/bom", "文件以字节顺序标记（BOM）开头", "a file begins with a byte order mark (BOM)"),
    error("file/too-long", "文件过长", "a file is too long"),
    error(
        "file/link",
        "链接指向文件夹之外，或者指向已经读取的文件夹",
        "a link leads out of the folder, or to a folder that is read already",
    ),
    error(
        "file/hidden-character",
        "含有看不见或者改变文字方向的字符",
        "a character that is not seen, or that turns the direction of others",
    ),
    error("file/not-regular", "不是普通文件（管道、设备等）", "no regular file: a pipe, a device or the like"),
    error("file/punctuation", "文本以外使用了中文标点或者全角符号", "Chinese punctuation outside a text"),
    // Comments that allow a warning.
    warning(
        "check/allow",
        "allow 注释写法不对：代码不存在、不是警告，或者没有写明理由",
        "an `allow` comment names no code that exists, names an error, or gives no reason",
    ),
    warning(
        "check/unused-allow",
        "allow 注释所允许的警告并未出现",
        "an `allow` comment allows a warning that is not there",
    ),
    error("check/stopped", "检查超出时间或者内存限度而中止", "the check was stopped at its limit of time or memory"),
    // The ruleset as a whole.
    error("ruleset/changed", "加载用例期间有文件被保存", "a file was saved while the cases were being loaded"),
    error("ruleset/unknown-base-feature", "[base] 的 feature 不是任何指标", "`[base] feature` names no feature"),
    error(
        "ruleset/half-of-handling",
        "handling.toml 与 routing.toml 只有其一",
        "`handling.toml` or `routing.toml` without the other",
    ),
    // ruleset.toml
    error(
        "policy/syntax",
        "ruleset.toml 不是合法的 TOML，或者缺项、类型不对",
        "`ruleset.toml` is not TOML, or a key is missing or of the wrong type",
    ),
    error("policy/unknown-key", "ruleset.toml 中有不存在的项", "`ruleset.toml` has a key that does not exist"),
    error("policy/open-at", "open_at = \"none\" 不构成预警", "`open_at = \"none\"` is no warning"),
    error(
        "policy/thresholds",
        "enter 未由蓝至红严格递增，或者 leave 高于 enter",
        "`enter` does not rise from blue to red, or `leave` lies above `enter`",
    ),
    error("policy/dwell", "dwell 不是 0 至 90 日的时长", "`dwell` is no length of time from 0 to 90 days"),
    error("policy/zone", "没有这个时区", "a time zone that does not exist"),
    error("policy/title", "类别缺少一种语言的名称", "a family without a title in one language"),
    error("policy/out-of-range", "分值或者封顶值超出允许范围", "points or a cap outside their bounds"),
    error(
        "policy/name",
        "类别名、指标名不是小写字母、数字和下划线",
        "a family or feature name that is not lower-case letters, digits and `_`",
    ),
    warning("policy/no-such-value", "基础分给了指标取不到的值", "base points for a value that the feature never has"),
    // visits.toml
    error(
        "visits/syntax",
        "visits.toml 不是有效的 TOML，或者缺项、类型不符",
        "`visits.toml` is no valid TOML, or something is missing or of a wrong type",
    ),
    error("visits/unknown-key", "visits.toml 中有不存在的项", "`visits.toml` has a key that does not exist"),
    error("visits/name", "名称不是小写字母、数字和下划线", "a name of other than lower-case letters, digits and `_`"),
    error("visits/title", "缺少一种语言的名称", "no title in one language"),
    error("visits/days", "天数超出允许范围", "days outside their bounds"),
    error("visits/feature", "所写的指标不存在，或者不是天数", "no such feature, or one that counts no days"),
    // calendar.toml
    error(
        "calendar/syntax",
        "calendar.toml 不是合法的 TOML，或者缺项、类型不对",
        "`calendar.toml` is not TOML, or a key is missing or of the wrong type",
    ),
    error("calendar/unknown-key", "calendar.toml 中有不存在的项", "`calendar.toml` has a key that does not exist"),
    error("calendar/date", "不是日期，或者带有时刻", "not a date, or a date with a time of day"),
    error("calendar/other-year", "日期写在了别的年份之下", "a date under another year's `[[year]]`"),
    error("calendar/order", "假期的结束早于开始", "a holiday ends before it begins"),
    error("calendar/duplicate", "年份、假日或者调休上班日重复", "a year, holiday or workday given twice"),
    error("calendar/contradiction", "同一日既是假日又是上班日", "a date is both holiday and workday"),
    error("calendar/not-a-weekend", "调休上班日本来就是工作日", "a workday that is worked anyway"),
    warning(
        "calendar/unconfirmed",
        "该年度安排尚未与通知原文核对",
        "a year that nobody has compared with the notice yet",
    ),
    warning(
        "calendar/ends",
        "今天起算的时限将跨入 calendar.toml 没有的年份",
        "a deadline that starts today counts over a year that `calendar.toml` does not have",
    ),
    // laws.toml
    error(
        "laws/syntax",
        "laws.toml 不是合法的 TOML，或者缺项、类型不对",
        "`laws.toml` is not TOML, or a key is missing or of the wrong type",
    ),
    error("laws/unknown-key", "laws.toml 中有不存在的项", "`laws.toml` has a key that does not exist"),
    error("laws/date", "施行日期、失效日期不是日期", "a day in force is not a date"),
    error("laws/order", "失效早于施行", "a law ends before it begins"),
    error("laws/duplicate", "同一法律依据列了两次", "a law is listed twice"),
    // modifiers.toml
    error(
        "modifiers/syntax",
        "modifiers.toml 不是合法的 TOML，或者缺项、类型不对",
        "`modifiers.toml` is not TOML, or a key is missing or of the wrong type",
    ),
    error("modifiers/unknown-key", "modifiers.toml 中有不存在的项", "`modifiers.toml` has a key that does not exist"),
    error("modifiers/id", "id 写法不对，或者重复", "an id that is none, or given twice"),
    error("modifiers/title", "缺少一种语言的名称", "a modifier without a title in one language"),
    error("modifiers/date", "起止日期不是日期", "a first or last day that is not a date"),
    error(
        "modifiers/order",
        "止日早于起日，或者专项缺少起止日期",
        "it ends before it begins, or a campaign has no days",
    ),
    error("modifiers/for-whom", "未写明适用对象（when）", "it does not say for whom it is (`when`)"),
    error("modifiers/unknown-feature", "when 中的指标不存在", "`when` names no feature"),
    error("modifiers/value", "when 中的值是该指标取不到的", "`when` has a value that the feature never has"),
    error("modifiers/unknown-rule", "所列规则不存在", "it names a rule that does not exist"),
    error("modifiers/unknown-family", "所列类别不存在", "it names a family that does not exist"),
    error("modifiers/no-effect", "没有写明调整什么", "it changes nothing"),
    error("modifiers/out-of-range", "提级、分值或者时限的幅度超出允许范围", "a raise or a share outside its bounds"),
    error("modifiers/basis", "缺少依据，或者未写明名称、条款", "no basis, or one without a law and an article"),
    warning("modifiers/unlisted-law", "laws.toml 未列该依据", "`laws.toml` does not list the law"),
    // routing.toml
    error(
        "routing/syntax",
        "routing.toml 不是合法的 TOML，或者缺项、类型不对",
        "`routing.toml` is not TOML, or a key is missing or of the wrong type",
    ),
    error("routing/unknown-key", "routing.toml 没有这一项", "`routing.toml` has no such key"),
    error(
        "routing/unknown-name",
        "routing.toml 所写的岗位、角色、规则、类别、指标或者登记信息列不存在",
        "a post, role, rule, family, feature or column of the register that is not there",
    ),
    error(
        "routing/no-such-value",
        "该列没有这个值，或者数值不当",
        "a value that the column never has, or a number out of bounds",
    ),
    error("routing/empty", "列表为空，什么也不匹配", "an empty list: nothing is meant, or nobody"),
    error("routing/name", "岗位或者角色的名称不合规范", "a post or a role has no proper name"),
    error(
        "routing/title",
        "名称缺少一种语言，或者 {area} 用得不对",
        "a title without one language, or `{area}` where it does not belong",
    ),
    error("routing/long-id", "岗位编号可能过长", "an id of a post may be too long for an answer"),
    error("routing/circle", "逐级上报成了圈", "the ladder is a circle"),
    error(
        "routing/ladder-ends",
        "逐级上报到并非每个辖区都有的岗位为止",
        "the ladder ends at a post that not every area has",
    ),
    error("routing/default", "兜底岗位按辖区设置", "the default is one for each area"),
    error(
        "routing/no-route",
        "最后一条路由有条件，有的预警没有路由",
        "the last route has a condition: warnings without a route",
    ),
    error("routing/unreachable", "路由之前已有无条件的路由", "a route behind one without a condition"),
    error("routing/no-basis", "研判线索没有写明依据", "a candidate that rests on nothing"),
    warning(
        "routing/unrouted",
        "有监管对象未包保：所在辖区均未设岗位",
        "operators belong to nobody: no area of theirs has a post",
    ),
    warning(
        "routing/unlisted-law",
        "laws.toml 未列研判线索的依据",
        "`laws.toml` does not list what a candidate rests on",
    ),
    warning(
        "routing/unused",
        "没有预警会到的岗位，或者没有岗位由其担任的角色",
        "a post or a role to which nothing leads",
    ),
    // handling.toml
    error(
        "handling/syntax",
        "handling.toml 不是合法的 TOML，或者缺项、类型不对",
        "`handling.toml` is not TOML, or a key is missing or of the wrong type",
    ),
    error("handling/unknown-key", "handling.toml 没有这一项", "`handling.toml` has no such key"),
    error(
        "handling/unknown-name",
        "handling.toml 所写的角色、规则、类别、指标或者登记信息列不存在",
        "a role, rule, family, feature or column of the register that is not there",
    ),
    error(
        "handling/no-such-value",
        "该列没有这个值，或者数值不当",
        "a value that the column never has, or a number out of bounds",
    ),
    error(
        "handling/empty",
        "没有写明取值、时限，或者没有角色可以",
        "an empty list or entry: nothing is meant, or nobody may",
    ),
    error("handling/clock", "时限写法不对或者为零", "a clock that is none, or of zero"),
    error("handling/order", "处置时限短于签收时限", "the time to act ends before the time to acknowledge"),
    // features/*.sql
    error("feature/syntax", "不是合法的 SQL", "not SQL"),
    error(
        "feature/too-deep",
        "SQL 嵌套过深，或者连续的运算过长",
        "the SQL is nested too deeply, or a chain of operators is too long",
    ),
    error(
        "feature/unbounded",
        "计算量无法事先限定的函数、窗口或者匹配式",
        "a function, window or pattern whose work has no bound",
    ),
    error(
        "feature/one-select",
        "一个文件应当是一条 SELECT，且至少有一个指标",
        "a file holds one SELECT with at least one feature",
    ),
    error("feature/operator-first", "第一列必须是 operator_id", "the first column must be `operator_id`"),
    error("feature/group-by", "未按 operator_id 分组，或者另按其他列分组", "anything but `GROUP BY operator_id`"),
    error("feature/one-table", "没有表、有多个表，或者使用了连接", "no table, several, or a join"),
    error("feature/unknown-table", "没有这个表", "no source has this table"),
    error("feature/unknown-column", "表中没有这一列", "the table has no such column"),
    error("feature/unknown-function", "没有这个函数", "there is no such function"),
    error(
        "feature/nondeterministic",
        "now()、random() 等每次结果不同的函数",
        "`now()`, `random()` and the like: the same question must give the same answer",
    ),
    error(
        "feature/estimate",
        "approx_ 开头的函数只给出估计值",
        "an `approx_` function: an estimate depends on how events come in batches",
    ),
    error(
        "feature/similar-to",
        "SIMILAR TO 与 SQL 标准不同",
        "`SIMILAR TO`, which would not mean what standard SQL means by it",
    ),
    error("feature/no-such-value", "与该列取不到的值比较", "a comparison with a value that the column never has"),
    error(
        "feature/argument",
        "函数参数或者比较两边的类型不对",
        "a function or comparison is given a wrong type or number of arguments",
    ),
    error(
        "feature/length",
        "时间窗口或者间隔为零、为负；以日、月计的时长与两个时刻之差比较",
        "a window or gap of no length or a negative one; a length in days or months compared with the time between instants",
    ),
    error("feature/utc", "不按办公所在地时间计算的函数", "a function that does not go by the office's clocks"),
    error("feature/many-rows", "一个监管对象会得到多行", "more than one row an operator would come out"),
    error("feature/name", "列没有名称，或者名称不合规范", "a column without a name, or a name that is not snake_case"),
    error("feature/repeated-name", "两个指标同名", "two features have one name"),
    error(
        "feature/comment",
        "@zh、@en、@missing 注释缺失、为空、重复、拼错，或者没有对应的列",
        "`@zh`, `@en` or `@missing` is absent, empty, doubled, misspelt or stands before no column",
    ),
    error("feature/missing", "文本指标不能 @missing 0", "`@missing 0` on a text"),
    error(
        "feature/type",
        "规则无法读取的类型：日期、时间、列表",
        "a type that a rule cannot read: a date, a time, a list",
    ),
    error("feature/not-aggregated", "列没有聚合", "a column stands outside every aggregate"),
    error(
        "feature/clause",
        "WITH、HAVING、ORDER BY、LIMIT、DISTINCT 等不读取的子句",
        "WITH, HAVING, ORDER BY, LIMIT, DISTINCT and other clauses that hide rows or mean nothing",
    ),
    error("feature/subquery", "表达式中使用了子查询", "a subquery inside an expression"),
    error(
        "feature/derived",
        "派生表分组、聚合，或者丢掉了依据记录所需的列",
        "a derived table that groups, aggregates or drops a column that evidence needs",
    ),
    error(
        "feature/window",
        "窗口函数直接作为指标，或者涉及其他监管对象",
        "a window among the features, or one that looks at other operators",
    ),
    error(
        "feature/order",
        "ORDER BY 未确定同一时刻各条记录的先后",
        "an ORDER BY that leaves the order of simultaneous events open",
    ),
    error("feature/ambiguous", "列名可以指两个列", "a column name that could be two columns"),
    error(
        "feature/never-works",
        "对任何记录都会出错：正则表达式、日期、单位、格式写错",
        "it fails on every record: a pattern, date, unit or format that is none",
    ),
    error("feature/plan", "查询引擎因其他原因不接受", "the query engine refuses the SQL for another reason"),
    error("feature/session", "查询引擎无法启动", "the query engine does not start"),
    warning(
        "feature/null-inequality",
        "对可能为空的列使用 <>、NOT IN 或者其他否定，空值的记录会被漏掉",
        "`<>`, `NOT IN` or another negation over a column that can be NULL leaves those rows out",
    ),
    warning("feature/null-comparison", "与 NULL 比较，永不成立", "a comparison with NULL, which never holds"),
    warning(
        "feature/fails",
        "对某种记录出错，届时该指标未知",
        "the SQL fails on some record, and there the feature is unknown",
    ),
    warning("feature/integer-division", "整数相除，小数部分被舍去", "whole numbers are divided whole"),
    warning(
        "feature/evidence",
        "条件写在聚合函数之内，不相干的记录也会成为依据记录",
        "a condition inside an aggregate: rows that do not matter become evidence",
    ),
    warning(
        "feature/unreadable-time",
        "由 SQL 看不出指标随时间在何时变化，只能逢整点重算",
        "the SQL does not show when the feature changes as time passes, so it is computed anew every whole hour",
    ),
    warning("feature/unread", "没有规则读取该指标", "no rule reads the feature"),
    // *.rhai
    error(
        "rule/metadata",
        "`//!` 信息头缺项、为空、拼错或者自相矛盾",
        "the `//!` block: something is missing, empty, misspelt or contradicts itself",
    ),
    error("rule/file-name", "id 与文件名不一致", "the id is not the name of the file"),
    error("rule/duplicate-id", "两条规则 id 相同", "two rules have one id"),
    error("rule/unknown-family", "ruleset.toml 中没有这个类别", "`ruleset.toml` has no such family"),
    error("rule/syntax", "不是合法的 Rhai", "not Rhai"),
    error("rule/top-level", "语句写在函数之外", "a statement outside every function"),
    error("rule/function", "缺少 when、points 或者 because", "`when`, `points` or `because` is absent"),
    error(
        "rule/parameters",
        "四个函数之一的参数不是恰好一个 op",
        "one of the four functions does not take exactly `op`",
    ),
    error("rule/built-in", "自定义函数与内置函数同名", "a function of yours is called like a built-in one"),
    error("rule/result", "函数给不出应有的结果", "a function cannot give what it must"),
    error("rule/unknown-level", "没有这个等级", "a level that does not exist"),
    error("rule/unknown-feature", "没有这个指标", "a feature that does not exist"),
    error("rule/unknown-value", "可能未知的值未经判断就使用", "a value that may be unknown is used unguarded"),
    error(
        "rule/unknown-function",
        "没有这个函数，或者参数个数不对",
        "a function that does not exist, or with other parameters",
    ),
    error("rule/no-such-value", "与指标取不到的值比较", "a comparison with a value that the feature never has"),
    error("rule/switch-on-decimal", "对小数使用 switch", "`switch` over a decimal number"),
    error("rule/type", "运算或者比较两边的类型不对", "an operation or a comparison of types that do not fit"),
    error("rule/compare-unit", "与 () 比较", "something is compared with `()`"),
    error("rule/coalesce", "?? 与其他运算符并用而未加括号", "`??` beside another operator without parentheses"),
    error(
        "rule/operator",
        "op 被改写、遮盖、按下标读取或者整体使用",
        "`op` is changed, hidden, indexed or used as a whole",
    ),
    error("rule/assign-inside", "向映射或者数组内部赋值", "assignment into a map or an array"),
    error("rule/recursion", "函数把 op 又交回给自己", "a function hands `op` back to itself"),
    error("rule/endless-loop", "循环永不结束", "a loop that never ends"),
    error("rule/never-fires", "规则永远不会触发", "the rule can never fire"),
    error("rule/too-complex", "规则过于复杂，无法检查", "the rule is too intertwined to be checked"),
    error("rule/past-alone", "只凭既往预警就能触发", "a rule that fires by past warnings alone"),
    error("rule/statement", "无法检查的语句", "a statement that the check does not know"),
    warning("rule/always-fires", "规则对任何监管对象都触发", "the rule fires for every operator"),
    warning("rule/constant-condition", "条件恒成立或者恒不成立", "a condition that always or never holds"),
    warning("rule/unreachable", "永远执行不到的语句或者分支", "a statement or branch that is never reached"),
    warning(
        "rule/always-known",
        "对不会未知的指标使用 known 或者 ??",
        "`known` or `??` on a feature that is never unknown",
    ),
    warning("rule/integer-division", "整数相除，小数部分被舍去", "whole numbers are divided whole"),
    warning(
        "rule/points-range",
        "分值可能超出 0 至 100，届时规则出错",
        "points may leave 0 to 100, and then the rule fails",
    ),
    warning("rule/unrounded-number", "文本中的小数未规定位数", "a decimal number in a text that nobody rounds"),
    warning("rule/above-cap", "分值高于所属类别的封顶值", "points above the cap of the family"),
    warning(
        "rule/no-evidence",
        "触发条件不涉及任何记录，无从列出依据记录",
        "`when` reads no feature, so there is no evidence to show",
    ),
    warning("rule/unlisted-law", "laws.toml 未列该法律依据", "`laws.toml` does not list the law"),
    warning("rule/law-dates", "规则有效期超出所引法律依据的施行期间", "the law is cited outside its days in force"),
    warning(
        "rule/no-case",
        "缺少正例、反例、临界或者撤回用例",
        "a positive, negative, boundary or retraction case is missing",
    ),
    // cases/**/*.toml
    error(
        "case/form",
        "用例缺项、有不存在的项或者取值、时间倒退、重名，或者没有预期",
        "a key is missing, unknown or has a value that means nothing, times go backwards, two cases have one name, or nothing is expected",
    ),
    error("case/too-long", "一个用例的经过过长", "the timeline of a case is too long"),
    error("case/kind", "用例标注的种类在经过中并未体现", "a case is marked as a kind that its story does not show"),
    error("case/unknown-rule", "用例所述规则不存在", "a case of a rule that does not exist"),
    error("case/unknown-source", "用例所述数据源不存在", "an event of a source that does not exist"),
    error("case/unknown-feature", "用例所述指标不存在", "an expectation of a feature that does not exist"),
    error("case/event", "引擎会拒收或者改变用例中的事件", "the engine would refuse or change an event of a case"),
    error("case/no-example", "数据源没有可供取值的有效示例", "a source has no valid example to take fields from"),
    // schemas/*.schema.json
    error("schema/unreadable", "数据规范文件无法读取", "a schema file cannot be read"),
    error("schema/no-source", "没有描述数据源的文件", "no file describes a source"),
    error("schema/not-json", "不是合法的 JSON", "not JSON"),
    error("schema/duplicate-key", "同一对象中键重复", "a key stands twice in one object"),
    error("schema/invalid-name", "文件名或者字段名不合规范", "a file or a field cannot be a table or a column"),
    error("schema/unknown-keyword", "不支持的关键字", "a keyword that is not in the subset"),
    error("schema/misplaced-keyword", "关键字写错了位置", "a keyword that means nothing where it stands"),
    error("schema/missing-keyword", "缺少关键字", "a keyword that must be there is missing"),
    error("schema/wrong-value", "关键字的值不对", "a keyword has a value that it cannot have"),
    error("schema/invalid-duration", "不是时长", "a duration is not one"),
    error("schema/invalid-pattern", "不是正则表达式", "a pattern is not a regular expression"),
    error("schema/invalid-example", "示例或者默认值自身不合规范", "an example or default would be refused itself"),
    error("schema/envelope", "公共字段缺失或者不一致", "a field of the envelope is missing or differs"),
    error("schema/contradiction", "两处自相矛盾", "two things that cannot both hold"),
    // yujing.toml and the environment
    error("config/unreadable", "配置文件无法读取", "the configuration file cannot be read"),
    error("config/not-toml", "配置文件不是合法的 TOML", "the configuration file is not TOML"),
    error("config/unknown-key", "没有这个配置项", "a key that does not exist"),
    error("config/wrong-value", "配置值的类型不对", "a value of the wrong type"),
    error("config/out-of-range", "配置值超出允许范围", "a value outside its bounds"),
    error("config/property", "不允许设置的 Kafka 属性", "a Kafka property that is not the file's to set"),
    // The file of notifications.
    error("notify/unreadable", "通知配置文件无法读取", "the file of notifications cannot be read"),
    error(
        "notify/syntax",
        "通知配置文件不是合法的 TOML，或者缺项、类型不对",
        "the file of notifications is not TOML, or a key is missing or of the wrong type",
    ),
    error(
        "notify/unknown-key",
        "没有这一项，或者此类渠道没有这一项",
        "a key that does not exist, or not for this kind of channel",
    ),
    error("notify/missing-key", "渠道缺少必需的项", "a channel lacks a key"),
    error("notify/channel-name", "渠道名称不符合要求", "a name that no channel can have"),
    error("notify/unknown-channel", "没有这个渠道", "a channel that does not exist"),
    error(
        "notify/nobody-told",
        "没有默认渠道，会有预警无人知悉",
        "no default channel: some warnings would be told to nobody",
    ),
    error("notify/post", "岗位写法不对", "a pattern that fits no post"),
    error("notify/address", "网址或者邮箱地址写法不对", "no address of a server or mailbox"),
    error("notify/secret", "密钥、密码无法读取或者不安全", "a secret that cannot be read or protects nothing"),
    error("notify/out-of-range", "数值超出允许范围", "a value outside its bounds"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_stands_once_and_says_something() {
        let names: BTreeSet<_> = CODES.iter().map(|code| code.name).collect();
        assert_eq!(names.len(), CODES.len());
        for code in CODES {
            assert!(code.name.split_once('/').is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty()));
            assert!(!code.zh.is_ascii() && code.en.is_ascii(), "{}", code.name);
        }
    }

    #[test]
    fn kinds_stand_together() {
        let mut kinds: Vec<_> = CODES.iter().map(Code::kind).collect();
        kinds.dedup();
        let distinct: BTreeSet<_> = kinds.iter().collect();
        assert_eq!(distinct.len(), kinds.len(), "{kinds:?}");
        assert!(ANALYSTS_KINDS.iter().all(|kind| kinds.contains(kind)));
    }
}
