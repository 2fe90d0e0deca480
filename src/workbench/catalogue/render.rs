//! The catalogues as files: templates are filled with the [`Catalogue`], nothing is put together by hand.

use minijinja::value::Serde;
use minijinja::{Environment, Error, UndefinedBehavior, Value, context};
use yujing_base::error::{Classified, ErrorDomain};
use yujing_base::escape;

use super::Catalogue;

/// A file of the catalogues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Below the folder of docs.
    pub name: &'static str,
    pub text: String,
}

/// A template that cannot be filled: a slip in this program.
#[derive(Debug, thiserror::Error)]
#[error("the template of {name}: {error:#}")]
pub struct RenderError {
    pub name: &'static str,
    #[source]
    pub error: Error,
}

impl Classified for RenderError {
    fn domain(&self) -> ErrorDomain {
        ErrorDomain::Internal
    }
}

const TEMPLATES: [(&str, &str); 7] = [
    ("rules.md", include_str!("template/rules.md")),
    ("features.md", include_str!("template/features.md")),
    ("page.html", include_str!("template/page.html")),
    ("modifiers.html", include_str!("template/modifiers.html")),
    ("handling.html", include_str!("template/handling.html")),
    ("page.css", include_str!("template/page.css")),
    ("page.js", include_str!("template/page.js")),
];

/// What is made from which template, in which language; the page holds both.
const DOCUMENTS: [(&str, &str, &str); 5] = [
    ("rules.md", "rules.md", "en"),
    ("rules.zh-CN.md", "rules.md", "zh"),
    ("features.md", "features.md", "en"),
    ("features.zh-CN.md", "features.md", "zh"),
    ("index.html", "page.html", "zh"),
];

/// Every file of the catalogues.
///
/// # Errors
/// If a template cannot be filled.
pub fn documents(catalogue: &Catalogue) -> Result<Vec<Document>, RenderError> {
    let mut documents = Vec::new();
    for (name, template, lang) in DOCUMENTS {
        let text = fill(template, lang, catalogue).map_err(|error| RenderError { name, error })?;
        documents.push(Document { name, text: tidied(&text) });
    }
    let json = serde_json::to_string_pretty(catalogue).expect("invariant: a catalogue is always JSON");
    documents.push(Document { name: "catalogue.json", text: json + "\n" });
    Ok(documents)
}

fn fill(template: &str, lang: &'static str, catalogue: &Catalogue) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(escape::html);
    for (name, text) in TEMPLATES {
        environment.add_template(name, text)?;
    }
    environment.add_function("t", move |zh: String, en: String| if lang == "zh" { zh } else { en });
    environment.add_function("other", move |name: &str| other_language(name, lang));
    environment.add_filter("said", move |text: Value| text.get_attr(lang));
    environment.add_filter("said_title", move |entry: Value| entry.get_attr("title")?.get_attr(lang));
    environment.add_filter("code", |name: &str| format!("`{name}`"));
    environment.add_filter("cell", |text: &str| text.replace('|', "\\|"));
    environment.add_filter("searchable", searchable);
    environment.get_template(template)?.render(context! {
        catalogue => Value::from(Serde(catalogue)),
        lang => lang,
    })
}

/// The link to the same document in the other language.
fn other_language(name: &str, lang: &str) -> String {
    match lang {
        "zh" => format!("English: [{name}.md]({name}.md)"),
        _ => format!("中文：[{name}.zh-CN.md]({name}.zh-CN.md)"),
    }
}

/// The words by which an entry is found, in lower case: every text in it.
fn searchable(entry: &Value) -> Result<String, Error> {
    let mut words = Vec::new();
    collect(entry, &mut words)?;
    Ok(words.join(" ").to_lowercase())
}

fn collect(value: &Value, words: &mut Vec<String>) -> Result<(), Error> {
    if let Some(text) = value.as_str() {
        words.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
    } else if let Ok(pairs) = value.try_iter() {
        for key in pairs {
            let inner = value.get_item(&key)?;
            collect(if inner.is_undefined() { &key } else { &inner }, words)?;
        }
    }
    Ok(())
}

/// Without spaces at the ends of lines and without heaps of empty lines.
fn tidied(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim_end().to_owned() + "\n"
}
