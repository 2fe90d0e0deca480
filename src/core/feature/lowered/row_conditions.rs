//! Conditions of rows in two parts: what depends on the row alone stays in the plan and is computed once, when the row
//! arrives; what compares it with the as-of instant is lifted out.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, Result, TableReference};
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{Expr, Filter, LogicalPlan, Projection, SubqueryAlias, lit};

use crate::feature::lowered::change_point::{ChangePoint, change_points};
use crate::feature::lowered::time_condition::{TimeCondition, reads_as_of};

/// A plan that reads no as-of instant where that matters, with the conditions that were lifted out of it.
pub struct RowPlan {
    pub plan: LogicalPlan,
    /// A row of it counts only when all of these are true.
    pub conditions: Vec<TimeCondition>,
    /// The columns of it that depend on the as-of instant.
    columns: HashMap<Column, TimedColumn>,
}

/// A column that depends on the as-of instant.
#[derive(Debug, Clone)]
enum TimedColumn {
    /// As a condition it is true where what stands in the column is true, and these are.
    Conjunction(Vec<TimeCondition>),
    Other,
}

/// The two parts of a condition.
#[derive(Debug, Default)]
pub struct SplitCondition {
    pub of_row: Option<Expr>,
    pub of_time: Vec<TimeCondition>,
}

/// Names of columns that carry the times of conditions upwards.
const CARRIED: &str = "__time_";

impl RowPlan {
    /// Lifts the conditions out of a plan; `None` if a node of it depends on the as-of instant in another way.
    pub fn of(plan: &LogicalPlan) -> Result<Option<Self>> {
        match plan {
            LogicalPlan::TableScan(_) => Ok(Some(Self::untimed(plan.clone()))),
            LogicalPlan::SubqueryAlias(alias) => {
                let Some(below) = Self::of(&alias.input)? else { return Ok(None) };
                below.renamed(&alias.alias).map(Some)
            }
            LogicalPlan::Filter(filter) => {
                let Some(below) = Self::of(&filter.input)? else { return Ok(None) };
                below.filtered(filter)
            }
            LogicalPlan::Projection(projection) => {
                let Some(below) = Self::of(&projection.input)? else { return Ok(None) };
                below.projected(projection).map(Some)
            }
            // What a window or an unfolded list makes of a row must not depend on what the instant lets through.
            LogicalPlan::Window(_) | LogicalPlan::Unnest(_) => {
                let mut is_timed = plan.expressions().iter().any(reads_as_of);
                for input in plan.inputs() {
                    let below = Self::of(input)?;
                    is_timed |= below.is_none_or(|below| !below.conditions.is_empty() || !below.columns.is_empty());
                }
                Ok((!is_timed).then(|| Self::untimed(plan.clone())))
            }
            _ => Ok(None),
        }
    }

    fn untimed(plan: LogicalPlan) -> Self {
        Self { plan, conditions: Vec::new(), columns: HashMap::new() }
    }

    /// Whether an expression over the plan's columns depends on the as-of instant.
    pub fn is_timed(&self, expr: &Expr) -> bool {
        reads_as_of(expr) || expr.column_refs().into_iter().any(|column| self.columns.contains_key(column))
    }

    /// The parts of a condition over the plan's columns; `None` if time stands in it other than as a part of its own.
    pub fn split(&self, condition: Expr) -> Option<SplitCondition> {
        let mut split = SplitCondition::default();
        let mut of_row = Vec::new();
        for part in split_conjunction_owned(condition) {
            if !self.is_timed(&part) {
                of_row.push(part);
            } else if let Expr::Column(column) = &part {
                match self.columns.get(column) {
                    Some(TimedColumn::Conjunction(conditions)) => split.of_time.extend(conditions.iter().cloned()),
                    _ => return None,
                }
                of_row.push(part);
            } else {
                let condition = TimeCondition::read(&part, self.plan.schema())?;
                if self.is_timed(&condition.operand) {
                    return None;
                }
                split.of_time.push(condition);
            }
        }
        split.of_row = conjunction(of_row);
        Some(split)
    }

