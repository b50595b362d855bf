//! Types by their names in SQL, casts, and constants.

use super::moment::{read_date, read_moment, read_time};
use super::rows::{Kind, Made, by_row};
use super::translate::{Constant, Typed};
use mlspec_table::polars::prelude::*;
use sqlparser::ast::{ArrayElemTypeDef, DataType as SqlType, ExactNumberInfo, TimezoneInfo, Value};

/// The type that a name in SQL means.
pub(crate) fn type_of(named: &SqlType) -> Result<DataType, String> {
    use SqlType as T;
    let moment = DataType::Datetime(TimeUnit::Microseconds, None);
    Ok(match named {
        T::Array(ArrayElemTypeDef::AngleBracket(inner) | ArrayElemTypeDef::SquareBracket(inner, _)) => {
            match type_of(inner)? {
                DataType::List(_) => return Err("lists of lists are not possible".to_owned()),
                inner => DataType::List(Box::new(inner)),
            }
        }
        T::Bytea | T::Bytes(_) | T::Binary(_) | T::Blob(_) | T::Varbinary(_) => DataType::Binary,
        T::Boolean | T::Bool => DataType::Boolean,
        T::TinyInt(_) => DataType::Int8,
        T::Int16 | T::Int2(_) | T::SmallInt(_) => DataType::Int16,
        T::Int32 | T::Int4(_) | T::MediumInt(_) | T::Integer(_) | T::Int(_) => DataType::Int32,
        T::Int64 | T::Int8(_) | T::BigInt(_) => DataType::Int64,
        T::UTinyInt | T::TinyIntUnsigned(_) => DataType::UInt8,
        T::Int2Unsigned(_) | T::SmallIntUnsigned(_) | T::USmallInt | T::UInt16 => DataType::UInt16,
        T::Int4Unsigned(_) | T::MediumIntUnsigned(_) | T::UInt32 => DataType::UInt32,
        T::IntUnsigned(_) | T::UnsignedInteger => DataType::UInt32,
        T::Int8Unsigned(_) | T::BigIntUnsigned(_) | T::UBigInt | T::UInt64 | T::UInt8 => DataType::UInt64,
        T::Float4 | T::Real => DataType::Float32,
        T::Double(_) | T::DoublePrecision | T::Float8 | T::Float64 => DataType::Float64,
        T::Float(ExactNumberInfo::Precision(bits)) if *bits <= 24 => DataType::Float32,
        T::Float(_) => DataType::Float64,
        T::Date => DataType::Date,
        T::Time(_, TimezoneInfo::None) => DataType::Time,
        T::Datetime(_) | T::Timestamp(_, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => moment,
        T::Timestamp(_, _) => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
        T::Char(_) | T::CharVarying(_) | T::Character(_) | T::CharacterVarying(_) | T::Clob(_) => DataType::String,
        T::String(_) | T::Text | T::Varchar(_) | T::Nvarchar(_) => DataType::String,
        T::Dec(_) | T::Decimal(_) | T::BigDecimal(_) | T::Numeric(_) => {
            return Err(format!("tables hold no decimals, so there is no type `{named}`; `DOUBLE` is one"));
        }
        other => return Err(format!("there is no type `{other}`")),
    })
}

/// A value becomes another type; where it does not fit, the row fails, or `or_null`.
pub(crate) fn cast(value: &Typed, to: &DataType, or_null: bool) -> Result<Expr, String> {
    let expr = value.expr.clone();
    let fit = move |read: Option<i64>| match read {
        Some(count) => Ok(Some(Made::Integer(count))),
        None if or_null => Ok(None),
        None => Err(()),
    };
    if value.data_type != DataType::String {
        return Ok(if or_null { expr.cast(to.clone()) } else { expr.strict_cast(to.clone()) });
    }
    let text = |gives, read: fn(&str) -> Option<i64>| {
        by_row(&[(expr.clone(), Kind::Text)], gives, move |row| fit(read(row[0].text())))
    };
    Ok(match to {
        DataType::Date => {
            text(Kind::Date, |text| read_moment(text, true).map(|moment| moment.div_euclid(super::moment::DAY)))
        }
        DataType::Datetime(_, None) => text(Kind::Moment, |text| read_moment(text, false)),
        DataType::Datetime(_, Some(_)) => text(Kind::Moment, |text| read_moment(text, true)).cast(to.clone()),
        DataType::Time => text(Kind::Integer, |text| read_time(text).map(|micros| micros * 1_000)).cast(DataType::Time),
        DataType::Boolean => by_row(&[(expr, Kind::Text)], Kind::Boolean, move |row| match truth(row[0].text()) {
            Some(truth) => Ok(Some(Made::Boolean(truth))),
            None if or_null => Ok(None),
            None => Err(()),
        }),
        to if or_null => expr.cast(to.clone()),
        to => expr.strict_cast(to.clone()),
    })
}

fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// A day as a constant.
pub(crate) fn day(day: i64) -> Result<Expr, String> {
    let day = i32::try_from(day).map_err(|_| "the date is out of range".to_owned())?;
    Ok(lit(day).cast(DataType::Int32).cast(DataType::Date))
}

/// A constant text as one of a date, a moment or a time; `None`: of another type.
pub(crate) fn constant_of(text: &str, wanted: &DataType) -> Result<Option<Expr>, String> {
    let no = |what: &str| format!("`{text}` is no {what}");
    Ok(Some(match wanted {
        DataType::Date => match (read_date(text), read_moment(text, true)) {
            (Some(found), _) => day(found)?,
            // A day is compared with a moment as its midnight.
            (None, Some(moment)) => {
                lit(moment).cast(DataType::Int64).cast(DataType::Datetime(TimeUnit::Microseconds, None))
            }
            (None, None) => return Err(no("date, such as '2022-01-31'")),
        },
        DataType::Datetime(_, zone) => {
            let moment =
                read_moment(text, zone.is_some()).ok_or_else(|| no("moment, such as '2022-01-31 10:00:00'"))?;
            lit(moment).cast(DataType::Int64).cast(DataType::Datetime(TimeUnit::Microseconds, zone.clone()))
        }
        DataType::Time => {
            let micros = read_time(text).ok_or_else(|| no("time, such as '10:00:00'"))?;
            lit(micros * 1_000).cast(DataType::Int64).cast(DataType::Time)
        }
        _ => return Ok(None),
    }))
}

/// A constant of the text.
pub(crate) fn constant(value: &Value) -> Result<Constant, String> {
    Ok(match value {
        Value::Boolean(truth) => Constant::Boolean(*truth),
        Value::Null => Constant::Null,
        Value::Number(number, _) => match number.parse::<i64>() {
            Ok(integer) => Constant::Integer(integer),
            Err(_) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                return Err(format!("the integer `{number}` is beyond 64 bits"));
            }
            Err(_) => Constant::Float(number.parse().map_err(|_| format!("`{number}` is no number"))?),
        },
        Value::SingleQuotedString(text)
        | Value::EscapedStringLiteral(text)
        | Value::UnicodeStringLiteral(text)
        | Value::NationalStringLiteral(text) => Constant::Text(text.clone()),
        Value::DollarQuotedString(text) => Constant::Text(text.value.clone()),
        other => return Err(format!("`{other}` is no constant that can be used here")),
    })
}
