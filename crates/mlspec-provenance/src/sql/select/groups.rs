//! `GROUP BY` and aggregates.

use super::Lower;
use super::body::Item;
use super::names::{Relation, as_ready, free, place, ready, rewrite, same, text};
use crate::sql::text::{Refusal, read_expression};
use crate::{Aggregate, AggregateFunction as F, GroupBy, Operator};
use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments,
    GroupByExpr, Select, Spanned as _, Value, ValueWithSpan, Visit, VisitMut, Visitor, VisitorMut,
};
use sqlparser::tokenizer::Location;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// The aggregates, by their names.
const AGGREGATES: &[(&str, F)] = &[
    ("count", F::Count),
    ("count_if", F::Count),
    ("sum", F::Sum),
    ("avg", F::Mean),
    ("mean", F::Mean),
    ("min", F::Min),
    ("max", F::Max),
    ("median", F::Median),
    ("mode", F::Mode),
    ("stddev", F::Std),
    ("stddev_samp", F::Std),
    ("variance", F::Var),
    ("var_samp", F::Var),
    ("any_value", F::First),
    ("first", F::First),
    ("last", F::Last),
    ("bool_and", F::All),
    ("every", F::All),
    ("bool_or", F::Any),
    ("quantile_cont", F::Quantile),
    ("string_agg", F::Join),
    ("group_concat", F::Join),
];

pub(super) fn aggregate(function: &Function) -> Option<F> {
    let name = function.name.to_string().to_lowercase();
    AGGREGATES.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
}

fn is_aggregate(expr: &Expr) -> bool {
    matches!(expr, Expr::Function(function) if function.over.is_none() && aggregate(function).is_some())
}

/// Whether rows are grouped: by keys, or into one group of all.
pub(super) fn needed<'a>(select: &Select, exprs: impl IntoIterator<Item = &'a Expr>) -> bool {
    struct Finder;
    impl Visitor for Finder {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if is_aggregate(expr) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
    let keys = match &select.group_by {
        GroupByExpr::All(_) => true,
        GroupByExpr::Expressions(keys, modifiers) => !keys.is_empty() || !modifiers.is_empty(),
    };
    keys || exprs.into_iter().any(|expr| expr.visit(&mut Finder).is_break())
}

/// The keys, with the plan's names. A key may be the number or the name of a column of the result.
pub(super) fn keys(select: &Select, items: &[Item], made: &Relation) -> Result<Vec<Expr>, Refusal> {
    let (keys, modifiers) = match &select.group_by {
        GroupByExpr::Expressions(keys, modifiers) => (keys, modifiers),
        GroupByExpr::All(_) => {
            return Err(Refusal::at("`GROUP BY ALL` is not possible; name the keys", select.group_by.span().start));
        }
    };
    if let Some(first) = keys.first().filter(|_| !modifiers.is_empty()) {
        return Err(Refusal::at("`ROLLUP`, `CUBE` and `GROUPING SETS` are not possible", place(first)));
    }
    let mut found: Vec<Expr> = Vec::new();
    for key in keys {
        let key = match key {
            Expr::Rollup(_) | Expr::Cube(_) | Expr::GroupingSets(_) => {
                return Err(Refusal::at("`ROLLUP`, `CUBE` and `GROUPING SETS` are not possible", place(key)));
            }
            Expr::Tuple(parts) if parts.is_empty() => continue,
            Expr::Value(ValueWithSpan { value: Value::Number(number, _), .. }) => {
                let item = number.parse::<usize>().ok().and_then(|at| at.checked_sub(1)).and_then(|at| items.get(at));
                item.map(|item| item.expr.clone())
                    .ok_or_else(|| Refusal::at(format!("the result has no column number {number}"), place(key)))?
            }
            Expr::Identifier(name) if made.resolve(std::slice::from_ref(name)).is_err() => {
                let named = |exact| items.iter().find(|item| same(name, &item.name, exact));
                named(true).or_else(|| named(false)).map_or_else(|| key.clone(), |item| item.expr.clone())
            }
            other => other.clone(),
        };
        let key = rewrite(&key, made)?;
        if !found.iter().any(|other| text(other) == text(&key)) {
            found.push(key);
        }
    }
    Ok(found)
}

impl Lower<'_> {
    /// Groups rows, and puts keys and aggregates in place of what expressions say.
    pub(super) fn grouped(
        &mut self,
        made: Relation,
        keys: Vec<Expr>,
        exprs: Vec<&mut Expr>,
        at: Location,
    ) -> Result<Relation, Refusal> {
        let taken = self.schema(&made.plan)?.names().map(str::to_owned).collect();
        let mut collect =
            Collect { made: &made, taken, derived: BTreeMap::new(), keys: Vec::new(), aggregates: BTreeMap::new() };
        for key in &keys {
            let column = collect.column(key);
            collect.keys.push((text(key), column));
        }
        for expr in exprs {
            if let ControlFlow::Break(refusal) = VisitMut::visit(expr, &mut collect) {
                return Err(refusal);
            }
        }
        let Collect { derived, keys, aggregates, .. } = collect;
        let keys: Vec<String> = keys.into_iter().map(|(_, column)| column).collect();
        let aggregates = aggregates.into_values().collect();
        let mut plan = self.derived(made.plan, derived, at)?;
        plan = self.apply(plan, Operator::GroupBy(GroupBy { keys, aggregates }), Vec::new(), at)?;
        let schema = self.schema(&plan)?;
        Ok(Relation::new(plan, &schema, None))
    }
}

