//! PostgreSQL: one transaction that only reads, whose rows are fetched in batches. Values come in their binary form, so that nothing is
//! rounded or depends on settings of the server.
//!
//! | type of the database | type of the column |
//! | --- | --- |
//! | boolean | boolean |
//! | smallint, integer, bigint, oid | int16, int32, int64, u_int32 |
//! | real, double precision | float32, float64 |
//! | numeric | string, with all digits: no type of tables holds them; declare `float64` to have the nearest double |
//! | text, varchar, char, name, citext, enumerations | string |
//! | uuid | string, lower case with hyphens |
//! | json, jsonb | string, as the database writes it |
//! | bytea | binary |
//! | date, time | date, time |
//! | timestamp | datetime |
//! | timestamp with time zone | datetime_utc |
//! | text[], varchar[] | list_string |
//! | smallint[], integer[], real[], double precision[] | list_float64 |
//!
//! Domains count as what they are made of. `infinity` as a date or moment, 24:00 and lists of lists are refused, and so are all other types,
//! with the advice to convert them in the query.

use super::column::{Builder, Columns};
use super::error::Problem;
use super::{BATCH, Query, numeric};
use mlspec_record::{Column, DataType};
use mlspec_stage::datastore::{Address, Postgres, Tls};
use mlspec_table::polars::prelude::ChunkedBuilder as _;
use postgres::config::SslMode;
use postgres::error::SqlState;
use postgres::types::{FromSql, Kind, Type};
use postgres::{Client, Config, NoTls, Statement};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Days and microseconds from 1970 to 2000, from which PostgreSQL counts.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROS: i64 = 946_684_800_000_000;
const DAY_MICROS: i64 = 86_400_000_000;

/// The columns of the result.
pub(super) fn describe(server: &Postgres, query: &Query<'_>) -> Result<Vec<Column>, Problem> {
    let mut client = connect(server)?;
    let mut transaction = client.build_transaction().read_only(true).start().map_err(|error| failed(&error, query))?;
    let statement = transaction.prepare(query.text).map_err(|error| failed(&error, query))?;
    columns(&statement)
}

pub(super) fn fetch(server: &Postgres, query: &Query<'_>, limit: usize) -> Result<Columns, Problem> {
    let failed = |error: postgres::Error| failed(&error, query);
    let mut client = connect(server)?;
    let mut transaction = client
        .build_transaction()
        .isolation_level(postgres::IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .map_err(failed)?;
    let millis = query.timeout_seconds.saturating_mul(1_000).min(i32::MAX as u64);
    transaction.batch_execute(&format!("SET LOCAL statement_timeout = {millis}")).map_err(failed)?;
    let statement = transaction.prepare(query.text).map_err(failed)?;
    let columns = columns(&statement)?;
    let types: Vec<Type> = statement.columns().iter().map(|column| base(column.type_())).collect();
    let builders = columns.iter().map(|column| Builder::nulls(column.data_type, 0)).collect();
    let names = columns.into_iter().map(|column| column.name).collect();
    let mut table = Columns { names, builders, rows: 0 };
    let portal = transaction.bind(&statement, &[]).map_err(failed)?;
    while table.rows < limit {
        let batch = BATCH.min(limit - table.rows);
        let rows = transaction.query_portal(&portal, batch as i32).map_err(failed)?;
        for row in &rows {
            for (at, (builder, data_type)) in table.builders.iter_mut().zip(&types).enumerate() {
                let Raw(value) = row.try_get::<_, Raw<'_>>(at).map_err(failed)?;
                match value {
                    None => builder.null(),
                    Some(bytes) => append(builder, data_type, bytes).map_err(|what| {
                        let column = table.names.get(at).cloned().unwrap_or_default();
                        Problem::Beyond { column, what }
                    })?,
                }
            }
        }
        table.rows += rows.len();
        if rows.len() < batch {
            break;
        }
    }
    Ok(table)
}

/// A value as it was sent.
struct Raw<'a>(Option<&'a [u8]>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn connect(server: &Postgres) -> Result<Client, Problem> {
    let (config, local) = config(server)?;
    let tls = server.tls.unwrap_or(if local { Tls::Off } else { Tls::Required });
    let mut config = config;
    config.application_name("mlspec").connect_timeout(Duration::from_secs(30));
    let client = match tls {
        Tls::Off => config.ssl_mode(SslMode::Disable).connect(NoTls),
        Tls::Preferred | Tls::Required => {
            let mode = if tls == Tls::Required { SslMode::Require } else { SslMode::Prefer };
            config.ssl_mode(mode).connect(encrypted(server)?)
        }
    };
    client.map_err(|error| match error.as_db_error() {
        Some(answer) => Problem::Refused(match *answer.code() {
            SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                "user or password are wrong".to_owned()
            }
            SqlState::INVALID_CATALOG_NAME => "it does not exist".to_owned(),
            ref code => format!("SQLSTATE {}", code.code()),
        }),
        None => match error.source().map_or_else(|| error.to_string(), ToString::to_string) {
            reason if reason.contains("password missing") => {
                Problem::Refused("it asks for a password, and the datastore has none".to_owned())
            }
            reason => Problem::Unreachable(reason),
        },
    })
}

