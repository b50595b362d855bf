//! Numbers.

use super::super::rows::{Kind, Made};
use super::super::translate::is_integer;
use super::{Call, Function, function};
use mlspec_table::polars::prelude::*;

fn float(call: &Call, at: usize) -> Expr {
    call.x(at).cast(DataType::Float64)
}

/// A function of a double.
macro_rules! of_float {
    ($method:ident) => {
        |call| Ok(float(call, 0).$method())
    };
    ($first:ident, $second:ident) => {
        |call| Ok(float(call, 0).$first().$second())
    };
}

/// The remainder that has the sign of what is divided; null where divided by zero, for integers.
fn remainder(left: Expr, right: Expr) -> Expr {
    let rest = left.clone() % right.clone();
    let differs = rest.clone().neq(lit(0)).and(left.lt(lit(0)).neq(right.clone().lt(lit(0))));
    when(differs).then(rest.clone() - right).otherwise(rest)
}

fn digits(call: &Call) -> Result<i64, String> {
    match (call.len(), call.integer(1)) {
        (1, _) => Ok(0),
        (_, Some(digits)) if (-18..=18).contains(&digits) => Ok(digits),
        _ => Err("the number of digits is a constant from -18 to 18".to_owned()),
    }
}

/// Rounds to digits behind the point, or in front of it where there are fewer than none.
fn rounded(call: &Call, round: fn(Expr, u32) -> Expr) -> Result<Expr, String> {
    match digits(call)? {
        digits @ 0.. if is_integer(&call.typed(0)?.data_type) && digits >= 0 => Ok(call.x(0)),
        digits @ 0.. => Ok(round(call.x(0), digits.unsigned_abs() as u32)),
        digits => {
            let unit = 10_f64.powi(i32::try_from(-digits).unwrap_or(18));
            Ok(round(float(call, 0).true_div(lit(unit)), 0) * lit(unit))
        }
    }
}

fn common(call: &Call, multiple: bool) -> Result<Expr, String> {
    call.rows(&[Kind::Integer, Kind::Integer], Kind::Integer, move |row| {
        let (a, b) = (row[0].integer().unsigned_abs(), row[1].integer().unsigned_abs());
        let (mut divisor, mut rest) = (a, b);
        while rest != 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        let found = match multiple {
            false => Some(divisor),
            true if divisor == 0 => Some(0),
            true => (a / divisor).checked_mul(b),
        };
        found.and_then(|found| i64::try_from(found).ok()).map(|found| Some(Made::Integer(found))).ok_or(())
    })
}

