//! `SELECT` becomes operators. A query is read when a plan is built; it is lowered when the columns of its tables are known, each time
//! that a plan is bound to them, so that lineage, updates and reports are those of the same steps written by hand.

mod body;
mod expand;
mod from;
mod groups;
mod join;
mod names;
mod plan;
mod project;
mod query;
mod windows;

#[cfg(test)]
mod tests;

pub(crate) use expand::expand;

use super::text::{Refusal, apart, read_statement};
use crate::engine::output_schema;
use crate::operator::Relational;
use crate::{Operator, Plan, ProvenanceError};
use mlspec_record::TableSchema;
use names::Relation;
use sqlparser::ast::{self, Spanned as _, Statement, Visit, Visitor};
use sqlparser::tokenizer::Location;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// A query, read.
#[derive(Debug)]
pub(crate) struct Query {
    ast: ast::Query,
    /// The tables it reads, beside those it makes itself.
    tables: BTreeSet<String>,
}

impl Query {
    /// Reads a query.
    pub(crate) fn read(sql: &str) -> Result<Self, ProvenanceError> {
        let read = apart(|| match read_statement(sql)? {
            Statement::Query(query) => {
                let tables = tables(&query)?;
                Ok(Self { ast: *query, tables })
            }
            other => {
                let kind = other.to_string().split_whitespace().next().unwrap_or_default().to_uppercase();
                Err(Refusal::at(format!("`{kind}` is no query; only `SELECT` is possible"), other.span().start))
            }
        });
        read.map_err(refused)
    }

    pub(crate) fn tables(&self) -> &BTreeSet<String> {
        &self.tables
    }
}

/// The tables that a query reads: `FROM`, joins and subqueries name them. Names of its own tables (`WITH`) are none.
///
/// # Errors
/// When the text is no query.
pub fn query_tables(sql: &str) -> Result<BTreeSet<String>, ProvenanceError> {
    Query::read(sql).map(|query| query.tables)
}

pub(crate) fn refused(refusal: Refusal) -> ProvenanceError {
    let (line, column) = refusal.at.map_or((0, 0), |at| (at.line, at.column));
    ProvenanceError::Query { reason: refusal.reason, line, column }
}

/// Names behind `FROM`, in the scope of `WITH`.
fn tables(query: &ast::Query) -> Result<BTreeSet<String>, Refusal> {
    struct Finder {
        scopes: Vec<BTreeSet<String>>,
        found: BTreeSet<String>,
    }
    impl Visitor for Finder {
        type Break = Refusal;
        fn pre_visit_query(&mut self, query: &ast::Query) -> ControlFlow<Refusal> {
            let own =
                query.with.iter().flat_map(|with| &with.cte_tables).map(|cte| cte.alias.name.value.to_lowercase());
            self.scopes.push(own.collect());
            ControlFlow::Continue(())
        }
        fn post_visit_query(&mut self, _: &ast::Query) -> ControlFlow<Refusal> {
            self.scopes.pop();
            ControlFlow::Continue(())
        }
        fn pre_visit_table_factor(&mut self, factor: &ast::TableFactor) -> ControlFlow<Refusal> {
            let ast::TableFactor::Table { name, args, .. } = factor else { return ControlFlow::Continue(()) };
            if args.is_some() {
                return ControlFlow::Break(from::function(name));
            }
            match from::table_name(name) {
                Ok(name) => {
                    if !self.scopes.iter().any(|scope| scope.contains(&name.to_lowercase())) {
                        self.found.insert(name.to_owned());
                    }
                    ControlFlow::Continue(())
                }
                Err(refusal) => ControlFlow::Break(refusal),
            }
        }
    }
    let mut finder = Finder { scopes: Vec::new(), found: BTreeSet::new() };
    match query.visit(&mut finder) {
        ControlFlow::Continue(()) => Ok(finder.found),
        ControlFlow::Break(refusal) => Err(refusal),
    }
}

/// Lowers one query.
struct Lower<'a> {
    /// The tables that it reads, with their columns.
    inputs: &'a BTreeMap<String, (Plan, TableSchema)>,
    /// Tables of `WITH`, innermost last.
    own: Vec<(String, Relation)>,
    /// What errors and reports call the result.
    name: &'a str,
    /// How many operators there are.
    position: u64,
    /// The columns of plans that were made.
    schemas: BTreeMap<usize, (Plan, TableSchema)>,
}

impl<'a> Lower<'a> {
    fn new(inputs: &'a BTreeMap<String, (Plan, TableSchema)>, name: &'a str) -> Self {
        let schemas = inputs.values().map(|(plan, schema)| (plan.address(), (plan.clone(), schema.clone()))).collect();
        Self { inputs, own: Vec::new(), name, position: 0, schemas }
    }

    fn schema(&self, plan: &Plan) -> Result<TableSchema, Refusal> {
        self.schemas
            .get(&plan.address())
            .map(|(_, schema)| schema.clone())
            .ok_or_else(|| Refusal::new("its columns are unknown"))
    }

    /// Applies an operator, on columns that fit.
    fn apply(&mut self, plan: Plan, operator: Operator, others: Vec<Plan>, at: Location) -> Result<Plan, Refusal> {
        let operator: Box<dyn Relational + Send + Sync> = operator.into_relational();
        let inputs =
            std::iter::once(&plan).chain(&others).map(|input| self.schema(input)).collect::<Result<Vec<_>, _>>()?;
        let schema = operator.check().and_then(|()| output_schema(&*operator, &inputs));
        let schema = schema.map_err(|problem| Refusal::at(problem.to_string(), at))?;
        let made = plan.named(self.name).then(operator, others, Some(self.position));
        self.position += 1;
        self.schemas.insert(made.address(), (made.clone(), schema));
        Ok(made)
    }
}
