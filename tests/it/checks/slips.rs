//! Every slip of `slips.toml` over the sound ruleset, as golden messages in English and Chinese.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use jiff::civil::date;
use serde::Deserialize;
use tempfile::TempDir;
use yujing_base::diagnostic::Diagnostics;
use yujing_base::diagnostic::code::Code;
use yujing_base::language::Language;
use yujing_core::source::Sources;
use yujing_workbench::{rules_folder, schemas_folder};

pub const SOUND: &str = "tests/it/checks/sound";

/// One change of one file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slip {
    pub name: String,
    pub code: String,
    pub file: String,
    from: Option<String>,
    to: Option<String>,
    text: Option<String>,
    add: Option<String>,
    #[serde(default = "once")]
    times: usize,
    hex: Option<String>,
    #[serde(default)]
    remove: bool,
    cut: Option<usize>,
    copy: Option<String>,
    link: Option<String>,
    #[serde(default)]
    pipe: bool,
    #[serde(default)]
    pub also: BTreeSet<String>,
}

fn once() -> usize {
    1
}

#[derive(Deserialize)]
struct Slips {
    slip: Vec<Slip>,
}

pub fn slips() -> Vec<Slip> {
    let text = fs::read_to_string("tests/it/checks/slips.toml").expect("the slips");
    toml::from_str::<Slips>(&text).expect("the slips are TOML").slip
}

pub fn sources() -> &'static Sources {
    static SOURCES: LazyLock<Sources> = LazyLock::new(|| {
        schemas_folder::load(Path::new("schemas")).unwrap_or_else(|found| panic!("{}", found.render(false)))
    });
    &SOURCES
}

/// What the check finds in a rules folder.
pub fn found(folder: &Path) -> Diagnostics {
    match rules_folder::load(folder, sources()) {
        Ok(ruleset) => {
            let of_cases = yujing_workbench::case::lint(folder, Path::new("schemas"), sources(), &ruleset).1;
            ruleset.warnings_with(of_cases, date(2026, 3, 2))
        }
        Err(found) => found,
    }
}

/// Findings in one language; the folder is called `rules`.
pub fn shown(found: &Diagnostics, folder: &Path, language: Language) -> String {
    found.render_in(language, false).replace(folder.to_str().expect("a path"), "rules")
}

impl Slip {
    /// The sound ruleset with this slip.
    pub fn folder(&self) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        copy(Path::new(SOUND), folder.path());
        let path = folder.path().join(&self.file);
        if self.remove {
            let is_folder = path.is_dir();
            if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }.expect("it goes");
            return folder;
        }
        if let Some(to) = &self.link {
            std::os::unix::fs::symlink(to, &path).expect("linked");
            return folder;
        }
        if self.pipe {
            assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo runs").success());
            return folder;
        }
        if let Some(from) = &self.copy {
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::copy(folder.path().join(from), &path).expect("copied");
            return folder;
        }
        let read = || fs::read_to_string(&path).expect("the file is there");
        let mut text = self.text.clone().unwrap_or_else(read);
        if let (Some(from), Some(to)) = (&self.from, &self.to) {
            assert_eq!(text.matches(from.as_str()).count(), 1, "{}: `{from}` stands there once", self.name);
            text = text.replace(from.as_str(), to);
        }
        text.push_str(&self.add.as_deref().unwrap_or_default().repeat(self.times));
        let mut bytes = text.into_bytes();
        if let Some(cut) = self.cut {
            bytes.truncate(cut);
        }
        let digits = self.hex.as_deref().unwrap_or_default().as_bytes();
        let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
        bytes.extend(pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal")));
        fs::write(&path, bytes).expect("written");
        folder
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("readable") {
        let path = entry.expect("readable").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() { copy(&path, &target) } else { fs::copy(&path, &target).map(drop).expect("copied") }
    }
}

#[test]
fn nothing_is_found_in_the_sound_ruleset() {
    let found = found(Path::new(SOUND));
    assert!(found.0.is_empty(), "{}", found.render(false));
}

/// The golden files: a message changes only on purpose, and nothing else is found beside it.
#[test]
fn every_slip_is_reported_in_both_languages() {
    let mut wrong = Vec::new();
    for slip in slips() {
        let folder = slip.folder();
        let found = found(folder.path());
        let codes: BTreeSet<&str> = found.0.iter().map(|one| one.code).collect();
        let expected: BTreeSet<&str> = slip.also.iter().map(String::as_str).chain([slip.code.as_str()]).collect();
        if codes != expected {
            wrong.push(format!("{}: {codes:?} instead of {expected:?}", slip.name));
        }
        for one in &found.0 {
            let listed = Code::named(one.code).expect("the code is listed");
            assert_eq!(one.severity, listed.severity, "{}", one.code);
            assert!(!one.message.zh.is_ascii() && one.message.en != one.message.zh, "{}: {one:?}", slip.name);
        }
        let texts = [Language::En, Language::Zh].map(|language| shown(&found, folder.path(), language));
        insta::assert_snapshot!(slip.name, texts.concat());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
