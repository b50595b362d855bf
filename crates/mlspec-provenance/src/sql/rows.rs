//! Functions of our own on columns, value by value: null where an argument is null, and no row knows another.

use mlspec_table::polars::prelude::*;

/// What a function reads and gives. Moments are counts: days, or microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Float,
    Boolean,
    Date,
    Moment,
    Texts,
}

/// A value of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Integer(i64),
    Float(f64),
}

impl<'a> Value<'a> {
    pub(crate) fn text(self) -> &'a str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    pub(crate) fn integer(self) -> i64 {
        match self {
            Self::Integer(number) => number,
            _ => 0,
        }
    }

    pub(crate) fn float(self) -> f64 {
        match self {
            Self::Float(number) => number,
            _ => f64::NAN,
        }
    }
}

/// What a function made of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Made {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Texts(Vec<String>),
}

/// The outcome for a row: a value, null, or that it fails.
pub(crate) type Outcome = Result<Option<Made>, ()>;

/// A function that is applied to every row in which no argument is null.
pub(crate) fn by_row(
    arguments: &[(Expr, Kind)],
    gives: Kind,
    function: impl Fn(&[Value<'_>]) -> Outcome + Send + Sync + 'static,
) -> Expr {
    let kinds: Vec<Kind> = arguments.iter().map(|(_, kind)| *kind).collect();
    let mut exprs = arguments.iter().map(|(expr, kind)| expr.clone().cast(polars_type(*kind)));
    let first = exprs.next().unwrap_or_else(|| lit(NULL));
    let rest: Vec<Expr> = exprs.collect();
    let compute = move |columns: &mut [Column]| -> PolarsResult<Column> {
        let cells = columns.iter().zip(&kinds).map(|(column, kind)| Cells::new(column, *kind));
        let cells = cells.collect::<PolarsResult<Vec<_>>>()?;
        let name = columns.first().map(|column| column.name().clone()).unwrap_or_default();
        let lengths = columns.iter().map(Column::len);
        let rows = if lengths.clone().any(|length| length == 0) { 0 } else { lengths.max().unwrap_or_default() };
        let mut values = Vec::with_capacity(cells.len());
        let mut made = Vec::with_capacity(rows);
        for at in 0..rows {
            values.clear();
            values.extend(cells.iter().map_while(|cells| cells.get(at)));
            made.push(match values.len() == cells.len() {
                true => function(&values).map_err(|()| polars_err!(ComputeError: "a value does not fit"))?,
                false => None,
            });
        }
        column(made, gives).map(|column| column.with_name(name))
    };
    first.map_many(compute, &rest, move |_, fields| Ok(Field::new(fields[0].name().clone(), polars_type(gives))))
}

pub(crate) fn polars_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::String,
        Kind::Integer => DataType::Int64,
        Kind::Float => DataType::Float64,
        Kind::Boolean => DataType::Boolean,
        Kind::Date => DataType::Date,
        Kind::Moment => DataType::Datetime(TimeUnit::Microseconds, None),
        Kind::Texts => DataType::List(Box::new(DataType::String)),
    }
}

/// A column that values are taken from; one of a single value stands for every row.
enum Cells {
    Text(StringChunked),
    Integer(Int64Chunked),
    Float(Float64Chunked),
}

impl Cells {
    fn new(column: &Column, kind: Kind) -> PolarsResult<Self> {
        let series = column.as_materialized_series().rechunk();
        Ok(match kind {
            Kind::Text | Kind::Texts => Self::Text(series.str()?.clone()),
            Kind::Float => Self::Float(series.f64()?.clone()),
            Kind::Integer => Self::Integer(series.i64()?.clone()),
            Kind::Date | Kind::Moment | Kind::Boolean => {
                Self::Integer(series.to_physical_repr().cast(&DataType::Int64)?.i64()?.clone())
            }
        })
    }

    fn get(&self, at: usize) -> Option<Value<'_>> {
        let of = |length: usize| if length == 1 { 0 } else { at };
        match self {
            Self::Text(values) => values.get(of(values.len())).map(Value::Text),
            Self::Integer(values) => values.get(of(values.len())).map(Value::Integer),
            Self::Float(values) => values.get(of(values.len())).map(Value::Float),
        }
    }
}

fn column(made: Vec<Option<Made>>, kind: Kind) -> PolarsResult<Column> {
    let name = PlSmallStr::EMPTY;
    let integers = |made: Vec<Option<Made>>| -> Int64Chunked {
        let integer = |made| match made {
            Some(Made::Integer(number)) => Some(number),
            _ => None,
        };
        made.into_iter().map(integer).collect()
    };
    Ok(match kind {
        Kind::Text => {
            let text = |made| match made {
                Some(Made::Text(text)) => Some(text),
                _ => None,
            };
            made.into_iter().map(text).collect::<StringChunked>().into_column()
        }
        Kind::Float => {
            let float = |made| match made {
                Some(Made::Float(number)) => Some(number),
                _ => None,
            };
            made.into_iter().map(float).collect::<Float64Chunked>().into_column()
        }
        Kind::Boolean => {
            let truth = |made| match made {
                Some(Made::Boolean(truth)) => Some(truth),
                _ => None,
            };
            made.into_iter().map(truth).collect::<BooleanChunked>().into_column()
        }
        Kind::Texts => {
            let lists = made.into_iter().map(|made| match made {
                Some(Made::Texts(texts)) => AnyValue::List(Series::new(PlSmallStr::EMPTY, texts)),
                _ => AnyValue::Null,
            });
            let lists: Vec<_> = lists.collect();
            Series::from_any_values_and_dtype(name, &lists, &polars_type(kind), true)?.into_column()
        }
        Kind::Integer => integers(made).into_column(),
        Kind::Date => integers(made).into_column().strict_cast(&DataType::Int32)?.cast(&DataType::Date)?,
        Kind::Moment => integers(made).into_column().cast(&polars_type(kind))?,
    })
}
