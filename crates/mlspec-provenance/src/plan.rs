//! The plan: which tables are read and what is done to their rows.

use crate::engine::{self, Run, Scan};
use crate::inspect::Inspector;
use crate::operator::Relational;
use crate::ops::{
    Aggregate, Cast, Concat, Constant, Derive, Distinct, DropNulls, FillNulls, Filter, GroupBy, Join, Map, Rename,
    Select,
};
use crate::sql::Query;
use crate::tracked::{column_lineage, track};
use crate::{Inspection, Lost, Operator, Problem, ProvenanceError, Tracked};
use mlspec_record::{ColumnLineage, DataType, SourceColumn, TableSchema};
use mlspec_table::Table;
use mlspec_table::polars::prelude::DataFrame;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is to be computed, from which tables. Building one reads nothing; [`Plan::plan`] checks it against columns,
/// [`Plan::run`] computes.
#[derive(Clone)]
pub struct Plan {
    kind: Arc<Kind>,
    name: String,
    depth: usize,
}

pub(crate) enum Kind {
    Scan {
        table: String,
    },
    /// Becomes operators once columns are known.
    Query {
        query: Box<Query>,
        inputs: BTreeMap<String, Plan>,
        table: String,
    },
    Apply {
        operator: Arc<dyn Relational + Send + Sync>,
        inputs: Vec<Plan>,
        position: Option<u64>,
        table: String,
    },
}

/// What a plan gives, known before data is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The columns of the result.
    pub schema: TableSchema,
    /// Where each comes from.
    pub columns: Vec<ColumnLineage>,
    /// What decides which rows exist or how they are grouped.
    pub indirect: Vec<SourceColumn>,
    /// The scans, in the order of their names in lineage.
    pub scans: Vec<Scan>,
}

impl Plan {
    /// Reads a table by name.
    pub fn scan(table: impl Into<String>) -> Self {
        let table = table.into();
        Self { kind: Arc::new(Kind::Scan { table: table.clone() }), name: table, depth: 0 }
    }

