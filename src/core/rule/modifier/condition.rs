//! For whom a modifier is: a feature that has one of some values.

use toml::{Spanned, Value};
use yujing_base::diagnostic::authored::Authored;
use yujing_base::diagnostic::suggest::{did_you_mean, listed};
use yujing_base::language::{Bilingual, say};

use crate::feature::{Feature, FeatureRow, FeatureType, FeatureValue, ValueRange};

/// A feature that has one of some values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    /// Its place in the catalogue.
    pub feature: usize,
    pub values: Vec<FeatureValue>,
}

impl Condition {
    /// Whether it holds. An unknown feature has none of the values.
    pub(super) fn holds(&self, features: &FeatureRow) -> bool {
        self.values.contains(features.value(self.feature))
    }

    /// Reads `feature = value` or `feature = [values]`; nothing, with what is wrong, if it is none.
    pub(super) fn read(
        name: &Spanned<String>,
        given: &Spanned<Value>,
        catalogue: &[Feature],
        authored: &mut Authored<'_>,
    ) -> Option<Self> {
        let (name, span) = (name.get_ref(), name.span());
        let Some(feature) = catalogue.iter().position(|feature| feature.name == *name) else {
            let message = say!("没有指标 `{name}`", "there is no feature `{name}`");
            let names = catalogue.iter().map(|feature| feature.name.as_str());
            let help = did_you_mean(name, names).unwrap_or_else(|| {
                Bilingual::new("请写 features/ 下某个文件中的列名", "name a column of a file in features/")
            });
            authored.report("modifiers/unknown-feature", span, message, help);
            return None;
        };
        let described = &catalogue[feature];
        let given_values = match given.get_ref() {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        let mut values = Vec::new();
        for value in given_values {
            match value_of(value, described.data_type).filter(|value| is_possible(value, described)) {
                Some(value) => values.push(value),
                None => report_value(value, described, given, authored),
            }
        }
        if given_values.is_empty() {
            let message = Bilingual::new("没有写任何值", "there is no value");
            let help = Bilingual::new("至少写一个值，或者删去此项", "give at least one value, or leave the key out");
            authored.report("modifiers/value", given.span(), message, help);
        }
        Some(Self { feature, values })
    }
}

fn value_of(given: &Value, data_type: FeatureType) -> Option<FeatureValue> {
    match (given, data_type) {
        (Value::Boolean(truth), FeatureType::Bool) => Some(FeatureValue::Bool(*truth)),
        (Value::Integer(whole), FeatureType::Int) => Some(FeatureValue::Int(*whole)),
        (Value::String(text), FeatureType::Text) => Some(FeatureValue::Text(text.as_str().into())),
        _ => None,
    }
}

fn is_possible(value: &FeatureValue, feature: &Feature) -> bool {
    match (&feature.values, value) {
        (ValueRange::OneOf(known), FeatureValue::Text(text)) => known.iter().any(|value| **value == **text),
        (ValueRange::Between(least, most), FeatureValue::Int(whole)) => (least..=most).contains(&whole),
        _ => true,
    }
}

fn report_value(value: &Value, feature: &Feature, given: &Spanned<Value>, authored: &mut Authored<'_>) {
    let name = &feature.name;
    let message = say!("指标 `{name}` 取不到 {value}", "the feature `{name}` never is {value}");
    let help = match (&feature.values, feature.data_type) {
        (ValueRange::OneOf(known), _) => {
            let known = listed(known.iter().map(String::as_str));
            Bilingual::new(format!("可取的值：{}", known.zh), format!("its values are {}", known.en))
        }
        (ValueRange::Between(least, most), _) => {
            say!("取 {least} 至 {most} 的整数", "it is a whole number from {least} to {most}")
        }
        (ValueRange::Any, FeatureType::Bool) => Bilingual::new("取 true 或者 false", "it is true or false"),
        (ValueRange::Any, FeatureType::Int) => Bilingual::new("取整数", "it is a whole number"),
        (ValueRange::Any, FeatureType::Text) => {
            Bilingual::new("取加引号的文本", "it is a text between quotation marks")
        }
        (ValueRange::Any, FeatureType::Float) => Bilingual::new(
            "小数不能逐值比较：请在 SQL 中写成真假值的指标",
            "a number with a fraction is not compared value by value: make a feature of it that is true or false",
        ),
    };
    authored.report("modifiers/value", given.span(), message, help);
}
