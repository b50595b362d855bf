//! `window`: columns computed from the rows around each row.

mod compute;
mod frame;
mod lineage;
mod slide;
#[cfg(test)]
mod tests;

pub use frame::{Frame, FrameUnit};

use super::fill_nulls::Constant;
use super::groups::{Groups, check_parts};
use super::order::{Order, OrderBy, check_order};
use super::{is_list, names, one};
use crate::engine::Run;
use crate::flight::bug;
use crate::operator::{Affected, Relational, Way};
use crate::shape::{Shape, check_name};
use crate::{Flight, Problem};
use mlspec_record::{DataType as Type, Dependency};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Adds or replaces columns that are computed from the rows around each row: of its part of the table, in an order that row ids make
/// complete. A name that exists is replaced in its place; new ones follow, sorted. All functions read the columns as they were
/// before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Columns that cut the table into parts of equal values; without them it is one part. Null is a value like others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partition_by: Vec<String>,
    /// The order of the rows; rows that are equal in it are in the order of their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order_by: Vec<OrderBy>,
    /// What is computed, by the name of the column that it makes.
    pub columns: BTreeMap<String, WindowColumn>,
}

/// What is computed for each row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowColumn {
    /// The function.
    pub function: WindowFunction,
    /// The column that it reads. `row_number`, `rank`, `dense_rank`, `percent_rank`, `cume_dist` and `ntile` read none, `count` may
    /// do without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// For `lag` and `lead`: how many rows away, 1 without it. For `ntile`: how many buckets. For `nth_value`: which row of the
    /// frame, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub n: Option<u64>,
    /// For `lag` and `lead`: the value where there is no such row; null without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Constant>,
    /// Which rows of the part are looked at; without it all. Not for the functions of a row's place, nor `lag` and `lead`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<Frame>,
}

/// What is computed of the rows around a row. Aggregates leave out nulls; the others do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WindowFunction {
    /// The row's place in its part, from 1.
    RowNumber,
    /// As `row_number`, but rows that are equal in the order share the least place of theirs.
    Rank,
    /// As `rank`, without gaps.
    DenseRank,
    /// The share of the other rows that come before: (`rank` − 1) / (rows − 1); 0 for a single row.
    PercentRank,
    /// The share of the rows that come before or are equal in the order.
    CumeDist,
    /// The row's bucket of `n`, from 1: buckets are as equal as can be, the first ones larger by a row.
    Ntile,
    /// The value of the row `n` places before.
    Lag,
    /// The value of the row `n` places after.
    Lead,
    /// The value of the frame's first row.
    FirstValue,
    /// The value of the frame's last row.
    LastValue,
    /// The value of the frame's row number `n`; null where it has fewer.
    NthValue,
    /// How many rows; with a column: how many values.
    Count,
    /// The sum: of integers, which must not leave 64 bits; of floats, rounded once from the exact sum. Of no values: 0.
    Sum,
    /// The mean.
    Mean,
    /// The variance, with one less than the number of values in the denominator.
    Var,
    /// The standard deviation: the root of `var`.
    Std,
    /// The least value; NaN only if there is nothing else.
    Min,
    /// The greatest value; NaN only if there is nothing else.
    Max,
}

/// What a function needs to be told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    /// The row's place alone.
    Place,
    /// A row at a distance.
    Distance,
    /// Rows of a frame.
    Frame,
}

impl WindowFunction {
    fn name(self) -> &'static str {
        match self {
            Self::RowNumber => "row_number",
            Self::Rank => "rank",
            Self::DenseRank => "dense_rank",
            Self::PercentRank => "percent_rank",
            Self::CumeDist => "cume_dist",
            Self::Ntile => "ntile",
            Self::Lag => "lag",
            Self::Lead => "lead",
            Self::FirstValue => "first_value",
            Self::LastValue => "last_value",
            Self::NthValue => "nth_value",
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Var => "var",
            Self::Std => "std",
            Self::Min => "min",
            Self::Max => "max",
        }
    }

    fn family(self) -> Family {
        match self {
            Self::RowNumber | Self::Rank | Self::DenseRank | Self::PercentRank | Self::CumeDist | Self::Ntile => {
                Family::Place
            }
            Self::Lag | Self::Lead => Family::Distance,
            _ => Family::Frame,
        }
    }

    fn takes(self, found: Type) -> bool {
        match self {
            Self::Sum | Self::Mean | Self::Var | Self::Std => found.is_numeric(),
            Self::Min | Self::Max => !is_list(found),
            _ => true,
        }
    }
}

impl WindowColumn {
    /// A function that reads no column, such as `row_number`.
    pub fn of_place(function: WindowFunction) -> Self {
        Self { function, column: None, n: None, default: None, frame: None }
    }

    /// A function of a column, over the whole part.
    pub fn of(function: WindowFunction, column: impl Into<String>) -> Self {
        Self { column: Some(column.into()), ..Self::of_place(function) }
    }

