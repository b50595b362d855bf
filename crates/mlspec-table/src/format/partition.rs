//! Hive partitions: folders named `column=value`, whose values are columns of the files below.

use super::infer::{self, Guess};
use super::{FormatError, InputFile, Problem, Read, ReadOptions};
use mlspec_record::{Column, TableSchema};
use polars::prelude::{DataFrame, StringChunked};

/// The value that stands for null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// The columns that a path says, in its order: the folders of the form `column=value`. `%2F` and the like are decoded.
pub fn partitions_of(path: &str) -> Vec<(String, Option<String>)> {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders).split('/');
    let pair = |folder: &str| {
        let (name, value) = folder.split_once('=').filter(|(name, _)| !name.is_empty())?;
        let value = decoded(value);
        Some((decoded(name), Some(value).filter(|value| value != NULL && !value.is_empty())))
    };
    folders.filter_map(pair).collect()
}

/// With every `%` and two hexadecimal digits as the byte that they are; where that is no text, as it was.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let hex = text.get(at + 1..at + 3).filter(|hex| *byte == b'%' && hex.bytes().all(|b| b.is_ascii_hexdigit()));
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => (out.push(decoded), at += 3),
            None => (out.push(*byte), at += 1),
        };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// The columns of the first file's path; those of the others must be the same, in any order.
pub(super) fn names(files: &[InputFile], options: &ReadOptions) -> Result<Vec<String>, FormatError> {
    let Some(first) = files.first() else { return Ok(Vec::new()) };
    let names: Vec<String> = first.partition().iter().map(|(name, _)| name.clone()).collect();
    if let Some(twice) = (1..names.len()).find(|at| names[..*at].contains(&names[*at])).and_then(|at| names.get(at)) {
        let error = mlspec_record::TableSchemaError::Twice(twice.clone());
        return Err(FormatError::file(first.name(), error));
    }
    if let Some(missing) = options.partitions.keys().find(|name| !names.contains(name)) {
        return Err(FormatError::file(first.name(), Problem::NoPartition(missing.clone())).in_column(missing));
    }
    for file in files {
        let same =
            file.partition().len() == names.len() && file.partition().iter().all(|(name, _)| names.contains(name));
        if !same {
            return Err(FormatError::file(file.name(), Problem::Partitions));
        }
    }
    Ok(names)
}

/// The options for the files themselves: without the columns that the paths say.
pub(super) fn within(options: &ReadOptions, names: &[String]) -> Result<ReadOptions, FormatError> {
    let rest = |schema: &TableSchema| {
        TableSchema::new(schema.columns().iter().filter(|column| !names.contains(&column.name)).cloned().collect())
    };
    let columns = options.columns.as_ref().map(rest).transpose();
    Ok(ReadOptions { columns: columns.map_err(|error| FormatError::file("", error))?, ..options.clone() })
}

/// What was read, with the columns that the paths say: where they are declared in their places, otherwise behind the others.
pub(super) fn add(
    read: Read,
    files: &[InputFile],
    options: &ReadOptions,
    names: &[String],
) -> Result<Read, FormatError> {
    let first = files.first().map_or("", InputFile::name);
    if let Some(both) = names.iter().find(|name| read.schema.get(name).is_some()) {
        return Err(FormatError::file(first, Problem::Partitioned(both.clone())).in_column(both));
    }
    let value = |file: &InputFile, name: &str| {
        file.partition().iter().find(|(own, _)| own == name).and_then(|(_, value)| value.clone())
    };
    let wanted = |name: &String| options.columns.as_ref().is_none_or(|columns| columns.get(name).is_some());
    let mut columns = read.schema.columns().to_vec();
    for name in names.iter().filter(|name| wanted(name)) {
        let values: StringChunked = files.iter().map(|file| value(file, name)).collect();
        let declared = options.columns.as_ref().and_then(|columns| columns.get(name));
        let declared = declared.or_else(|| options.partitions.get(name).copied());
        let data_type = declared.unwrap_or_else(|| Guess::of(&values).data_type());
        columns.push(Column { name: name.clone(), data_type });
    }
    let all = TableSchema::new(columns).map_err(|error| FormatError::file(first, error))?;
    let schema = options.columns.clone().unwrap_or_else(|| all.clone());
    let frames = read.frames.into_iter().zip(files).map(|(frame, file)| {
        let mut frame = frame;
        for name in names {
            let Some(data_type) = all.get(name) else { continue };
            let one: StringChunked = [value(file, name)].into_iter().collect();
            let wrong = || FormatError::file(file.name(), Problem::Value(data_type)).in_column(name);
            let one = infer::convert(vec![one], data_type).map_err(|_| wrong())?;
            let column = one.new_from_index(0, frame.height()).with_name(name.as_str().into());
            frame = infer::with(frame, column).ok_or_else(wrong)?;
        }
        let order: Vec<&str> = schema.names().collect();
        frame.select(order).map_err(|_| FormatError::file(file.name(), Problem::Damaged("partitioned")))
    });
    Ok(Read { frames: frames.collect::<Result<Vec<DataFrame>, _>>()?, schema, ..read })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_form_name_value_are_columns() {
        let check = |path: &str, expect: &[(&str, Option<&str>)]| {
            let found = partitions_of(path);
            let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
            assert_eq!(found, expect, "{path}");
        };
        check("a.csv", &[]);
        check("year=2024.csv", &[]);
        check("sales/year=2024/month=01/a.csv", &[("year", Some("2024")), ("month", Some("01"))]);
        check("year=2024/plain/day=1=2/a.csv", &[("year", Some("2024")), ("day", Some("1=2"))]);
        check("x=__HIVE_DEFAULT_PARTITION__/y=/a", &[("x", None), ("y", None)]);
        check("=1/a.csv", &[]);
        check("city=M%C3%BCnchen%2FOst/a.csv", &[("city", Some("München/Ost"))]);
        check("bad=100%/odd=%FF/%zz=%é/a", &[("bad", Some("100%")), ("odd", Some("%FF")), ("%zz", Some("%é"))]);
        check("größe.\"x\"=1 2/a", &[("größe.\"x\"", Some("1 2"))]);
    }
}
