//! Columns that grow batch by batch.

use super::error::Problem;
use mlspec_record::DataType;
use mlspec_table::polars::prelude::{
    BinaryChunkedBuilder, BooleanChunkedBuilder, Column, DataFrame, Float32Type, Float64Type, Int16Type, Int32Type,
    Int64Type, IntoColumn as _, IntoSeries as _, ListBuilderTrait as _, ListPrimitiveChunkedBuilder,
    ListStringChunkedBuilder, PrimitiveChunkedBuilder, Series, StringChunked, StringChunkedBuilder, UInt32Type,
};
use mlspec_table::polars::prelude::{ChunkedBuilder as _, PolarsNumericType};
use mlspec_table::to_polars;

/// The columns of a result.
pub(super) struct Columns {
    pub(super) names: Vec<String>,
    pub(super) builders: Vec<Builder>,
    pub(super) rows: usize,
}

/// A column, by how its values are kept.
pub(super) enum Builder {
    /// Nothing but nulls yet: so many.
    Null(usize),
    Boolean(BooleanChunkedBuilder),
    Int16(PrimitiveChunkedBuilder<Int16Type>),
    Int32(PrimitiveChunkedBuilder<Int32Type>, DataType),
    Int64(PrimitiveChunkedBuilder<Int64Type>, DataType),
    UInt32(PrimitiveChunkedBuilder<UInt32Type>),
    Float32(PrimitiveChunkedBuilder<Float32Type>),
    Float64(PrimitiveChunkedBuilder<Float64Type>),
    Text(StringChunkedBuilder),
    Bytes(BinaryChunkedBuilder),
    Texts(ListStringChunkedBuilder),
    Numbers(ListPrimitiveChunkedBuilder<Float64Type>),
}

fn primitive<T: PolarsNumericType>() -> PrimitiveChunkedBuilder<T> {
    PrimitiveChunkedBuilder::new("".into(), 0)
}

impl Builder {
    /// An empty column of a type; none where results have no such columns.
    pub(super) fn of(data_type: DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Boolean => Self::Boolean(BooleanChunkedBuilder::new("".into(), 0)),
            DataType::Int16 => Self::Int16(primitive()),
            DataType::Int32 | DataType::Date => Self::Int32(primitive(), data_type),
            DataType::Int64 | DataType::Time | DataType::Datetime | DataType::DatetimeUtc => {
                Self::Int64(primitive(), data_type)
            }
            DataType::UInt32 => Self::UInt32(primitive()),
            DataType::Float32 => Self::Float32(primitive()),
            DataType::Float64 => Self::Float64(primitive()),
            DataType::String => Self::Text(StringChunkedBuilder::new("".into(), 0)),
            DataType::Binary => Self::Bytes(BinaryChunkedBuilder::new("".into(), 0)),
            DataType::ListString => Self::Texts(ListStringChunkedBuilder::new("".into(), 0, 0)),
            DataType::ListFloat64 => {
                let inner = to_polars(DataType::Float64);
                Self::Numbers(ListPrimitiveChunkedBuilder::new("".into(), 0, 0, inner))
            }
            _ => return None,
        })
    }

    /// An empty column of a type, with so many nulls.
    pub(super) fn nulls(data_type: DataType, count: usize) -> Self {
        let mut builder = Self::of(data_type).unwrap_or(Self::Null(0));
        (0..count).for_each(|_| builder.null());
        builder
    }

    pub(super) fn null(&mut self) {
        match self {
            Self::Null(count) => *count += 1,
            Self::Boolean(builder) => builder.append_null(),
            Self::Int16(builder) => builder.append_null(),
            Self::Int32(builder, _) => builder.append_null(),
            Self::Int64(builder, _) => builder.append_null(),
            Self::UInt32(builder) => builder.append_null(),
            Self::Float32(builder) => builder.append_null(),
            Self::Float64(builder) => builder.append_null(),
            Self::Text(builder) => builder.append_null(),
            Self::Bytes(builder) => builder.append_null(),
            Self::Texts(builder) => builder.append_null(),
            Self::Numbers(builder) => builder.append_null(),
        }
    }

    /// Turns a column of integers into one of doubles.
    pub(super) fn widen(&mut self, exact: impl Fn(i64) -> Result<f64, Problem>) -> Result<(), Problem> {
        let Self::Int64(..) = self else { return Ok(()) };
        if let Self::Int64(integers, _) = std::mem::replace(self, Self::Null(0)) {
            let mut floats = primitive();
            for integer in integers.finish().iter() {
                floats.append_option(integer.map(&exact).transpose()?);
            }
            *self = Self::Float64(floats);
        }
        Ok(())
    }

    /// Appends a list of texts, to a column of such lists.
    pub(super) fn texts(&mut self, items: &[Option<String>]) {
        if let Self::Texts(builder) = self {
            let items: StringChunked = items.iter().map(Option::as_deref).collect();
            // Both are texts.
            let _ = builder.append_series(&items.into_series());
        }
    }

    /// What its values are called in messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null(_) => "nulls",
            Self::Int64(..) => "integers",
            Self::Float64(_) => "numbers",
            Self::Bytes(_) => "bytes",
            _ => "texts",
        }
    }

    fn finish(self, name: &str) -> Result<Series, Problem> {
        let (series, data_type) = match self {
            Self::Null(count) => return Self::nulls(DataType::String, count).finish(name),
            Self::Boolean(builder) => (builder.finish().into_series(), DataType::Boolean),
            Self::Int16(builder) => (builder.finish().into_series(), DataType::Int16),
            Self::Int32(builder, data_type) => (builder.finish().into_series(), data_type),
            Self::Int64(builder, data_type) => (builder.finish().into_series(), data_type),
            Self::UInt32(builder) => (builder.finish().into_series(), DataType::UInt32),
            Self::Float32(builder) => (builder.finish().into_series(), DataType::Float32),
            Self::Float64(builder) => (builder.finish().into_series(), DataType::Float64),
            Self::Text(builder) => (builder.finish().into_series(), DataType::String),
            Self::Bytes(builder) => (builder.finish().into_series(), DataType::Binary),
            Self::Texts(mut builder) => (builder.finish().into_series(), DataType::ListString),
            Self::Numbers(mut builder) => (builder.finish().into_series(), DataType::ListFloat64),
        };
        let beyond = |_| Problem::Beyond { column: name.to_owned(), what: "it is not of its column's type" };
        series.cast(&to_polars(data_type)).map(|series| series.with_name(name.into())).map_err(beyond)
    }
}

impl Columns {
    /// The table.
    pub(super) fn finish(self) -> Result<DataFrame, Problem> {
        let columns = self.builders.into_iter().zip(&self.names).map(|(builder, name)| builder.finish(name));
        let columns: Vec<Series> = columns.collect::<Result<_, _>>()?;
        if let Some(twice) = self.names.iter().enumerate().find(|(at, name)| self.names[..*at].contains(name)) {
            return Err(Problem::Query(format!("two columns of the result are named `{}`", twice.1)));
        }
        let columns = columns.into_iter().map(|series| series.into_column()).collect::<Vec<Column>>();
        DataFrame::new(self.rows, columns).map_err(|_| Problem::Failed("its columns differ in length".to_owned()))
    }
}
