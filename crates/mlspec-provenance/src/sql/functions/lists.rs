//! Lists. Elements are counted from 1.

use super::super::rows::{Kind, Made};
use super::{Call, Function, function};
use mlspec_table::polars::prelude::*;

fn list(call: &Call) -> ListNameSpace {
    call.x(0).list()
}

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "array_contains",
        &["list_contains"],
        "x: list, value: any",
        "boolean",
        "whether a list holds a value",
        |call| Ok(list(call).contains(call.x(1), false)),
    ),
    function(
        "array_get",
        &["list_extract", "element_at"],
        "x: list, at: integer",
        "the element's",
        "an element, as `x[at]`, or from the end if negative; null where there is none",
        |call| {
            let at = call.x(1).cast(DataType::Int64);
            let at = when(at.clone().gt(lit(0_i64)))
                .then(at.clone() - lit(1_i64))
                .otherwise(when(at.clone().lt(lit(0_i64))).then(at).otherwise(lit(NULL)));
            Ok(list(call).get(at, true))
        },
    ),
    function("array_length", &["list_length", "cardinality"], "x: list", "int64", "how many elements", |call| {
        Ok(list(call).len().cast(DataType::Int64))
    }),
    function("array_max", &["list_max"], "x: list", "the element's", "the greatest element; null of none", |call| {
        Ok(list(call).max())
    }),
    function(
        "array_mean",
        &["list_mean", "list_avg"],
        "x: list",
        "float64",
        "the mean of the elements; null of none",
        |call| Ok(list(call).mean()),
    ),
    function("array_min", &["list_min"], "x: list", "the element's", "the least element; null of none", |call| {
        Ok(list(call).min())
    }),
    function("array_reverse", &["list_reverse"], "x: list", "x", "backwards", |call| {
        Ok(list(call).eval(element().reverse()))
    }),
    function("array_sum", &["list_sum"], "x: list", "the element's", "the sum of the elements; 0 of none", |call| {
        Ok(list(call).sum())
    }),
    function(
        "array_to_string",
        &["list_aggr"],
        "x: list, separator: text",
        "string",
        "the elements as one text; nulls are left out",
        |call| Ok(call.x(0).cast(DataType::List(Box::new(DataType::String))).list().join(call.x(1), true)),
    ),
    function(
        "string_to_array",
        &["string_split", "str_split"],
        "x: text, separator: text",
        "list_string",
        "the parts between separators",
        |call| {
            call.rows(&[Kind::Text, Kind::Text], Kind::Texts, |row| {
                let (text, separator) = (row[0].text(), row[1].text());
                let parts = if separator.is_empty() {
                    vec![text.to_owned()]
                } else {
                    text.split(separator).map(str::to_owned).collect()
                };
                Ok(Some(Made::Texts(parts)))
            })
        },
    ),
];
