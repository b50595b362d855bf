//! One `SELECT`: from its tables to its columns.

use super::Lower;
use super::groups;
use super::join::{Conditions, Keys, Kind};
use super::names::{Mentions, Relation, conjuncts, place, ready, rewrite, same};
use super::query::Tail;
use crate::sql::text::Refusal;
use sqlparser::ast::{
    self, ExceptSelectItem, ExcludeSelectItem, Expr, Ident, Query, Select, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, Spanned as _, UnaryOperator, Visit as _, WildcardAdditionalOptions,
};
use sqlparser::tokenizer::Location;

/// A column of the result: its name, what it is, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) expr: Expr,
    pub(super) at: Location,
}

impl Lower<'_> {
    pub(super) fn select(&mut self, select: &Select, tail: &Tail) -> Result<Relation, Refusal> {
        let at = select.select_token.0.span.start;
        check_clauses(select)?;
        let mut made = self.rows(select, &mentions(select, tail), at)?;
        let mut items = items(select, &made)?;
        let mut having: Vec<Expr> = select.having.iter().cloned().collect();
        let mut order_by: Vec<Expr> = tail.order_by.iter().map(|order| named(&order.expr, &items)).collect();
        if groups::needed(select, items.iter().map(|item| &item.expr).chain(&having).chain(&order_by)) {
            let keys = groups::keys(select, &items, &made)?;
            let exprs = items.iter_mut().map(|item| &mut item.expr).chain(&mut having).chain(&mut order_by);
            made = self.grouped(made, keys, exprs.collect(), at)?;
        } else if let Some(condition) = having.first() {
            return Err(Refusal::at("`HAVING` stands behind groups; write `WHERE`", place(condition)));
        }
        let having = having.iter().map(|condition| rewrite(condition, &made)).collect::<Result<Vec<_>, _>>()?;
        made = self.filtered(made, &having, at)?;
        let exprs = items.iter_mut().map(|item| &mut item.expr).chain(&mut order_by);
        made = self.windowed(made, select, exprs.collect(), at)?;
        for item in &mut items {
            item.expr = rewrite(&item.expr, &made).map_err(|refusal| refusal.or_at(item.at))?;
        }
        check_names(&items)?;
        self.project(made, &items, select, &order_by, tail)
    }

    /// The rows of the tables, as far as `WHERE` lets them through.
    fn rows(&mut self, select: &Select, mentions: &Mentions, at: Location) -> Result<Relation, Refusal> {
        let parts = select.selection.iter().flat_map(conjuncts).cloned();
        let (subqueries, mut conditions): (Vec<Expr>, Vec<Expr>) = parts.partition(is_subquery);
        let made = self.from(&select.from, &mut conditions, mentions)?;
        let conditions = conditions.iter().map(|condition| rewrite(condition, &made)).collect::<Result<Vec<_>, _>>()?;
        let mut made = self.filtered(made, &conditions, at)?;
        for subquery in &subqueries {
            made = self.among(made, subquery, mentions)?;
        }
        Ok(made)
    }

    /// `x IN (SELECT …)`, `EXISTS (SELECT …)`: semi and anti joins.
    fn among(&mut self, made: Relation, condition: &Expr, mentions: &Mentions) -> Result<Relation, Refusal> {
        let at = place(condition);
        match condition {
            Expr::Nested(inner) => self.among(made, inner, mentions),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                let mut inner = &**expr;
                while let Expr::Nested(nested) = inner {
                    inner = nested;
                }
                match inner {
                    Expr::Exists { subquery, negated } => self.exists(made, subquery, !negated, mentions, at),
                    Expr::InSubquery { negated: true, expr, subquery } => self.within(made, expr, subquery, at),
                    _ => Err(not_in(at)),
                }
            }
            Expr::Exists { subquery, negated } => self.exists(made, subquery, *negated, mentions, at),
            Expr::InSubquery { negated: false, expr, subquery } => self.within(made, expr, subquery, at),
            _ => Err(not_in(at)),
        }
    }

    fn within(&mut self, made: Relation, expr: &Expr, subquery: &Query, at: Location) -> Result<Relation, Refusal> {
        let right = self.query(subquery)?;
        let wanted = match expr {
            Expr::Tuple(parts) => parts.iter().collect(),
            one => vec![one],
        };
        if wanted.len() != right.columns.len() {
            let (wanted, found) = (wanted.len(), right.columns.len());
            return Err(Refusal::at(format!("the subquery gives {found} columns, expected {wanted}"), at));
        }
        let keys = wanted.into_iter().zip(&right.columns);
        let keys = keys
            .map(|(expr, column)| Ok((rewrite(expr, &made)?, ready(&column.column))))
            .collect::<Result<_, Refusal>>()?;
        self.keyed(made, right, Kind::Semi, Keys::of(keys), &|_| false, at)
    }

    fn exists(
        &mut self,
        made: Relation,
        subquery: &Query,
        negated: bool,
        mentions: &Mentions,
        at: Location,
    ) -> Result<Relation, Refusal> {
        let plain = subquery.with.is_none() && subquery.order_by.is_none() && subquery.limit_clause.is_none();
        let SetExpr::Select(select) = &*subquery.body else {
            return Err(Refusal::at("`EXISTS` takes a plain `SELECT`", at));
        };
        check_clauses(select)?;
        let items = select.projection.iter().filter_map(|item| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
            _ => None,
        });
        if !plain || select.distinct.is_some() || select.having.is_some() || groups::needed(select, items) {
            return Err(Refusal::at("`EXISTS` takes a `SELECT` with `FROM` and `WHERE` alone", at));
        }
        let conditions: Vec<&Expr> = select.selection.iter().flat_map(conjuncts).collect();
        let right = self.from(&select.from, &mut Vec::new(), &Mentions { all: true, ..Mentions::default() })?;
        let kind = if negated { Kind::Anti } else { Kind::Semi };
        self.join(made, right, kind, &Conditions::On(conditions), mentions, at)
    }
}

