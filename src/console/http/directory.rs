//! The office's areas and posts: what accounts can be given, and to whom a warning can be passed on.

use std::sync::Arc;

use axum::extract::State as Extract;
use serde_json::json;
use yujing_core::ruleset::Ruleset;

use super::guard::Caller;
use super::problem::Problem;
use super::{ApiResult, Shared, body};
use crate::access::{Access, AreaScope};
use crate::directory::{Directory, DirectoryPost};
use crate::feed::Change;
use crate::read_model::scope::Scope;

/// Posts of the account's areas, for transfers and lists.
pub(super) async fn posts(Extract(shared): Extract<Shared>, caller: Caller) -> ApiResult {
    let posts = shared.blocking(move |shared| Ok(directory(shared, &caller.session.account.access)?.posts)).await?;
    let posts: Vec<_> = posts.into_iter().map(|post| json!({ "id": post.id, "title": post.title })).collect();
    body(&json!({ "posts": posts }))
}

/// Everything that an account can be given.
pub(super) async fn whole(Extract(shared): Extract<Shared>) -> ApiResult {
    let everywhere = Access { areas: vec![AreaScope::default()], ..Access::default() };
    let Directory { areas, posts, roles } = shared.blocking(move |shared| directory(shared, &everywhere)).await?;
    let roles: Vec<_> = roles.into_iter().map(|(id, title)| json!({ "id": id, "title": title })).collect();
    body(&json!({ "areas": areas, "posts": posts, "roles": roles }))
}

fn directory(shared: &Shared, access: &Access) -> Result<Directory, Problem> {
    let scope = Scope::of(access);
    let areas: Vec<AreaScope> = shared.read_model.areas(&scope)?.into_iter().map(|record| record.area).collect();
    let named = shared.read_model.posts(&scope)?;
    let named = named.into_iter().map(|post| DirectoryPost { id: post.id, title: post.title, roles: Vec::new() });
    let ruleset = newest_ruleset(shared)?;
    let routing = ruleset.as_ref().and_then(|ruleset| ruleset.routing.as_ref());
    Ok(Directory::of(areas, named.collect(), routing))
}

/// The ruleset of the newest score. One that is not known yet is read meanwhile; then pages that are open ask again.
fn newest_ruleset(shared: &Shared) -> Result<Option<Arc<Ruleset>>, Problem> {
    let Some(hash) = shared.read_model.newest_ruleset()? else { return Ok(None) };
    let known = shared.prover.known(&hash);
    if known.is_none() {
        let feed = shared.feed.clone();
        let tell = move || feed.tell(Change { areas: true, ..Change::default() });
        if let Err(error) = shared.prover.prepare(&hash, tell) {
            tracing::warn!(%error, "no thread for reading a ruleset");
        }
    }
    Ok(known)
}
