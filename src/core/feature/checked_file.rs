//! Files that were read, planned and tried, and are kept for the next ruleset: planning and trying features is most of
//! what building a ruleset takes, and somebody who writes changes one file at a time.

use std::path::Path;
use std::sync::Arc;

use yujing_base::diagnostic::Diagnostics;
use yujing_base::kept::Kept;
use yujing_base::language::Bilingual;
use yujing_base::zone::Zone;

use crate::feature::catalogue::Feature;
use crate::feature::entries::entries;
use crate::feature::file::FeatureFile;
use crate::feature::plan::file_plans::FilePlans;
use crate::feature::plan::problems::{filter_problems, planning_problems};
use crate::feature::plan::slot::PlanSlot;
use crate::feature::planned_file::PlannedFile;
use crate::feature::query_error::short_reason;
use crate::feature::session::functions::Functions;
use crate::feature::trial;
use crate::source::{Kind, Sources};

/// A file in order.
#[derive(Debug)]
pub(super) struct CheckedFile {
    pub planned: Arc<PlannedFile>,
    /// Its columns as a catalogue has them.
    pub entries: Vec<Feature>,
    /// Warnings.
    pub found: Diagnostics,
    zone: Zone,
}

impl CheckedFile {
    /// Plans a file that was read, and tries it. `found` is what reading it found.
    pub fn new(
        file: FeatureFile,
        mut found: Diagnostics,
        sources: &Sources,
        zone: &Zone,
        functions: &Functions,
    ) -> Result<Self, Diagnostics> {
        let source = sources.get(file.source);
        let slot = PlanSlot::new(source, zone).map_err(|error| {
            let message = Bilingual::new("查询引擎不接受该数据源", "the query engine does not take the source");
            file.sql.whole("feature/plan", message).with_detail(short_reason(&error))
        })?;
        let mut plans = FilePlans::plan(slot, &file).map_err(|(mut slot, error)| {
            let constants = trial::constants(&file, functions, &mut slot);
            if constants.has_errors() { constants } else { planning_problems(&file, &slot, &error) }
        })?;
        if source.kind == Kind::Event {
            filter_problems(&file, plans.slot()).into_result(())?;
        }
        let entries = entries(&file, source, &plans.schema())?;
        found.extend(trial::run(&file, source, functions, &mut plans));
        if found.has_errors() {
            return Err(found);
        }
        let planned = PlannedFile::new(file, source, zone, plans);
        found.extend(planned.unreadable_times());
        Ok(Self { planned: Arc::new(planned), entries, found, zone: zone.clone() })
    }

    /// Whether it would come out the same from this text.
    fn is_of(&self, text: &str, zone: &Zone) -> bool {
        self.planned.file.sql.text == text && self.zone == *zone
    }
}

/// The files in order of the ruleset that was built last, over one and the same sources.
#[derive(Debug, Default)]
pub struct CheckedFiles(Kept<CheckedFile>);

impl CheckedFiles {
    /// The file of this path, unless it has another text now.
    pub(super) fn get(&self, path: &Path, text: &str, zone: &Zone) -> Option<Arc<CheckedFile>> {
        self.0.get(path, |file| file.is_of(text, zone))
    }

    /// Keeps these and forgets all others.
    pub(super) fn replace(&self, files: impl IntoIterator<Item = Arc<CheckedFile>>) {
        self.0.replace(files.into_iter().map(|file| (file.planned.file.sql.path.clone(), file)));
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::feature::FeatureSet;
    use crate::source::schema::published;

    fn text(path: &str, column: &str) -> (PathBuf, String) {
        let sql = format!(
            "SELECT operator_id,\n  -- @zh 甲\n  -- @en a\n  -- @missing 0\n  count(*) AS {column}\nFROM complaints\nGROUP BY operator_id\n"
        );
        (path.into(), sql)
    }

    #[test]
    fn a_file_is_planned_again_only_when_its_text_or_the_zone_is_another() {
        let sources = published::sources();
        let (checked, zone) = (CheckedFiles::default(), Zone::default());
        let build = |texts: &[(PathBuf, String)], zone: &Zone| {
            FeatureSet::from_changed(texts, &sources, zone, &checked).map(|(set, _)| set.catalogue().len())
        };
        let (one, two) = (text("one.sql", "one"), text("two.sql", "two"));
        let kept = |(path, text): &(PathBuf, String)| checked.get(path, text, &zone).expect("it is kept");
        assert_eq!(build(&[one.clone(), two.clone()], &zone).expect("in order"), 2);
        let before = [kept(&one), kept(&two)];

        let changed = text("two.sql", "three");
        assert_eq!(build(&[one.clone(), changed.clone()], &zone).expect("in order"), 2);
        assert!(Arc::ptr_eq(&before[0], &kept(&one)) && !Arc::ptr_eq(&before[1], &kept(&changed)));
        assert!(checked.get(&two.0, &two.1, &zone).is_none(), "nobody has this text any more");

        let twice = build(&[one.clone(), text("two.sql", "one")], &zone).expect_err("the same name twice");
        assert_eq!(twice.0[0].code, "feature/repeated-name");
        build(&[one.clone(), ("two.sql".into(), "SELEKT".to_owned())], &zone).expect_err("no SQL");
        assert!(Arc::ptr_eq(&before[0], &kept(&one)), "what is wrong with one file costs no other");

        let elsewhere: Zone = Zone::named("Europe/Berlin").expect("a zone");
        build(std::slice::from_ref(&one), &elsewhere).expect("in order");
        assert!(checked.get(&one.0, &one.1, &zone).is_none() && checked.get(&one.0, &one.1, &elsewhere).is_some());
    }
}
