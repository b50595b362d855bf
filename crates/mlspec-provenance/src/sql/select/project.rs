//! The columns of the result, and which rows stay: `DISTINCT`, `ORDER BY` with `LIMIT`.

use super::Lower;
use super::body::Item;
use super::names::{NOWHERE, Relation, as_ready, place, rewrite, text};
use super::query::{Tail, by, checked, ordinal};
use crate::sql::text::Refusal;
use crate::{Distinct, Limit, Operator, OrderBy, Plan, Select as Columns};
use sqlparser::ast::{self, Expr, Select};
use sqlparser::tokenizer::Location;
use std::collections::BTreeMap;

/// Columns that are derived together: those of the result, and those that rows are ordered by.
struct Derived<'a> {
    items: &'a [Item],
    columns: BTreeMap<String, String>,
}

impl Derived<'_> {
    /// The column that holds an expression, once these are derived.
    fn column(&mut self, lower: &Lower<'_>, made: &Relation, expr: &Expr) -> Result<String, Refusal> {
        let wanted = text(expr);
        if let Some(item) = self.items.iter().find(|item| text(&item.expr) == wanted) {
            return Ok(item.name.clone());
        }
        match as_ready(expr) {
            Some(column) if !self.columns.contains_key(column) => Ok(column.to_owned()),
            _ => {
                let schema = lower.schema(&made.plan)?;
                let names = self.items.iter().map(|item| item.name.clone()).chain(self.columns.keys().cloned());
                let taken = schema.names().map(str::to_owned).chain(names).collect();
                let name = super::names::free(&wanted, &taken);
                self.columns.insert(name.clone(), wanted);
                Ok(name)
            }
        }
    }
}

impl Lower<'_> {
    pub(super) fn project(
        &mut self,
        made: Relation,
        items: &[Item],
        select: &Select,
        order_by: &[Expr],
        tail: &Tail,
    ) -> Result<Relation, Refusal> {
        let at = items.first().map_or(NOWHERE, |item| item.at);
        let new = items.iter().filter(|item| as_ready(&item.expr) != Some(item.name.as_str()));
        let columns = new.map(|item| (item.name.clone(), text(&item.expr))).collect();
        let mut derived = Derived { items, columns };
        let names: Vec<String> = items.iter().map(|item| item.name.clone()).collect();
        match &select.distinct {
            None | Some(ast::Distinct::All) => {
                let Some((n, offset)) = checked(tail)? else {
                    let plan = self.derived(made.plan, derived.columns, at)?;
                    return self.chosen(plan, &names, at);
                };
                let order_by = self.order(&made, &mut derived, order_by, tail)?;
                let mut plan = self.derived(made.plan, derived.columns, at)?;
                let limit = Limit { n, offset, order_by, ..Limit::default() };
                plan = self.apply(plan, Operator::Limit(limit), Vec::new(), tail.at)?;
                self.chosen(plan, &names, at)
            }
            Some(ast::Distinct::Distinct) => {
                let limit = checked(tail)?;
                let before = derived.columns.len();
                let order_by = self.order(&made, &mut derived, order_by, tail)?;
                let of_result = order_by.iter().all(|order| names.contains(&order.column));
                if derived.columns.len() != before || !of_result {
                    return Err(Refusal::at("with `DISTINCT`, rows are ordered by columns of the result", tail.at));
                }
                let plan = self.derived(made.plan, derived.columns, at)?;
                let chosen = self.chosen(plan, &names, at)?;
                let mut plan = self.apply(chosen.plan, Operator::Distinct(Distinct { on: None }), Vec::new(), at)?;
                if let Some((n, offset)) = limit {
                    let limit = Limit { n, offset, order_by, ..Limit::default() };
                    plan = self.apply(plan, Operator::Limit(limit), Vec::new(), tail.at)?;
                }
                Ok(Relation { plan, columns: chosen.columns })
            }
            Some(ast::Distinct::On(on)) => {
                let keys = on.iter().map(|expr| derived.column(self, &made, &rewrite(expr, &made)?));
                let keys = keys.collect::<Result<Vec<_>, _>>()?;
                let order_by = self.order(&made, &mut derived, order_by, tail)?;
                let at = on.first().map(place).unwrap_or(at);
                let mut plan = self.derived(made.plan, derived.columns, at)?;
                plan = self.first_of(plan, keys, &order_by, at)?;
                if let Some((n, offset)) = tail.limit {
                    let limit = Limit { n, offset, order_by, ..Limit::default() };
                    plan = self.apply(plan, Operator::Limit(limit), Vec::new(), tail.at)?;
                }
                self.chosen(plan, &names, at)
            }
        }
    }

    /// The first row of each key: in an order, or that of least id.
    fn first_of(&mut self, plan: Plan, keys: Vec<String>, order_by: &[OrderBy], at: Location) -> Result<Plan, Refusal> {
        let operator = match order_by.is_empty() {
            true => Operator::Distinct(Distinct { on: Some(keys) }),
            false => {
                let order_by = order_by.iter().filter(|order| !keys.contains(&order.column)).cloned();
                Operator::Limit(Limit::first(1, order_by).partition_by(keys.clone()))
            }
        };
        self.apply(plan, operator, Vec::new(), at)
    }

    fn order(
        &mut self,
        made: &Relation,
        derived: &mut Derived<'_>,
        order_by: &[Expr],
        tail: &Tail,
    ) -> Result<Vec<OrderBy>, Refusal> {
        let mut columns: Vec<OrderBy> = Vec::new();
        for (expr, order) in order_by.iter().zip(&tail.order_by) {
            let items = derived.items.iter().map(|item| super::names::Visible {
                table: None,
                name: item.name.clone(),
                column: item.name.clone(),
                bare: true,
            });
            let result = Relation { plan: made.plan.clone(), columns: items.collect() };
            let column = match ordinal(expr, &result)? {
                Some(column) => column,
                None => derived.column(self, made, &rewrite(expr, made)?)?,
            };
            if !columns.iter().any(|other| other.column == column) {
                columns.push(by(column, order));
            }
        }
        Ok(columns)
    }

    /// Keeps the columns of the result, in their order.
    fn chosen(&mut self, plan: Plan, names: &[String], at: Location) -> Result<Relation, Refusal> {
        let schema = self.schema(&plan)?;
        let plan = match schema.names().eq(names.iter().map(String::as_str)) {
            true => plan,
            false => self.apply(plan, Operator::Select(Columns(names.to_vec())), Vec::new(), at)?,
        };
        let schema = self.schema(&plan)?;
        Ok(Relation::new(plan, &schema, None))
    }
}
