//! The operators as data, and what the engine asks of each.

use crate::ops::{
    AsofJoin, ByPartner, Cast, Concat, CrossJoin, Derive, Distinct, DropNulls, DropOutliers, Explode, FillNulls,
    Filter, FullJoin, GroupBy, InnerJoin, Join, LeftJoin, Limit, Pivot, Rename, RightJoin, Sample, Select, Unpivot,
    Window,
};
use crate::{Flight, Problem, engine::Run, shape::Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One operator, named by its key: `{filter: "age >= 18"}`.
///
/// | operator | row ids | lineage of a row |
/// | --- | --- | --- |
/// | `filter`, `select`, `rename`, `derive`, `cast`, `drop_nulls`, `fill_nulls`, `sample`, `drop_outliers`, `anti_join` | kept | the row |
/// | `limit` | kept | the row, and the rows that `offset` skips |
/// | `semi_join` | kept | the row, and all rows that it meets |
/// | `window` | kept | the rows around it, or of its part |
/// | `inner_join`, `left_join`, `right_join`, `full_join`, `cross_join`, `asof_join` | hash of both ids | the two rows that met |
/// | `group_by`, `distinct`, `pivot` | hash of the key | all rows of the group |
/// | `concat` | hash of the table's position and the id | the row |
/// | `explode` | hash of the id and the item's position | the row |
/// | `unpivot` | hash of the id and the column's name | the row |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operator {
    /// Keeps the rows for which an SQL condition is true.
    Filter(Filter),
    /// Keeps these columns, in this order.
    Select(Select),
    /// Gives columns other names: old name to new name.
    Rename(Rename),
    /// Adds or replaces columns: name to SQL expression. All expressions read the columns as they were before; new columns
    /// follow the others, sorted by name.
    Derive(Derive),
    /// Changes types: column to type. A value that does not fit is an error.
    Cast(Cast),
    /// Drops the rows that have a null in one of these columns.
    DropNulls(DropNulls),
    /// Drops the rows that have a value outside of bounds that are fitted to its column.
    DropOutliers(DropOutliers),
    /// Replaces nulls: column to constant.
    FillNulls(FillNulls),
    /// Keeps the first rows in an order.
    Limit(Limit),
    /// Keeps a share or a number of the rows, by the hash of their ids.
    Sample(Sample),
    /// Joins the rows of both tables that have equal keys; null equals nothing.
    InnerJoin(Join),
    /// As `inner_join`, and keeps rows of the left table that meet none.
    LeftJoin(Join),
    /// As `inner_join`, and keeps rows of the right table that meet none.
    RightJoin(Join),
    /// As `inner_join`, and keeps rows of both tables that meet none.
    FullJoin(Join),
    /// Keeps the rows for which the other table has equal keys.
    SemiJoin(Join),
    /// Keeps the rows for which the other table has no equal keys.
    AntiJoin(Join),
    /// Joins every row with every row of the other table.
    CrossJoin(CrossJoin),
    /// Joins every row with the nearest row of the other table, such as the last one before it.
    AsofJoin(AsofJoin),
    /// One row per key, with aggregates. Null is a key like others.
    GroupBy(GroupBy),
    /// One row per key, with a column per declared value of another column.
    Pivot(Pivot),
    /// A row for each of some columns, with its name and its value.
    Unpivot(Unpivot),
    /// A row for every item of a list, or of a text that holds several.
    Explode(Explode),
    /// Adds or replaces columns that are computed from the rows around each row.
    Window(Window),
    /// Keeps one row of those that are equal: that of the least id.
    Distinct(Distinct),
    /// The rows of this table and of others.
    Concat(Concat),
}

/// What the engine asks of an operator.
pub(crate) trait Relational {
    /// Its name in documents.
    fn name(&self) -> String;

    /// The names of the tables that it reads besides the one it is applied to (`with`).
    fn others(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Checks what can be checked without columns: expressions, parameters that exclude each other.
    fn check(&self) -> Result<(), Problem> {
        Ok(())
    }

    /// Checks its parameters against the inputs' columns; says where its columns come from. Types are left to running it on
    /// no rows: the schema of the result is not looked at.
    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem>;

    /// Which columns of each input it needs to make these columns of its result.
    fn needs(&self, wanted: &BTreeSet<String>, inputs: &[Shape]) -> Vec<BTreeSet<String>>;

    /// Computes.
    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem>;

    /// Why input rows are missing in the result, if that can be.
    fn reason(&self) -> Option<&'static str> {
        None
    }

    /// Which rows of its result can change with rows of its inputs: all that an update must know of an operator.
    fn affected(&self, inputs: &[Shape]) -> Affected;

    /// Where to look for the rows of its result that have given values in these columns; one way per input. An update
    /// is faster for it.
    fn ways(&self, _columns: &[String], inputs: &[Shape]) -> Vec<Way> {
        inputs.iter().map(|_| Way::Whole).collect()
    }
}

