//! Bits of integers, as those of 64-bit numbers.

use super::super::rows::{Kind, Made};
use super::{Call, Function, function};
use mlspec_table::polars::prelude::*;

const I: Kind = Kind::Integer;

fn of_two(call: &Call, compute: fn(i64, i64) -> Option<i64>) -> Result<Expr, String> {
    call.rows(&[I, I], I, move |row| {
        compute(row[0].integer(), row[1].integer()).map(|made| Some(Made::Integer(made))).ok_or(())
    })
}

fn shift(by: i64) -> Option<u32> {
    u32::try_from(by).ok().filter(|by| *by < 64)
}

pub(super) const FUNCTIONS: &[Function] = &[
    function("bit_and", &[], "x: integer, y: integer", "int64", "the bits that both have, as `&`", |call| {
        of_two(call, |x, y| Some(x & y))
    }),
    function("bit_count", &[], "x: integer", "int64", "how many bits are set", |call| {
        call.rows(&[I], I, |row| Ok(Some(Made::Integer(i64::from(row[0].integer().count_ones())))))
    }),
    function("bit_not", &[], "x: integer", "int64", "the bits that it lacks, as `~`", |call| {
        call.rows(&[I], I, |row| Ok(Some(Made::Integer(!row[0].integer()))))
    }),
    function("bit_or", &[], "x: integer, y: integer", "int64", "the bits that one of them has, as `|`", |call| {
        of_two(call, |x, y| Some(x | y))
    }),
    function(
        "bit_shift_left",
        &[],
        "x: integer, by: integer",
        "int64",
        "bits moved up, as `<<`; a row with a shift outside 0 to 63 fails",
        |call| of_two(call, |x, by| shift(by).map(|by| x << by)),
    ),
    function(
        "bit_shift_right",
        &[],
        "x: integer, by: integer",
        "int64",
        "bits moved down, as `>>`; a row with a shift outside 0 to 63 fails",
        |call| of_two(call, |x, by| shift(by).map(|by| x >> by)),
    ),
    function("bit_xor", &["xor"], "x: integer, y: integer", "int64", "the bits that one of them has alone", |call| {
        of_two(call, |x, y| Some(x ^ y))
    }),
];
