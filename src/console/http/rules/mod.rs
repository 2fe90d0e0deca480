//! The studio (规则): the catalogue, drafts, changes and what becomes of them.
//!
//! - here: what all of it needs
//! - [`catalogue`]: the folder as it is; [`drafts`]: files laid over it
//! - [`changes`]: changes; [`steps`]: what is done with them; `change_view`: what pages see of them; [`difference`]: what
//!   one changes; [`examination`]: what was found in it before anybody decides
//! - [`trial`], [`shadow`]: how one does on history, and live; [`history`]: versions that were in force

pub(super) mod catalogue;
mod change_view;
pub(super) mod changes;
pub(super) mod difference;
pub(super) mod drafts;
pub(super) mod examination;
pub(super) mod history;
pub(super) mod shadow;
pub(super) mod steps;
pub(super) mod trial;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::MethodRouter;
use tokio::sync::OwnedSemaphorePermit;
use yujing_core::ruleset::RulesetRefusal;

use super::Shared;
use super::problem::Problem;
use crate::studio::Studio;

/// The longest body with files, in bytes.
const MOST_BODY_BYTES: usize = 4 * 1024 * 1024;

/// For requests with files.
pub(super) fn large(handler: MethodRouter<Shared>) -> MethodRouter<Shared> {
    handler.layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
}

/// The studio, if it is on.
fn studio(shared: &Shared) -> Result<Arc<Studio>, Problem> {
    shared.studio.clone().ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            "studio_off",
            "规则页面未开启：在 yujing.toml 的 [console] 中将 rules 设为引擎的规则文件夹，再重启控制台",
            "the studio is off: set `rules` in [console] of yujing.toml to the engine's rules folder, and start the console again",
        )
    })
}

/// A place for something that is looked at.
async fn place(studio: &Studio) -> Result<OwnedSemaphorePermit, Problem> {
    studio.places.take().await.ok_or_else(|| Problem {
        retry_after: Some(2),
        ..Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "正在检查的草稿过多，请稍后再试",
            "too many drafts are being checked: try again in a moment",
        )
    })
}

/// The folder cannot be read.
impl From<RulesetRefusal> for Problem {
    fn from(refusal: RulesetRefusal) -> Self {
        let text = refusal.text();
        Self::new(StatusCode::CONFLICT, "folder", text.zh, text.en)
    }
}
