//! Whole queries: `WITH`, `UNION`, `ORDER BY` with `LIMIT`.

use super::Lower;
use super::names::{NOWHERE, Relation, same};
use crate::sql::text::Refusal;
use crate::{Concat, Distinct, Limit, Operator, OrderBy};
use mlspec_record::{DataType, TableSchema};
use sqlparser::ast::{
    self, Expr, LimitClause, OrderByExpr, OrderByKind, Query, SetExpr, SetOperator, SetQuantifier, Spanned as _, Value,
    ValueWithSpan,
};
use sqlparser::tokenizer::Location;
use std::collections::BTreeMap;

/// The end of a query: which rows, in which order, stay.
#[derive(Clone, Debug)]
pub(super) struct Tail {
    pub(super) order_by: Vec<OrderByExpr>,
    /// How many rows, and how many are skipped before.
    pub(super) limit: Option<(u64, u64)>,
    pub(super) at: Location,
}

impl Tail {
    /// All rows.
    pub(super) fn all() -> Self {
        Self { order_by: Vec::new(), limit: None, at: NOWHERE }
    }
}

impl Lower<'_> {
    /// Lowers a query; the plan has the columns that it gives, by their names.
    pub(super) fn query(&mut self, query: &Query) -> Result<Relation, Refusal> {
        let span = query.span().start;
        let refuse = |what: &str| Err(Refusal::at(format!("{what} is not possible"), span));
        if query.fetch.is_some() {
            return refuse("`FETCH` (write `LIMIT`)");
        }
        if !query.locks.is_empty() || query.for_clause.is_some() {
            return refuse("`FOR`");
        }
        if query.settings.is_some() || query.format_clause.is_some() || !query.pipe_operators.is_empty() {
            return refuse("what follows the query");
        }
        let own = self.own.len();
        if let Some(with) = &query.with {
            if with.recursive {
                return Err(Refusal::at(
                    "`WITH RECURSIVE` is not possible: lineage has no loops",
                    with.with_token.0.span.start,
                ));
            }
            for cte in &with.cte_tables {
                let mut made = self.query(&cte.query).map_err(|refusal| refusal.or_at(cte.alias.name.span.start))?;
                super::from::rename(&mut made, &cte.alias)?;
                self.own.push((cte.alias.name.value.clone(), made));
            }
        }
        let tail = tail(query)?;
        let made = match &*query.body {
            SetExpr::Select(select) => self.select(select, &tail),
            other => self.set(other).and_then(|made| self.of_outputs(made, &tail)),
        };
        self.own.truncate(own);
        made.map_err(|refusal| refusal.or_at(span))
    }

    fn set(&mut self, set: &SetExpr) -> Result<Relation, Refusal> {
        match set {
            SetExpr::Select(select) => self.select(select, &Tail::all()),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let at = right.span().start;
                let all = match (op, set_quantifier) {
                    (SetOperator::Union, SetQuantifier::All) => true,
                    (SetOperator::Union, SetQuantifier::None | SetQuantifier::Distinct) => false,
                    (SetOperator::Union, other) => {
                        return Err(Refusal::at(
                            format!("`UNION {other}` is not possible; columns are matched by place"),
                            at,
                        ));
                    }
                    (other, _) => {
                        return Err(Refusal::at(
                            format!(
                                "`{other}` is not possible; `SEMI JOIN` and `ANTI JOIN` find rows that another table has or lacks"
                            ),
                            at,
                        ));
                    }
                };
                let (left, right) = (self.set(left)?, self.set(right)?);
                self.union(left, right, all, at)
            }
            SetExpr::Values(values) => {
                let at = values.rows.first().and_then(|row| row.content.first()).map(|expr: &Expr| expr.span().start);
                Err(Refusal::at(
                    "`VALUES` is not possible: rows come from tables, by which they are traced",
                    at.unwrap_or(NOWHERE),
                ))
            }
            SetExpr::Table(_) => Err(Refusal::new("`TABLE t` is not possible; write `SELECT * FROM t`")),
            _ => Err(Refusal::new("only `SELECT` is possible")),
        }
    }

    /// Rows of both, columns by place, under the names of the first.
    fn union(&mut self, left: Relation, right: Relation, all: bool, at: Location) -> Result<Relation, Refusal> {
        let (of_left, of_right) = (self.schema(&left.plan)?, self.schema(&right.plan)?);
        let (left_names, right_names): (Vec<_>, Vec<_>) = (outputs(&left), outputs(&right));
        if left_names.len() != right_names.len() {
            let (found, wanted) = (right_names.len(), left_names.len());
            return Err(Refusal::at(format!("one side of `UNION` has {wanted} columns, the other {found}"), at));
        }
        let mut common = Vec::new();
        for ((_, left), (_, right)) in left_names.iter().zip(&right_names) {
            common.push(common_type(&of_left, left, &of_right, right).map_err(|reason| Refusal::at(reason, at))?);
        }
        let names: Vec<String> = left_names.iter().map(|(name, _)| name.clone()).collect();
        let left_plan = self.aligned(left, &left_names, &names, &common, at)?;
        let right_plan = self.aligned(right, &right_names, &names, &common, at)?;
        let concat = Concat { with: vec![right_plan.name().to_owned()], union: false };
        let mut plan = self.apply(left_plan, Operator::Concat(concat), vec![right_plan], at)?;
        if !all {
            plan = self.apply(plan, Operator::Distinct(Distinct { on: None }), Vec::new(), at)?;
        }
        let schema = self.schema(&plan)?;
        Ok(Relation::new(plan, &schema, None))
    }

    /// The columns under other names, and of other types where asked for.
    fn aligned(
        &mut self,
        relation: Relation,
        from: &[(String, String)],
        to: &[String],
        common: &[Option<&'static str>],
        at: Location,
    ) -> Result<crate::Plan, Refusal> {
        let derived: BTreeMap<String, String> = from
            .iter()
            .zip(to)
            .zip(common)
            .filter_map(|(((_, column), name), cast)| {
                let text = super::names::text(&super::names::ready(column));
                match cast {
                    Some(to) => Some((name.clone(), format!("CAST({text} AS {to})"))),
                    None => (column != name).then(|| (name.clone(), text)),
                }
            })
            .collect();
        let mut plan = relation.plan;
        if !derived.is_empty() {
            plan = self.apply(plan, Operator::Derive(crate::Derive(derived)), Vec::new(), at)?;
        }
        if self.schema(&plan)?.names().ne(to.iter().map(String::as_str)) {
            plan = self.apply(plan, Operator::Select(crate::Select(to.to_vec())), Vec::new(), at)?;
        }
        Ok(plan)
    }

    /// Order and limit of what a query gives.
    fn of_outputs(&mut self, made: Relation, tail: &Tail) -> Result<Relation, Refusal> {
        let Some((n, offset)) = checked(tail)? else { return Ok(made) };
        let order_by = tail.order_by.iter().map(|order| {
            let column = match ordinal(&order.expr, &made)? {
                Some(column) => column,
                None => match &order.expr {
                    Expr::Identifier(name) => made.resolve(std::slice::from_ref(name))?.column.clone(),
                    other => {
                        return Err(Refusal::at(
                            "behind `UNION` and `DISTINCT`, rows are ordered by columns of the result",
                            other.span().start,
                        ));
                    }
                },
            };
            Ok::<_, Refusal>(by(column, order))
        });
        let limit = Limit { n, offset, order_by: order_by.collect::<Result<_, _>>()?, ..Limit::default() };
        let plan = self.apply(made.plan, Operator::Limit(limit), Vec::new(), tail.at)?;
        Ok(Relation { plan, columns: made.columns })
    }
}

