//! A `SELECT` as a plan.

use super::Query;
use crate::{Plan, ProvenanceError};
use std::collections::BTreeMap;

impl Plan {
    /// A `SELECT` over tables, by their names. It becomes the operators that the same steps would be; `spec/sql.md` says what may
    /// stand in it.
    ///
    /// ```
    /// use mlspec_provenance::Plan;
    /// use mlspec_table::{Table, polars::prelude::*};
    /// use std::collections::BTreeMap;
    ///
    /// let orders = df!("person" => [1, 1, 2], "amount" => [5.0, 2.5, 1.0])?;
    /// let tables = BTreeMap::from([("orders".to_owned(), Table::number(orders, 0)?)]);
    /// let plans = BTreeMap::from([("orders".to_owned(), Plan::scan("orders"))]);
    /// let plan = Plan::sql("SELECT person, sum(amount) AS total FROM orders GROUP BY person", &plans)?;
    /// let tracked = plan.run(&tables)?;
    /// assert_eq!(tracked.table()?.len(), 2);
    /// assert_eq!(tracked.pairs("orders")?.height(), 3); // each order is behind a total
    /// let refused = Plan::sql("SELECT * FROM read_csv('x')", &plans).unwrap_err();
    /// assert!(refused.to_string().contains("rows come from tables"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the text is no query, or names a table that is not there.
    pub fn sql(text: &str, tables: &BTreeMap<String, Plan>) -> Result<Self, ProvenanceError> {
        Self::sql_named("query", text, tables)
    }

    /// As [`Plan::sql`]; errors and reports of its operators use the name.
    ///
    /// # Errors
    /// As [`Plan::sql`].
    pub fn sql_named(name: &str, text: &str, tables: &BTreeMap<String, Plan>) -> Result<Self, ProvenanceError> {
        let query = Query::read(text)?;
        let input = |name: &String| {
            let unknown =
                || ProvenanceError::UnknownTable { table: name.clone(), known: tables.keys().cloned().collect() };
            Ok((name.clone(), tables.get(name).cloned().ok_or_else(unknown)?))
        };
        let inputs: BTreeMap<_, _> = query.tables().iter().map(input).collect::<Result<_, ProvenanceError>>()?;
        Ok(Self::of_query(query, inputs, name))
    }
}
