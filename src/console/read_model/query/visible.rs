//! Which of some warnings and operators an account sees.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::operators::bound;
use super::warnings::FROM;
use crate::error::ConsoleError;
use crate::read_model::ReadModel;
use crate::read_model::scope::Scope;

impl ReadModel {
    /// Those of some warnings that an account sees.
    ///
    /// # Errors
    /// If the database fails.
    pub fn visible_warnings(&self, scope: &Scope, mut ids: BTreeSet<Uuid>) -> Result<BTreeSet<Uuid>, ConsoleError> {
        if scope.is_everything() {
            return Ok(ids);
        }
        let condition = scope.of_warnings();
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!(
                "SELECT EXISTS (SELECT 1 {FROM} WHERE ({}) AND warning.warning_id = ?)",
                condition.sql
            ))?;
            let mut hidden = Vec::new();
            for id in &ids {
                let mut values = condition.values.clone();
                values.push(id.to_string().into());
                if !statement.query_row(bound(&values), |row| row.get::<_, bool>(0))? {
                    hidden.push(*id);
                }
            }
            ids.retain(|id| !hidden.contains(id));
            Ok(ids)
        })
    }

    /// Those of some operators that an account sees.
    ///
    /// # Errors
    /// If the database fails.
    pub fn visible_operators(&self, scope: &Scope, ids: BTreeSet<String>) -> Result<BTreeSet<String>, ConsoleError> {
        if scope.is_everything() {
            return Ok(ids);
        }
        let condition = scope.of_one_operator();
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!(
                "SELECT EXISTS (SELECT 1 FROM operator WHERE ({}) AND operator.operator_id = ?)",
                condition.sql
            ))?;
            let mut visible = BTreeSet::new();
            for id in ids {
                let mut values = condition.values.clone();
                values.push(id.clone().into());
                if statement.query_row(bound(&values), |row| row.get::<_, bool>(0))? {
                    visible.insert(id);
                }
            }
            Ok(visible)
        })
    }
}
