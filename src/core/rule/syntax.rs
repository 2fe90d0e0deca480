//! From a rule's text to its syntax tree, and what is said of a text that is not Rhai: what kind of mistake it is, in
//! both languages, with the parser's own words at the place.

use std::path::Path;

use rhai::{AST, Engine, LexError, ParseError, ParseErrorType};
use yujing_base::diagnostic::suggest::did_you_mean;
use yujing_base::diagnostic::{Diagnostic, Diagnostics, offset_of, text};
use yujing_base::language::{Bilingual, say};

use super::code;
use crate::feature::Feature;

/// Compiles a rule.
pub(super) fn compile(engine: &Engine, file: &Path, text: &str, features: &[Feature]) -> Result<AST, Diagnostics> {
    let punctuation = code::chinese_punctuation(file, text);
    if punctuation.has_errors() {
        return Err(punctuation);
    }
    engine.compile(text).map_err(|error| problem(file, text, &error, features).into())
}

fn problem(file: &Path, text: &str, error: &ParseError, features: &[Feature]) -> Diagnostic {
    let (line, column) = match (error.position().line(), error.position().position()) {
        (Some(line), Some(column)) => (line, column.max(1)),
        _ => (text.lines().count().max(1), usize::MAX),
    };
    let kind = error.err_type();
    let mut found = Diagnostic::at_position("rule/syntax", file, text, line, column, message(kind));
    if !message_is_complete(kind) {
        found.detail = Some(kind.to_string().into());
    }
    found.help = if text::is_at_the_end(text, offset_of(text, line, column)) {
        Some(text::cut_off_help())
    } else {
        help(kind, features)
    };
    found
}

/// What kind of mistake it is.
fn message(error: &ParseErrorType) -> Bilingual {
    match error {
        ParseErrorType::UnexpectedEOF => Bilingual::new("文件不完整", "the file is not complete"),
        ParseErrorType::BadInput(LexError::UnterminatedString) => {
            Bilingual::new("文本没有结束的引号", "a text has no closing quotation mark")
        }
        ParseErrorType::BadInput(LexError::StringTooLong(_)) | ParseErrorType::LiteralTooLarge(..) => {
            Bilingual::new("文本、数组或者映射过长", "a text, array or map is too long")
        }
        ParseErrorType::BadInput(LexError::MalformedNumber(given)) => {
            say!("`{given}` 不是数字", "`{given}` is not a number")
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(sign, _)) => {
            say!("此处不能使用 `{sign}`", "`{sign}` cannot be used here")
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(sign)) => {
            say!("此处不应有 `{sign}`", "unexpected `{sign}`")
        }
        ParseErrorType::BadInput(_) | ParseErrorType::UnknownOperator(_) => {
            Bilingual::new("无法识别的字符", "characters that mean nothing here")
        }
        ParseErrorType::MissingToken(sign, _) => say!("缺少 `{sign}`", "`{sign}` is missing"),
        ParseErrorType::VariableUndefined(name) => say!("没有变量 `{name}`", "there is no variable `{name}`"),
        ParseErrorType::VariableExists(name) | ParseErrorType::DuplicatedVariable(name) => {
            say!("变量 `{name}` 已经定义过", "the variable `{name}` is defined already")
        }
        ParseErrorType::FnDuplicatedDefinition(name, _) => {
            say!("函数 `{name}` 定义了两次", "the function `{name}` is defined twice")
        }
        ParseErrorType::FnMissingBody(_) | ParseErrorType::FnMissingName | ParseErrorType::FnMissingParams(_) => {
            Bilingual::new("函数定义不完整", "a function's definition is not complete")
        }
        ParseErrorType::WrongFnDefinition => {
            Bilingual::new("函数不能定义在另一个函数之内", "a function cannot be defined inside another")
        }
        ParseErrorType::Reserved(word) => say!("`{word}` 是保留字", "`{word}` is a reserved word"),
        ParseErrorType::DuplicatedProperty(name) => say!("`{name}` 写了两次", "`{name}` stands here twice"),
        ParseErrorType::ExprTooDeep => Bilingual::new("表达式嵌套过深", "the expression is nested too deeply"),
        ParseErrorType::TooManyFunctions => Bilingual::new("函数过多", "there are too many functions"),
        ParseErrorType::LoopBreak => {
            Bilingual::new("`break`、`continue` 只能写在循环之内", "`break` and `continue` belong into a loop")
        }
        ParseErrorType::AssignmentToInvalidLHS(_) | ParseErrorType::AssignmentToConstant(_) => {
            Bilingual::new("等号左边不能赋值", "what stands before `=` cannot be assigned to")
        }
        _ => Bilingual::new("此处不是合法的 Rhai", "this is not Rhai"),
    }
}

