//! What a code means, with an example: the code's part of `rules/checks.md`, which a test keeps true.

use yujing_base::diagnostic::code::{CODES, Code};
use yujing_base::diagnostic::suggest::did_you_mean;
use yujing_base::language::{Bilingual, say};

use crate::{Failure, Language};

const EN: &str = include_str!("../../../rules/checks.md");
const ZH: &str = include_str!("../../../rules/checks.zh-CN.md");

/// The explanation of a code.
pub(super) fn code(name: &str, language: Language) -> Result<String, Failure> {
    let Some(code) = Code::named(name) else {
        let unknown = say!("没有代码 `{name}`", "there is no code `{name}`");
        let hint = did_you_mean(name, CODES.iter().map(|code| code.name))
            .unwrap_or_else(|| Bilingual::new("全部代码见 rules/checks.zh-CN.md", "rules/checks.md lists them all"));
        let (unknown, hint) = (language.of(&unknown), language.of(&hint));
        return Err(Failure::user(language.pick(&format!("{unknown}；{hint}"), &format!("{unknown}; {hint}"))));
    };
    Ok(section(language.pick(ZH, EN), name).unwrap_or_else(|| {
        let Code { name, severity, zh, en } = code;
        format!("{name} ({})\n\n{}", severity.as_str(), language.pick(zh, en))
    }))
}

/// The part of a page under a code's heading, without the marks of Markdown.
fn section(page: &str, name: &str) -> Option<String> {
    let heading = format!("### `{name}`");
    let mut lines = page.lines().skip_while(|line| !line.starts_with(&heading));
    let first = lines.next()?.trim_start_matches("### ").replace('`', "");
    let body = lines.take_while(|line| !line.starts_with("##")).filter(|line| !line.starts_with("```"));
    let text: Vec<_> = std::iter::once(first.as_str()).chain(body).collect();
    Some(text.join("\n").trim_end().to_owned())
}
