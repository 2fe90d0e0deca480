//! How far a command is, on standard error; drawn only on a terminal.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};
use yujing_replay::Progress;

use super::Language;

/// A bar or spinner drawn by a template of `indicatif`; hidden where standard error is no terminal.
pub(super) fn drawn(bar: ProgressBar, template: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// How far a replay is.
pub(super) struct ReplayProgress {
    bar: ProgressBar,
    language: Language,
}

impl ReplayProgress {
    pub(super) fn new(language: Language) -> Self {
        let bar = drawn(ProgressBar::new(0), "{msg} {wide_bar} {human_pos}/{human_len}  {per_sec}  {eta}");
        Self { bar, language }
    }

    pub(super) fn show(&self, progress: Progress) {
        let say = |zh: &str, en: &str| self.bar.set_message(self.language.pick(zh, en).to_owned());
        match progress {
            Progress::Outcome => say("查询核查结果", "asking for the outcome"),
            Progress::Sorting => say("按到达先后读取", "reading in order of arrival"),
            Progress::Replaying { done, of } => {
                say("回放", "replaying");
                self.bar.set_length(of);
                self.bar.set_position(done);
            }
            Progress::Reporting => say("汇总", "reporting"),
        }
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
