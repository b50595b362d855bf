//! An expression: read, checked, and put to work on rows.

use super::check;
use super::text::{Refusal, apart, read_expression};
use super::translate::Scope;
use crate::Problem;
use crate::ops::with_columns;
use mlspec_table::polars::prelude::*;
use sqlparser::ast::Expr as SqlExpr;
use std::collections::BTreeSet;

/// A row-wise SQL expression: it computes a row's value from the row alone, and always the same. [`functions`](crate::functions)
/// lists what it may call.
///
/// ```
/// use mlspec_provenance::Expression;
/// use mlspec_table::polars::prelude::df;
///
/// let adult = Expression::new("age >= 18 AND born < '2007-01-01'")?;
/// assert_eq!(adult.columns().iter().collect::<Vec<_>>(), ["age", "born"]);
/// let frame = df!("age" => [Some(17), Some(18), None])?;
/// let holds = Expression::new("age >= 18")?.condition(&frame)?;
/// assert_eq!(holds.iter().collect::<Vec<_>>(), [Some(false), Some(true), None]);
/// let error = Expression::new("sum(age) > 18").unwrap_err();
/// assert!(error.to_string().contains("there is no row-wise function `sum`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Expression {
    sql: String,
    ast: SqlExpr,
    columns: BTreeSet<String>,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// When the text is no SQL expression, or not row-wise.
    pub fn new(sql: impl Into<String>) -> Result<Self, Problem> {
        let sql = sql.into();
        let read = apart(|| {
            let ast = read_expression(&sql)?;
            let columns = check::columns(&ast)?;
            Ok((ast, columns))
        });
        let (ast, columns) = read.map_err(|refusal| refused(&sql, refusal))?;
        Ok(Self { sql, ast, columns })
    }

    /// The text.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The columns it reads.
    pub fn columns(&self) -> &BTreeSet<String> {
        &self.columns
    }

    /// The column that it is, unchanged.
    pub fn is_column(&self) -> Option<&str> {
        let mut ast = &self.ast;
        while let SqlExpr::Nested(inner) = ast {
            ast = inner;
        }
        match ast {
            SqlExpr::Identifier(name) => Some(&name.value),
            _ => None,
        }
    }

    /// The expression for columns of these types; without a name.
    ///
    /// # Errors
    /// When a column is missing, or functions and operators do not take such types.
    pub fn bind(&self, schema: &Schema) -> Result<Expr, Problem> {
        if let Some(column) = self.columns.iter().find(|column| !schema.contains(column)) {
            let known = schema.iter_names().map(|name| name.to_string()).filter(|name| !name.starts_with(['@', '_']));
            return Err(Problem::MissingColumn { column: column.clone(), known: known.collect() });
        }
        let bound = apart(|| {
            let typed = Scope::new(schema).visit(&self.ast)?;
            // A bare constant has no length of its own in polars, a constant beside the columns has.
            Ok(match typed.expr {
                Expr::Literal(value) => lit(value),
                other => other,
            })
        });
        bound.map_err(|refusal| refused(&self.sql, refusal))
    }

    /// The condition for columns of these types.
    pub(crate) fn truth(&self, schema: &Schema) -> Result<Expr, Problem> {
        let expr = self.bind(schema)?;
        let found = expr.to_field(schema).map_err(|error| Problem::Type(format!("`{}`: {error}", self.sql)))?.dtype;
        match found {
            DataType::Boolean => Ok(expr),
            DataType::Null => Ok(lit(NULL).cast(DataType::Boolean)),
            other => Err(Problem::NotBoolean { expression: self.sql.clone(), found: other.to_string() }),
        }
    }

    /// For every row whether it holds; null where it is neither true nor false.
    ///
    /// # Errors
    /// When it does not fit the columns, is no condition, or fails on values; which ones is not told.
    pub fn condition(&self, frame: &DataFrame) -> Result<BooleanChunked, Problem> {
        const HOLDS: &str = "@holds";
        let truth = self.truth(frame.schema())?;
        let judged = with_columns(frame, vec![truth.alias(HOLDS)], &self.sql)?;
        let holds = judged.column(HOLDS).and_then(|column| column.bool().cloned());
        holds.map_err(crate::flight::bug)
    }
}

fn refused(sql: &str, refusal: Refusal) -> Problem {
    let place = match refusal.at {
        Some(at) if sql.contains('\n') => format!(" (line {}, column {})", at.line, at.column),
        Some(at) if at.column > 1 => format!(" (column {})", at.column),
        _ => String::new(),
    };
    Problem::Expression { expression: shorten(sql), reason: format!("{}{place}", refusal.reason) }
}

/// Texts of users are shown in errors, long ones cut.
pub(crate) fn shorten(sql: &str) -> String {
    const SHOWN: usize = 200;
    match sql.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &sql[..at]),
        None => sql.to_owned(),
    }
}

/// Reads an expression that computes a row's value from the row alone.
pub(crate) fn row_wise(sql: &str) -> Result<Expression, Problem> {
    Expression::new(sql)
}

/// The columns that a row-wise SQL expression reads.
///
/// # Errors
/// When the text is no SQL expression, or not row-wise.
pub fn check_expression(sql: &str) -> Result<BTreeSet<String>, Problem> {
    row_wise(sql).map(|expression| expression.columns)
}
