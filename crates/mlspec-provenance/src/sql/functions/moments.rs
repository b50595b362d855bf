//! Dates, moments and times. Moments are without zone, or of UTC.

use super::super::cast::{cast, constant_of};
use super::super::moment::{DAY, Length, Unit, checked_day, checked_time, date_of, day_of, days_in};
use super::super::rows::{Kind, Made, polars_type};
use super::super::translate::{Constant, Typed, is_moment, is_number};
use super::{Call, Function, function};
use mlspec_table::polars::prelude::*;

const I: Kind = Kind::Integer;
const M: Kind = Kind::Moment;

fn unit(call: &Call, at: usize) -> Result<Unit, String> {
    let name = call.text(at).ok_or("the unit is a constant text")?;
    Unit::named(name).ok_or_else(|| format!("`{name}` is no unit; the units are {}", Unit::NAMES))
}

/// The type of what is later than a moment: that of the moment, but that a date gets a time of day where `whole` is false.
fn moment_type(of: &DataType, whole: bool) -> DataType {
    match of {
        DataType::Date if whole => DataType::Date,
        DataType::Datetime(_, Some(zone)) => DataType::Datetime(TimeUnit::Microseconds, Some(zone.clone())),
        _ => polars_type(M),
    }
}

/// A moment later by a length of time (or days, or so many of a unit), or earlier.
pub(crate) fn later(moment: &Typed, by: &Typed, of: Option<Unit>, back: bool) -> Result<Expr, String> {
    let sign = if back { -1 } else { 1 };
    let days_and_more = |unit: Unit| unit >= Unit::Day;
    let (by_kind, by_expr, gives) = match &by.constant {
        Some(Constant::Length(length)) if of.is_none() => {
            let length = if back { length.negated().ok_or("the length of time is out of range")? } else { *length };
            let gives = moment_type(&moment.data_type, length.micros == 0);
            let row =
                super::super::rows::by_row(&[(moment.expr.clone(), M)], M, move |row| after(row[0].integer(), length));
            return Ok(row.cast(gives));
        }
        _ if matches!(by.data_type, DataType::Duration(_)) && of.is_none() => {
            let micros = by.expr.clone().cast(DataType::Duration(TimeUnit::Microseconds)).to_physical();
            (Unit::Microsecond, micros, moment_type(&moment.data_type, false))
        }
        _ => {
            let unit = of.unwrap_or(Unit::Day);
            (unit, by.expr.clone(), moment_type(&moment.data_type, days_and_more(unit)))
        }
    };
    let arguments = [(moment.expr.clone(), M), (by_expr, I)];
    let row = super::super::rows::by_row(&arguments, M, move |row| {
        let count = row[1].integer().checked_mul(sign).ok_or(())?;
        after(row[0].integer(), Length::of(count, by_kind).ok_or(())?)
    });
    Ok(row.cast(gives))
}

fn after(moment: i64, length: Length) -> Result<Option<Made>, ()> {
    length.after(moment).map(|moment| Some(Made::Integer(moment))).ok_or(())
}

fn shifted(call: &Call, back: bool) -> Result<Expr, String> {
    let of = if call.len() > 2 { Some(unit(call, 2)?) } else { None };
    let by = call.typed(1)?;
    let fits = super::super::translate::is_integer(&by.data_type)
        || by.data_type == DataType::Null
        || (of.is_none() && matches!(by.data_type, DataType::Duration(_)));
    match fits {
        true => later(call.typed(0)?, by, of, back),
        false => Err("it takes a length of time, such as INTERVAL '3 days', or an integer".to_owned()),
    }
}

