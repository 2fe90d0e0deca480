//! Why a column stays with the plan of its file.

use yujing_base::language::{Bilingual, say};

/// What stands in the way of computing a column in stages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// An aggregate that needs all its rows again.
    Function(String),
    /// An aggregate of floats, whose result depends on the order of the rows.
    Float(String),
    /// An aggregate that goes by an order of rows.
    Order(String),
    /// The as-of instant stands where its effect cannot be read.
    Time,
    /// The query engine plans it in another way.
    Plan(String),
}

impl Obstacle {
    /// The reason in words, as the end of a sentence.
    pub fn words(&self) -> Bilingual {
        match self {
            Self::Function(name) => say!("`{name}` 须重算全部记录", "`{name}` needs all its rows again"),
            Self::Float(name) => {
                say!("小数的 `{name}` 取决于记录的先后", "`{name}` of decimal fractions depends on the order of rows")
            }
            Self::Order(name) => say!("`{name}` 取决于记录的先后", "`{name}` goes by the order of rows"),
            Self::Time => Bilingual::new(
                "无法由 SQL 看出其值何时变化",
                "its SQL does not show when its value changes as time passes",
            ),
            Self::Plan(what) => say!("查询计划中有 {what}", "its plan has {what}"),
        }
    }
}