    /// Names the table that follows; errors and reports of its operators use the name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    pub(crate) fn then(
        self,
        operator: Box<dyn Relational + Send + Sync>,
        others: Vec<Plan>,
        position: Option<u64>,
    ) -> Self {
        let name = self.name.clone();
        let mut inputs = vec![self];
        inputs.extend(others);
        let depth = 1 + inputs.iter().map(|input| input.depth).max().unwrap_or_default();
        let kind = Kind::Apply { operator: Arc::from(operator), inputs, position, table: name.clone() };
        Self { kind: Arc::new(kind), name, depth }
    }

    /// Keeps the rows for which the condition is true; where it is null, the row is dropped.
    ///
    /// # Errors
    /// When the text is no row-wise SQL expression.
    pub fn filter(self, condition: impl Into<String>) -> Result<Self, ProvenanceError> {
        self.apply(Operator::Filter(Filter(condition.into())), &BTreeMap::new())
    }

    /// Keeps these columns, in this order.
    #[must_use]
    pub fn select<S: Into<String>>(self, columns: impl IntoIterator<Item = S>) -> Self {
        self.then(Box::new(Select(strings(columns))), Vec::new(), None)
    }

    /// Gives columns other names: pairs of old and new name.
    #[must_use]
    pub fn rename<S: Into<String>, T: Into<String>>(self, names: impl IntoIterator<Item = (S, T)>) -> Self {
        let names = names.into_iter().map(|(old, new)| (old.into(), new.into())).collect();
        self.then(Box::new(Rename(names)), Vec::new(), None)
    }

    /// Adds or replaces columns: pairs of name and row-wise SQL expression, which all read the columns as they are before.
    ///
    /// # Errors
    /// When a text is no row-wise SQL expression.
    pub fn derive<S: Into<String>, T: Into<String>>(
        self,
        columns: impl IntoIterator<Item = (S, T)>,
    ) -> Result<Self, ProvenanceError> {
        let columns = columns.into_iter().map(|(name, sql)| (name.into(), sql.into())).collect();
        self.apply(Operator::Derive(Derive(columns)), &BTreeMap::new())
    }

    /// Changes the types of columns; a value that does not fit is an error.
    #[must_use]
    pub fn cast<S: Into<String>>(self, columns: impl IntoIterator<Item = (S, DataType)>) -> Self {
        let columns = columns.into_iter().map(|(name, to)| (name.into(), to)).collect();
        self.then(Box::new(Cast(columns)), Vec::new(), None)
    }

    /// Drops the rows that have a null in one of these columns.
    #[must_use]
    pub fn drop_nulls<S: Into<String>>(self, columns: impl IntoIterator<Item = S>) -> Self {
        self.then(Box::new(DropNulls(strings(columns))), Vec::new(), None)
    }

    /// Replaces nulls by constants.
    #[must_use]
    pub fn fill_nulls<S: Into<String>, C: Into<Constant>>(self, columns: impl IntoIterator<Item = (S, C)>) -> Self {
        let columns = columns.into_iter().map(|(name, constant)| (name.into(), constant.into())).collect();
        self.then(Box::new(FillNulls(columns)), Vec::new(), None)
    }

    /// Joins the rows of both tables that have equal keys; see [`Join::on`].
    ///
    /// # Errors
    /// When the keys make no sense.
    pub fn inner_join(self, right: &Plan, join: Join) -> Result<Self, ProvenanceError> {
        let tables = BTreeMap::from([(join.with.clone(), right.clone())]);
        self.apply(Operator::InnerJoin(join), &tables)
    }

    /// As [`Plan::inner_join`], and keeps the rows of this table that meet none.
    ///
    /// # Errors
    /// When the keys make no sense.
    pub fn left_join(self, right: &Plan, join: Join) -> Result<Self, ProvenanceError> {
        let tables = BTreeMap::from([(join.with.clone(), right.clone())]);
        self.apply(Operator::LeftJoin(join), &tables)
    }

    /// One row per key, with aggregates by name.
    ///
    /// # Errors
    /// When an aggregate lacks its column.
    pub fn group_by<S: Into<String>, T: Into<String>>(
        self,
        keys: impl IntoIterator<Item = S>,
        aggregates: impl IntoIterator<Item = (T, Aggregate)>,
    ) -> Result<Self, ProvenanceError> {
        let aggregates = aggregates.into_iter().map(|(name, aggregate)| (name.into(), aggregate)).collect();
        self.apply(Operator::GroupBy(GroupBy { keys: strings(keys), aggregates }), &BTreeMap::new())
    }

    /// Keeps, of the rows that are equal in these columns, that of the least id. No columns: in all.
    #[must_use]
    pub fn distinct<S: Into<String>>(self, on: impl IntoIterator<Item = S>) -> Self {
        let on = strings(on);
        self.then(Box::new(Distinct { on: if on.is_empty() { None } else { Some(on) } }), Vec::new(), None)
    }

    /// The rows of this table and of others, which must have the same columns; `union`: which may lack columns, and have nulls
    /// there.
    #[must_use]
    pub fn concat(self, others: &[Plan], union: bool) -> Self {
        let with = others.iter().map(|other| other.name.clone()).collect();
        self.then(Box::new(Concat { with, union }), others.to_vec(), None)
    }

    /// Adds or replaces columns by a Rust function.
    #[must_use]
    pub fn map(self, map: Map) -> Self {
        self.then(Box::new(map), Vec::new(), None)
    }

    /// Applies an operator that is given as data; `tables` holds the tables that its `with` may name.
    ///
    /// # Errors
    /// When an expression or parameter can never work, or `with` names no table.
    pub fn apply(self, operator: Operator, tables: &BTreeMap<String, Plan>) -> Result<Self, ProvenanceError> {
        Ok(self.apply_checked(operator, tables, None)?)
    }

    /// As [`Plan::apply`], for the operator at this position of a table's list; errors and reports name it.
    ///
    /// # Errors
    /// As [`Plan::apply`].
    pub fn apply_at(
        self,
        position: u64,
        operator: Operator,
        tables: &BTreeMap<String, Plan>,
    ) -> Result<Self, ProvenanceError> {
        let (name, table) = (operator.name().to_owned(), self.name.clone());
        let applied = self.apply_checked(operator, tables, Some(position));
        applied.map_err(|problem| ProvenanceError::Operator {
            position,
            operator: name,
            table,
            problem: Box::new(problem),
        })
    }

    fn apply_checked(
        self,
        operator: Operator,
        tables: &BTreeMap<String, Plan>,
        position: Option<u64>,
    ) -> Result<Self, Problem> {
        let operator = operator.into_relational();
        operator.check()?;
        let other = |name: &&str| {
            tables.get(*name).cloned().ok_or_else(|| Problem::UnknownTable {
                table: (*name).to_owned(),
                known: tables.keys().cloned().collect(),
            })
        };
        let others = operator.others().iter().map(other).collect::<Result<_, _>>()?;
        Ok(self.then(operator, others, position))
    }

    /// Checks the plan against the columns of its tables: missing columns, types, collisions, expressions.
    ///
    /// # Errors
    /// When a table is missing, or an operator cannot work on such columns.
    pub fn plan(&self, schemas: &BTreeMap<String, TableSchema>) -> Result<Planned, ProvenanceError> {
        let (bound, scans) = engine::bind(self, schemas)?;
        let (columns, indirect) = column_lineage(&bound.shape);
        Ok(Planned { schema: bound.shape.schema, columns, indirect, scans })
    }

    /// Computes the result with its lineage.
    ///
    /// # Errors
    /// As [`Plan::plan`]; and when values do not fit, such as a text that is cast to a number.
    pub fn run(&self, tables: &BTreeMap<String, Table>) -> Result<Tracked, ProvenanceError> {
        self.run_scans(&schemas(tables), &|scan| frame(tables, scan))
    }

    /// As [`Plan::run`], with the rows of every scan given apart: a self-join may read different rows on its two sides.
    ///
    /// # Errors
    /// As [`Plan::run`].
    pub fn run_scans(
        &self,
        schemas: &BTreeMap<String, TableSchema>,
        read: &dyn Fn(&Scan) -> Result<DataFrame, ProvenanceError>,
    ) -> Result<Tracked, ProvenanceError> {
        let (bound, scans) = engine::bind(self, schemas)?;
        let mut run = Run::default();
        let flight = engine::execute(&bound, &mut run, &|at| read(&scans[at]))?;
        track(&bound.shape, scans, run, flight)
    }

    /// As [`Plan::run`], and counts rows of groups: the reports say operator by operator how their shares change.
    ///
    /// # Errors
    /// As [`Plan::run`].
    pub fn run_inspecting(
        &self,
        tables: &BTreeMap<String, Table>,
        inspections: Vec<Inspection>,
    ) -> Result<Tracked, ProvenanceError> {
        let (bound, scans) = engine::bind(self, &schemas(tables))?;
        let inspector = Inspector { inspections, scans: scans.clone() };
        let mut run = Run { inspector, ..Run::default() };
        let flight = engine::execute(&bound, &mut run, &|at| frame(tables, &scans[at]))?;
        track(&bound.shape, scans, run, flight)
    }

    /// Lists the rows that operators dropped, by computing again.
    ///
    /// # Errors
    /// As [`Plan::run`].
    pub fn lost(&self, tables: &BTreeMap<String, Table>) -> Result<Vec<Lost>, ProvenanceError> {
        let (bound, scans) = engine::bind(self, &schemas(tables))?;
        let mut run = Run { list: Some(Vec::new()), ..Run::default() };
        engine::execute(&bound, &mut run, &|at| frame(tables, &scans[at]))?;
        Lost::finish(run, scans)
    }

    /// The tables it reads.
    pub fn tables(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.visit(&mut BTreeSet::new(), &mut |plan| {
            if let Kind::Scan { table } = &*plan.kind {
                found.insert(table.clone());
            }
        });
        found
    }

    /// A query over plans, by the names of its tables.
    pub(crate) fn of_query(query: Query, inputs: BTreeMap<String, Plan>, table: &str) -> Self {
        let depth = inputs.values().map(Plan::depth).max().unwrap_or_default();
        let kind = Kind::Query { query: Box::new(query), inputs, table: table.to_owned() };
        Self { kind: Arc::new(kind), name: table.to_owned(), depth }
    }

    /// An operator on plans that were made.
    pub(crate) fn made(
        operator: Arc<dyn Relational + Send + Sync>,
        inputs: Vec<Plan>,
        position: Option<u64>,
        table: &str,
    ) -> Self {
        let depth = 1 + inputs.iter().map(|input| input.depth).max().unwrap_or_default();
        let kind = Kind::Apply { operator, inputs, position, table: table.to_owned() };
        Self { kind: Arc::new(kind), name: table.to_owned(), depth }
    }

    /// The name of the table that it makes.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether a query is to be lowered first.
    pub(crate) fn has_query(&self) -> bool {
        let mut found = false;
        self.visit(&mut BTreeSet::new(), &mut |plan| found |= matches!(*plan.kind, Kind::Query { .. }));
        found
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.kind
    }

    /// How many operators stand one behind another.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// Tells plans apart that share parts.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.kind).addr()
    }

    /// Every part once, inputs first.
    fn visit(&self, seen: &mut BTreeSet<usize>, each: &mut dyn FnMut(&Plan)) {
        if !seen.insert(self.address()) {
            return;
        }
        match &*self.kind {
            Kind::Scan { .. } => {}
            Kind::Apply { inputs, .. } => inputs.iter().for_each(|input| input.visit(seen, each)),
            Kind::Query { inputs, .. } => inputs.values().for_each(|input| input.visit(seen, each)),
        }
        each(self);
    }

    /// How often tables are read when every part is computed for each of its uses.
    pub(crate) fn scans(&self) -> usize {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        self.visit(&mut BTreeSet::new(), &mut |plan| {
            let count = match &*plan.kind {
                Kind::Scan { .. } | Kind::Query { .. } => 1,
                Kind::Apply { inputs, .. } => inputs
                    .iter()
                    .filter_map(|input| counts.get(&input.address()))
                    .fold(0_usize, |sum, n| sum.saturating_add(*n)),
            };
            counts.insert(plan.address(), count);
        });
        counts.get(&self.address()).copied().unwrap_or_default()
    }

    /// The position of every operator, in the order of computation.
    pub(crate) fn positions(&self) -> BTreeMap<usize, u64> {
        let mut positions = BTreeMap::new();
        self.visit(&mut BTreeSet::new(), &mut |plan| {
            if matches!(*plan.kind, Kind::Apply { .. }) {
                positions.insert(plan.address(), positions.len() as u64);
            }
        });
        positions
    }
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &*self.kind {
            Kind::Scan { table } => write!(f, "{table}"),
            Kind::Query { inputs, .. } => f.debug_tuple("query").field(inputs).finish(),
            Kind::Apply { operator, inputs, .. } => f.debug_tuple(&operator.name()).field(inputs).finish(),
        }
    }
}

