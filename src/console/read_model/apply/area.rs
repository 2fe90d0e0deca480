//! The areas topic: the roll-ups as they are, which nothing here adds up anew.

use rusqlite::Transaction;
use yujing_core::warning::{Area, AreaKind};

use super::{ApplyError, Changed, TopicRecord};

/// Takes a record.
///
/// # Errors
/// If it is the roll-up of no area, or the database fails.
pub fn apply<'a>(db: &Transaction<'_>, record: TopicRecord<'a>) -> Result<Changed<'a>, ApplyError> {
    let area = Area::of_key(record.key).ok_or_else(|| ApplyError::Unreadable("its key names no area".to_owned()))?;
    let key = area.key();
    let Some(value) = record.value else {
        db.execute("DELETE FROM area WHERE area_key = ?1", [key])?;
        return Ok(Changed::Areas);
    };
    let whole = std::str::from_utf8(value).map_err(|error| ApplyError::Unreadable(error.to_string()))?;
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(whole)?;
    let name = |kind| area.name(kind).map(|name| &**name);
    let depth = AreaKind::ALL.iter().position(|kind| *kind == area.kind()).unwrap_or_default();
    db.prepare_cached(
        "INSERT INTO area (area_key, depth, sub_district, community, grid, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET record = excluded.record",
    )?
    .execute((
        key,
        i64::try_from(depth).unwrap_or_default(),
        name(AreaKind::SubDistrict),
        name(AreaKind::Community),
        name(AreaKind::Grid),
        whole,
    ))?;
    Ok(Changed::Areas)
}
