//! What a case expects a warning to have gone through.

use yujing_base::diagnostic::suggest::{did_you_mean, listed};
use yujing_base::language::{Bilingual, say};
use yujing_core::warning::Step;

use super::expect::ExpectationError;

/// What a warning went through since the expectation before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectedSteps {
    /// `"none"`: nothing.
    None,
    /// `"opened"`: this was the last step.
    Last(Step),
    /// `["opened", "escalated"]`: exactly these, in this order.
    All(Vec<Step>),
}

/// What moves by a step: a rule is about the first, whoever answers about the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// `lifecycle`
    Level,
    /// `handling_steps`
    Handling,
}

impl StepKind {
    pub fn of(step: Step) -> Self {
        if Step::OF_LEVEL.contains(&step) { Self::Level } else { Self::Handling }
    }

    /// The key in case files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Level => "lifecycle",
            Self::Handling => "handling_steps",
        }
    }

    pub(super) fn read(self, written: toml::Value) -> Result<ExpectedSteps, ExpectationError> {
        match written {
            toml::Value::String(word) if word == "none" => Ok(ExpectedSteps::None),
            toml::Value::String(word) => self.step(&word).map(ExpectedSteps::Last),
            toml::Value::Array(words) => words
                .iter()
                .map(|word| self.step(word.as_str().unwrap_or_default()))
                .collect::<Result<_, _>>()
                .map(ExpectedSteps::All),
            _ => {
                let key = self.as_str();
                Err(self.no_step(
                    key,
                    say!("`{key}` 应为一个环节或者若干环节的列表", "`{key}` is a step or a list of steps"),
                ))
            }
        }
    }

    fn step(self, word: &str) -> Result<Step, ExpectationError> {
        let found = self.steps().find(|step| step.as_str() == word);
        let key = self.as_str();
        found
            .ok_or_else(|| self.no_step(word, say!("`{key}` 没有 `{word}` 这个环节", "`{word}` is no step of `{key}`")))
    }

    fn steps(self) -> impl Iterator<Item = Step> {
        Step::ALL.into_iter().filter(move |step| Self::of(*step) == self)
    }

    fn no_step(self, word: &str, message: Bilingual) -> ExpectationError {
        let known = || self.steps().map(Step::as_str).chain(["none"]);
        let all = || {
            let known = listed(known());
            Bilingual::new(format!("此处可用：{}", known.zh), format!("known here: {}", known.en))
        };
        ExpectationError { word: word.to_owned(), message, help: did_you_mean(word, known()).unwrap_or_else(all) }
    }
}