fn not_in(at: Location) -> Refusal {
    Refusal::at(
        "`NOT IN (SELECT …)` is not possible, since a single null in it loses all rows; write `NOT EXISTS (SELECT 1 FROM … WHERE … = …)`",
        at,
    )
}

fn is_subquery(condition: &Expr) -> bool {
    match condition {
        Expr::InSubquery { .. } | Expr::Exists { .. } => true,
        Expr::Nested(inner) | Expr::UnaryOp { op: UnaryOperator::Not, expr: inner } => is_subquery(inner),
        _ => false,
    }
}

/// An order may name a column of the result, or its number.
fn named(expr: &Expr, items: &[Item]) -> Expr {
    let Expr::Identifier(name) = expr else { return expr.clone() };
    let found = |exact| items.iter().find(|item| same(name, &item.name, exact));
    found(true).or_else(|| found(false)).map_or_else(|| expr.clone(), |item| item.expr.clone())
}

fn mentions(select: &Select, tail: &Tail) -> Mentions {
    let mut mentions = Mentions::default();
    let _ = select.visit(&mut mentions);
    for order in &tail.order_by {
        let _ = order.expr.visit(&mut mentions);
    }
    let star = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
    mentions.all = select.projection.iter().any(star);
    mentions
}

/// Names and expressions of the result; stars become columns.
fn items(select: &Select, made: &Relation) -> Result<Vec<Item>, Refusal> {
    let mut items = Vec::new();
    for item in &select.projection {
        match item {
            SelectItem::Wildcard(options) => {
                items.extend(star(made, None, options, options.wildcard_token.0.span.start)?)
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(table), options) => {
                items.extend(star(made, Some(table), options, table.span().start)?);
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                items.push(Item { name: alias.value.clone(), expr: expr.clone(), at: place(expr) });
            }
            SelectItem::UnnamedExpr(expr) => {
                items.push(Item { name: name_of(expr, made)?, expr: expr.clone(), at: place(expr) })
            }
            other => return Err(Refusal::at(format!("`{other}` is not possible"), other.span().start)),
        }
    }
    Ok(items)
}