/// Finds what is grouped and aggregated.
struct Collect<'a> {
    made: &'a Relation,
    taken: BTreeSet<String>,
    /// Columns that are computed before rows are grouped.
    derived: BTreeMap<String, String>,
    /// Text and column of each key.
    keys: Vec<(String, String)>,
    /// By what they are: the column they make, and the aggregate.
    aggregates: BTreeMap<String, (String, Aggregate)>,
}

impl VisitorMut for Collect<'_> {
    type Break = Refusal;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Refusal> {
        match self.one(expr) {
            Ok(Some(made)) => *expr = made,
            Ok(None) => {}
            Err(refusal) => return ControlFlow::Break(refusal.or_at(expr.span().start)),
        }
        ControlFlow::Continue(())
    }
}

impl Collect<'_> {
    fn one(&mut self, expr: &Expr) -> Result<Option<Expr>, Refusal> {
        let own = |column: &str| {
            self.keys.iter().any(|(_, key)| key == column) || self.aggregates.values().any(|(name, _)| name == column)
        };
        if as_ready(expr).is_some_and(own) {
            return Ok(None);
        }
        if is_aggregate(expr) {
            let Expr::Function(function) = expr else { return Ok(None) };
            return self.aggregate(function).map(Some);
        }
        let whole = rewrite(expr, self.made);
        if let Ok(whole) = &whole
            && let Some((_, column)) = self.keys.iter().find(|(key, _)| *key == text(whole))
        {
            return Ok(Some(ready(column)));
        }
        match expr {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                whole?;
                let shown = expr.to_string().replace('`', "");
                Err(Refusal::new(format!(
                    "`{shown}` differs among the rows of a group: put it behind `GROUP BY`, or into an aggregate"
                )))
            }
            _ => Ok(None),
        }
    }

    /// The column of an expression before grouping.
    fn column(&mut self, expr: &Expr) -> String {
        if let Some(column) = as_ready(expr) {
            return column.to_owned();
        }
        let wanted = text(expr);
        if let Some((name, _)) = self.derived.iter().find(|(_, other)| **other == wanted) {
            return name.clone();
        }
        let name = free(&wanted, &self.taken);
        self.taken.insert(name.clone());
        self.derived.insert(name.clone(), wanted);
        name
    }

    /// The quoted column of an aggregate.
    fn quoted(&mut self, aggregate: Aggregate) -> String {
        let what = format!("{aggregate:?}");
        if let Some((name, _)) = self.aggregates.get(&what) {
            return format!("\"{name}\"");
        }
        let function = format!("{:?}", aggregate.function).to_lowercase();
        let name = free(&format!("{function} {}", aggregate.column.as_deref().unwrap_or("rows")), &self.taken);
        self.taken.insert(name.clone());
        self.aggregates.insert(what, (name.clone(), aggregate));
        format!("\"{name}\"")
    }

    /// What stands in place of an aggregate: its column, as SQL sees it. Counts are signed, and a sum of nothing is null.
    fn aggregate(&mut self, called: &Function) -> Result<Expr, Refusal> {
        let name = called.name.to_string().to_lowercase();
        let function = aggregate(called).unwrap_or(F::Count);
        let arguments = Arguments::of(called, &name)?;
        let filter = called.filter.as_ref().map(|filter| self.inside(filter)).transpose()?;
        let of = match (&arguments.first, name.as_str()) {
            (None, "count") => filter.map(|filter| case(&text(&filter), "1")).transpose()?,
            (None, _) => return Err(Refusal::new(format!("`{name}` takes a column"))),
            (Some(of), _) => {
                let of = self.inside(of)?;
                let of = if name == "count_if" { case(&text(&of), "1")? } else { of };
                Some(match filter {
                    None => of,
                    Some(filter) => case(&text(&filter), &text(&of))?,
                })
            }
        };
        let column = of.as_ref().map(|of| self.column(of));
        let function = match (function, arguments.distinct) {
            (F::Count, true) => F::NUnique,
            (F::Min | F::Max, _) | (_, false) => function,
            (_, true) => {
                return Err(Refusal::new(format!("`{name}(DISTINCT …)` is not possible; `count(DISTINCT …)` is")));
            }
        };
        let mut order_by = Vec::new();
        for order in &arguments.order_by {
            let expr = self.inside(&order.expr)?;
            let column = self.column(&expr);
            order_by.push(super::query::by(column, order));
        }
        let mut aggregate = Aggregate { function, column: column.clone(), order_by, ..Aggregate::default() };
        match (function, &arguments.second) {
            (F::Quantile, Some(Value::Number(q, _))) => aggregate.q = q.parse().ok(),
            (F::Quantile, _) => return Err(Refusal::new("`quantile_cont` takes a column and a constant from 0 to 1")),
            (F::Join, Some(Value::SingleQuotedString(separator))) => aggregate.separator = Some(separator.clone()),
            (F::Join, None) => {}
            (_, None) => {}
            (_, Some(_)) => return Err(Refusal::new(format!("`{name}` takes one argument"))),
        }
        let made = self.quoted(aggregate);
        let mut count =
            || self.quoted(Aggregate { function: F::Count, column: column.clone(), ..Aggregate::default() });
        let sql = match function {
            F::Count | F::NUnique => format!("CAST({made} AS BIGINT)"),
            F::Sum | F::Any | F::All | F::Join => format!("CASE WHEN {} > 0 THEN {made} END", count()),
            _ => made,
        };
        marked(&sql)
    }

    /// An expression inside an aggregate, with the plan's names.
    fn inside(&self, expr: &Expr) -> Result<Expr, Refusal> {
        struct Nested;
        impl Visitor for Nested {
            type Break = Location;
            fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Location> {
                match expr {
                    Expr::Function(function) if is_aggregate(expr) || function.over.is_some() => {
                        ControlFlow::Break(expr.span().start)
                    }
                    _ => ControlFlow::Continue(()),
                }
            }
        }
        match expr.visit(&mut Nested) {
            ControlFlow::Continue(()) => rewrite(expr, self.made),
            ControlFlow::Break(at) => {
                Err(Refusal::at("aggregates and windows are not nested into aggregates; use a subquery", at))
            }
        }
    }
}

