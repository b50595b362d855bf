//! SQL expression strings: what they may hold, and which columns they read.
//!
//! The text is looked at twice. First as tokens: subqueries never reach polars, which would run them, table functions that read
//! files included; functions are those of [`FUNCTIONS`], each of which works row by row. Then as the expression that polars
//! made of it, of which only row-wise forms pass.

use crate::Problem;
use mlspec_table::polars::prelude::{AggExpr, Expr, lit};
use mlspec_table::polars::sql::sql_expr;
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Tokenizer, Word};
use std::collections::BTreeSet;

/// The longest text that is looked at, in bytes.
const LONGEST: usize = 1 << 16;

/// How deep parentheses may be nested, and how many operators there may be: what reads expressions recurses.
const DEEPEST: usize = 20;
const OPERATORS: usize = 300;

/// The functions that may be called; each computes a row's value from the row alone, and always the same.
pub const FUNCTIONS: &[&str] = &[
    "abs",
    "acos",
    "acosd",
    "array_contains",
    "array_get",
    "array_length",
    "array_lower",
    "array_mean",
    "array_reverse",
    "array_sum",
    "array_to_string",
    "array_upper",
    "asin",
    "asind",
    "atan",
    "atan2",
    "atan2d",
    "atand",
    "bit_and",
    "bit_count",
    "bit_length",
    "bit_not",
    "bit_or",
    "bit_xor",
    "cast",
    "cbrt",
    "ceil",
    "ceiling",
    "char_length",
    "character_length",
    "coalesce",
    "concat",
    "concat_ws",
    "cos",
    "cosd",
    "cot",
    "cotd",
    "date",
    "date_part",
    "datetime",
    "degrees",
    "div",
    "ends_with",
    "exp",
    "extract",
    "floor",
    "greatest",
    "if",
    "ifnull",
    "least",
    "left",
    "length",
    "ln",
    "log",
    "log10",
    "log1p",
    "log2",
    "lower",
    "lpad",
    "ltrim",
    "mod",
    "normalize",
    "nullif",
    "octet_length",
    "pi",
    "position",
    "pow",
    "power",
    "radians",
    "regexp_like",
    "replace",
    "reverse",
    "right",
    "round",
    "rpad",
    "rtrim",
    "safe_cast",
    "sign",
    "sin",
    "sind",
    "split_part",
    "sqrt",
    "starts_with",
    "strftime",
    "string_to_array",
    "strpos",
    "strptime",
    "substr",
    "substring",
    "tan",
    "tand",
    "time",
    "timestamp",
    "trim",
    "trunc",
    "truncate",
    "try_cast",
    "upper",
    "xor",
];

/// A row-wise expression and the columns it reads.
#[derive(Clone, Debug)]
pub(crate) struct RowWise {
    /// For polars; without a name.
    pub(crate) expr: Expr,
    /// The columns it reads.
    pub(crate) columns: BTreeSet<String>,
    /// The column that it is, unchanged.
    pub(crate) is_column: Option<String>,
}

/// The columns that a row-wise SQL expression reads.
///
/// # Errors
/// When the text is no SQL expression, or not row-wise.
pub fn check_expression(sql: &str) -> Result<BTreeSet<String>, Problem> {
    row_wise(sql).map(|expression| expression.columns)
}

/// Reads an expression that computes a row's value from the row alone.
pub(crate) fn row_wise(sql: &str) -> Result<RowWise, Problem> {
    let refuse = |reason: String| Problem::Expression { expression: shorten(sql), reason };
    if sql.len() > LONGEST {
        return Err(refuse(format!("it is longer than {LONGEST} bytes")));
    }
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize().map_err(|error| refuse(error.message))?;
    check_tokens(&tokens).map_err(refuse)?;
    let expr = read(sql).map_err(refuse)?;
    let mut columns = BTreeSet::new();
    check_expr(&expr, &mut columns).map_err(|what| refuse(format!("{what} is not row-wise")))?;
    let is_column = match &expr {
        Expr::Column(name) => Some(name.to_string()),
        _ => None,
    };
    // A bare constant has no length of its own in polars, a constant beside the columns has.
    let expr = match expr {
        Expr::Alias(_, name) => {
            return Err(refuse(format!("it is named `{name}` in itself; the name stands outside of it")));
        }
        Expr::Literal(value) => lit(value),
        other => other,
    };
    Ok(RowWise { expr, columns, is_column })
}

/// Lets polars read a text, on a stack that is large enough for all texts that come here, and apart: what it cannot handle must
/// not end the program.
fn read(sql: &str) -> Result<Expr, String> {
    const STACK: usize = 64 << 20;
    let cannot = || "it cannot be read".to_owned();
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || sql_expr(sql));
        let read = reader.map_err(|_| cannot())?.join().map_err(|_| cannot())?;
        read.map_err(|error| error.to_string())
    })
}

/// Texts of users are shown in errors, long ones cut.
fn shorten(sql: &str) -> String {
    const SHOWN: usize = 200;
    match sql.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &sql[..at]),
        None => sql.to_owned(),
    }
}