/// A part of a moment or time, as an integer of 64 bits.
fn part(of: &Typed, name: &str) -> Result<Expr, String> {
    let x = of.expr.clone();
    let name = &name.to_ascii_lowercase();
    let date_part = |expr: Expr| match of.data_type == DataType::Time {
        true => Err(format!("a time has no part `{name}`")),
        false => Ok(expr.cast(DataType::Int64)),
    };
    let time_part = |expr: Expr| match of.data_type == DataType::Date {
        true => Ok(when(x.clone().is_null()).then(lit(NULL)).otherwise(lit(0)).cast(DataType::Int64)),
        false => Ok(expr.cast(DataType::Int64)),
    };
    let dt = || x.clone().dt();
    let weekday = || dt().weekday().cast(DataType::Int64);
    let micros = || {
        dt().second().cast(DataType::Int64) * lit(1_000_000_i64)
            + dt().nanosecond().cast(DataType::Int64).floor_div(lit(1_000_i64))
    };
    match name.as_str() {
        "millennium" | "millennia" => date_part(dt().millennium()),
        "century" | "centuries" => date_part(dt().century()),
        "decade" | "decades" => date_part(dt().year().floor_div(lit(10))),
        "isoyear" => date_part(dt().iso_year()),
        "year" | "years" | "y" => date_part(dt().year()),
        "quarter" | "quarters" => date_part(dt().quarter()),
        "month" | "months" | "mon" | "mons" => date_part(dt().month()),
        "isoweek" | "week" | "weeks" | "weekofyear" | "w" => date_part(dt().week()),
        "day" | "days" | "dayofmonth" | "d" => date_part(dt().day()),
        "dayofyear" | "doy" => date_part(dt().ordinal_day()),
        "dayofweek" | "dow" | "weekday" => date_part(weekday() % lit(7_i64)),
        "isodow" => date_part(weekday()),
        "hour" | "hours" | "h" => time_part(dt().hour()),
        "minute" | "minutes" | "min" | "mins" | "m" => time_part(dt().minute()),
        "second" | "seconds" | "sec" | "secs" | "s" => time_part(dt().second()),
        "millisecond" | "milliseconds" | "ms" => time_part(micros().floor_div(lit(1_000_i64))),
        "microsecond" | "microseconds" | "us" => time_part(micros()),
        "epoch" => match of.data_type == DataType::Time {
            true => Err("a time has no part `epoch`".to_owned()),
            false => Ok(count(of).cast(DataType::Float64).true_div(lit(1e6))),
        },
        _ => Err(format!(
            "`{name}` is no part of a date or time; the parts are year, quarter, month, week, day, dow (Sunday is 0), isodow (Monday is 1), doy, hour, minute, second, millisecond, microsecond, epoch, isoyear, decade, century and millennium"
        )),
    }
}

/// Microseconds since 1970.
fn count(of: &Typed) -> Expr {
    of.expr.clone().cast(polars_type(M)).to_physical().cast(DataType::Int64)
}

macro_rules! part_of {
    ($name:literal) => {
        |call| part(call.typed(0)?, $name)
    };
}

/// What may stand in a format: `%` and one of these.
const DIRECTIVES: &str = "YyCmbBhdejaAuwUWVGgHkIlMSfpPDFTRrXxns%";

fn format(call: &Call, at: usize) -> Result<String, String> {
    let format = call.text(at).ok_or("the format is a constant text")?;
    let no = |what: &str| Err(format!("`{format}` is no format: {what}"));
    if !format.contains('%') {
        return no("parts of a date are written with `%`, such as '%Y-%m-%d'");
    }
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            continue;
        }
        // Padding (`%-d`), and digits of a fraction (`%.3f`, `%6f`).
        while chars.next_if(|c| matches!(c, '-' | '_' | '0')).is_some() {}
        let fraction = chars.next_if_eq(&'.').is_some() | chars.next_if(|c| matches!(c, '3' | '6' | '9')).is_some();
        match chars.next() {
            Some('f') if fraction => {}
            Some(c) if !fraction && DIRECTIVES.contains(c) => {}
            Some(c) => return no(&format!("`%{c}` is unknown")),
            None => return no("it ends with `%`"),
        }
    }
    Ok(format.to_owned())
}

fn options(format: String, strict: bool) -> StrptimeOptions {
    StrptimeOptions { format: Some(format.as_str().into()), strict, exact: true, cache: true }
}

/// Reads dates (or moments) from texts, by a format, or as ISO 8601 says.
fn read(call: &Call, to: DataType, strict: bool) -> Result<Expr, String> {
    let of = call.typed(0)?;
    if is_moment(&of.data_type) && call.len() == 1 {
        return Ok(of.expr.clone().cast(to));
    }
    if !super::is_text(&of.data_type) && of.data_type != DataType::Null {
        return Err(format!(
            "`{}` takes texts, dates and moments, found {}",
            call.function.name,
            super::name_of(&of.data_type)
        ));
    }
    if call.len() == 1 {
        return match &of.constant {
            Some(Constant::Text(text)) if strict => {
                constant_of(text, &to)?.map(|expr| expr.cast(to)).ok_or_else(|| "it is no date".to_owned())
            }
            _ => cast(of, &to, !strict),
        };
    }
    let options = options(format(call, 1)?, strict);
    let text = of.expr.clone().cast(DataType::String).str();
    Ok(match to {
        DataType::Date => text.to_date(options),
        DataType::Time => text.to_time(options),
        _ => text.to_datetime(Some(TimeUnit::Microseconds), None, options, lit("raise")),
    })
}