    /// The conditions on time anywhere in an expression over the plan's columns: it changes only when one of them does;
    /// `None` if it depends on the as-of instant in another way.
    pub fn conditions_in(&self, expr: &Expr) -> Option<Vec<TimeCondition>> {
        let mut found = Vec::new();
        for point in change_points(std::slice::from_ref(expr), self.plan.schema())? {
            match point {
                ChangePoint::Condition(condition) if !self.is_timed(&condition.operand) => found.push(condition),
                _ => return None,
            }
        }
        for column in expr.column_refs() {
            match self.columns.get(column) {
                Some(TimedColumn::Conjunction(conditions)) => found.extend(conditions.iter().cloned()),
                Some(TimedColumn::Other) => return None,
                None => {}
            }
        }
        Some(found)
    }

    fn filtered(mut self, filter: &Filter) -> Result<Option<Self>> {
        let Some(split) = self.split(filter.predicate.clone()) else { return Ok(None) };
        self.conditions.extend(split.of_time);
        if let Some(of_row) = split.of_row {
            self.plan = LogicalPlan::Filter(Filter::try_new(of_row, Arc::new(self.plan))?);
        }
        Ok(Some(self))
    }

    fn renamed(self, alias: &TableReference) -> Result<Self> {
        let plan = LogicalPlan::SubqueryAlias(SubqueryAlias::try_new(Arc::new(self.plan), alias.clone())?);
        let renamed = |column: &Column| Column::new(Some(alias.clone()), column.name.clone());
        let all_renamed = |conditions: Vec<TimeCondition>| {
            let conditions = conditions.into_iter().map(|condition| condition.map_columns(&renamed));
            conditions.collect::<Result<Vec<_>>>()
        };
        let conditions = all_renamed(self.conditions)?;
        let columns = self.columns.into_iter().map(|(column, timed)| {
            let timed = match timed {
                TimedColumn::Conjunction(conditions) => TimedColumn::Conjunction(all_renamed(conditions)?),
                TimedColumn::Other => TimedColumn::Other,
            };
            Ok((renamed(&column), timed))
        });
        Ok(Self { plan, conditions, columns: columns.collect::<Result<_>>()? })
    }

    fn projected(self, projection: &Projection) -> Result<Self> {
        let mut carried = Carried::default();
        let mut columns = HashMap::new();
        let mut expressions = Vec::new();
        for (place, expr) in projection.expr.iter().enumerate() {
            if !self.is_timed(expr) {
                expressions.push(expr.clone());
                continue;
            }
            let (relation, field) = projection.schema.qualified_field(place);
            let column = Column::new(relation.cloned(), field.name());
            // A column that is never asked for is taken out of the plan; what asks for one of these is not lowered.
            let Some(split) = self.split(unaliased(expr)) else {
                columns.insert(column, TimedColumn::Other);
                expressions.push(expr.clone());
                continue;
            };
            let of_row = split.of_row.unwrap_or_else(|| lit(true));
            expressions.push(of_row.alias_qualified(relation.cloned(), field.name()));
            columns.insert(column, TimedColumn::Conjunction(carried.all(split.of_time)));
        }
        let conditions = carried.all(self.conditions);
        expressions.extend(carried.expressions);
        let plan = LogicalPlan::Projection(Projection::try_new(expressions, Arc::new(self.plan))?);
        Ok(Self { plan, conditions, columns })
    }
}

/// The times of conditions as columns of a projection.
#[derive(Default)]
struct Carried {
    expressions: Vec<Expr>,
}

impl Carried {
    fn all(&mut self, conditions: Vec<TimeCondition>) -> Vec<TimeCondition> {
        let carried = conditions.into_iter().map(|condition| {
            let name = format!("{CARRIED}{}", self.expressions.len());
            self.expressions.push(condition.operand.alias(&name));
            TimeCondition { operand: Expr::Column(Column::new_unqualified(name)), ..condition }
        });
        carried.collect()
    }
}

impl TimeCondition {
    fn map_columns(self, renamed: &impl Fn(&Column) -> Column) -> Result<Self> {
        let operand = self.operand.transform(|part| {
            Ok(match part {
                Expr::Column(column) => Transformed::yes(Expr::Column(renamed(&column))),
                other => Transformed::no(other),
            })
        })?;
        Ok(Self { operand: operand.data, ..self })
    }
}

fn unaliased(expr: &Expr) -> Expr {
    match expr {
        Expr::Alias(alias) => unaliased(&alias.expr),
        other => other.clone(),
    }
}
