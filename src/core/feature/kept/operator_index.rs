//! Operators by number.

use std::collections::HashMap;

use yujing_base::OperatorId;

/// A number for each operator asked for so far, from 0: its text is looked up once a question, whatever the number of
/// files.
#[derive(Debug, Default)]
pub struct OperatorIndex {
    numbers: HashMap<OperatorId, usize>,
}

impl OperatorIndex {
    /// The number of an operator, which gets one if it has none.
    pub fn number(&mut self, operator: &OperatorId) -> usize {
        if let Some(number) = self.numbers.get(operator) {
            return *number;
        }
        let number = self.numbers.len();
        self.numbers.insert(OperatorId::clone(operator), number);
        number
    }

    /// The number of an operator, if it was asked for.
    pub fn number_of(&self, operator: &str) -> Option<usize> {
        self.numbers.get(operator).copied()
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }
}