/// A count of units since 1970, or the moment that a count means.
fn epoch(call: &Call, micros: i64) -> Result<Expr, String> {
    let of = call.typed(0)?;
    if is_moment(&of.data_type) {
        return Ok(count(of).floor_div(lit(micros)));
    }
    if !super::is_integer(&of.data_type) && of.data_type != DataType::Null {
        return Err(format!(
            "`{}` takes a moment or an integer, found {}",
            call.function.name,
            super::name_of(&of.data_type)
        ));
    }
    call.rows(&[I], M, move |row| {
        row[0].integer().checked_mul(micros).map(|moment| Some(Made::Integer(moment))).ok_or(())
    })
}

fn of_moment(
    call: &Call,
    at: usize,
    gives: DataType,
    function: impl Fn(i64) -> Option<i64> + Send + Sync + 'static,
) -> Result<Expr, String> {
    let moment = [(call.x(at), M)];
    let row = super::super::rows::by_row(&moment, M, move |row| {
        function(row[0].integer()).map(|moment| Some(Made::Integer(moment))).ok_or(())
    });
    Ok(row.cast(gives))
}

pub(super) const FUNCTIONS: &[Function] = &[
    function("century", &[], "x: moment", "int64", "the century", part_of!("century")),
    function(
        "date",
        &["to_date"],
        "x: any, [format: constant text]",
        "date",
        "the day of a moment, or of a text in ISO 8601 or the format; a row that is none fails",
        |call| read(call, DataType::Date, true),
    ),
    function(
        "date_add",
        &["dateadd"],
        "x: moment, by: any, [unit: constant text]",
        "x",
        "later by a length of time, by days, or by so many of a unit; the end of a month stays in its month",
        |call| shifted(call, false),
    ),
    function(
        "date_diff",
        &["datediff", "timestampdiff"],
        "unit: constant text, from: moment, to: moment",
        "int64",
        "how many boundaries of a unit lie between, negative if `to` is earlier",
        |call| {
            let unit = unit(call, 0)?;
            let moments = [(call.x(1), M), (call.x(2), M)];
            Ok(super::super::rows::by_row(&moments, I, move |row| {
                Ok(Some(Made::Integer(unit.between(row[0].integer(), row[1].integer()))))
            }))
        },
    ),
    function(
        "date_part",
        &["extract", "datepart"],
        "part: constant text, x: moment or time",
        "int64",
        "a part, also `EXTRACT(part FROM x)`; `epoch` is float64",
        |call| part(call.typed(1)?, call.text(0).ok_or("the part is a constant text")?),
    ),
    function(
        "date_sub",
        &["datesub"],
        "x: moment, by: any, [unit: constant text]",
        "x",
        "earlier by a length of time, by days, or by so many of a unit",
        |call| shifted(call, true),
    ),
    function(
        "date_trunc",
        &["datetrunc"],
        "unit: constant text, x: moment",
        "x",
        "the begin of the unit; weeks begin on Mondays",
        |call| {
            let unit = unit(call, 0)?;
            let gives = moment_type(&call.typed(1)?.data_type, unit >= Unit::Day);
            of_moment(call, 1, gives, move |moment| Some(unit.begin(moment)))
        },
    ),
    function(
        "datetime",
        &["timestamp"],
        "x: any, [format: constant text]",
        "datetime",
        "a moment from a date, or from a text in ISO 8601 or the format; a row that is none fails",
        |call| read(call, polars_type(M), true),
    ),
    function("day", &["dayofmonth"], "x: moment", "int64", "the day of the month", part_of!("day")),
    function("dayname", &[], "x: moment", "string", "the English name of the day", |call| {
        Ok(call.x(0).dt().strftime("%A"))
    }),
    function(
        "dayofweek",
        &["dow", "weekday"],
        "x: moment",
        "int64",
        "the day of the week; Sunday is 0",
        part_of!("dow"),
    ),
    function("dayofyear", &["doy"], "x: moment", "int64", "the day of the year", part_of!("doy")),
    function("decade", &[], "x: moment", "int64", "the year by ten", part_of!("decade")),
    function("epoch", &[], "x: moment", "float64", "seconds since 1970", part_of!("epoch")),
    function(
        "epoch_ms",
        &[],
        "x: any",
        "int64, or datetime",
        "milliseconds since 1970, or the moment that so many are",
        |call| epoch(call, 1_000),
    ),
    function(
        "epoch_us",
        &["make_timestamp_us"],
        "x: any",
        "int64, or datetime",
        "microseconds since 1970, or the moment that so many are",
        |call| epoch(call, 1),
    ),
    function("hour", &[], "x: moment or time", "int64", "the hour", part_of!("hour")),
    function("isodow", &[], "x: moment", "int64", "the day of the week; Monday is 1", part_of!("isodow")),
    function("isoyear", &[], "x: moment", "int64", "the year that the week belongs to", part_of!("isoyear")),
    function("last_day", &[], "x: moment", "date", "the last day of the month", |call| {
        of_moment(call, 0, DataType::Date, |moment| {
            let (year, month, _) = date_of(moment.div_euclid(DAY));
            day_of(year, month, days_in(year, month)).checked_mul(DAY)
        })
    }),
    function(
        "make_date",
        &["date_from_parts"],
        "year: integer, month: integer, day: integer",
        "date",
        "a date; a row without such a day fails",
        |call| {
            call.rows(&[I, I, I], Kind::Date, |row| {
                checked_day(row[0].integer(), row[1].integer(), row[2].integer())
                    .map(|day| Some(Made::Integer(day)))
                    .ok_or(())
            })
        },
    ),
    function(
        "make_timestamp",
        &["timestamp_from_parts"],
        "year: integer, month: integer, day: integer, hour: integer, minute: integer, second: number",
        "datetime",
        "a moment; a row without such a one fails",
        |call| {
            call.rows(&[I, I, I, I, I, Kind::Float], M, |row| {
                let part = |at: usize| row[at].integer();
                let day = checked_day(part(0), part(1), part(2));
                let time = checked_time(part(3), part(4), (row[5].float() * 1e6).round() as i64);
                day.zip(time).map(|(day, time)| Some(Made::Integer(day * DAY + time))).ok_or(())
            })
        },
    ),
    function("microsecond", &[], "x: moment or time", "int64", "microseconds of the minute", part_of!("microsecond")),
    function("millisecond", &[], "x: moment or time", "int64", "milliseconds of the minute", part_of!("millisecond")),
    function("minute", &[], "x: moment or time", "int64", "the minute", part_of!("minute")),
    function("month", &[], "x: moment", "int64", "the month", part_of!("month")),
    function("monthname", &[], "x: moment", "string", "the English name of the month", |call| {
        Ok(call.x(0).dt().strftime("%B"))
    }),
    function("quarter", &[], "x: moment", "int64", "the quarter of the year", part_of!("quarter")),
    function("second", &[], "x: moment or time", "int64", "the second", part_of!("second")),
    function(
        "strftime",
        &[],
        "x: moment or time, format: constant text",
        "string",
        "as text by a format, such as '%Y-%m-%d'",
        |call| {
            let of = call.typed(0)?;
            // A day has no hour for formats; its midnight has.
            let x = if of.data_type == DataType::Date { of.expr.clone().cast(polars_type(M)) } else { of.expr.clone() };
            Ok(x.dt().strftime(&format(call, 1)?))
        },
    ),
    function(
        "strptime",
        &[],
        "x: text, format: constant text",
        "datetime",
        "the moment that a text means by a format; a row that is none fails",
        |call| read(call, polars_type(M), true),
    ),
    function(
        "time",
        &["to_time"],
        "x: any, [format: constant text]",
        "time",
        "the time of a moment, or of a text in ISO 8601 or the format; a row that is none fails",
        |call| read(call, DataType::Time, true),
    ),
    function(
        "to_timestamp",
        &[],
        "x: any, [format: constant text]",
        "datetime",
        "the moment that a text means in ISO 8601 or the format, or that so many seconds since 1970 are",
        |call| {
            if call.len() == 1 && is_number(&call.typed(0)?.data_type) {
                return call.rows(&[Kind::Float], M, |row| {
                    let micros = row[0].float() * 1e6;
                    if micros.abs() < 9e18 { Ok(Some(Made::Integer(micros.round() as i64))) } else { Err(()) }
                });
            }
            read(call, polars_type(M), true)
        },
    ),
    function(
        "try_strptime",
        &["try_to_timestamp"],
        "x: text, [format: constant text]",
        "datetime",
        "as `to_timestamp` of a text, and null where it is none",
        |call| read(call, polars_type(M), false),
    ),
    function(
        "try_to_date",
        &[],
        "x: text, [format: constant text]",
        "date",
        "as `date` of a text, and null where it is none",
        |call| read(call, DataType::Date, false),
    ),
    function(
        "week",
        &["weekofyear", "isoweek"],
        "x: moment",
        "int64",
        "the week of the year, after ISO 8601",
        part_of!("week"),
    ),
    function("year", &[], "x: moment", "int64", "the year", part_of!("year")),
];
