//! Features as a rule reads them: that they exist, and what they can be where they are read.

use rhai::{Expr, Position};
use yujing_base::diagnostic::suggest::did_you_mean;
use yujing_base::language::{Bilingual, say};

use super::Checker;
use super::state::{State, plain_read};
use super::statement::Frame;
use super::values::ValueSet;
use crate::feature::FeatureType;

impl Checker<'_> {
    /// `op.feature`, and what follows it.
    pub(super) fn operator_chain(
        &mut self,
        operator: &Expr,
        rest: &Expr,
        state: &State,
        frame: &mut Frame,
    ) -> ValueSet {
        match rest {
            Expr::Property(property, position) => {
                self.read(&property.2, operator.start_position(), *position, state, true)
            }
            Expr::Dot(more, ..) => {
                let receiver = self.operator_chain(operator, &more.lhs, state, frame);
                self.method(receiver, &more.rhs, state, frame)
            }
            Expr::Index(more, ..) => {
                self.operator_chain(operator, &more.lhs, state, frame);
                self.value(&more.rhs, state, frame);
                ValueSet::any()
            }
            _ => {
                let message = Bilingual::new("监管对象只有指标，没有方法", "the operator has features but no methods");
                let help = Bilingual::new("请按名称读取指标 `op.名称`", "read features by name, `op.name`");
                self.problem("rule/operator", self.at(rest.position()), message, Some(help));
                ValueSet::any()
            }
        }
    }

    /// A feature read by name; unless it is asked for because of that, it must be known.
    pub(super) fn read(
        &mut self,
        name: &str,
        operator: Position,
        property: Position,
        state: &State,
        must_be_known: bool,
    ) -> ValueSet {
        let span = self.offset(operator)..self.at(property).end;
        let Some(&place) = self.places.get(name) else {
            let message = say!("没有指标 `{name}`", "there is no feature `{name}`");
            let help = if self.rules.contains(&name) {
                say!(
                    "`{name}` 是一条规则：规则之间不能互相读取，请读取它所用的指标",
                    "`{name}` is a rule: rules cannot read each other, read the features that it reads"
                )
            } else {
                did_you_mean(name, self.places.keys().copied()).unwrap_or_else(|| {
                    Bilingual::new(
                        "指标是 rules/features/*.sql 中的列",
                        "features are the columns of rules/features/*.sql",
                    )
                })
            };
            self.problem("rule/unknown-feature", span, message, Some(help));
            return ValueSet::any();
        };
        self.checked.touches.insert(place);
        let values = self.feature_values(place, state);
        if values.unit && must_be_known && !self.is_dead_code() {
            let otherwise = match self.features[place].data_type {
                FeatureType::Bool => "false",
                FeatureType::Int => "0",
                FeatureType::Float => "0.0",
                FeatureType::Text => "\"\"",
            };
            let message = say!("`{name}` 此处可能未知", "`{name}` may be unknown here");
            let help = say!(
                "未知不等于零：请在前面加 `known(op.{name}) &&`，或者写明未知时按什么计：`(op.{name} ?? {otherwise})`",
                "unknown is not zero: put `known(op.{name}) &&` before it, or say what then counts: `(op.{name} ?? {otherwise})`"
            );
            self.problem("rule/unknown-value", span, message, Some(help));
        }
        if must_be_known { values.known() } else { values }
    }

    /// What a feature can still be at a place.
    pub(super) fn feature_values(&self, place: usize, state: &State) -> ValueSet {
        state.features.get(&place).cloned().unwrap_or_else(|| ValueSet::of(&self.features[place]))
    }

    /// An expression that is asked for because it may be unknown: by `asker`, for messages.
    pub(super) fn may_be_unknown(
        &mut self,
        expression: &Expr,
        asker: &str,
        state: &State,
        frame: &mut Frame,
    ) -> ValueSet {
        let (Some(name), Expr::Dot(chain, ..)) = (plain_read(expression, &frame.operators), expression) else {
            return self.value(expression, state, frame);
        };
        let (operator, property) = (chain.lhs.start_position(), chain.rhs.position());
        if let Some(&place) = self.places.get(name)
            && !self.features[place].nullable
            && !self.is_dead_code()
        {
            let message = say!("`{name}` 不会未知", "`{name}` is never unknown");
            let help = say!(
                "该指标写明 `@missing 0`：没有记录即为 0，不必使用 `{asker}`",
                "it is `@missing 0`: no records count as 0, so `{asker}` has nothing to do"
            );
            self.problem("rule/always-known", self.offset(operator)..self.at(property).end, message, Some(help));
        }
        self.read(name, operator, property, state, false)
    }
}
