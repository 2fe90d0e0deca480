//! Rows of a source that its schema allows, made from a seed, and files to be lowered.

use std::path::{Path, PathBuf};

use arrow::record_batch::RecordBatch;
use yujing_base::zone::Zone;

use crate::feature::file::FeatureFile;
use crate::feature::lowered::{LoweredFile, Lowering, lower};
use crate::feature::plan::file_plans::FilePlans;
use crate::feature::plan::slot::PlanSlot;
use crate::feature::session::functions::Functions;
use crate::feature::syntax::sql_source::SqlSource;
use crate::source::cell::{Cell, to_array};
use crate::source::shape::{Shape, ValueRule, Values};
use crate::source::{Source, Sources, column};

pub const HOUR: i64 = 3_600_000_000;
pub const DAY: i64 = 24 * HOUR;
/// An ordinary Monday noon in Beijing.
pub const NOW: i64 = 1_772_424_000_000_000;
pub const OPERATORS: [&str; 3] = ["A", "B", "C"];

/// Hours before `NOW` at which something occurs, some of them on the edges of usual windows; rows dated ahead as well.
const AGES: [i64; 16] = [0, 1, 5, 23, 24, 25, 47, 48, 7 * 24, 7 * 24 + 1, 30 * 24, 60 * 24, 90 * 24, 119 * 24, -1, -30];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The feature files that ship, by name.
pub fn starter_file(name: &str) -> String {
    std::fs::read_to_string(root().join("rules/features").join(name)).expect("a starter file")
}

/// A file whose columns are (name, expression), read from this.
pub fn file(from: &str, columns: &[(&str, &str)]) -> String {
    let columns = columns.iter().map(|(name, expression)| {
        format!("  -- @zh 指标\n  -- @en Feature\n  -- @missing unknown\n  {expression} AS {name}")
    });
    format!("SELECT operator_id,\n{}\nFROM {from} GROUP BY operator_id\n", columns.collect::<Vec<_>>().join(",\n"))
}

/// A file with its kept plan and what became of it.
pub struct Subject {
    pub file: FeatureFile,
    pub source: Source,
    pub plans: FilePlans,
    pub lowering: Lowering,
}

impl Subject {
    pub fn of(sources: &Sources, text: &str) -> Self {
        Self::in_zone(sources, text, &Zone::default())
    }

    pub fn in_zone(sources: &Sources, text: &str, zone: &Zone) -> Self {
        let functions = Functions::new().expect("a session");
        let sql = SqlSource::read(Path::new("features.sql"), text);
        let parsed = sql.and_then(|sql| FeatureFile::parse(sql, sources, &functions));
        let (file, _) = parsed.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        let source = Source::clone(sources.get(file.source));
        let slot = PlanSlot::new(&source, zone).expect("a slot");
        let plans = FilePlans::plan(slot, &file).unwrap_or_else(|(_, error)| panic!("{error}\n{text}"));
        let lowering = lower(&file, &source, zone, &plans.schema());
        Self { file, source, plans, lowering }
    }

    /// Names of the columns that are lowered.
    pub fn lowered(&self) -> Vec<&str> {
        let columns = self.lowering.stages.iter().flat_map(LoweredFile::columns);
        columns.map(|column| &*self.file.columns[*column].name).collect()
    }
}

/// Numbers that look random and follow from a seed (SplitMix64).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % count as u64).expect("small")
    }

    fn number(&mut self, min: i64, max: i64) -> i64 {
        let small = i64::try_from(self.below(4)).expect("small");
        small.clamp(min, max)
    }

    /// A time near `NOW`.
    pub fn time(&mut self) -> i64 {
        let age = AGES[self.below(AGES.len())] * HOUR;
        let beside = [0, 0, 1, -1, 1_234_567][self.below(5)];
        NOW - age + beside
    }
}

/// Rows of a source, sorted as a gather gives them.
pub fn rows(source: &Source, count: usize, seed: u64) -> RecordBatch {
    let mut numbers = Numbers(seed);
    let mut made: Vec<Vec<Cell>> = (0..count).map(|number| row(source, number, &mut numbers)).collect();
    made.sort_by_key(|row| {
        let (Cell::Text(operator), Cell::Time(occurred_at), Cell::Text(event)) =
            (&row[column::OPERATOR_ID], &row[column::OCCURRED_AT], &row[column::EVENT_ID])
        else {
            panic!("an envelope")
        };
        (operator.clone(), *occurred_at, event.clone())
    });
    let columns = source.columns.iter().enumerate().map(|(place, field)| {
        let cells: Vec<&Cell> = made.iter().map(|row| &row[place]).collect();
        to_array(&field.data_type, cells.into_iter())
    });
    RecordBatch::try_new(source.schema.clone(), columns.collect()).expect("rows of the source")
}

fn row(source: &Source, number: usize, numbers: &mut Numbers) -> Vec<Cell> {
    let mut row = object(&source.shape, numbers);
    row[column::EVENT_ID] = Cell::Text(format!("e{number:03}").into());
    row[column::REVISION] = Cell::Int(1);
    row[column::OPERATOR_ID] = Cell::Text(OPERATORS[numbers.below(OPERATORS.len())].into());
    row[column::PUBLISHER] = Cell::Text("p".into());
    row[column::QUALITY] = Cell::List(Box::default());
    for time in [column::OCCURRED_AT, column::REPORTED_AT] {
        row[time] = Cell::Time(numbers.time());
    }
    row
}

fn object(shape: &Shape, numbers: &mut Numbers) -> Vec<Cell> {
    let mut cells = vec![Cell::Null; shape.width];
    for property in shape.properties.iter().filter(|property| !property.personal) {
        let Some(place) = property.cell else { continue };
        if !property.value.nullable || numbers.below(5) > 0 {
            cells[place] = value(&property.value.rule, numbers);
        }
    }
    cells
}

fn value(rule: &ValueRule, numbers: &mut Numbers) -> Cell {
    match rule {
        ValueRule::Bool { only } => Cell::Bool(only.unwrap_or(numbers.below(2) == 0)),
        ValueRule::Int { min, max, only } if only.is_empty() => Cell::Int(numbers.number(*min, *max)),
        ValueRule::Int { only, .. } => Cell::Int(only[numbers.below(only.len())]),
        ValueRule::Float { min, max } => Cell::Float([0.0_f64, 0.4, 0.5, 0.8, 0.9][numbers.below(5)].clamp(*min, *max)),
        ValueRule::Decimal { scale, min, max } => {
            let one = 10_i128.pow(u32::from(scale.unsigned_abs()));
            Cell::Decimal((i128::from(numbers.number(0, 3)) * one / 2).clamp(*min, *max))
        }
        ValueRule::Text(text) => match &text.values {
            Values::Closed(codes) | Values::Open(codes) => Cell::Text(codes[numbers.below(codes.len())].clone().into()),
            Values::Any => Cell::Text(["x", "yy", "餐饮具消毒", "12"][numbers.below(4)].into()),
        },
        ValueRule::Time => Cell::Time(numbers.time()),
        ValueRule::Date => {
            let date = i32::try_from((numbers.time() + 8 * HOUR).div_euclid(DAY)).expect("a date");
            Cell::Date(if numbers.below(8) == 0 { 2_932_896 } else { date })
        }
        ValueRule::List { item, .. } => Cell::List((0..numbers.below(4)).map(|_| value(&item.rule, numbers)).collect()),
        ValueRule::Object(shape) => Cell::Object(object(shape, numbers).into()),
    }
}
