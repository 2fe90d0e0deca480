//! The one Rhai engine that all rules share: what it offers and every limit that it sets (I6).
//!
//! Nothing is left to Rhai's defaults, which differ between build profiles or do not exist. There is no I/O, no module,
//! no `eval`, no clock and no sleep: the packages are chosen one by one, because Rhai's core package can sleep.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage, BasicStringPackage,
    LogicPackage, MoreStringPackage, Package,
};
use rhai::{Dynamic, Engine, OptimizationLevel};

/// The function that asks whether a feature's value is known.
pub(super) const KNOWN: &str = "known";

/// The built-in functions that a rule may call, as functions, methods or properties of a value.
pub(super) const FUNCTIONS: [&str; 39] = [
    KNOWN,
    "abs",
    "ceiling",
    "chars",
    "contains",
    "debug",
    "ends_with",
    "exp",
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

/// What one call of one function of a rule may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Expressions and statements evaluated. An ordinary rule needs under a hundred.
    operations: u64,
    call_levels: usize,
    /// Depth of one expression, which is also its number of chained operators.
    expression_depth: usize,
    variables: usize,
    functions: usize,
    /// Bytes of one text, or of all texts of one array or map.
    text_bytes: usize,
    /// Values of one array or map, those inside it included.
    collection_values: usize,
    /// Wall-clock time of all functions of a rule for one operator; far above what the other limits let happen, so
    /// that answers depend on the clock only when something is very wrong.
    pub(super) time: Duration,
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
        time: Duration::from_millis(250),
    };
}

thread_local! {
    /// When the rule that this thread evaluates must have ended.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
    /// Whether rules have no deadline on this thread.
    static PATIENT: Cell<bool> = const { Cell::new(false) };
}

/// Does `work` in which no rule is cut off by the clock, so that a pause of the machine changes no answer. All other
/// limits hold: each rule still ends. For a replay, which nobody waits for and which must come out the same again.
pub(crate) fn patiently<T>(work: impl FnOnce() -> T) -> T {
    PATIENT.set(true);
    let outcome = work();
    PATIENT.set(false);
    outcome
}

/// How many operations pass between two looks at the clock.
const CLOCK_EVERY: u64 = 16;

/// Runs `work` with a deadline that the engine's functions respect on this thread.
pub(super) fn with_deadline<T>(time: Duration, work: impl FnOnce() -> T) -> T {
    DEADLINE.set(if PATIENT.get() { None } else { Instant::now().checked_add(time) });
    let outcome = work();
    DEADLINE.set(None);
    outcome
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
        .on_debug(|_, _, _| ())
        .on_progress(|operations| {
            let late = operations % CLOCK_EVERY == 0 && DEADLINE.get().is_some_and(|end| Instant::now() >= end);
            late.then_some(Dynamic::UNIT)
        });
    engine
}
