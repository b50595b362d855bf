//! The columns that a query sees: what they are called in it, and what the plan calls them.

use crate::Plan;
use crate::sql::text::Refusal;
use mlspec_record::TableSchema;
use sqlparser::ast::{Expr, Ident, Spanned as _, Value, VisitMut, VisitorMut};
use sqlparser::tokenizer::Location;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// A column that a query sees.
#[derive(Clone, Debug)]
pub(super) struct Visible {
    /// The table, as the query calls it.
    pub(super) table: Option<String>,
    /// The column, as the query calls it.
    pub(super) name: String,
    /// The column, as the plan calls it.
    pub(super) column: String,
    /// Whether it needs no table in front of it, and belongs to `*`: not where `USING` made one column of two.
    pub(super) bare: bool,
}

/// A plan, and the columns that a query sees of it.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    pub(super) plan: Plan,
    pub(super) columns: Vec<Visible>,
}

impl Relation {
    pub(super) fn new(plan: Plan, schema: &TableSchema, table: Option<&str>) -> Self {
        let visible = |name: &str| Visible {
            table: table.map(str::to_owned),
            name: name.to_owned(),
            column: name.to_owned(),
            bare: true,
        };
        Self { plan, columns: schema.names().map(visible).collect() }
    }

    /// The column that a name means. As written first; a name without quotes also in another case, if that is one column.
    pub(super) fn resolve(&self, parts: &[Ident]) -> Result<&Visible, Refusal> {
        let (table, name) = match parts {
            [name] => (None, name),
            [table, name] => (Some(table), name),
            _ => return Err(Refusal::new("a column has at most a table in front of it")),
        };
        let at = parts[0].span.start;
        for exact in [true, false] {
            let found = self.columns.iter().filter(|column| {
                let in_table = match (table, &column.table) {
                    (None, _) => column.bare,
                    (Some(table), Some(of)) => same(table, of, exact),
                    (Some(_), None) => false,
                };
                in_table && same(name, &column.name, exact)
            });
            let found: Vec<_> = found.collect();
            match found.as_slice() {
                [] => {}
                [first, rest @ ..] if rest.iter().all(|other| other.column == first.column) => return Ok(first),
                _ => {
                    return Err(Refusal::at(
                        format!("`{name}` may be several columns; name the table, as in `table.{name}`"),
                        at,
                    ));
                }
            }
        }
        let written = parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".");
        let close = crate::closest(&name.value, self.columns.iter().map(|column| column.name.as_str()));
        let hint = close.map(|close| format!("; did you mean `{close}`?")).unwrap_or_default();
        Err(Refusal::at(format!("there is no column `{written}`{hint}"), at))
    }

    /// The columns that the plan has of these.
    pub(super) fn taken(&self) -> BTreeSet<String> {
        self.columns.iter().map(|column| column.column.clone()).collect()
    }
}

/// Whether a name means another: as written, or in another case where it has no quotes.
pub(super) fn same(written: &Ident, name: &str, exact: bool) -> bool {
    written.value == name
        || (!exact && written.quote_style.is_none() && written.value.to_lowercase() == name.to_lowercase())
}

/// A name that is not taken, for a column between two operators.
pub(super) fn free(wanted: &str, taken: &BTreeSet<String>) -> String {
    const LONGEST: usize = 60;
    let mut base: String = wanted.chars().filter(|c| !matches!(c, '"' | '`' | '\\')).take(LONGEST).collect();
    if base.is_empty() || base.starts_with('@') || base.starts_with("_row") {
        base = format!("column {base}");
    }
    let numbered = (2..).map(|number| format!("{base} {number}"));
    std::iter::once(base.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(base)
}

/// The mark of names that are the plan's: no text can have it, since this quote is none of the grammar.
const READY: char = '`';

/// A column of the plan, in an expression.
pub(super) fn ready(column: &str) -> Expr {
    Expr::Identifier(Ident { quote_style: Some(READY), ..Ident::new(column) })
}

/// The column of the plan that an expression is.
pub(super) fn as_ready(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Identifier(name) if name.quote_style == Some(READY) => Some(&name.value),
        Expr::Nested(inner) => as_ready(inner),
        _ => None,
    }
}