/// The columns that a query gives: their names, and those in the plan.
pub(super) fn outputs(relation: &Relation) -> Vec<(String, String)> {
    relation.columns.iter().map(|column| (column.name.clone(), column.column.clone())).collect()
}

/// The type to cast both to; nothing where they are alike.
pub(super) fn common_type(
    left: &TableSchema,
    left_name: &str,
    right: &TableSchema,
    right_name: &str,
) -> Result<Option<&'static str>, String> {
    let (Some(one), Some(other)) = (left.get(left_name), right.get(right_name)) else { return Ok(None) };
    match (one, other) {
        (one, other) if one == other => Ok(None),
        (one, other)
            if one.is_integer() && other.is_integer() && one != DataType::UInt64 && other != DataType::UInt64 =>
        {
            Ok(Some("BIGINT"))
        }
        (one, other) if one.is_numeric() && other.is_numeric() => Ok(Some("DOUBLE")),
        (DataType::Date, DataType::Datetime) | (DataType::Datetime, DataType::Date) => Ok(Some("TIMESTAMP")),
        _ => Err(format!("`{left_name}` is of type `{one}` and `{right_name}` of type `{other}`; cast one of them")),
    }
}

/// What an order says of a column: nulls last, if not said otherwise.
pub(super) fn by(column: String, order: &OrderByExpr) -> OrderBy {
    OrderBy {
        column,
        descending: order.options.asc == Some(false),
        nulls_first: order.options.nulls_first == Some(true),
    }
}

