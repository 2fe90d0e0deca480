//! The instant that a plan is asked about, and the types of the arguments that are held against it.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::ColumnarValue;
use jiff::Timestamp;
use yujing_base::zone::Zone;

pub const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The instant that a plan is asked about, in the office's zone: one cell a plan, read whenever the plan runs.
#[derive(Debug, Clone, Default)]
pub struct AsOf {
    micros: Arc<AtomicI64>,
    zone: Zone,
}

impl AsOf {
    pub fn in_zone(zone: &Zone) -> Self {
        Self { micros: Arc::default(), zone: zone.clone() }
    }

    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Sets the instant, cut to whole microseconds, which is how times are stored.
    pub fn set(&self, as_of: Timestamp) {
        let micros = as_of.as_nanosecond().div_euclid(1_000);
        let micros = i64::try_from(micros).expect("invariant: jiff's timestamps fit 64 bits as microseconds");
        self.micros.store(micros, Ordering::Relaxed);
    }

    pub fn micros(&self) -> i64 {
        self.micros.load(Ordering::Relaxed)
    }

    pub fn scalar(&self) -> ColumnarValue {
        ColumnarValue::Scalar(ScalarValue::TimestampMicrosecond(
            Some(self.micros()),
            Some(Arc::clone(self.zone.name())),
        ))
    }
}

/// Two cells are the same if they are one: functions of different plans are different functions.
impl PartialEq for AsOf {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.micros, &other.micros)
    }
}

impl Eq for AsOf {}

impl Hash for AsOf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.micros).hash(state);
    }
}

/// The type of every time column in SQL: `Timestamp(µs, zone)`.
pub fn time_type(zone: &Zone) -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::clone(zone.name())))
}

/// The type a time argument is coerced to, if it is a time.
pub fn time_argument(function: &str, given: &DataType, zone: &Zone) -> Result<DataType> {
    match given {
        DataType::Timestamp(_, _) | DataType::Null => Ok(time_type(zone)),
        other => plan_err!("{function} expects a time such as occurred_at, not {other}"),
    }
}

/// The type an interval argument is coerced to, if it is an interval.
pub fn interval_argument(function: &str, given: &DataType) -> Result<DataType> {
    match given {
        DataType::Interval(_) => Ok(DataType::Interval(IntervalUnit::MonthDayNano)),
        other => plan_err!("{function} expects an interval such as INTERVAL '7 days', not {other}"),
    }
}
