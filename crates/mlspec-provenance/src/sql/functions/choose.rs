//! Choices between values.

use super::super::compare::{compare, unify};
use super::super::translate::Typed;
use super::{Call, Function, function};
use mlspec_table::polars::lazy::dsl::{max_horizontal, min_horizontal};
use mlspec_table::polars::prelude::*;
use sqlparser::ast::BinaryOperator;

fn alike(call: &Call, from: usize) -> Result<Vec<Expr>, String> {
    let mut values: Vec<Typed> = call.arguments.iter().skip(from).cloned().collect();
    unify(&mut values)?;
    Ok(values.into_iter().map(|value| value.expr).collect())
}

fn first(call: &Call) -> Result<Expr, String> {
    Ok(coalesce(&alike(call, 0)?))
}

fn extreme(call: &Call, choose: fn(&[Expr]) -> PolarsResult<Expr>) -> Result<Expr, String> {
    choose(&alike(call, 0)?).map_err(|error| error.to_string())
}

pub(super) const FUNCTIONS: &[Function] = &[
    function("coalesce", &[], "x: any, y: any...", "x", "the first that is not null", first),
    function("greatest", &[], "x: any, y: any...", "x", "the greatest; nulls are left out", |call| {
        extreme(call, |values| max_horizontal(values))
    }),
    function(
        "if",
        &["iff"],
        "condition: boolean, x: any, y: any",
        "x",
        "`x` where the condition is true, else `y`, also where it is null",
        |call| {
            let values = alike(call, 1)?;
            let mut values = values.into_iter();
            let (then, otherwise) =
                (values.next().unwrap_or_else(|| lit(NULL)), values.next().unwrap_or_else(|| lit(NULL)));
            Ok(when(call.x(0).cast(DataType::Boolean)).then(then).otherwise(otherwise))
        },
    ),
    function("ifnull", &["nvl"], "x: any, y: any", "x", "`x`, or `y` where it is null", first),
    function("least", &[], "x: any, y: any...", "x", "the least; nulls are left out", |call| {
        extreme(call, |values| min_horizontal(values))
    }),
    function("nullif", &[], "x: any, y: any", "x", "null where both are equal, else `x`", |call| {
        let equal = compare(&BinaryOperator::Eq, call.typed(0)?.clone(), call.typed(1)?.clone())?;
        Ok(when(equal).then(lit(NULL)).otherwise(call.x(0)))
    }),
];