fn strings<S: Into<String>>(items: impl IntoIterator<Item = S>) -> Vec<String> {
    items.into_iter().map(Into::into).collect()
}

fn schemas(tables: &BTreeMap<String, Table>) -> BTreeMap<String, TableSchema> {
    tables.iter().map(|(name, table)| (name.clone(), table.schema().clone())).collect()
}

fn frame(tables: &BTreeMap<String, Table>, scan: &Scan) -> Result<DataFrame, ProvenanceError> {
    let unknown =
        || ProvenanceError::UnknownTable { table: scan.table.clone(), known: tables.keys().cloned().collect() };
    tables.get(&scan.table).map(|table| table.frame().clone()).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use crate::ProvenanceError;
    use crate::testing::*;

    #[test]
    fn plans_that_are_too_large_are_refused() {
        let deep = (0..1_000).fold(Plan::scan("t"), |plan, _| plan.select(["a"]));
        assert!(matches!(deep.run(&tables(&[("t", numbers())])), Err(ProvenanceError::Depth { found: 1_000, .. })));
        let wide = (0..60).fold(Plan::scan("t"), |plan, _| plan.clone().concat(&[plan], false));
        assert!(matches!(wide.run(&tables(&[("t", numbers())])), Err(ProvenanceError::Scans { .. })));
    }

    #[test]
    fn tables_that_are_not_there_are_named() {
        let error = Plan::scan("tt").run(&tables(&[("table", numbers())])).unwrap_err();
        assert_eq!(error.to_string(), "there is no table `tt`");
        assert_eq!(Plan::scan("t").concat(&[Plan::scan("u")], true).tables().len(), 2);
    }

    #[test]
    fn lost_rows_are_listed_with_their_sources() {
        let plan = Plan::scan("t").filter("b = 'x'").unwrap().drop_nulls(["a"]);
        let lost = plan.lost(&tables(&[("t", numbers())])).unwrap();
        let told: Vec<_> = lost.iter().map(|lost| (lost.position, lost.reason, lost.ids().unwrap())).collect();
        assert_eq!(told, [(0, "condition not true", vec![11, 12]), (1, "null", vec![13])]);
        let (scan, pairs) = &lost[0].sources().unwrap()[0];
        assert_eq!((scan.name.as_str(), sorted_pairs(pairs)), ("t", vec![(11, 11), (12, 12)]));
    }
}
