//! What an account sees: operators in its areas, and warnings that concern its posts wherever they are.

use rusqlite::types::Value;

use crate::access::{Access, AreaScope};

/// What an account sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    areas: Vec<AreaScope>,
    posts: Vec<String>,
}

/// A condition in SQL, with the values for its placeholders in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Condition {
    pub sql: String,
    pub values: Vec<Value>,
}

impl Scope {
    pub fn of(access: &Access) -> Self {
        let mut posts: Vec<String> = access.duties.iter().map(|duty| duty.post.clone()).collect();
        posts.sort();
        posts.dedup();
        Self { areas: access.areas.clone(), posts }
    }

    /// The posts at which the account acts.
    pub fn posts(&self) -> &[String] {
        &self.posts
    }

    /// Of rows of `operator`.
    pub fn of_operators(&self) -> Condition {
        let mut condition = self.in_areas();
        if let Some(concerned) =
            self.concerns("SELECT warning_id FROM warning WHERE operator_id = operator.operator_id")
        {
            condition.or(concerned);
        }
        condition
    }

    /// Of rows of `warning` beside those of their `operator`.
    pub fn of_warnings(&self) -> Condition {
        let mut condition = self.in_areas();
        if let Some(concerned) = self.concerns("SELECT warning.warning_id") {
            condition.or(concerned);
        }
        condition
    }

    /// Of rows of `area`: the account's areas and those within them.
    pub fn of_areas(&self) -> Condition {
        self.in_areas()
    }

    /// Within one of the areas; any names are columns of the query.
    fn in_areas(&self) -> Condition {
        let mut condition = Condition { sql: "0".to_owned(), values: Vec::new() };
        for area in &self.areas {
            let mut within = Condition { sql: "1".to_owned(), values: Vec::new() };
            let names = [("sub_district", &area.sub_district), ("community", &area.community), ("grid", &area.grid)];
            for (column, name) in names {
                if let Some(name) = name {
                    within.and(Condition { sql: format!("{column} = ?"), values: vec![name.clone().into()] });
                }
            }
            condition.or(within);
        }
        condition
    }

    fn concerns(&self, warnings: &str) -> Option<Condition> {
        let places = vec!["?"; self.posts.len()].join(", ");
        let sql = format!(
            "EXISTS (SELECT 1 FROM warning_post WHERE warning_post.warning_id IN ({warnings}) AND post IN ({places}))"
        );
        let values = self.posts.iter().map(|post| post.clone().into()).collect();
        (!self.posts.is_empty()).then_some(Condition { sql, values })
    }
}

impl Condition {
    /// A condition that holds of everything.
    pub fn all() -> Self {
        Self { sql: "1".to_owned(), values: Vec::new() }
    }

    /// Narrows it.
    pub fn and(&mut self, other: Self) {
        self.join("AND", other);
    }

    /// Narrows it by a column's value, if one is asked for.
    pub fn and_equals(&mut self, column: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.and(Self { sql: format!("{column} = ?"), values: vec![value.into()] });
        }
    }

    fn or(&mut self, other: Self) {
        self.join("OR", other);
    }

    fn join(&mut self, word: &str, other: Self) {
        self.sql = format!("({}) {word} ({})", self.sql, other.sql);
        self.values.extend(other.values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Duty;

    #[test]
    fn without_areas_and_posts_nothing_is_seen() {
        let scope = Scope::of(&Access::default());
        assert_eq!(scope.of_operators().sql, "0");
        assert_eq!(scope.of_warnings().sql, "0");
    }

    #[test]
    fn the_whole_district_is_an_area_without_names() {
        let scope = Scope::of(&Access { areas: vec![AreaScope::default()], ..Access::default() });
        assert_eq!(scope.of_operators(), Condition { sql: "(0) OR (1)".to_owned(), values: Vec::new() });
    }

    #[test]
    fn a_condition_has_a_value_for_each_place() {
        let area =
            AreaScope { sub_district: Some("甲' OR 1".to_owned()), grid: Some("3".to_owned()), community: None };
        let duty = |post: &str| Duty { post: post.to_owned(), role: "officer".to_owned() };
        let access = Access { areas: vec![area], duties: vec![duty("a"), duty("b"), duty("a")], ..Access::default() };
        let condition = Scope::of(&access).of_warnings();
        assert_eq!(condition.sql.matches('?').count(), condition.values.len());
        assert_eq!(condition.values.len(), 4);
        assert!(!condition.sql.contains('甲'), "{}", condition.sql);
    }
}