/// How to connect, and whether the host is this machine.
fn config(server: &Postgres) -> Result<(Config, bool), Problem> {
    let config = match &server.address {
        // What is wrong with the URL might show a part of it.
        Address::Url(url) => url.expose().parse::<Config>().map_err(|_| Problem::Url)?,
        Address::Parts { host, port, database, user, password } => {
            let mut config = Config::new();
            config.host(host).port(*port).dbname(database).user(user);
            if let Some(password) = password {
                config.password(password.expose());
            }
            config
        }
    };
    let is_local = |host: &postgres::config::Host| match host {
        postgres::config::Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
        #[cfg(unix)]
        postgres::config::Host::Unix(_) => true,
    };
    let local = config.get_hosts().iter().all(is_local);
    Ok((config, local))
}

fn encrypted(server: &Postgres) -> Result<MakeRustlsConnect, Problem> {
    let wrong = |what: &str| Problem::Certificates(what.to_owned());
    let mut roots = RootCertStore::empty();
    match &server.root_certificates {
        Some(path) => {
            let found = CertificateDer::pem_file_iter(path).map_err(|_| wrong("the file cannot be read"))?;
            for certificate in found {
                let certificate = certificate.map_err(|_| wrong("the file is no PEM file"))?;
                roots.add(certificate).map_err(|_| wrong("the file holds something that is no certificate"))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(wrong("there are none"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| wrong("no version of TLS is known"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Why a query failed. The server's words may quote values, but where it did not begin to look at any.
fn failed(error: &postgres::Error, query: &Query<'_>) -> Problem {
    let Some(answer) = error.as_db_error() else {
        return match error.is_closed() {
            true => Problem::Unreachable("the connection was closed".to_owned()),
            false => Problem::Failed(error.to_string()),
        };
    };
    let code = answer.code();
    match (code, code.code().get(..2)) {
        // Class 25 is about transactions: this one is not to be changed, and changes nothing.
        (_, Some("25")) => Problem::Writes,
        (&SqlState::QUERY_CANCELED, _) => Problem::Timeout(query.timeout_seconds),
        (_, Some("42" | "0A" | "3F")) if answer.message().contains("multiple commands") => Problem::Several,
        (&SqlState::INSUFFICIENT_PRIVILEGE, _) => Problem::Refused("the user may not read this".to_owned()),
        (_, Some("42" | "0A" | "3F")) => Problem::Query(answer.message().to_owned()),
        (_, Some("22" | "21" | "23" | "P0")) => Problem::Value(format!("SQLSTATE {}", code.code())),
        _ => Problem::Failed(format!("SQLSTATE {}", code.code())),
    }
}

fn columns(statement: &Statement) -> Result<Vec<Column>, Problem> {
    if statement.columns().is_empty() {
        return Err(Problem::NoRows);
    }
    if !statement.params().is_empty() {
        return Err(Problem::Query("it has parameters such as `$1`, which nothing sets".to_owned()));
    }
    let column = |column: &postgres::Column| {
        let (name, found) = (column.name().to_owned(), column.type_());
        let unsupported = || Problem::Type { column: name.clone(), found: found.name().to_owned() };
        Ok(Column { data_type: data_type(&base(found)).ok_or_else(unsupported)?, name: name.clone() })
    };
    statement.columns().iter().map(column).collect()
}

/// What a domain is made of.
fn base(of: &Type) -> Type {
    match of.kind() {
        Kind::Domain(inner) => base(inner),
        _ => of.clone(),
    }
}

fn data_type(of: &Type) -> Option<DataType> {
    Some(match *of {
        Type::BOOL => DataType::Boolean,
        Type::INT2 => DataType::Int16,
        Type::INT4 => DataType::Int32,
        Type::INT8 => DataType::Int64,
        Type::OID => DataType::UInt32,
        Type::FLOAT4 => DataType::Float32,
        Type::FLOAT8 => DataType::Float64,
        Type::NUMERIC | Type::UUID | Type::JSON | Type::JSONB => DataType::String,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => DataType::String,
        Type::BYTEA => DataType::Binary,
        Type::DATE => DataType::Date,
        Type::TIME => DataType::Time,
        Type::TIMESTAMP => DataType::Datetime,
        Type::TIMESTAMPTZ => DataType::DatetimeUtc,
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY => DataType::ListString,
        Type::INT2_ARRAY | Type::INT4_ARRAY | Type::FLOAT4_ARRAY | Type::FLOAT8_ARRAY => DataType::ListFloat64,
        _ if matches!(of.kind(), Kind::Enum(_)) || of.name() == "citext" => DataType::String,
        _ => return None,
    })
}

/// Appends a value; on failure what it is that tables cannot hold.
fn append(builder: &mut Builder, of: &Type, bytes: &[u8]) -> Result<(), &'static str> {
    const SHORT: &str = "it is shorter than its type";
    match builder {
        Builder::Boolean(builder) => builder.append_value(*bytes.first().ok_or(SHORT)? != 0),
        Builder::Int16(builder) => builder.append_value(i16::from_be_bytes(array(bytes)?)),
        Builder::Int32(builder, DataType::Date) => {
            let days = i32::from_be_bytes(array(bytes)?);
            let finite = days != i32::MAX && days != i32::MIN;
            let days = days.checked_add(EPOCH_DAYS).filter(|_| finite);
            builder.append_value(days.ok_or("an infinite date")?);
        }
        Builder::Int32(builder, _) => builder.append_value(i32::from_be_bytes(array(bytes)?)),
        Builder::UInt32(builder) => builder.append_value(u32::from_be_bytes(array(bytes)?)),
        Builder::Int64(builder, DataType::Time) => {
            let micros = i64::from_be_bytes(array(bytes)?);
            let in_day = (0..DAY_MICROS).contains(&micros);
            builder.append_value(in_day.then_some(micros * 1_000).ok_or("the time 24:00")?);
        }
        Builder::Int64(builder, DataType::Datetime | DataType::DatetimeUtc) => {
            let micros = i64::from_be_bytes(array(bytes)?);
            let finite = micros != i64::MAX && micros != i64::MIN;
            let micros = micros.checked_add(EPOCH_MICROS).filter(|_| finite);
            builder.append_value(micros.ok_or("an infinite moment")?);
        }
        Builder::Int64(builder, _) => builder.append_value(i64::from_be_bytes(array(bytes)?)),
        Builder::Float32(builder) => builder.append_value(f32::from_be_bytes(array(bytes)?)),
        Builder::Float64(builder) => builder.append_value(f64::from_be_bytes(array(bytes)?)),
        Builder::Bytes(builder) => builder.append_value(bytes),
        Builder::Text(builder) => match *of {
            Type::NUMERIC => builder.append_value(numeric::text(bytes).ok_or(SHORT)?),
            Type::UUID => builder.append_value(uuid(bytes).ok_or(SHORT)?),
            // The first byte is the version of the binary form.
            Type::JSONB => builder.append_value(utf8(bytes.get(1..).ok_or(SHORT)?)?),
            _ => builder.append_value(utf8(bytes)?),
        },
        Builder::Texts(_) => {
            let items = items(bytes, &|item| utf8(item).map(str::to_owned))?;
            builder.texts(&items);
        }
        Builder::Numbers(builder) => {
            let number = |item: &[u8]| match *of {
                Type::INT2_ARRAY => Ok(f64::from(i16::from_be_bytes(array(item)?))),
                Type::INT4_ARRAY => Ok(f64::from(i32::from_be_bytes(array(item)?))),
                Type::FLOAT4_ARRAY => Ok(f64::from(f32::from_be_bytes(array(item)?))),
                _ => Ok(f64::from_be_bytes(array(item)?)),
            };
            builder.append_iter(items(bytes, &number)?.into_iter());
        }
        Builder::Null(count) => *count += 1,
    }
    Ok(())
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], &'static str> {
    bytes.try_into().map_err(|_| "it is not as long as its type")
}

fn utf8(bytes: &[u8]) -> Result<&str, &'static str> {
    std::str::from_utf8(bytes).map_err(|_| "a text that is not UTF-8")
}

fn uuid(bytes: &[u8]) -> Option<String> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |range: std::ops::Range<usize>| hex.get(range);
    Some([part(0..8)?, part(8..12)?, part(12..16)?, part(16..20)?, part(20..32)?].join("-"))
}

/// The items of a list, which is no list of lists.
fn items<T>(bytes: &[u8], item: &dyn Fn(&[u8]) -> Result<T, &'static str>) -> Result<Vec<Option<T>>, &'static str> {
    const DAMAGED: &str = "a list that cannot be read";
    let word = |at: usize| {
        let word = bytes.get(at..at + 4).and_then(|word| word.try_into().ok());
        word.map(i32::from_be_bytes).ok_or(DAMAGED)
    };
    // Dimensions, whether there are nulls, type of the items; then, for each dimension, length and first index.
    match word(0)? {
        0 => return Ok(Vec::new()),
        1 => {}
        _ => return Err("a list of lists"),
    }
    let (mut at, mut found) = (20, Vec::new());
    for _ in 0..word(12)? {
        let length = usize::try_from(word(at)?).ok();
        at += 4;
        found.push(match length {
            None => None,
            Some(length) => {
                let bytes = bytes.get(at..at + length).ok_or(DAMAGED)?;
                at += length;
                Some(item(bytes)?)
            }
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let number = |item: &[u8]| Ok(i32::from_be_bytes(array(item)?));
        let list = |words: &[i32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
        let cases = [
            (list(&[0, 0, 23]), Ok(vec![])),
            (list(&[1, 1, 23, 2, 1, 4, 7, -1]), Ok(vec![Some(7), None])),
            (list(&[2, 0, 23, 1, 1, 1, 1, 4, 7]), Err("a list of lists")),
            (list(&[1, 1, 23, 2, 1, 4, 7]), Err("a list that cannot be read")),
            (list(&[1, 1, 23, 1, 1, 8, 7, 8]), Err("it is not as long as its type")),
            (vec![0], Err("a list that cannot be read")),
        ];
        for (bytes, expect) in cases {
            assert_eq!(items(&bytes, &number), expect, "{bytes:?}");
        }
    }

    #[test]
    fn identifiers() {
        let bytes: Vec<u8> = (0..16).collect();
        assert_eq!(uuid(&bytes).as_deref(), Some("00010203-0405-0607-0809-0a0b0c0d0e0f"));
        assert_eq!(uuid(&bytes[..9]), None);
    }
}