pub(super) const FUNCTIONS: &[Function] = &[
    function("abs", &[], "x: number", "x", "the absolute value", |call| Ok(call.x(0).abs())),
    function("acos", &[], "x: number", "float64", "the arc cosine, in radians", of_float!(arccos)),
    function("acosd", &[], "x: number", "float64", "the arc cosine, in degrees", of_float!(arccos, degrees)),
    function("acosh", &[], "x: number", "float64", "the inverse hyperbolic cosine", of_float!(arccosh)),
    function("asin", &[], "x: number", "float64", "the arc sine, in radians", of_float!(arcsin)),
    function("asind", &[], "x: number", "float64", "the arc sine, in degrees", of_float!(arcsin, degrees)),
    function("asinh", &[], "x: number", "float64", "the inverse hyperbolic sine", of_float!(arcsinh)),
    function("atan", &[], "x: number", "float64", "the arc tangent, in radians", of_float!(arctan)),
    function("atan2", &[], "y: number, x: number", "float64", "the angle of the point (x, y), in radians", |call| {
        Ok(float(call, 0).arctan2(float(call, 1)))
    }),
    function("atan2d", &[], "y: number, x: number", "float64", "the angle of the point (x, y), in degrees", |call| {
        Ok(float(call, 0).arctan2(float(call, 1)).degrees())
    }),
    function("atand", &[], "x: number", "float64", "the arc tangent, in degrees", of_float!(arctan, degrees)),
    function("atanh", &[], "x: number", "float64", "the inverse hyperbolic tangent", of_float!(arctanh)),
    function("cbrt", &[], "x: number", "float64", "the cube root", of_float!(cbrt)),
    function("ceil", &["ceiling"], "x: number", "x", "the least integer not below, in the type of `x`", |call| {
        Ok(call.x(0).ceil())
    }),
    function("cos", &[], "x: number", "float64", "the cosine of radians", of_float!(cos)),
    function("cosd", &[], "x: number", "float64", "the cosine of degrees", of_float!(radians, cos)),
    function("cosh", &[], "x: number", "float64", "the hyperbolic cosine", of_float!(cosh)),
    function("cot", &[], "x: number", "float64", "the cotangent of radians", of_float!(cot)),
    function("cotd", &[], "x: number", "float64", "the cotangent of degrees", of_float!(radians, cot)),
    function("degrees", &[], "x: number", "float64", "radians as degrees", of_float!(degrees)),
    function(
        "div",
        &[],
        "x: number, y: number",
        "int64",
        "the quotient without its fraction, towards zero, as `//`; null where `y` is 0",
        |call| {
            let (x, y) = (call.x(0), call.x(1));
            Ok((x.clone() - remainder(x, y.clone())).floor_div(y).cast(DataType::Int64))
        },
    ),
    function("exp", &[], "x: number", "float64", "e to the power of `x`", of_float!(exp)),
    function("floor", &[], "x: number", "x", "the greatest integer not above, in the type of `x`", |call| {
        Ok(call.x(0).floor())
    }),
    function(
        "gcd",
        &["greatest_common_divisor"],
        "x: integer, y: integer",
        "int64",
        "the greatest common divisor",
        |call| common(call, false),
    ),
    function("isfinite", &[], "x: number", "boolean", "whether `x` is neither NaN nor infinite", of_float!(is_finite)),
    function("isinf", &[], "x: number", "boolean", "whether `x` is infinite", of_float!(is_infinite)),
    function("isnan", &[], "x: number", "boolean", "whether `x` is NaN", of_float!(is_nan)),
    function(
        "lcm",
        &["least_common_multiple"],
        "x: integer, y: integer",
        "int64",
        "the least common multiple; a row fails beyond 64 bits",
        |call| common(call, true),
    ),
    function("ln", &[], "x: number", "float64", "the natural logarithm", |call| {
        Ok(float(call, 0).log(lit(std::f64::consts::E)))
    }),
    function(
        "log",
        &[],
        "x: number, [y: number]",
        "float64",
        "the logarithm of `x` to base 10, or of `y` to base `x`, as in PostgreSQL",
        |call| {
            Ok(match call.len() {
                1 => float(call, 0).log(lit(10.0)),
                _ => float(call, 1).log(float(call, 0)),
            })
        },
    ),
    function(
        "log10",
        &[],
        "x: number",
        "float64",
        "the logarithm to base 10",
        |call| Ok(float(call, 0).log(lit(10.0))),
    ),
    function("log1p", &[], "x: number", "float64", "the natural logarithm of 1 + `x`", of_float!(log1p)),
    function("log2", &[], "x: number", "float64", "the logarithm to base 2", |call| Ok(float(call, 0).log(lit(2.0)))),
    function(
        "mod",
        &[],
        "x: number, y: number",
        "x",
        "the remainder, with the sign of `x`, as `%`; null where an integer is divided by 0",
        |call| Ok(remainder(call.x(0), call.x(1))),
    ),
    function("pi", &[], "", "float64", "3.14159…", |_| Ok(lit(std::f64::consts::PI))),
    function(
        "pow",
        &["power"],
        "x: number, y: number",
        "float64",
        "`x` to the power of `y`, as `x ** y` and `x ^ y`",
        |call| {
            call.rows(&[Kind::Float, Kind::Float], Kind::Float, |row| {
                Ok(Some(Made::Float(row[0].float().powf(row[1].float()))))
            })
        },
    ),
    function("radians", &[], "x: number", "float64", "degrees as radians", of_float!(radians)),
    function(
        "round",
        &[],
        "x: number, [digits: constant integer]",
        "x",
        "rounded, half to even; `digits` from -18 to 18, those in front of the point negative",
        |call| rounded(call, |x, digits| x.round(digits, RoundMode::HalfToEven)),
    ),
    function("sign", &[], "x: number", "x", "-1, 0 or 1", |call| Ok(call.x(0).sign())),
    function("sin", &[], "x: number", "float64", "the sine of radians", of_float!(sin)),
    function("sind", &[], "x: number", "float64", "the sine of degrees", of_float!(radians, sin)),
    function("sinh", &[], "x: number", "float64", "the hyperbolic sine", of_float!(sinh)),
    function("sqrt", &[], "x: number", "float64", "the square root; NaN below 0", of_float!(sqrt)),
    function("tan", &[], "x: number", "float64", "the tangent of radians", of_float!(tan)),
    function("tand", &[], "x: number", "float64", "the tangent of degrees", of_float!(radians, tan)),
    function("tanh", &[], "x: number", "float64", "the hyperbolic tangent", of_float!(tanh)),
    function(
        "trunc",
        &["truncate"],
        "x: number, [digits: constant integer]",
        "x",
        "without what follows `digits`, towards zero",
        |call| rounded(call, |x, digits| x.truncate(digits)),
    ),
];
