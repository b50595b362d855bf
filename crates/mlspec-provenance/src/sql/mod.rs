//! SQL: expressions that compute a row's value from the row alone, and queries that become plans.
//!
//! `text` reads a text within limits; `check` says which columns an expression reads, and refuses what looks at other rows;
//! `translate` makes it an expression of polars, once the columns' types are known. Each function stands in a table of
//! `functions`, with its arguments and what it gives. `select` makes operators of queries.

mod cast;
mod check;
mod compare;
mod dialect;
mod expression;
mod functions;
mod like;
mod moment;
mod rows;
mod select;
#[cfg(test)]
mod tests;
mod text;
mod translate;

pub use expression::{Expression, check_expression};
pub(crate) use expression::{row_wise, shorten};
pub use functions::{Function, functions};
pub use select::query_tables;
pub(crate) use select::{Query, expand};