/// `ORDER BY 2`: the second column of the result.
pub(super) fn ordinal(expr: &Expr, made: &Relation) -> Result<Option<String>, Refusal> {
    let Expr::Value(ValueWithSpan { value: Value::Number(number, _), .. }) = expr else { return Ok(None) };
    let at = number.parse::<usize>().ok().and_then(|at| at.checked_sub(1));
    match at.and_then(|at| made.columns.get(at)) {
        Some(column) => Ok(Some(column.column.clone())),
        None => Err(Refusal::at(format!("the result has no column number {number}"), expr.span().start)),
    }
}

/// The limit, if there is one: order means nothing without.
pub(super) fn checked(tail: &Tail) -> Result<Option<(u64, u64)>, Refusal> {
    match tail.limit {
        None if !tail.order_by.is_empty() => Err(Refusal::at(
            "`ORDER BY` without `LIMIT` is not possible: a table has no order but that of its row ids",
            tail.order_by.first().map_or(NOWHERE, |order| order.expr.span().start),
        )),
        limit => Ok(limit),
    }
}

fn tail(query: &Query) -> Result<Tail, Refusal> {
    let order_by = match &query.order_by {
        None => Vec::new(),
        Some(ast::OrderBy { kind: OrderByKind::Expressions(all), interpolate: None }) => all.clone(),
        Some(other) => return Err(Refusal::at(format!("`{other}` is not possible"), other.span().start)),
    };
    if let Some(filled) = order_by.iter().find(|order| order.with_fill.is_some()) {
        return Err(Refusal::at("`WITH FILL` is not possible", filled.expr.span().start));
    }
    let mut at = order_by.first().map_or(NOWHERE, |order| order.expr.span().start);
    let limit = match &query.limit_clause {
        None => None,
        Some(LimitClause::LimitOffset { limit, offset, limit_by }) => {
            if let Some(by) = limit_by.first() {
                return Err(Refusal::at("`LIMIT … BY` is not possible", by.span().start));
            }
            let count = |expr: Option<&Expr>, none| expr.map_or(Ok(none), number);
            let n = count(limit.as_ref(), i64::MAX as u64)?;
            let offset = count(offset.as_ref().map(|offset| &offset.value), 0)?;
            Some((n, offset))
        }
        Some(LimitClause::OffsetCommaLimit { offset, limit }) => Some((number(limit)?, number(offset)?)),
    };
    if let (true, Some(LimitClause::LimitOffset { limit: Some(limit), .. })) = (at.line == 0, &query.limit_clause) {
        at = limit.span().start;
    }
    Ok(Tail { order_by, limit, at })
}

fn number(expr: &Expr) -> Result<u64, Refusal> {
    let number = match expr {
        Expr::Value(ValueWithSpan { value: Value::Number(number, _), .. }) => number.parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| Refusal::at("`LIMIT` and `OFFSET` take integers from 0", expr.span().start))
}

impl Lower<'_> {
    /// A table of `WITH`.
    pub(super) fn own(&self, name: &ast::Ident) -> Option<Relation> {
        let found = |exact| self.own.iter().rev().find(move |(own, _)| same(name, own, exact));
        found(true).or_else(|| found(false)).map(|(_, relation)| relation.clone())
    }
}