/// An expression whose names are the plan's, in parentheses.
pub(super) fn marked(sql: &str) -> Result<Expr, Refusal> {
    struct Mark;
    impl VisitorMut for Mark {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            if let Expr::Identifier(name) = expr {
                *expr = ready(&name.value);
            }
            ControlFlow::Continue(())
        }
    }
    let mut expr = read_expression(sql)?;
    let _ = VisitMut::visit(&mut expr, &mut Mark);
    Ok(if as_ready(&expr).is_some() { expr } else { Expr::Nested(Box::new(expr)) })
}

fn case(condition: &str, then: &str) -> Result<Expr, Refusal> {
    marked(&format!("CASE WHEN {condition} THEN {then} END"))
}

/// What an aggregate or window function is called with.
pub(super) struct Arguments {
    /// Nothing for `*`.
    pub(super) first: Option<Expr>,
    pub(super) second: Option<Value>,
    pub(super) third: Option<Expr>,
    pub(super) distinct: bool,
    pub(super) order_by: Vec<sqlparser::ast::OrderByExpr>,
}

impl Arguments {
    pub(super) fn of(function: &Function, name: &str) -> Result<Self, Refusal> {
        let no = || Refusal::new(format!("`{name}` cannot be called so"));
        if function.null_treatment.is_some()
            || !matches!(function.parameters, FunctionArguments::None)
            || !function.within_group.is_empty()
        {
            return Err(no());
        }
        let mut found = Self { first: None, second: None, third: None, distinct: false, order_by: Vec::new() };
        let FunctionArguments::List(list) = &function.args else {
            return if matches!(function.args, FunctionArguments::None) { Ok(found) } else { Err(no()) };
        };
        found.distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
        for clause in &list.clauses {
            match clause {
                FunctionArgumentClause::OrderBy(order_by) => found.order_by.clone_from(order_by),
                FunctionArgumentClause::Separator(separator) => found.second = Some(separator.value.clone()),
                _ => return Err(no()),
            }
        }
        let mut arguments = list.args.iter();
        match arguments.next() {
            None => {}
            Some(FunctionArg::Unnamed(FunctionArgExpr::Wildcard)) if !found.distinct && list.args.len() == 1 => {
                return Ok(found);
            }
            Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))) => found.first = Some(expr.clone()),
            Some(_) => return Err(no()),
        }
        match arguments.next() {
            None => {}
            Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))) => {
                found.second = Some(value.value.clone())
            }
            Some(_) => return Err(Refusal::new(format!("the second argument of `{name}` is a constant"))),
        }
        match arguments.next() {
            None => {}
            Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))) => found.third = Some(expr.clone()),
            Some(_) => return Err(no()),
        }
        match arguments.next() {
            None => Ok(found),
            Some(_) => Err(no()),
        }
    }
}