/// Whether the message says all that the parser said.
fn message_is_complete(error: &ParseErrorType) -> bool {
    matches!(
        error,
        ParseErrorType::BadInput(
            LexError::UnterminatedString | LexError::MalformedNumber(_) | LexError::UnexpectedInput(_)
        ) | ParseErrorType::VariableUndefined(_)
            | ParseErrorType::VariableExists(_)
            | ParseErrorType::Reserved(_)
            | ParseErrorType::ExprTooDeep
            | ParseErrorType::TooManyFunctions
    )
}

fn help(error: &ParseErrorType, features: &[Feature]) -> Option<Bilingual> {
    let names = || features.iter().map(|feature| feature.name.as_str());
    Some(match error {
        ParseErrorType::VariableUndefined(name) if names().any(|feature| feature == name) => {
            say!("指标从监管对象读取：`op.{name}`", "features are read from the operator: `op.{name}`")
        }
        ParseErrorType::VariableUndefined(name) => match did_you_mean(name, names()) {
            Some(hint) => hint.followed_by(&Bilingual::new("应写作 `op.…`", "Read it as `op.…`")),
            None => {
                Bilingual::new("函数只能使用自己的参数和变量", "a function sees its own parameters and variables only")
            }
        },
        ParseErrorType::ExprTooDeep => {
            Bilingual::new("请用 `let` 或者辅助函数拆开", "take it apart with `let` or helper functions")
        }
        ParseErrorType::TooManyFunctions => {
            Bilingual::new("一条规则只作一个判断：请分成两条", "a rule is one judgement: make it two rules")
        }
        ParseErrorType::VariableExists(_) => {
            Bilingual::new("请给第二个变量另取名称", "give the second variable its own name")
        }
        ParseErrorType::FnMissingBody(_) | ParseErrorType::MissingToken(..) | ParseErrorType::UnexpectedEOF => {
            Bilingual::new(
                "请查看此处之前是否漏写了括号、引号或者 `;`",
                "look for a bracket, a quotation mark or a `;` left out before this place",
            )
        }
        ParseErrorType::BadInput(LexError::UnterminatedString) => {
            Bilingual::new("文本应在同一行内结束：`\"…\"`", "texts end on their own line: `\"…\"`")
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(word, _)) if word == "eval" => {
            Bilingual::new("规则不能把文本当作代码执行", "rules cannot run text as code")
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(word, _))
            if ["Fn", "call", "curry"].contains(&word.as_str()) =>
        {
            Bilingual::new(
                "规则中没有函数指针：请直接写函数名调用",
                "rules have no function pointers: call the function by its name",
            )
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(sign)) if ["|", "||"].contains(&sign.as_str()) => {
            Bilingual::new(
                "规则中没有闭包：请用 `for` 循环或者函数",
                "rules have no closures: use a `for` loop or a function",
            )
        }
        ParseErrorType::Reserved(word) if ["import", "export"].contains(&word.as_str()) => Bilingual::new(
            "规则各自独立，不能引用其他规则：辅助函数写在本文件内",
            "a rule stands alone and cannot use another: put helper functions into its own file",
        ),
        _ => return None,
    })
}
