//! What each function makes of what it is given: the functions that a feature may call, with a bound of their work.
//! What is not here cannot be called: a function of a later DataFusion has to be given its cost model first.

use arrow::datatypes::IntervalMonthDayNano;

use crate::feature::budget::arguments::Row;
use crate::feature::budget::row_size::ELEMENT;
use crate::feature::function::as_of::MICROS_PER_DAY;

/// What an element that a function makes anew takes: its place and the steps to make it.
pub const MADE_ELEMENT: u64 = 64;

/// How much a function makes.
#[derive(Debug, Clone, Copy)]
pub enum CostModel {
    /// Its result is no larger than its arguments, or a number.
    NonGrowing,
    /// So many bytes of one row.
    Bytes(fn(&Row<'_>) -> u64),
    /// The same, and its second argument is a pattern, which must be written out: compiling one takes far more than
    /// matching it.
    PatternBytes(fn(&Row<'_>) -> u64),
}

/// The cost model of a function by its first name; none for one that a feature cannot call.
pub fn cost_model_of(function: &str) -> Option<CostModel> {
    let makes: fn(&Row<'_>) -> u64 = match function {
        _ if NON_GROWING.contains(&function) => return Some(CostModel::NonGrowing),
        "regexp_like" | "regexp_count" | "regexp_instr" => {
            return Some(CostModel::PatternBytes(|row| row.bytes(0).saturating_mul(4)));
        }
        // A pattern has fewer groups than letters.
        "regexp_match" => {
            return Some(CostModel::PatternBytes(|row| {
                row.bytes(0).saturating_add(ELEMENT).saturating_mul(row.bytes(1).saturating_add(1))
            }));
        }
        "regexp_replace" => return Some(CostModel::PatternBytes(replaced_pattern)),
        "concat" | "overlay" | "array_append" | "array_prepend" | "array_concat" | "make_array" | "flatten"
        | "array_union" | "array_intersect" | "array_except" | "array_distinct" => together,
        "concat_ws" => |row| together(row).saturating_add(row.bytes(0).saturating_mul(row.count())),
        "arrays_zip" => |row| together(row).saturating_mul(row.count()),
        "repeat" => |row| row.bytes(0).saturating_mul(row.times(1)),
        "lpad" | "rpad" => |row| row.bytes(0).saturating_add(row.times(1).saturating_mul(4)),
        "replace" => replaced,
        "translate" => |row| row.bytes(0).saturating_mul(4),
        "to_char" => |row| row.bytes(1).saturating_mul(16),
        "levenshtein" => |row| row.bytes(0).saturating_mul(row.bytes(1)),
        "range" | "generate_series" => series,
        "array_repeat" => |row| row.bytes(0).saturating_add(MADE_ELEMENT).saturating_mul(row.times(1)),
        "array_resize" => {
            |row| row.bytes(0).saturating_add(row.times(1).saturating_mul(row.bytes(2).saturating_add(MADE_ELEMENT)))
        }
        "array_replace" | "array_replace_n" | "array_replace_all" => {
            |row| row.bytes(0).saturating_add(row.elements(0).saturating_mul(row.bytes(2)))
        }
        "array_to_string" => |row| {
            let between = row.bytes(1).saturating_add(row.bytes(2));
            row.bytes(0).saturating_mul(4).saturating_add((row.bytes(0) / ELEMENT).saturating_mul(between))
        },
        "string_to_array" => |row| row.bytes(0).saturating_mul(ELEMENT),
        "array_has_all" | "array_has_any" => {
            |row| row.elements(0).saturating_mul(row.elements(1)).saturating_mul(ELEMENT)
        }
        _ => return None,
    };
    Some(CostModel::Bytes(makes))
}

/// Functions whose results are no larger than what they are given.
#[rustfmt::skip]
const NON_GROWING: [&str; 115] = [
    // Ours.
    "as_of", "beijing_date", "days_since", "within",
    // Numbers.
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "cos", "cosh", "cot", "degrees", "exp",
    "factorial", "floor", "gcd", "isnan", "iszero", "lcm", "ln", "log", "log10", "log2", "nanvl", "pi", "power", "radians",
    "round", "signum", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
    // One of several.
    "coalesce", "greatest", "least", "nullif", "nvl", "nvl2",
    // Fields.
    "get_field", "named_struct", "struct",
    // Times.
    "date_bin", "date_part", "date_trunc", "from_unixtime", "make_date", "make_time", "to_date", "to_local_time", "to_time",
    "to_timestamp", "to_timestamp_micros", "to_timestamp_millis", "to_timestamp_nanos", "to_timestamp_seconds",
    "to_unixtime",
    // Texts.
    "ascii", "bit_length", "btrim", "character_length", "chr", "contains", "ends_with", "find_in_set", "initcap", "left",
    "lower", "ltrim", "octet_length", "reverse", "right", "rtrim", "split_part", "starts_with", "strpos", "substr",
    "substr_index", "to_hex", "upper",
    // Lists.
    "array_any_value", "array_avg", "array_compact", "array_dims", "array_distance", "array_element", "array_empty",
    "array_has", "array_length", "array_max", "array_min", "array_ndims", "array_pop_back", "array_pop_front",
    "array_position", "array_positions", "array_product", "array_remove", "array_remove_all", "array_remove_n",
    "array_reverse", "array_slice", "array_sort", "array_sum", "cardinality", "cosine_distance", "inner_product",
];

/// All arguments side by side.
fn together(row: &Row<'_>) -> u64 {
    row.bytes_behind(0).saturating_add(row.count().saturating_mul(ELEMENT))
}

/// A text in which every place that can match is replaced.
fn replaced(row: &Row<'_>) -> u64 {
    let matches = row.bytes(0) / row.bytes(1).max(1) + 1;
    row.bytes(0).saturating_add(matches.saturating_mul(row.bytes(2)))
}

/// The same by a pattern, which can match nothing at every place, and whose replacement can name what it matched.
fn replaced_pattern(row: &Row<'_>) -> u64 {
    (row.bytes(0) + 1).saturating_mul(row.bytes(2).saturating_add(1)).saturating_mul(2)
}

/// A series: as many elements as there are steps from the one end to the other.
fn series(row: &Row<'_>) -> u64 {
    let count = if row.is_number(0) {
        let (from, to, step) = match row.count() {
            1 => (Some(0), row.number(0), Some(1)),
            2 => (row.number(0), row.number(1), Some(1)),
            _ => (row.number(0), row.number(1), row.number(2)),
        };
        from.zip(to).zip(step).map_or(0, |((from, to), step)| steps(from, to, 1, i128::from(step)))
    } else {
        match (row.instant(0).zip(row.instant(1)), row.interval(2)) {
            (Some((from, to)), Some(interval)) => match shortest(interval) {
                Some(step) => steps(from, to, 1_000, step),
                None => u64::MAX,
            },
            _ => 0,
        }
    };
    count.saturating_mul(MADE_ELEMENT)
}

/// Elements of a series whose ends are given in units of so many parts, its step in parts.
fn steps(from: i64, to: i64, unit: i128, step: i128) -> u64 {
    let distance = (i128::from(to) - i128::from(from)) * unit;
    if step == 0 || distance.signum() * step.signum() < 0 {
        // The function itself refuses a step of nothing, and makes nothing the wrong way.
        return 1;
    }
    u64::try_from(distance / step).unwrap_or(u64::MAX).saturating_add(1)
}

/// The least nanoseconds that an interval can take; none if its parts go different ways and it may go nowhere.
fn shortest(interval: IntervalMonthDayNano) -> Option<i128> {
    let IntervalMonthDayNano { months, days, nanoseconds } = interval;
    let parts = [i64::from(months), i64::from(days), nanoseconds];
    let goes_both_ways = parts.iter().any(|part| *part > 0) && parts.iter().any(|part| *part < 0);
    let days = i128::from(months) * 28 + i128::from(days);
    (!goes_both_ways).then_some(days * i128::from(MICROS_PER_DAY) * 1_000 + i128::from(nanoseconds))
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::ColumnarValue;
    use futures::executor::block_on;
    use jiff::Timestamp;

    use super::*;
    use crate::feature::budget::arguments::Arguments;
    use crate::feature::session::functions::{FunctionKind, Functions};
    use crate::feature::session::session;

    #[test]
    fn every_function_that_is_listed_is_there() {
        let functions = Functions::new().expect("a session");
        for name in NON_GROWING {
            assert_eq!(functions.kind(name), FunctionKind::Scalar, "{name}");
        }
    }

    /// The columns of a query of one row.
    fn row(select: &str) -> Vec<ColumnarValue> {
        let context = session(Timestamp::UNIX_EPOCH).expect("a session");
        let batches = block_on(async { context.sql(&format!("SELECT {select}")).await?.collect().await });
        let batches = batches.unwrap_or_else(|error| panic!("{select}: {error}"));
        batches[0].columns().iter().cloned().map(ColumnarValue::Array).collect()
    }

    #[test]
    fn no_function_makes_more_than_its_cost_model_says() {
        let calls = [
            ("repeat", "'虫鼠', 50"),
            ("lpad", "'a', 300, '虫'"),
            ("rpad", "'a', 300, '虫'"),
            ("replace", "'aaaaaaaa', 'a', 'bbbbbbbbbbbbbbbb'"),
            ("replace", "'aaaaaaaa', '', 'bbbbbbbbbbbbbbbb'"),
            ("regexp_replace", "'aaaaaaaa', '', 'bbbbbbbbbbbbbbbb', 'g'"),
            ("regexp_replace", "'aaaaaaaa', '(a+)', '$1$1$1$1$1', 'g'"),
            ("regexp_match", "'aaaaaaaa', '(a)(a)(a)'"),
            ("translate", "'aaaaaaaa', 'a', '𠮷'"),
            ("concat", "'ab', 'cd', 12345"),
            ("concat_ws", "'------', 'a', 'b', 'c'"),
            ("overlay", "'abc', 'defghi', 2, 1"),
            ("to_char", "DATE '2026-03-02', '%A %B %c'"),
            ("range", "1, 1000"),
            ("range", "1000, 1, -7"),
            ("generate_series", "DATE '2026-01-01', DATE '2026-12-31', INTERVAL '1 month'"),
            ("generate_series", "DATE '2026-01-01', DATE '2026-12-31', INTERVAL '1 day'"),
            ("array_repeat", "'虫鼠', 50"),
            ("array_resize", "[1, 2], 50, 7"),
            ("array_resize", "['a'], 50, '虫鼠虫鼠虫鼠虫鼠'"),
            ("array_replace_all", "['a', 'a', 'a'], 'a', '虫鼠虫鼠虫鼠虫鼠'"),
            ("array_to_string", "[1.5, 2.25, 3], '--------', '虫'"),
            ("string_to_array", "'a,b,,,,c', ','"),
            ("make_array", "1, 2, 3"),
            ("array_concat", "[1, 2], [3]"),
            ("array_append", "[1, 2], 3"),
            ("arrays_zip", "[1, 2, 3], ['a']"),
            ("flatten", "[[1, 2], [3]]"),
            ("array_union", "[1, 2], [3]"),
        ];
        for (function, arguments) in calls {
            let Some(CostModel::Bytes(cost) | CostModel::PatternBytes(cost)) = cost_model_of(function) else {
                panic!("{function} has no cost")
            };
            let given = Arguments::of(&row(arguments), 1).expect("they are laid out");
            let most: u64 = given.rows().map(|row| cost(&row)).sum();
            let made = Arguments::of(&row(&format!("{function}({arguments})")), 1).expect("it is laid out");
            let made: u64 = made.rows().map(|row| row.bytes(0)).sum();
            assert!(made <= most, "{function}({arguments}) makes {made} bytes, its cost model says {most}");
        }
    }
}
