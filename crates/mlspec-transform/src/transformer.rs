//! Settings, checked and made into a plan.

use crate::{TableSteps, TransformError, TransformParams};
use mlspec_provenance::{Inspection, Lost, Plan, Planned, Tracked, closest, query_tables};
use mlspec_record::{Name, TableSchema};
use mlspec_table::Table;
use std::collections::{BTreeMap, BTreeSet};

/// The name of the output, in reports and as port.
pub(crate) const ROWS: &str = "rows";

/// Transforms tables into a table.
#[derive(Clone, Debug)]
pub struct Transformer {
    params: TransformParams,
    plan: Plan,
    inputs: Vec<Name>,
}

impl Transformer {
    pub(crate) fn new(params: TransformParams) -> Result<Self, TransformError> {
        let mut maker = Maker { params: &params, made: BTreeMap::new(), open: Vec::new(), inputs: BTreeSet::new() };
        let output = TableSteps { from: params.from.clone(), sql: params.sql.clone(), steps: params.steps.clone() };
        let plan = maker.steps(ROWS, &output)?;
        let (made, inputs) = (maker.made, maker.inputs);
        if let Some(table) = params.tables.keys().find(|table| !made.contains_key(*table)) {
            let meant = closest(table, inputs.iter().map(String::as_str)).map(str::to_owned);
            return Err(TransformError::Unused { table: table.clone(), meant });
        }
        let name =
            |name: &String| Name::new(name).map_err(|reason| TransformError::Port { name: name.clone(), reason });
        let inputs: Vec<Name> = inputs.iter().map(name).collect::<Result<_, _>>()?;
        let mut sorted: Vec<_> = inputs.iter().collect();
        sorted.sort_by_key(|name| name.as_str().to_ascii_lowercase());
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0].clashes_with(pair[1])) {
            return Err(TransformError::Clash(pair[0].to_string(), pair[1].to_string()));
        }
        Ok(Self { params, plan, inputs })
    }

    /// The settings.
    pub fn params(&self) -> &TransformParams {
        &self.params
    }

    /// The tables that it reads, sorted.
    pub fn inputs(&self) -> &[Name] {
        &self.inputs
    }

    /// The plan that the settings make.
    pub fn as_plan(&self) -> &Plan {
        &self.plan
    }

    /// The columns of the output, and where they come from.
    ///
    /// # Errors
    /// When the steps cannot work on such tables.
    pub fn plan(&self, schemas: &BTreeMap<String, TableSchema>) -> Result<Planned, TransformError> {
        Ok(self.plan.plan(schemas)?)
    }

    /// Transforms tables.
    ///
    /// # Errors
    /// When the steps cannot work on such tables, or fail on their values.
    pub fn transform(&self, tables: &BTreeMap<String, Table>) -> Result<Tracked, TransformError> {
        Ok(self.plan.run(tables)?)
    }

    /// As [`Transformer::transform`], and counts rows of groups, operator by operator.
    ///
    /// # Errors
    /// As [`Transformer::transform`].
    pub fn transform_inspecting(
        &self,
        tables: &BTreeMap<String, Table>,
        inspections: Vec<Inspection>,
    ) -> Result<Tracked, TransformError> {
        Ok(self.plan.run_inspecting(tables, inspections)?)
    }

    /// Lists the rows that steps dropped, by table, step and reason, with the input rows they come from. Computes again.
    ///
    /// # Errors
    /// As [`Transformer::transform`].
    pub fn lost(&self, tables: &BTreeMap<String, Table>) -> Result<Vec<Lost>, TransformError> {
        Ok(self.plan.lost(tables)?)
    }
}

/// Makes plans of tables, each once.
struct Maker<'a> {
    params: &'a TransformParams,
    made: BTreeMap<String, Plan>,
    open: Vec<String>,
    inputs: BTreeSet<String>,
}

impl Maker<'_> {
    fn table(&mut self, name: &str) -> Result<Plan, TransformError> {
        if let Some(plan) = self.made.get(name) {
            return Ok(plan.clone());
        }
        if let Some(at) = self.open.iter().position(|open| open == name) {
            let cycle = self.open[at..].iter().cloned().chain([name.to_owned()]).collect();
            return Err(TransformError::Cycle(cycle));
        }
        let Some(steps) = self.params.tables.get(name) else {
            self.inputs.insert(name.to_owned());
            return Ok(Plan::scan(name));
        };
        self.open.push(name.to_owned());
        let plan = self.steps(name, steps)?;
        self.open.pop();
        self.made.insert(name.to_owned(), plan.clone());
        Ok(plan)
    }

    fn steps(&mut self, name: &str, steps: &TableSteps) -> Result<Plan, TransformError> {
        let mut plan = match (&steps.from, &steps.sql) {
            (Some(from), None) => self.table(from)?.named(name),
            (None, Some(sql)) => {
                let mut tables = BTreeMap::new();
                for table in query_tables(sql)? {
                    let plan = self.table(&table)?;
                    tables.insert(table, plan);
                }
                // Positions of steps count from 0 again.
                let of_query = if steps.steps.is_empty() { name.to_owned() } else { format!("{name}.sql") };
                Plan::sql_named(&of_query, sql, &tables)?.named(name)
            }
            _ => return Err(TransformError::Begin(name.to_owned())),
        };
        for (position, operator) in steps.steps.iter().enumerate() {
            let mut others = BTreeMap::new();
            for other in operator.others() {
                let table = self.table(&other)?;
                others.insert(other, table);
            }
            plan = plan.apply_at(position as u64, operator.clone(), &others)?;
        }
        Ok(plan)
    }
}
