//! One feature file with its kept plans.

use std::sync::Arc;

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use yujing_base::diagnostic::Diagnostics;
use yujing_base::language::{Bilingual, say};
use yujing_base::zone::Zone;

use crate::feature::file::FeatureFile;
use crate::feature::file_result::FileResult;
use crate::feature::lowered::{LoweredFile, Lowering, Residual, lower};
use crate::feature::plan::file_plans::FilePlans;
use crate::feature::plan::pool::{Pool, Pooled};
use crate::feature::plan::slot::PlanSlot;
use crate::source::Source;

/// How a feature is computed when something changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeaturePath {
    /// From its aggregates, which follow each row that comes or goes: a row costs the same however many there are.
    Incremental,
    /// From its aggregates, made anew of all rows of the operator whenever one of them comes or goes.
    OverOperator,
    /// By the plan of its file, over all rows of the operator.
    Plan {
        /// Why, as the end of a sentence.
        why: Bilingual,
        /// Whether it is known when it changes as time passes; otherwise it is computed anew every whole hour.
        is_readable: bool,
    },
}

/// One file with its kept plans. Plans hold state, so each thread has plans of its own while it runs them.
#[derive(Debug)]
pub struct PlannedFile {
    pub file: FeatureFile,
    /// The hash of its text and zone: files of the same text give the same result in one zone.
    pub text: u128,
    plans: Pool<FilePlans>,
    /// What the plans give.
    schema: Arc<Schema>,
    source: Arc<Source>,
    zone: Zone,
    /// The columns that are computed in stages, if any are.
    lowered: Option<Pool<LoweredFile>>,
    /// The other columns, ascending.
    residual: Vec<Residual>,
}

impl PlannedFile {
    pub fn new(file: FeatureFile, source: &Arc<Source>, zone: &Zone, plans: FilePlans) -> Self {
        let text = xxhash_rust::xxh3::xxh3_128(format!("{zone}\0{}", file.sql.text).as_bytes());
        let schema = plans.schema();
        let Lowering { stages, residual } = lower(&file, source, zone, &schema);
        let (plans, lowered) = (Pool::new(plans), stages.map(Pool::new));
        Self { file, text, plans, schema, source: Arc::clone(source), zone: zone.clone(), lowered, residual }
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    /// How a column is computed.
    pub fn path(&self, column: usize) -> FeaturePath {
        match self.residual.iter().find(|residual| residual.column == column) {
            Some(residual) => FeaturePath::Plan { why: residual.obstacle.words(), is_readable: residual.is_readable },
            None if self.lowered().is_some_and(|lowered| lowered.reads_whole_operator()) => FeaturePath::OverOperator,
            None => FeaturePath::Incremental,
        }
    }

    /// Warnings about columns of which nothing says when they change as time passes.
    pub fn unreadable_times(&self) -> Diagnostics {
        let mut found = Diagnostics::default();
        for residual in self.residual.iter().filter(|residual| !residual.is_readable) {
            let column = &self.file.columns[residual.column];
            let name = &column.name;
            let message = say!(
                "由 SQL 看不出指标 `{name}` 随时间在何时变化，只能逢整点重算",
                "the SQL of feature `{name}` does not show when it changes as time passes: it is computed anew every whole hour"
            );
            let help = Bilingual::new(
                "请将时间条件写成 WHERE、FILTER 中以 AND 连接的单独一项：within(时间, INTERVAL '7 days')、days_since(时间) < 7、\
                 日期 < beijing_date(as_of())；时长不用月、年；其余位置只用 days_since(时间)、beijing_date(as_of())",
                "write a condition on time as a part of its own of WHERE or FILTER, joined by AND: within(time, INTERVAL '7 days'), \
                 days_since(time) < 7, date < beijing_date(as_of()); not in months or years; elsewhere use only \
                 days_since(time) and beijing_date(as_of())",
            );
            found.push(self.file.sql.at("feature/unreadable-time", column.name_span, message).with_help(help));
        }
        found
    }

    /// The columns that its plan gives.
    pub fn residual(&self) -> &[Residual] {
        &self.residual
    }

    /// Its features over the rows of its source.
    pub fn run(&self, rows: &RecordBatch, as_of: Timestamp) -> FileResult {
        self.plans().run(&self.file, rows, as_of)
    }

    /// Its plans, which are made again for a thread that finds all in use.
    pub fn plans(&self) -> Pooled<'_, FilePlans> {
        self.plans.take(|| {
            let slot = PlanSlot::new(&self.source, &self.zone).expect("invariant: the source was taken before");
            let plans = FilePlans::plan(slot, &self.file).map_err(|(_, error)| error);
            plans.expect("invariant: the file was planned before")
        })
    }

    /// Its stages, as [`PlannedFile::plans`].
    pub fn lowered(&self) -> Option<Pooled<'_, LoweredFile>> {
        let lowered = self.lowered.as_ref()?;
        Some(lowered.take(|| {
            let lowering = lower(&self.file, &self.source, &self.zone, &self.schema);
            lowering.stages.expect("invariant: the file was lowered before")
        }))
    }
}