    /// Sets the number that the function is told.
    #[must_use]
    pub fn n(self, n: u64) -> Self {
        Self { n: Some(n), ..self }
    }

    /// Sets the frame.
    #[must_use]
    pub fn over(self, frame: Frame) -> Self {
        Self { frame: Some(frame), ..self }
    }

    fn check(&self) -> Result<(), Problem> {
        let name = self.function.name();
        let refuse = |what: String| Err(Problem::Parameter(what));
        let family = self.function.family();
        match (&self.column, family) {
            (Some(_), Family::Place) => return refuse(format!("`{name}` reads no column")),
            (None, Family::Distance | Family::Frame) if self.function != WindowFunction::Count => {
                return refuse(format!("`{name}` needs a column"));
            }
            _ => {}
        }
        let counted = matches!(self.function, WindowFunction::Ntile | WindowFunction::NthValue);
        match self.n {
            None if counted => return refuse(format!("`{name}` needs `n`")),
            Some(0) if counted => return refuse(format!("`n` of `{name}` must be 1 or more")),
            Some(_) if !counted && family != Family::Distance => return refuse(format!("`{name}` takes no `n`")),
            Some(n) if i64::try_from(n).is_err() => return refuse(format!("`n` of `{name}` is too large")),
            _ => {}
        }
        match (&self.default, &self.frame, family) {
            (Some(_), _, Family::Place | Family::Frame) => refuse(format!("`{name}` takes no `default`")),
            (_, Some(_), Family::Place | Family::Distance) => refuse(format!("`{name}` takes no `frame`")),
            (_, Some(frame), _) => frame.check(),
            _ => Ok(()),
        }
    }
}

impl Window {
    fn reads(&self) -> impl Iterator<Item = &str> {
        let order = self.order_by.iter().map(|order| order.column.as_str());
        self.partition_by.iter().map(String::as_str).chain(order)
    }
}

impl Relational for Window {
    fn name(&self) -> String {
        "window".to_owned()
    }

    fn check(&self) -> Result<(), Problem> {
        if self.columns.is_empty() {
            return Err(Problem::Parameter("`columns` computes nothing".to_owned()));
        }
        self.columns.keys().try_for_each(|name| check_name(name))?;
        self.columns.values().try_for_each(WindowColumn::check)
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        Relational::check(self)?;
        check_parts(&shape, &self.partition_by)?;
        shape.note(self.partition_by.iter().map(String::as_str), Dependency::Window);
        check_order(&mut shape, &self.order_by)?;
        let mut made = BTreeMap::new();
        for (name, column) in &self.columns {
            shape.require(column.column.as_deref())?;
            let read = column.column.as_ref().and_then(|read| Some((read, shape.schema.get(read)?)));
            if let Some((read, found)) = read.filter(|(_, found)| !column.function.takes(*found)) {
                let function = column.function.name();
                return Err(Problem::Type(format!("`{function}` cannot take the column `{read}` of type `{found}`")));
            }
            made.insert(name.clone(), shape.through(column.column.as_deref(), Dependency::Aggregation));
        }
        shape.sources.extend(made);
        Ok(shape)
    }

    fn needs(&self, wanted: &BTreeSet<String>, inputs: &[Shape]) -> Vec<BTreeSet<String>> {
        let columns = inputs.iter().flat_map(names);
        let kept = columns.filter(|column| wanted.contains(*column) && !self.columns.contains_key(*column));
        let made = self.columns.iter().filter(|(name, _)| wanted.contains(*name));
        let read = made.filter_map(|(_, column)| column.column.as_deref());
        vec![kept.chain(self.reads()).chain(read).map(str::to_owned).collect()]
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::part(&self.partition_by)
    }

    fn ways(&self, columns: &[String], _: &[Shape]) -> Vec<Way> {
        let keys: Vec<_> = self.partition_by.iter().filter(|key| !self.columns.contains_key(*key)).cloned().collect();
        vec![Way::parts(columns, &keys)]
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let flight = one(inputs)?;
        let parts = Groups::new(&flight, &self.partition_by, "window")?;
        let order = Order::new(&flight, &self.order_by)?;
        let sorted = parts.each(|rows| {
            let mut rows = rows.to_vec();
            order.sort(&mut rows);
            rows
        });
        let mut made = Vec::new();
        for (name, column) in self.columns.iter().filter(|(name, _)| run.wanted.contains(*name)) {
            let values = compute::column(column, &flight.frame, &sorted, &order)?;
            made.push(values.with_name(name.as_str().into()));
        }
        let mut flight = match lineage::reach(self.columns.values()) {
            Some(reach) => lineage::of_frames(run, &flight, &sorted, reach)?,
            None => lineage::of_parts(run, &flight, &parts)?,
        };
        for column in made {
            flight.frame.with_column(column).map_err(bug)?;
        }
        Ok(flight)
    }
}
