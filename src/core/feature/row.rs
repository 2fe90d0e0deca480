//! The features of one operator, as rules read them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::feature::catalogue::{Feature, FeatureValue, Missing};
use crate::feature::file_features::{FileFeatures, Flaws};

/// Where the features of a catalogue stand: by file, and in their file by place.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RowLayout {
    /// For each feature.
    places: Box<[Place]>,
    /// For each file, the place in the catalogue of its first feature.
    firsts: Box<[usize]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    file: usize,
    column: usize,
}

/// One operator's features as of an instant. Those of a file are shared with whoever else knows them: a row costs little
/// beside what changed since the one before.
#[derive(Clone, Default)]
pub struct FeatureRow {
    layout: Arc<RowLayout>,
    files: Box<[Arc<FileFeatures>]>,
}

impl RowLayout {
    /// Of files that have so many features each, in the order of the catalogue.
    pub fn of(widths: impl IntoIterator<Item = usize>) -> Self {
        let (mut places, mut firsts) = (Vec::new(), Vec::new());
        for (file, width) in widths.into_iter().enumerate() {
            firsts.push(places.len());
            places.extend((0..width).map(|column| Place { file, column }));
        }
        Self { places: places.into(), firsts: firsts.into() }
    }
}

impl FeatureRow {
    /// What is known of each file, in the order of the catalogue.
    pub fn new(layout: &Arc<RowLayout>, files: Vec<Arc<FileFeatures>>) -> Self {
        debug_assert!(
            files.iter().map(|file| file.values().len()).sum::<usize>() == layout.places.len(),
            "every feature has a value"
        );
        Self { layout: Arc::clone(layout), files: files.into() }
    }

    /// By the features' places in the catalogue.
    pub fn of(values: Vec<FeatureValue>) -> Self {
        Self::with_flaws(values, Vec::new(), Vec::new())
    }

    /// With values that could not be computed, and why, and the places of texts that were cut, both sorted.
    pub fn with_flaws(values: Vec<FeatureValue>, failed: Vec<(usize, Arc<str>)>, cut: Vec<usize>) -> Self {
        let layout = RowLayout::of([values.len()]);
        Self::new(&Arc::new(layout), vec![Arc::new(FileFeatures::new(values, Flaws { failed, cut }))])
    }

    /// A row whose values are given by name, as scores and warnings show them. What is not given, or of another type
    /// than its feature, is unknown.
    pub fn of_values(catalogue: &[Feature], values: &BTreeMap<String, FeatureValue>) -> Self {
        let value = |feature: &Feature| {
            let given = values.get(&feature.name).filter(|given| given.is_of(feature.data_type));
            given.cloned().unwrap_or(FeatureValue::Unknown)
        };
        Self::of(catalogue.iter().map(value).collect())
    }

