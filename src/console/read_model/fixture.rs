//! A district for tests, written without the topics.

use yujing_core::rule::Level;

use crate::access::{Access, AreaScope, Duty, Role};
use crate::read_model::ReadModel;

/// The read model of so many operators and warnings, in 12 sub-districts with a station each. Every third warning is open.
/// All concern `bureau`, and every tenth the station next to its own too.
pub fn district(operators: u32, warnings: u32) -> (ReadModel, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let model = ReadModel::open(folder.path()).expect("opens");
    model
        .database
        .write(|db| {
            db.execute(OPERATORS, [operators])?;
            db.execute(WARNINGS, [warnings])?;
            db.execute_batch(POSTS)
        })
        .expect("written");
    (model, folder)
}

/// Somebody who sees an area, the whole district if it has no name, and acts at posts.
pub fn person(sub_district: Option<&str>, posts: &[&str]) -> Access {
    let duty = |post: &&str| Duty { post: (*post).to_owned(), role: "officer".to_owned() };
    let area = AreaScope { sub_district: sub_district.map(str::to_owned), ..AreaScope::default() };
    Access { roles: vec![Role::Officer], areas: vec![area], duties: posts.iter().map(duty).collect() }
}

/// Levels that warnings have here.
pub const LEVELS: [Level; 4] = [Level::Blue, Level::Yellow, Level::Orange, Level::Red];

const OPERATORS: &str = "
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
    INSERT INTO operator (operator_id, name, address, business_form, protected_group, sub_district, community, grid,
      registered, score, level, to_next, as_of, degraded, warning_id, search)
    SELECT 'JY' || (21201030000000 + n), '示例餐厅' || n || '号店', '示例路' || (n % 997) || '号', 'restaurant', 'none',
      '街道' || (n % 12), '社区' || (n % 144), 'G' || (n % 1000), 1, n % 100, n % 5, 10, 0, 0, NULL,
      'jy' || (21201030000000 + n) || char(10) || '示例餐厅' || n || '号店' || char(10) || 'slct' || n || 'hd' ||
      char(10) || '示例路' || (n % 997) || '号'
    FROM numbers";

/// One an hour since 2023-11-14T22:13:20Z.
const WARNINGS: &str = "
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1),
      hours (n, at) AS (SELECT n, 1700000000000000 + n * 3600000000 FROM numbers)
    INSERT INTO warning (warning_id, operator_id, sequence, open, level, highest_level, step, text_zh, text_en, opened_at,
      as_of, ended_at, due_at, state, state_since, acknowledge_by, overdue, extension_asked, assignee, assignee_zh,
      assignee_en, unrouted)
    SELECT printf('00000000-0000-4000-8000-%012d', n), 'JY' || (21201030000000 + n), 3, n % 3 = 0, 1 + n % 4, 1 + n % 4,
      'changed', '夜间后厨有鼠类活动', 'rodents in the kitchen at night', at, at, iif(n % 3 = 0, NULL, at), at + 100000000000,
      iif(n % 2 = 0, 'new', 'in_progress'), at, at + 7200000000, n % 7 = 0, 0, 'station/街道' || (n % 12),
      '街道' || (n % 12) || '市场监管所', 'station', n % 11 = 0
    FROM hours";

const POSTS: &str = "
    INSERT INTO warning_post (warning_id, post, relation) SELECT warning_id, assignee, 'act' FROM warning;
    INSERT INTO warning_post (warning_id, post, relation) SELECT warning_id, 'bureau', 'copy' FROM warning;
    INSERT INTO warning_post (warning_id, post, relation)
      SELECT warning_id, 'station/街道' || ((substr(warning_id, -6) + 1) % 12), 'copy' FROM warning
      WHERE substr(warning_id, -6) % 10 = 0;
    INSERT INTO warning_finding (warning_id, rule) SELECT warning_id, 'rodent_night' FROM warning;
    INSERT INTO warning_finding (warning_id, rule) SELECT warning_id, 'oil_changed_late' FROM warning WHERE level > 2;";
