//! Guides whose examples are run: fenced blocks with a comment before them that says what a test does with it.

use std::fs;
use std::path::Path;
use std::process::Command;

use regex::Regex;

use super::kafka::eventually;

/// In what a guide shows, this stands for anything: hashes and times.
const ANYTHING: char = '…';

/// One fenced block and the comment before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    pub language: String,
    pub mark: String,
    pub text: String,
}

/// Every fenced block of a guide, in order.
pub fn examples(guide: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut before = "";
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let mark = before.trim_start_matches("<!--").trim_end_matches("-->").trim();
            let mark = if before.starts_with("<!--") { mark } else { "" };
            let text: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push(Example { language: language.to_owned(), mark: mark.to_owned(), text: text.join("\n") + "\n" });
        }
        before = line;
    }
    found
}

/// Examples whose mark begins with `prefix`, with the rest of the mark.
pub fn marked<'a>(all: &'a [Example], prefix: &str) -> Vec<(&'a str, &'a str)> {
    let rest = |example: &'a Example| Some((example.mark.strip_prefix(prefix)?.trim(), example.text.as_str()));
    let found: Vec<_> = all.iter().filter_map(rest).collect();
    assert!(!found.is_empty(), "no example is marked `{prefix}`");
    found
}

/// The commands of a page's examples with this mark, line by line.
pub fn commands(page: &str, mark: &str) -> Vec<String> {
    let all = examples(&fs::read_to_string(page).expect("the page"));
    let lines = marked(&all, mark).into_iter().flat_map(|(_, text)| text.lines());
    lines.map(str::to_owned).collect()
}

/// Links of a page, a path from the repository's folder, that lead nowhere: to no file, or to no heading of it.
pub fn broken_links(page: &str) -> Vec<String> {
    let link = Regex::new(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)").expect("a pattern");
    let heading = Regex::new(r"(?m)^#+ (.+)$").expect("a pattern");
    let text = fs::read_to_string(page).expect("the page");
    let leads_somewhere = |target: &str, anchor_wanted: Option<&str>| {
        let path = if target.is_empty() { page.into() } else { Path::new(page).with_file_name("").join(target) };
        let Some(wanted) = anchor_wanted else { return path.exists() };
        let there = fs::read_to_string(path).unwrap_or_default();
        heading.captures_iter(&there).any(|heading| anchor(&heading[1]) == wanted)
    };
    let broken = link.captures_iter(&text).filter(|link| {
        !link[1].contains("://") && !leads_somewhere(&link[1], link.get(2).map(|anchor| anchor.as_str()))
    });
    broken.map(|link| link[0].to_owned()).collect()
}

/// The anchor of a heading as code hosts make it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || "-_ ".contains(*letter));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// A reader who follows a guide in a folder, with the built program on the path.
pub struct Walk {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
    /// The last commands that only ask, to be asked again until the answer is as shown.
    asked: Option<String>,
    /// What the last commands printed, line by line, with single spaces.
    printed: Vec<String>,
}

impl Walk {
    /// From an empty folder.
    pub fn new(environment: Vec<(String, String)>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, environment, asked: None, printed: Vec::new() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes a step as it is marked: `file PATH` is written, `runs` and `fails` are commands that do, `asks` are
    /// commands that are repeated until they print what is shown next, and `shows` are lines that the last commands
    /// printed, in their order.
    pub fn take(&mut self, step: &str, text: &str) {
        self.asked = self.asked.take().filter(|_| step == "shows");
        match (step, step.strip_prefix("file ")) {
            (_, Some(path)) => self.file(path, text),
            ("runs", _) => self.run(text, false),
            ("fails", _) => self.run(text, true),
            ("asks", _) => self.asked = Some(text.to_owned()),
            ("shows", _) => self.shows(text),
            (other, _) => panic!("a step called {other}"),
        }
    }

    pub fn file(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    /// Runs commands as they stand in the guide, in one shell after the other that keeps what was exported.
    fn run(&mut self, commands: &str, must_fail: bool) {
        let program = Path::new(env!("CARGO_BIN_EXE_yujing")).parent().expect("a folder");
        let path = format!("{}:/usr/bin:/bin", program.display());
        let kept = self.path().join(".exports");
        let kept = kept.display();
        let script = format!("[ ! -f {kept} ] || . {kept}\n{commands}\nexport -p > {kept}\n");
        let output = Command::new("sh")
            .args(["-e", "-c", &script])
            .current_dir(self.path())
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("PATH", path)
            .output()
            .expect("sh runs");
        let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8")).concat();
        println!("{commands}{printed}");
        assert_eq!(output.status.success(), !must_fail, "see above");
        self.printed = printed.lines().map(single_spaced).collect();
    }

    fn shows(&mut self, text: &str) {
        if let Some(commands) = self.asked.take() {
            eventually(text, || {
                self.run(&commands, false);
                self.missing(text).is_none().then_some(())
            });
        }
        if let Some(line) = self.missing(text) {
            panic!("not shown, see above: {line}");
        }
    }

    /// The first line shown that was not printed after the one before it.
    fn missing(&self, text: &str) -> Option<String> {
        let mut printed = self.printed.iter();
        text.lines().map(single_spaced).find(|shown| !printed.any(|line| fits(line, shown)))
    }
}

fn single_spaced(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a line is as shown, whatever stands in place of [`ANYTHING`].
fn fits(line: &str, shown: &str) -> bool {
    let Some((first, rest)) = shown.split_once(ANYTHING) else { return line == shown };
    let Some(mut left) = line.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split(ANYTHING).collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, behind)) = left.split_once(part) else { return false };
        left = behind;
    }
    left.ends_with(last)
}
