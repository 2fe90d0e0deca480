//! An expression as the analyst would write it. The tree keeps no text, so it is written anew: the same words, usual
//! spaces.

use rhai::{Expr, FnCallExpr};

/// Operators between two sides, loosest first; those of one line bind alike.
const BINDING: [&[&str]; 7] =
    [&["||"], &["&&"], &["==", "!="], &["contains"], &["<", "<=", ">", ">="], &["+", "-"], &["*", "/", "%"]];
/// How tight what is no operator binds.
const TIGHTEST: usize = BINDING.len() + 1;

/// The text of an expression; a part that a condition hardly has is `…`.
pub(super) fn render(expression: &Expr) -> String {
    match expression {
        Expr::And(parts, _) => chain(parts, "&&"),
        Expr::Or(parts, _) => chain(parts, "||"),
        Expr::Coalesce(parts, _) => parts.iter().map(|part| within(part, TIGHTEST)).collect::<Vec<_>>().join(" ?? "),
        Expr::FnCall(call, _) => call_text(call),
        Expr::MethodCall(call, _) => function_text(call),
        Expr::Dot(chain, ..) => format!("{}.{}", within(&chain.lhs, TIGHTEST), render(&chain.rhs)),
        Expr::Index(chain, ..) => format!("{}[{}]", within(&chain.lhs, TIGHTEST), render(&chain.rhs)),
        Expr::Property(property, _) => property.2.to_string(),
        Expr::Variable(variable, ..) => variable.1.to_string(),
        Expr::StringConstant(text, _) => format!("{text:?}"),
        Expr::Array(items, _) => format!("[{}]", list(items)),
        Expr::Unit(_) => "()".to_owned(),
        Expr::BoolConstant(value, _) => value.to_string(),
        Expr::IntegerConstant(value, _) => value.to_string(),
        Expr::FloatConstant(value, _) => value.to_string(),
        Expr::DynamicConstant(value, _) => value.to_string(),
        _ => "…".to_owned(),
    }
}

fn call_text(call: &FnCallExpr) -> String {
    let own = binding(&call.name);
    match call.args.as_slice() {
        // What is written with `in` stands in the tree as this function.
        [container, item] if call.name == "contains" => format!("{} in {}", within(item, own), within(container, own)),
        _ if !call.is_operator_call() => function_text(call),
        [only] => format!("{}{}", call.name, within(only, TIGHTEST)),
        [left, right] => format!("{} {} {}", within(left, own), call.name, within(right, own + 1)),
        _ => function_text(call),
    }
}

fn function_text(call: &FnCallExpr) -> String {
    format!("{}({})", call.name, list(&call.args))
}

fn list(items: &[Expr]) -> String {
    items.iter().map(render).collect::<Vec<_>>().join(", ")
}

fn chain(parts: &[Expr], operator: &str) -> String {
    let own = binding(operator);
    parts.iter().map(|part| within(part, own + 1)).collect::<Vec<_>>().join(&format!(" {operator} "))
}

/// An expression inside another, in parentheses if it binds looser.
fn within(expression: &Expr, outer: usize) -> String {
    let own = match expression {
        Expr::And(..) => binding("&&"),
        Expr::Or(..) => binding("||"),
        // Where it binds is easily misread, so it always stands in parentheses.
        Expr::Coalesce(..) => 0,
        Expr::FnCall(call, _) if call.args.len() == 2 && (call.is_operator_call() || call.name == "contains") => {
            binding(&call.name)
        }
        _ => TIGHTEST,
    };
    if own < outer { format!("({})", render(expression)) } else { render(expression) }
}

fn binding(operator: &str) -> usize {
    BINDING.iter().position(|operators| operators.contains(&operator)).unwrap_or(TIGHTEST - 1)
}
