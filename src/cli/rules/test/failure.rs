//! Why a rule gave no answer, in Chinese: records, logs and the interpreter say it in English.

/// The kinds of failures, as they stand before what happened.
const KINDS: [(&str, &str); 7] = [
    ("limit", "超出限制"),
    ("type", "类型不符"),
    ("arithmetic", "运算错误"),
    ("thrown", "规则自行中止"),
    ("feature", "指标无法计算"),
    ("panic", "解释器错误"),
    ("other", "其他错误"),
];

/// What is said of them. Anything else stays as it is.
const WORDS: [(&str, &str); 27] = [
    ("`: ", "`："),
    ("Runtime error: ", ""),
    ("Too many operations", "运算次数过多，循环可能没有止境"),
    ("Too many variables", "变量过多"),
    ("Stack overflow", "调用层数过多，函数可能没有止境地调用自身"),
    ("Length of string too large", "文本过长"),
    ("Size of array too large", "数组过大"),
    ("Size of object map too large", "映射过大"),
    ("Division by zero", "除数为零"),
    ("Modulo division by zero", "除数为零"),
    ("must give ", "应当给出"),
    (", it gave ", "，实际给出"),
    ("a whole number from 0 to 100", "0至100的整数"),
    ("a map of two texts, zh and en", "由 zh、en 两段文字组成的映射"),
    ("none, blue, yellow, orange or red", "none、blue、yellow、orange、red 之一"),
    (" (true or false)", "（是或者否）"),
    ("true or false", "true 或者 false"),
    (" (whole number)", "（整数）"),
    (" (decimal number)", "（小数）"),
    (" (text)", "（文本）"),
    (" (array)", "（数组）"),
    (" (map)", "（映射）"),
    (" (another type)", "（其他类型）"),
    ("nothing", "空值"),
    ("the feature `", "指标 `"),
    ("` could not be computed", "` 无法计算"),
    ("the interpreter panicked: ", ""),
];

/// `KIND: what happened` in Chinese.
pub(super) fn zh(reason: &str) -> String {
    let (kind, happened) = reason.split_once(": ").unwrap_or(("other", reason));
    let word = KINDS.iter().find(|(en, _)| *en == kind).map_or(kind, |(_, zh)| *zh);
    let (happened, place) = split_place(happened);
    // What a rule throws are its own words.
    let words = if kind == "thrown" { &WORDS[..2] } else { &WORDS[..] };
    let happened = words.iter().fold(happened.to_owned(), |text, (en, zh)| text.replace(en, zh));
    let place = place.map_or_else(String::new, |(line, column)| format!("（第{line}行第{column}列）"));
    format!("{word}：{happened}{place}")
}

/// `what happened (line L, position C)`.
fn split_place(happened: &str) -> (&str, Option<(&str, &str)>) {
    let place = happened.strip_suffix(')').and_then(|text| text.rsplit_once(" (line "));
    match place.and_then(|(text, place)| Some((text, place.split_once(", position ")?))) {
        Some((text, place)) => (text, Some(place)),
        None => (happened, None),
    }
}