fn check_tokens(tokens: &[Token]) -> Result<(), String> {
    let mut words = tokens.iter().filter(|token| !matches!(token, Token::Whitespace(_))).peekable();
    let mut depth = 0_usize;
    let mut before = None;
    let operators = words.clone().filter(|token| is_operator(token)).count();
    if operators > OPERATORS {
        return Err(format!("it has {operators} operators; at most {OPERATORS} are possible"));
    }
    while let Some(token) = words.next() {
        match token {
            Token::LParen | Token::LBracket => {
                depth += 1;
                if depth > DEEPEST {
                    return Err("it is nested too deep".to_owned());
                }
            }
            Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
            Token::Word(word) => {
                check_keyword(word, before)?;
                if words.peek() == Some(&&Token::LParen) {
                    check_function(word)?;
                    check_guess(word, words.clone())?;
                }
            }
            Token::SemiColon => return Err("`;` ends a statement".to_owned()),
            _ => {}
        }
        before = Some(token);
    }
    Ok(())
}

fn check_keyword(word: &Word, before: Option<&Token>) -> Result<(), String> {
    if word.quote_style.is_some() {
        return Ok(());
    }
    match word.keyword {
        Keyword::SELECT
        | Keyword::WITH
        | Keyword::VALUES
        | Keyword::TABLE
        | Keyword::INSERT
        | Keyword::UPDATE
        | Keyword::DELETE
        | Keyword::MERGE
        | Keyword::EXISTS
        | Keyword::UNNEST => Err(format!("`{word}` begins a query; subqueries are not possible")),
        Keyword::FROM if before == Some(&Token::LParen) => {
            Err("`FROM` begins a query; subqueries are not possible".to_owned())
        }
        Keyword::OVER => Err("windows (`OVER`) are not row-wise".to_owned()),
        _ => Ok(()),
    }
}

/// Whether a token makes an expression deeper, unlike the values of a list.
fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => {
            let nests =
                [Keyword::AND, Keyword::OR, Keyword::XOR, Keyword::NOT, Keyword::WHEN, Keyword::IS, Keyword::LIKE];
            word.quote_style.is_none() && nests.contains(&word.keyword)
        }
        Token::Number(..) | Token::SingleQuotedString(_) | Token::Comma => false,
        Token::LParen | Token::RParen | Token::Period => false,
        _ => true,
    }
}

/// Words that stand before a parenthesis without being functions.
fn is_grammar(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::IN
            | Keyword::AND
            | Keyword::OR
            | Keyword::XOR
            | Keyword::NOT
            | Keyword::WHEN
            | Keyword::THEN
            | Keyword::ELSE
            | Keyword::CASE
            | Keyword::BETWEEN
            | Keyword::LIKE
            | Keyword::ILIKE
            | Keyword::RLIKE
            | Keyword::REGEXP
            | Keyword::IS
            | Keyword::FROM
            | Keyword::ESCAPE
            | Keyword::DECIMAL
            | Keyword::NUMERIC
            | Keyword::VARCHAR
            | Keyword::CHAR
            | Keyword::FLOAT
            | Keyword::TIMESTAMP
            | Keyword::INTERVAL
            | Keyword::ANY
            | Keyword::ALL
    )
}

fn check_function(word: &Word) -> Result<(), String> {
    let name = word.value.to_ascii_lowercase();
    if word.quote_style.is_none() && (is_grammar(word.keyword) || FUNCTIONS.contains(&name.as_str())) {
        return Ok(());
    }
    match crate::closest(&name, FUNCTIONS.iter().copied()) {
        Some(close) if close != name => Err(format!("there is no row-wise function `{name}`; did you mean `{close}`?")),
        _ => Err(format!("there is no row-wise function `{name}`")),
    }
}

/// Without a format these guess it from the values of the first rows, so only a constant will do.
fn check_guess<'a>(word: &Word, mut after: impl Iterator<Item = &'a Token>) -> Result<(), String> {
    let name = word.value.to_ascii_lowercase();
    if !["date", "datetime", "time", "timestamp"].contains(&name.as_str()) {
        return Ok(());
    }
    let argument = after.by_ref().nth(1);
    if matches!(argument, Some(Token::SingleQuotedString(_) | Token::Number(..)))
        && after.next() == Some(&Token::RParen)
    {
        return Ok(());
    }
    let mut depth = usize::from(argument == Some(&Token::LParen));
    for token in after {
        match token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket if depth > 0 => depth -= 1,
            Token::Comma if depth == 0 => return Ok(()),
            Token::RParen => break,
            _ => {}
        }
    }
    Err(format!(
        "`{name}` of a column needs a format, such as `{name}(x, '%Y-%m-%d')`: it would guess one from other rows"
    ))
}