/// A column without a name of its own keeps that of its table.
fn name_of(expr: &Expr, made: &Relation) -> Result<String, Refusal> {
    match expr {
        Expr::Nested(inner) => name_of(inner, made),
        Expr::Identifier(name) => Ok(made
            .resolve(std::slice::from_ref(name))
            .map_or_else(|_| name.value.clone(), |column| column.name.clone())),
        Expr::CompoundIdentifier(parts) => made.resolve(parts).map(|column| column.name.clone()),
        _ => {
            let shown = crate::sql::shorten(&expr.to_string());
            Err(Refusal::at(format!("the column `{shown}` needs a name: `{shown} AS name`"), place(expr)))
        }
    }
}

fn star(
    made: &Relation,
    table: Option<&ast::ObjectName>,
    options: &WildcardAdditionalOptions,
    at: Location,
) -> Result<Vec<Item>, Refusal> {
    let mut found = super::from::starred(made, table)?;
    for name in without(options, at)? {
        let before = found.len();
        found.retain(|column| !same(&name, &column.name, false));
        if found.len() == before {
            return Err(Refusal::at(format!("there is no column `{}`", name.value), name.span.start));
        }
    }
    Ok(found.into_iter().map(|column| Item { name: column.name.clone(), expr: ready(&column.column), at }).collect())
}

/// `* EXCEPT (a, b)`.
fn without(options: &WildcardAdditionalOptions, at: Location) -> Result<Vec<Ident>, Refusal> {
    if options.opt_ilike.is_some()
        || options.opt_replace.is_some()
        || options.opt_rename.is_some()
        || options.opt_alias.is_some()
    {
        return Err(Refusal::at("of `*`, columns can be left out (`* EXCEPT (a)`), and nothing else", at));
    }
    let mut names = Vec::new();
    if let Some(ExceptSelectItem { first_element, additional_elements }) = &options.opt_except {
        names.push(first_element.clone());
        names.extend(additional_elements.iter().cloned());
    }
    let excluded = match &options.opt_exclude {
        None => Vec::new(),
        Some(ExcludeSelectItem::Single(name)) => vec![name],
        Some(ExcludeSelectItem::Multiple(all)) => all.iter().collect(),
    };
    for name in excluded {
        match name.0.as_slice() {
            [part] => names.extend(part.as_ident().cloned()),
            _ => return Err(Refusal::at("columns are left out by their names alone", at)),
        }
    }
    Ok(names)
}

fn check_names(items: &[Item]) -> Result<(), Refusal> {
    let mut seen = std::collections::BTreeSet::new();
    for item in items {
        if let Err(problem) = crate::shape::check_name(&item.name) {
            return Err(Refusal::at(problem.to_string(), item.at));
        }
        if !seen.insert(&item.name) {
            let name = &item.name;
            return Err(Refusal::at(
                format!("two columns of the result are named `{name}`; name one of them otherwise (`… AS other`)"),
                item.at,
            ));
        }
    }
    match items.is_empty() {
        true => Err(Refusal::new("it gives no column")),
        false => Ok(()),
    }
}

/// What a `SELECT` may not have.
fn check_clauses(select: &Select) -> Result<(), Refusal> {
    let refused = [
        (select.top.is_some(), "`TOP`"),
        (select.into.is_some(), "`INTO`"),
        (!select.lateral_views.is_empty(), "`LATERAL VIEW`"),
        (select.prewhere.is_some(), "`PREWHERE`"),
        (!select.connect_by.is_empty(), "`CONNECT BY`"),
        (!select.cluster_by.is_empty(), "`CLUSTER BY`"),
        (!select.distribute_by.is_empty(), "`DISTRIBUTE BY`"),
        (!select.sort_by.is_empty(), "`SORT BY`"),
        (select.qualify.is_some(), "`QUALIFY` (filter a subquery)"),
        (select.value_table_mode.is_some(), "`AS STRUCT`"),
        (select.exclude.is_some(), "`EXCLUDE` behind the columns"),
        (select.select_modifiers.is_some(), "what stands behind `SELECT`"),
        (!select.optimizer_hints.is_empty(), "a hint"),
        (select.flavor != SelectFlavor::Standard, "`FROM` in front of `SELECT`"),
    ];
    match refused.into_iter().find(|(there, _)| *there) {
        None => Ok(()),
        Some((_, what)) => Err(Refusal::at(format!("{what} is not possible"), select.select_token.0.span.start)),
    }
}
