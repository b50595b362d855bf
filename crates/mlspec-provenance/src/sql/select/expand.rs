//! Queries of a plan are replaced by their operators, once columns are known.

use super::{Lower, Query, refused};
use crate::engine::bind;
use crate::plan::Kind;
use crate::sql::text::apart;
use crate::{Plan, ProvenanceError};
use mlspec_record::TableSchema;
use std::collections::BTreeMap;

/// The plan without queries. What stands twice in it still does.
pub(crate) fn expand(plan: &Plan, schemas: &BTreeMap<String, TableSchema>) -> Result<Plan, ProvenanceError> {
    match plan.has_query() {
        true => Expand { schemas, made: BTreeMap::new() }.plan(plan),
        false => Ok(plan.clone()),
    }
}

struct Expand<'a> {
    schemas: &'a BTreeMap<String, TableSchema>,
    made: BTreeMap<usize, Plan>,
}

impl Expand<'_> {
    fn plan(&mut self, plan: &Plan) -> Result<Plan, ProvenanceError> {
        if let Some(made) = self.made.get(&plan.address()) {
            return Ok(made.clone().named(plan.name()));
        }
        let made = match plan.kind() {
            Kind::Scan { .. } => plan.clone(),
            Kind::Apply { operator, inputs, position, table } => {
                let inputs = inputs.iter().map(|input| self.plan(input)).collect::<Result<_, _>>()?;
                Plan::made(operator.clone(), inputs, *position, table)
            }
            Kind::Query { query, inputs, table } => self.query(query, inputs, table)?,
        };
        self.made.insert(plan.address(), made.clone());
        Ok(made.named(plan.name()))
    }

    fn query(&mut self, query: &Query, inputs: &BTreeMap<String, Plan>, name: &str) -> Result<Plan, ProvenanceError> {
        let mut tables = BTreeMap::new();
        for (table, plan) in inputs {
            let plan = self.plan(plan)?;
            let schema = match plan.kind() {
                Kind::Scan { table } => {
                    self.schemas.get(table).cloned().ok_or_else(|| ProvenanceError::UnknownTable {
                        table: table.clone(),
                        known: self.schemas.keys().cloned().collect(),
                    })?
                }
                _ => bind(&plan, self.schemas)?.0.shape.schema,
            };
            tables.insert(table.clone(), (plan, schema));
        }
        apart(|| Lower::new(&tables, name).query(&query.ast).map(|relation| relation.plan)).map_err(refused)
    }
}