/// Collects the columns; fails with the name of the first part that is not row-wise.
fn check_expr(expr: &Expr, columns: &mut BTreeSet<String>) -> Result<(), &'static str> {
    match expr {
        Expr::Column(name) => {
            columns.insert(name.to_string());
            Ok(())
        }
        Expr::Literal(_) => Ok(()),
        Expr::Alias(inner, _) | Expr::KeepName(inner) | Expr::Cast { expr: inner, .. } => check_expr(inner, columns),
        Expr::BinaryExpr { left, right, .. } => {
            [left, right].into_iter().try_for_each(|part| check_expr(part, columns))
        }
        Expr::Ternary { predicate, truthy, falsy } => {
            [predicate, truthy, falsy].into_iter().try_for_each(|part| check_expr(part, columns))
        }
        Expr::Function { input, .. } => input.iter().try_for_each(|part| check_expr(part, columns)),
        // The list of constants behind `IN`.
        Expr::Agg(AggExpr::Implode { input, .. }) if matches!(**input, Expr::Literal(_)) => Ok(()),
        Expr::Agg(_) | Expr::Len => Err("an aggregate"),
        Expr::Over { .. } => Err("a window"),
        Expr::Selector(_) => Err("a choice of columns (`*`)"),
        Expr::SubPlan(..) => Err("a subquery"),
        _ => Err("a part of it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(sql: &str) -> String {
        match row_wise(sql) {
            Err(Problem::Expression { reason, .. }) => reason,
            other => panic!("`{sql}` gave {other:?}"),
        }
    }

    #[test]
    fn columns_are_those_the_text_names() {
        let check = |sql: &str, columns: &[&str]| {
            let found = row_wise(sql).unwrap_or_else(|error| panic!("`{sql}`: {error}")).columns;
            assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), columns, "{sql}");
        };
        check("country IN ('UK', 'DE', 'FR')", &["country"]);
        check("text LIKE '%select (%' OR text LIKE '%with%'", &["text"]);
        check("date >= DATE '2022-01-01' AND lower(subject) <> ''", &["date", "subject"]);
        check("CASE WHEN a > 1 THEN b ELSE c END", &["a", "b", "c"]);
        check("\"from\" || 'x'", &["from"]);
        check("EXTRACT(year FROM date) = 2022", &["date"]);
        check("TRY_CAST(a AS BIGINT) + COALESCE(b, 0)", &["a", "b"]);
        check("a BETWEEN 1 AND (b)", &["a", "b"]);
        check("text ~ '^x' AND NOT (a IS NULL)", &["a", "text"]);
        check("1", &[]);
    }

    #[test]
    fn nothing_can_read_a_file_or_run_a_query() {
        for sql in [
            "read_csv('/etc/passwd')",
            "a IN (SELECT * FROM read_csv('/etc/passwd'))",
            "a IN (FROM read_csv('/etc/passwd'))",
            "a IN (TABLE x)",
            "a IN (WITH t AS (SELECT 1) SELECT * FROM t)",
            "a IN (VALUES (1))",
            "(SELECT 1)",
            "EXISTS (SELECT 1)",
            "E'\\'' IN (SELECT x FROM read_csv('/etc/passwd')) AND a = ''",
            "scan_parquet('x')",
            "a; DROP TABLE b",
            "a FROM read_csv('/etc/passwd')",
            "\"read_csv\"('/etc/passwd')",
        ] {
            let reason = reason(sql);
            assert!(!reason.contains("root:"), "{sql}: {reason}");
        }
        assert_eq!(reason("read_csv('/etc/passwd')"), "there is no row-wise function `read_csv`");
        assert!(reason("a IN (SELECT b)").contains("subqueries are not possible"));
    }

    #[test]
    fn what_looks_at_other_rows_is_refused() {
        for sql in [
            "sum(a)",
            "count(*)",
            "max(a) > 1",
            "rank() OVER (ORDER BY a)",
            "a OVER (PARTITION BY b)",
            "lag(a)",
            "first(a)",
            "row_number()",
            "array_agg(a)",
            "*",
            "COLUMNS('a.*')",
            "unnest(a)",
        ] {
            reason(sql);
        }
        assert!(reason("date(a)").contains("needs a format"));
        assert!(reason("lower(time((a)))").contains("needs a format"));
        assert!(reason("timestamp(concat(a, b))").contains("needs a format"));
        assert!(row_wise("date(a, '%Y') > date('2022-01-01') AND CAST(b AS TIMESTAMP(6)) IS NULL").is_ok());
        assert!(reason("lowr(a)").contains("did you mean `lower`?"));
        assert!(reason("a AS b").contains("named `b`"));
    }

    #[test]
    fn hostile_texts_end_in_errors() {
        reason(&"(".repeat(100_000));
        reason(&"(".repeat(10_000));
        reason(&format!("{}a{}", "(".repeat(60), ")".repeat(60)));
        assert!(reason(&vec!["a"; 5_000].join(" OR ")).contains("at most 300"));
        reason(&"NOT ".repeat(10_000));
        reason(&"-".repeat(10_000));
        assert!(row_wise(&vec!["a"; 300].join(" OR ")).is_ok());
        assert!(row_wise(&format!("{}a{}", "(".repeat(20), ")".repeat(20))).is_ok());
        assert!(row_wise(&format!("a IN ({})", vec!["1"; 5_000].join(", "))).is_ok());
        reason("'unclosed");
        reason("");
        reason("a b c");
    }
}
