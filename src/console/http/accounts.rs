//! Accounts, what they may, and one-time links for further ones.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::guard::Caller;
use super::problem::Problem;
use super::{ApiResult, Shared, body};
use crate::access::{Access, AreaScope, Duty, Role};
use crate::store::account::ChangeOutcome;
use crate::store::invitation::Invitation;

/// Most duties, areas or roles of an account.
const MOST_ENTRIES: usize = 100;
/// The longest id of a post or name of an area, in characters.
const LONGEST_NAME: usize = yujing_core::warning::routing::LONGEST_ID;

/// All accounts.
pub(super) async fn list(Extract(shared): Extract<Shared>) -> ApiResult {
    let accounts = shared.blocking(|shared| Ok(shared.store.accounts(Timestamp::now())?)).await?;
    body(&json!({ "accounts": accounts }))
}

/// What is to be changed; what is left out stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountChange {
    roles: Option<Vec<Role>>,
    duties: Option<Vec<Duty>>,
    areas: Option<Vec<AreaScope>>,
    disabled: Option<bool>,
}

/// Changes what an account may.
pub(super) async fn change(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    given: Result<Json<AccountChange>, JsonRejection>,
) -> ApiResult {
    let (Path(id), Json(change)) = (id?, given?);
    let outcome = shared
        .blocking(move |shared| {
            let AccountChange { roles, duties, areas, disabled } = change;
            let asked = Access {
                roles: roles.clone().unwrap_or_default(),
                duties: duties.clone().unwrap_or_default(),
                areas: areas.clone().unwrap_or_default(),
            };
            check(&asked)?;
            let changes_access = roles.is_some() || duties.is_some() || areas.is_some();
            if changes_access && shared.store.account(id)?.is_some_and(|account| account.from_provider) {
                return Err(Problem::of_provider());
            }
            let outcome = shared.store.change_account(id, |access, is_disabled| {
                access.roles = roles.unwrap_or_else(|| access.roles.clone());
                access.duties = duties.unwrap_or_else(|| access.duties.clone());
                access.areas = areas.unwrap_or_else(|| access.areas.clone());
                *is_disabled = disabled.unwrap_or(*is_disabled);
            })?;
            if let ChangeOutcome::Changed(account) = &outcome {
                let mut event = caller.did("change_account", account.name.clone());
                event.detail =
                    serde_json::to_string(&json!({ "access": account.access, "disabled": account.disabled })).ok();
                shared.store.note(&event, Timestamp::now())?;
            }
            Ok(outcome)
        })
        .await?;
    match outcome {
        ChangeOutcome::Changed(account) => body(&account),
        ChangeOutcome::NotThere => Err(Problem::not_found()),
        ChangeOutcome::LastAdministrator => Err(Problem::new(
            StatusCode::CONFLICT,
            "last_administrator",
            "至少须保留一名用口令登录的管理员",
            "one administrator with a password has to be left",
        )),
    }
}

/// Makes a one-time link.
pub(super) async fn invite(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    given: Result<Json<Access>, JsonRejection>,
) -> ApiResult {
    let Json(access) = given?;
    let invitation = shared
        .blocking(move |shared| {
            check(&access)?;
            if access.roles.is_empty() {
                return Err(Problem::invalid("至少须有一个角色", "at least one role is needed"));
            }
            let now = Timestamp::now();
            let invitation = shared.store.invite(&access, Some(&caller.session.account.name), now)?;
            let mut event = caller.did("invite", "");
            (event.object, event.detail) = (None, serde_json::to_string(&access).ok());
            shared.store.note(&event, now)?;
            Ok(invitation)
        })
        .await?;
    link_view("invitation", &invitation)
}

/// A link as the administrator passes it on.
fn link_view(page: &str, invitation: &Invitation) -> ApiResult {
    let link = format!("/#/{page}/{}", invitation.token.as_str());
    let mut response = body(&json!({ "id": invitation.id, "link": link, "expires_at": invitation.expires_at }))?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// Links that nobody has used yet.
pub(super) async fn invitations(Extract(shared): Extract<Shared>) -> ApiResult {
    let open = shared.blocking(|shared| Ok(shared.store.open_invitations(Timestamp::now())?)).await?;
    body(&json!({ "invitations": open }))
}

/// Takes a link back.
pub(super) async fn revoke(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
) -> ApiResult {
    let Path(id) = id?;
    shared
        .blocking(move |shared| {
            if !shared.store.revoke_invitation(id)? {
                return Err(Problem::not_found());
            }
            Ok(shared.store.note(&caller.did("revoke_invitation", id.to_string()), Timestamp::now())?)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Ends all sessions of an account.
pub(super) async fn end_sessions(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
) -> ApiResult {
    let Path(id) = id?;
    shared
        .blocking(move |shared| {
            let account = shared.store.account(id)?.ok_or_else(Problem::not_found)?;
            shared.store.end_sessions(id)?;
            Ok(shared.store.note(&caller.did("end_sessions", account.name), Timestamp::now())?)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Makes a one-time link that sets an account's password anew.
pub(super) async fn reset(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
) -> ApiResult {
    let Path(id) = id?;
    let invitation = shared
        .blocking(move |shared| {
            if shared.store.account(id)?.is_some_and(|account| account.from_provider) {
                return Err(Problem::of_provider());
            }
            let (now, by) = (Timestamp::now(), &caller.session.account.name);
            let (account, invitation) = shared.store.invite_to_reset(id, by, now)?.ok_or_else(Problem::not_found)?;
            shared.store.note(&caller.did("invite_to_reset", account.name), now)?;
            Ok(invitation)
        })
        .await?;
    link_view("reset", &invitation)
}

fn check(access: &Access) -> Result<(), Problem> {
    let counts = [access.roles.len(), access.duties.len(), access.areas.len()];
    if counts.into_iter().any(|count| count > MOST_ENTRIES) {
        return Err(Problem::invalid("角色、岗位、辖区各不超过100项", "at most 100 roles, duties and areas each"));
    }
    let of_duties = access.duties.iter().flat_map(|duty| [&duty.post, &duty.role]);
    let of_areas = access.areas.iter().flat_map(|area| [&area.sub_district, &area.community, &area.grid]).flatten();
    if of_duties.chain(of_areas).any(|name| name.is_empty() || name.chars().count() > LONGEST_NAME) {
        return Err(Problem::invalid(
            "岗位、角色和辖区名称应为1至256个字符",
            "names of posts, roles and areas have 1 to 256 characters",
        ));
    }
    Ok(())
}
