//! The one Rhai engine that all rules share: what it offers and every limit that it sets (I6).
//!
//! Nothing is left to Rhai's defaults, which differ between build profiles or do not exist. There is no I/O, no module,
//! no `eval`, no clock and no sleep: the packages are chosen one by one, because Rhai's core package can sleep.

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage, BasicStringPackage,
    LogicPackage, MoreStringPackage, Package,
};
use rhai::{Dynamic, Engine, OptimizationLevel};

use super::rounding::{self, FIXED, PERCENT};

/// The function that asks whether a feature's value is known.
pub(super) const KNOWN: &str = "known";

/// The built-in functions that a rule may call, as functions, methods or properties of a value.
pub(super) const FUNCTIONS: [&str; 41] = [
    KNOWN,
    "abs",
    "ceiling",
    "chars",
    "contains",
    "debug",
    "ends_with",
    "exp",
    FIXED,
    "floor",
    "fraction",
    "get",
    "index_of",
    "int",
    "is_empty",
    "is_finite",
    "is_nan",
    "is_zero",
    "keys",
    "len",
    "ln",
    "log",
    "max",
    "min",
    "parse_float",
    "parse_int",
    PERCENT,
    "pop",
    "print",
    "push",
    "range",
    "round",
    "sign",
    "split",
    "sqrt",
    "starts_with",
    "sub_string",
    "to_float",
    "to_int",
    "to_string",
    "values",
];

/// Rhai words that a rule cannot use. Function pointers nest and double without any size limit, so they are out.
const DISABLED: [&str; 4] = ["eval", "Fn", "call", "curry"];

/// What one call of one function of a rule may use. Work is counted, not timed: a score must not depend on how busy the
/// machine is. What an operation can do is bounded by the sizes, so the longest call takes a fraction of a second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Expressions and statements evaluated. An ordinary rule needs under a hundred.
    pub(super) operations: u64,
    pub(super) call_levels: usize,
    /// Depth of one expression, which is also its number of chained operators.
    expression_depth: usize,
    pub(super) variables: usize,
    functions: usize,
    /// Bytes of one text, or of all texts of one array or map.
    pub(super) text_bytes: usize,
    /// Values of one array or map, those inside it included.
    pub(super) collection_values: usize,
}

impl Limits {
    pub(super) const SHIPPED: Self = Self {
        operations: 10_000,
        call_levels: 16,
        expression_depth: 64,
        variables: 64,
        functions: 32,
        text_bytes: 4_096,
        collection_values: 256,
    };
}

/// Builds the engine.
pub(super) fn build(limits: &Limits) -> Engine {
    let mut engine = Engine::new_raw();
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicMathPackage::new().register_into_engine(&mut engine);
    BasicStringPackage::new().register_into_engine(&mut engine);
    MoreStringPackage::new().register_into_engine(&mut engine);
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    BasicArrayPackage::new().register_into_engine(&mut engine);
    BasicMapPackage::new().register_into_engine(&mut engine);
    engine.register_fn(KNOWN, |value: Dynamic| !value.is_unit());
    rounding::register(&mut engine);

    for symbol in DISABLED {
        engine.disable_symbol(symbol);
    }
    engine
        .set_max_operations(limits.operations)
        .set_max_call_levels(limits.call_levels)
        .set_max_expr_depths(limits.expression_depth, limits.expression_depth)
        .set_max_variables(limits.variables)
        .set_max_functions(limits.functions)
        .set_max_string_size(limits.text_bytes)
        .set_max_array_size(limits.collection_values)
        .set_max_map_size(limits.collection_values)
        .set_allow_anonymous_fn(false)
        .set_allow_shadowing(false)
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true)
        .set_fast_operators(true)
        // The check reads the tree as it was written.
        .set_optimization_level(OptimizationLevel::None)
        .on_print(|_| ())
        .on_debug(|_, _, _| ());
    engine
}
