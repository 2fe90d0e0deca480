//! What a condition leaves of the values of a feature or variable.

use rhai::Expr;

use super::Checker;
use super::observation::Subject;
use super::state::{Place, State, plain_read};
use super::statement::Frame;
use super::values::{BoolSet, ValueSet};

impl Checker<'_> {
    /// The state in which only those values of an expression are left that `keep` leaves; `None` if it leaves none.
    pub(super) fn narrowed(
        &self,
        expression: &Expr,
        values: &ValueSet,
        state: &State,
        frame: &Frame,
        keep: &dyn Fn(&ValueSet) -> ValueSet,
    ) -> Option<State> {
        let with = |place: Place<'_>, kept: ValueSet| {
            let mut state = state.clone();
            match place {
                Place::Feature(feature) => drop(state.features.insert(feature, kept)),
                Place::Variable(name) => drop(state.variables.insert(name.to_owned(), kept)),
            }
            state
        };
        let before = |place: Place<'_>| match place {
            Place::Feature(feature) => self.feature_values(feature, state),
            Place::Variable(name) => frame.variable(name, state),
        };
        if keep(values).is_nothing() {
            return None;
        }
        if let Some(place) = self.place(expression, frame) {
            let kept = keep(&before(place));
            return (!kept.is_nothing()).then(|| with(place, kept));
        }
        // `place ?? literal`: the place is known and has such a value, or it is unknown and the literal is one.
        if let Expr::Coalesce(parts, _) = expression
            && let [first, last] = parts.as_slice()
            && let Some(place) = self.place(first, frame)
            && let Some(otherwise) = literal(last)
        {
            let all = before(place);
            let unit = all.unit && !keep(&otherwise).is_nothing();
            let kept = ValueSet { unit, ..keep(&all.known()) };
            return (!kept.is_nothing()).then(|| with(place, kept));
        }
        Some(state.clone())
    }

    pub(super) fn place<'e>(&self, expression: &'e Expr, frame: &Frame) -> Option<Place<'e>> {
        if let Some(name) = plain_read(expression, &frame.operators) {
            return self.places.get(name).copied().map(Place::Feature);
        }
        match expression {
            Expr::Variable(variable, ..) if !frame.changes(&variable.1) => Some(Place::Variable(&variable.1)),
            _ => None,
        }
    }

    /// The name of a place with its values, for messages about a condition.
    pub(super) fn subject(&self, expression: &Expr, values: &ValueSet, frame: &Frame) -> Option<Subject> {
        let expression = match expression {
            Expr::Coalesce(parts, _) => parts.first()?,
            other => other,
        };
        match self.place(expression, frame)? {
            Place::Feature(place) => Some(Subject { name: self.features[place].name.clone(), values: values.clone() }),
            Place::Variable(name) => Some(Subject { name: name.to_owned(), values: values.clone() }),
        }
    }
}

/// The value of a constant.
fn literal(expression: &Expr) -> Option<ValueSet> {
    Some(match expression {
        Expr::BoolConstant(truth, _) => ValueSet::truths(BoolSet::only(*truth)),
        Expr::IntegerConstant(number, _) => ValueSet::ints(*number, *number),
        Expr::FloatConstant(..) => ValueSet::float(),
        Expr::StringConstant(text, _) => ValueSet::text(text),
        _ => return None,
    })
}
