//! Plans in Rust, one method an operator that has parameters of its own.

use crate::ops::{
    AsofJoin, CrossJoin, DropOutliers, Explode, Join, Limit, Pivot, Sample, Unpivot, Window, WindowColumn,
};
use crate::{Operator, OrderBy, Plan, ProvenanceError};
use std::collections::BTreeMap;

impl Plan {
    fn applied(self, operator: Operator) -> Result<Self, ProvenanceError> {
        self.apply(operator, &BTreeMap::new())
    }

    fn joined(self, right: &Plan, with: &str, operator: Operator) -> Result<Self, ProvenanceError> {
        self.apply(operator, &BTreeMap::from([(with.to_owned(), right.clone())]))
    }

    /// As [`Plan::inner_join`], and keeps the rows of the right table that meet none.
    ///
    /// # Errors
    /// When the keys make no sense.
    pub fn right_join(self, right: &Plan, join: Join) -> Result<Self, ProvenanceError> {
        self.joined(right, &join.with.clone(), Operator::RightJoin(join))
    }

    /// As [`Plan::inner_join`], and keeps the rows of both tables that meet none.
    ///
    /// # Errors
    /// When the keys make no sense.
    pub fn full_join(self, right: &Plan, join: Join) -> Result<Self, ProvenanceError> {
        self.joined(right, &join.with.clone(), Operator::FullJoin(join))
    }

    /// Keeps the rows for which the other table has equal keys.
    ///
    /// # Errors
    /// When the keys make no sense.
    pub fn semi_join(self, right: &Plan, join: Join) -> Result<Self, ProvenanceError> {
        self.joined(right, &join.with.clone(), Operator::SemiJoin(join))
    }

    /// Keeps the rows for which the other table has no equal keys.
    ///
    /// # Errors
    /// When the keys make no sense.
    pub fn anti_join(self, right: &Plan, join: Join) -> Result<Self, ProvenanceError> {
        self.joined(right, &join.with.clone(), Operator::AntiJoin(join))
    }

    /// Joins every row with every row of the other table.
    #[must_use]
    pub fn cross_join(self, right: &Plan, join: CrossJoin) -> Self {
        self.then(Box::new(join), vec![right.clone()], None)
    }

    /// Joins every row with the nearest row of the other table.
    ///
    /// # Errors
    /// When the columns make no sense.
    pub fn asof_join(self, right: &Plan, join: AsofJoin) -> Result<Self, ProvenanceError> {
        self.joined(right, &join.with.clone(), Operator::AsofJoin(join))
    }

    /// Keeps the first rows in an order.
    #[must_use]
    pub fn limit(self, limit: Limit) -> Self {
        self.then(Box::new(limit), Vec::new(), None)
    }

    /// Keeps a share or a number of the rows, by the hash of their ids.
    ///
    /// # Errors
    /// When the share is none.
    pub fn sample(self, sample: Sample) -> Result<Self, ProvenanceError> {
        self.applied(Operator::Sample(sample))
    }

    /// Drops the rows that have a value outside of bounds that are fitted to its column.
    ///
    /// # Errors
    /// When the rule makes no sense.
    pub fn drop_outliers(self, outliers: DropOutliers) -> Result<Self, ProvenanceError> {
        self.applied(Operator::DropOutliers(outliers))
    }

    /// A row for every item of a list, or of a text that holds several.
    ///
    /// # Errors
    /// When no column is named, or the separator is empty.
    pub fn explode(self, explode: Explode) -> Result<Self, ProvenanceError> {
        self.applied(Operator::Explode(explode))
    }

    /// One row per key, with a column per declared value of another column.
    ///
    /// # Errors
    /// When no value is declared, or the aggregate lacks its column.
    pub fn pivot(self, pivot: Pivot) -> Result<Self, ProvenanceError> {
        self.applied(Operator::Pivot(pivot))
    }

    /// A row for each of some columns, with its name and its value.
    ///
    /// # Errors
    /// When no column is named, or new names are equal.
    pub fn unpivot(self, unpivot: Unpivot) -> Result<Self, ProvenanceError> {
        self.applied(Operator::Unpivot(unpivot))
    }

    /// Adds or replaces columns that are computed from the rows around each row, of its part of equal values, in an order.
    ///
    /// # Errors
    /// When a function lacks what it needs.
    pub fn window<S: Into<String>, T: Into<String>>(
        self,
        partition_by: impl IntoIterator<Item = S>,
        order_by: impl IntoIterator<Item = OrderBy>,
        columns: impl IntoIterator<Item = (T, WindowColumn)>,
    ) -> Result<Self, ProvenanceError> {
        self.applied(Operator::Window(Window {
            partition_by: partition_by.into_iter().map(Into::into).collect(),
            order_by: order_by.into_iter().collect(),
            columns: columns.into_iter().map(|(name, column)| (name.into(), column)).collect(),
        }))
    }
}