/// An expression with the plan's names in place of the query's.
pub(super) fn rewrite(expr: &Expr, relation: &Relation) -> Result<Expr, Refusal> {
    struct Rewrite<'a>(&'a Relation);
    impl VisitorMut for Rewrite<'_> {
        type Break = Refusal;
        fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Refusal> {
            let found = match expr {
                Expr::Identifier(name) if name.quote_style == Some(READY) => return ControlFlow::Continue(()),
                Expr::Identifier(name) => self.0.resolve(std::slice::from_ref(name)),
                Expr::CompoundIdentifier(parts) => self.0.resolve(parts),
                Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => Err(subquery(expr)),
                _ => return ControlFlow::Continue(()),
            };
            match found {
                Ok(found) => {
                    *expr = ready(&found.column);
                    ControlFlow::Continue(())
                }
                Err(refusal) => ControlFlow::Break(refusal),
            }
        }
    }
    let mut made = expr.clone();
    match made.visit(&mut Rewrite(relation)) {
        ControlFlow::Continue(()) => Ok(made),
        ControlFlow::Break(refusal) => Err(refusal.or_at(expr.span().start)),
    }
}

fn subquery(expr: &Expr) -> Refusal {
    let reason = match expr {
        Expr::Subquery(_) => "a subquery is no value here; join it instead (`CROSS JOIN (SELECT …)`)",
        _ => "`IN (SELECT …)` and `EXISTS` stand in `WHERE`, alone or between `AND`",
    };
    Refusal::at(reason, expr.span().start)
}

/// The text of an expression with the plan's names, as operators take it.
pub(super) fn text(expr: &Expr) -> String {
    struct Plain;
    impl VisitorMut for Plain {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            if let Expr::Identifier(name) = expr {
                name.quote_style = Some('"');
            }
            ControlFlow::Continue(())
        }
        fn pre_visit_value(&mut self, value: &mut sqlparser::ast::ValueWithSpan) -> ControlFlow<()> {
            // What has quotes or backslashes in it is written in a way that reads the same.
            if let Value::SingleQuotedString(text) = &mut value.value
                && text.contains(['\'', '\\'])
            {
                value.value = Value::EscapedStringLiteral(std::mem::take(text));
            }
            ControlFlow::Continue(())
        }
    }
    let mut made = expr.clone();
    let _ = made.visit(&mut Plain);
    made.to_string()
}

/// Conditions between `AND`.
pub(super) fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    let (mut found, mut open) = (Vec::new(), vec![expr]);
    while let Some(expr) = open.pop() {
        match expr {
            Expr::BinaryOp { left, op: sqlparser::ast::BinaryOperator::And, right } => open.extend([&**right, &**left]),
            Expr::Nested(inner)
                if matches!(
                    **inner,
                    Expr::BinaryOp { op: sqlparser::ast::BinaryOperator::And, .. }
                        | Expr::Nested(_)
                        | Expr::InSubquery { .. }
                        | Expr::Exists { .. }
                ) =>
            {
                open.push(inner)
            }
            other => found.push(other),
        }
    }
    found
}

/// Conditions joined by `AND`.
pub(super) fn all(conditions: &[Expr]) -> Option<String> {
    let texts = conditions.iter().map(|one| match conditions.len() {
        1 => text(one),
        _ => format!("({})", text(one)),
    });
    texts.reduce(|all, one| format!("{all} AND {one}"))
}

/// The names that expressions mention: with a table, or without.
#[derive(Clone, Debug, Default)]
pub(super) struct Mentions {
    pub(super) names: Vec<(Option<String>, String)>,
    pub(super) all: bool,
}

impl Mentions {
    /// Whether the column is meant by a name that is mentioned more often here than there. `bare`: also by one without its table.
    pub(super) fn beyond(&self, there: &Self, table: Option<&str>, name: &str, bare: bool) -> bool {
        let count = |mentions: &Self| {
            let means = mentions.names.iter().filter(|(of, column)| {
                let in_table = match of {
                    None => bare,
                    Some(of) => table.is_some_and(|table| table.to_lowercase() == *of),
                };
                in_table && *column == name.to_lowercase()
            });
            means.count()
        };
        self.all || count(self) > count(there)
    }
}

impl sqlparser::ast::Visitor for Mentions {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(name) => self.names.push((None, name.value.to_lowercase())),
            Expr::CompoundIdentifier(parts) => {
                if let [table, name] = parts.as_slice() {
                    self.names.push((Some(table.value.to_lowercase()), name.value.to_lowercase()));
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// The place of what stands nowhere in the text.
pub(super) const NOWHERE: Location = Location { line: 0, column: 0 };

/// A place, if there is one.
pub(super) fn place(expr: &Expr) -> Location {
    expr.span().start
}