/// Which rows of a result can change with rows of the inputs.
pub(crate) enum Affected {
    /// Those that come from the changed rows; and each comes from one row alone.
    EachRow,
    /// Those that come from rows with the keys of the changed rows.
    Keys {
        /// Per input, its key columns.
        columns: Vec<Vec<String>>,
        /// Whether null is a key like others; else it equals nothing.
        nulls: bool,
    },
    /// Those that come from a changed row of one input and any rows of the others.
    Pairs,
    /// All.
    All,
}

impl Affected {
    /// Those of a part of the one input: the rows with equal keys, null being a key like others; all where there are no keys.
    pub(crate) fn part(keys: &[String]) -> Self {
        match keys {
            [] => Self::All,
            keys => Self::Keys { columns: vec![keys.to_vec()], nulls: true },
        }
    }
}

/// Which rows of an input are enough to find the rows of the result that have given values in some columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// All.
    Whole,
    /// Those that have the values of some of these columns, by position, in their own.
    Columns(Vec<(usize, String)>),
    /// Those whose keys rows of the other inputs have, once these are found.
    Partners,
}

impl Way {
    /// The columns that come unchanged from the input, each from the one that `from` names.
    pub(crate) fn through(columns: &[String], from: impl Fn(&str) -> Option<String>) -> Self {
        let found: Vec<_> = columns.iter().enumerate().filter_map(|(at, column)| Some((at, from(column)?))).collect();
        if found.is_empty() { Self::Whole } else { Self::Columns(found) }
    }

    /// Through the keys of parts of the input, none of which may be cut.
    pub(crate) fn parts(columns: &[String], keys: &[String]) -> Self {
        Self::through(columns, |column| keys.iter().find(|key| *key == column).cloned())
    }
}

impl Operator {
    /// The operator's name, as its key in documents.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Filter(_) => "filter",
            Self::Select(_) => "select",
            Self::Rename(_) => "rename",
            Self::Derive(_) => "derive",
            Self::Cast(_) => "cast",
            Self::DropNulls(_) => "drop_nulls",
            Self::DropOutliers(_) => "drop_outliers",
            Self::FillNulls(_) => "fill_nulls",
            Self::Limit(_) => "limit",
            Self::Sample(_) => "sample",
            Self::InnerJoin(_) => "inner_join",
            Self::LeftJoin(_) => "left_join",
            Self::RightJoin(_) => "right_join",
            Self::FullJoin(_) => "full_join",
            Self::SemiJoin(_) => "semi_join",
            Self::AntiJoin(_) => "anti_join",
            Self::CrossJoin(_) => "cross_join",
            Self::AsofJoin(_) => "asof_join",
            Self::GroupBy(_) => "group_by",
            Self::Pivot(_) => "pivot",
            Self::Unpivot(_) => "unpivot",
            Self::Explode(_) => "explode",
            Self::Window(_) => "window",
            Self::Distinct(_) => "distinct",
            Self::Concat(_) => "concat",
        }
    }

    /// The names of the tables that it reads besides the one it is applied to (`with`).
    pub fn others(&self) -> Vec<String> {
        self.clone().into_relational().others().into_iter().map(str::to_owned).collect()
    }

    /// Checks what can be checked without columns: expressions, parameters that exclude each other.
    ///
    /// # Errors
    /// When an expression or parameter can never work.
    pub fn check(&self) -> Result<(), Problem> {
        self.clone().into_relational().check()
    }

    pub(crate) fn into_relational(self) -> Box<dyn Relational + Send + Sync> {
        match self {
            Self::Filter(it) => Box::new(it),
            Self::Select(it) => Box::new(it),
            Self::Rename(it) => Box::new(it),
            Self::Derive(it) => Box::new(it),
            Self::Cast(it) => Box::new(it),
            Self::DropNulls(it) => Box::new(it),
            Self::DropOutliers(it) => Box::new(it),
            Self::FillNulls(it) => Box::new(it),
            Self::Limit(it) => Box::new(it),
            Self::Sample(it) => Box::new(it),
            Self::InnerJoin(it) => Box::new(InnerJoin(it)),
            Self::LeftJoin(it) => Box::new(LeftJoin(it)),
            Self::RightJoin(it) => Box::new(RightJoin(it)),
            Self::FullJoin(it) => Box::new(FullJoin(it)),
            Self::SemiJoin(it) => Box::new(ByPartner::<true>(it)),
            Self::AntiJoin(it) => Box::new(ByPartner::<false>(it)),
            Self::CrossJoin(it) => Box::new(it),
            Self::AsofJoin(it) => Box::new(it),
            Self::GroupBy(it) => Box::new(it),
            Self::Pivot(it) => Box::new(it),
            Self::Unpivot(it) => Box::new(it),
            Self::Explode(it) => Box::new(it),
            Self::Window(it) => Box::new(it),
            Self::Distinct(it) => Box::new(it),
            Self::Concat(it) => Box::new(it),
        }
    }
}
