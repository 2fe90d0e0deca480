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

    /// Of rows of `operator`, for lists: what concerns the posts is looked up once.
    pub fn of_operators(&self) -> Condition {
        self.or_concerned(
            "operator.operator_id IN (SELECT operator_id FROM warning_post JOIN warning USING (warning_id) WHERE",
        )
    }

    /// The same for one operator, of which there are few warnings.
    pub fn of_one_operator(&self) -> Condition {
        self.or_concerned(
            "EXISTS (SELECT 1 FROM warning JOIN warning_post USING (warning_id)
             WHERE warning.operator_id = operator.operator_id AND",
        )
    }

    /// Of rows of `warning` beside those of their `operator`.
    pub fn of_warnings(&self) -> Condition {
        self.or_concerned("EXISTS (SELECT 1 FROM warning_post WHERE warning_post.warning_id = warning.warning_id AND")
    }

    /// Of rows of `area`: the account's areas and those within them.
    pub fn of_areas(&self) -> Condition {
        Condition::any(self.in_areas())
    }

    /// Whether it is everything that there is.
    pub fn is_everything(&self) -> bool {
        self.areas.contains(&AreaScope::default())
    }

    /// Within one of the areas; any names are columns of the query.
    fn in_areas(&self) -> Vec<Condition> {
        if self.is_everything() {
            return vec![Condition::all()];
        }
        let within = |area: &AreaScope| {
            let mut within = Condition::all();
            within.and_equals("sub_district", area.sub_district.clone());
            within.and_equals("community", area.community.clone());
            within.and_equals("grid", area.grid.clone());
            within
        };
        self.areas.iter().map(within).collect()
    }

    /// In one of the areas, or what concerns one of the posts: a subquery up to its condition on `post`.
    fn or_concerned(&self, subquery: &str) -> Condition {
        let mut ways = self.in_areas();
        if !self.is_everything() && !self.posts.is_empty() {
            let places = vec!["?"; self.posts.len()].join(", ");
            let values = self.posts.iter().map(|post| post.clone().into()).collect();
            ways.push(Condition { sql: format!("{subquery} post IN ({places}))"), values });
        }
        Condition::any(ways)
    }
}

impl Condition {
    /// A condition that holds of everything.
    pub fn all() -> Self {
        Self { sql: "1".to_owned(), values: Vec::new() }
    }

    /// A condition that holds where one of some does.
    pub fn any(ways: Vec<Self>) -> Self {
        let either = |one: Self, other: Self| Self {
            sql: format!("{} OR {}", one.sql, other.sql),
            values: one.values.into_iter().chain(other.values).collect(),
        };
        let ways = ways.into_iter().map(|way| Self { sql: format!("({})", way.sql), ..way });
        ways.reduce(either).unwrap_or_else(|| Self { sql: "0".to_owned(), values: Vec::new() })
    }

    /// Narrows it.
    pub fn and(&mut self, other: Self) {
        self.sql = format!("({}) AND ({})", self.sql, other.sql);
        self.values.extend(other.values);
    }

    /// Narrows it by a column's value, if one is asked for.
    pub fn and_equals(&mut self, column: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.and(Self { sql: format!("{column} = ?"), values: vec![value.into()] });
        }
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
        assert_eq!(scope.of_operators(), Condition { sql: "(1)".to_owned(), values: Vec::new() });
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