    /// How many features there are.
    pub fn len(&self) -> usize {
        self.layout.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One value, by the feature's place in the catalogue; nothing for what lies outside the row.
    pub fn get(&self, feature: usize) -> Option<&FeatureValue> {
        let Place { file, column } = *self.layout.places.get(feature)?;
        self.files.get(file)?.values().get(column)
    }

    /// One value; what lies outside the row is unknown.
    pub fn value(&self, feature: usize) -> &FeatureValue {
        self.get(feature).unwrap_or(&FeatureValue::Unknown)
    }

    /// All values, in the order of the catalogue.
    pub fn values(&self) -> impl Iterator<Item = &FeatureValue> {
        self.files.iter().flat_map(|file| file.values())
    }

    /// Values that could not be computed, by place, and why: they are unknown, and the operator's score says degraded.
    pub fn failed(&self) -> impl Iterator<Item = (usize, &Arc<str>)> {
        let flaws = self.flaws();
        flaws.flat_map(|(first, flaws)| flaws.failed.iter().map(move |(place, why)| (first + place, why)))
    }

    /// The places of texts that were longer than the ruleset allows and were cut.
    pub fn cut(&self) -> impl Iterator<Item = usize> {
        self.flaws().flat_map(|(first, flaws)| flaws.cut.iter().map(move |place| first + place))
    }

    /// The flaws of each file that has any, with the place of its first feature.
    fn flaws(&self) -> impl Iterator<Item = (usize, &Flaws)> {
        let files = self.layout.firsts.iter().zip(&self.files);
        files.filter_map(|(first, file)| Some((*first, file.flaws()?)))
    }

    /// Every feature by its name.
    pub fn by_name(&self, catalogue: &[Feature]) -> BTreeMap<String, FeatureValue> {
        catalogue.iter().zip(self.values()).map(|(feature, value)| (feature.name.clone(), value.clone())).collect()
    }

    /// The places of the values that are not what they were in another row of the same catalogue.
    pub fn changed_since(&self, before: &Self) -> Vec<usize> {
        let differ = |(place, (value, before)): (usize, _)| (value != before).then_some(place);
        if self.layout != before.layout {
            return self.values().zip(before.values()).enumerate().filter_map(differ).collect();
        }
        let mut changed = Vec::new();
        for ((file, before), first) in self.files.iter().zip(&before.files).zip(&self.layout.firsts) {
            if !Arc::ptr_eq(file, before) {
                let pairs = file.values().iter().zip(before.values());
                changed.extend((*first..).zip(pairs).filter_map(differ));
            }
        }
        changed
    }

    /// Puts a value in the place of what was there; nothing happens to what lies outside the row.
    pub fn set(&mut self, feature: usize, value: FeatureValue) {
        let Some(Place { file, column }) = self.layout.places.get(feature) else { return };
        Arc::make_mut(&mut self.files[*file]).replace(*column, value);
    }

    /// The same row as if the operator had no rows for a feature, whose entry in the catalogue is `described`: it has
    /// the value that stands for missing.
    #[must_use]
    pub fn without(&self, feature: usize, described: &Feature) -> Self {
        let missing = match described.missing {
            Missing::Unknown => FeatureValue::Unknown,
            Missing::Zero => FeatureValue::zero(described.data_type),
        };
        let mut row = self.clone();
        row.set(feature, missing);
        row
    }

    /// The same values but for one, and as if all could be computed.
    #[must_use]
    pub fn supposing(&self, feature: usize, value: FeatureValue) -> Self {
        let mut row = self.clone();
        for file in row.files.iter_mut().filter(|file| file.flaws().is_some()) {
            Arc::make_mut(file).forget_flaws();
        }
        row.set(feature, value);
        row
    }
}

impl fmt::Debug for FeatureRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<_> = self.values().collect();
        let (failed, cut): (Vec<_>, Vec<_>) = (self.failed().collect(), self.cut().collect());
        let mut shown = f.debug_struct("FeatureRow");
        shown.field("values", &values).field("failed", &failed).field("cut", &cut).finish()
    }
}

impl PartialEq for FeatureRow {
    fn eq(&self, other: &Self) -> bool {
        if self.layout == other.layout {
            return self.files.iter().zip(&other.files).all(|(file, other)| Arc::ptr_eq(file, other) || file == other);
        }
        self.values().eq(other.values()) && self.failed().eq(other.failed()) && self.cut().eq(other.cut())
    }
}

#[cfg(test)]
mod tests {
    use FeatureValue::{Int, Text, Unknown};

    use super::*;

    /// The first feature of a file of its own, the others of another one.
    fn row(first: i64, other: &str) -> FeatureRow {
        let failed = vec![(1, "division by zero".into())];
        let files = [
            FileFeatures::new(vec![Int(first)], Flaws::default()),
            FileFeatures::new(vec![Text(other.into()), Unknown], Flaws { failed, cut: vec![0] }),
        ];
        FeatureRow::new(&Arc::new(RowLayout::of([1, 2])), files.map(Arc::new).to_vec())
    }

    #[test]
    fn a_row_of_several_files_says_what_one_of_all_values_says() {
        let of_files = row(7, "school");
        let whole = FeatureRow::with_flaws(
            vec![Int(7), Text("school".into()), Unknown],
            vec![(2, "division by zero".into())],
            vec![1],
        );
        assert_eq!(of_files, whole);
        assert_eq!((of_files.value(1), of_files.value(3)), (&Text("school".into()), &Unknown));
        for other in [row(7, "none"), row(8, "none")] {
            assert_ne!(other, whole);
            assert_eq!(other.changed_since(&of_files), other.changed_since(&whole));
        }
        assert_eq!(row(8, "none").changed_since(&of_files), [0, 1]);
        assert_eq!(of_files.changed_since(&of_files.clone()), Vec::<usize>::new());
    }

    #[test]
    fn what_is_put_into_one_row_is_seen_in_no_other() {
        let before = row(7, "school");
        let mut after = before.clone();
        after.set(1, Text("none".into()));
        after.set(3, Int(1));
        assert_eq!(before, row(7, "school"));
        assert_eq!(after.changed_since(&before), [1]);
        assert_eq!(after.cut().count(), 0, "what was wrong is forgotten with the value");
        assert_eq!(after.failed().map(|(place, _)| place).collect::<Vec<_>>(), [2]);
        let supposed = before.supposing(0, Int(0));
        assert_eq!((supposed.failed().count(), supposed.cut().count(), supposed.value(0)), (0, 0, &Int(0)));
        assert_eq!(before.failed().count(), 1);
    }
}
