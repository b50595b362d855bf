//! Files to prepared table, with lineage, beside pandas.

use crate::figure::{Figure, Target, say};
use crate::peers::{Peers, report};
use crate::provenance::{Part, repeated, tracked};
use crate::usage::medians;
use crate::{Arguments, Places, Result};
use mlspec_record::{Column, DataType, TableSchema};
use mlspec_table::Table;
use mlspec_table::format::{Compression, Format, InputFile, ReadOptions, read};
use std::collections::BTreeMap;
use std::path::Path;

fn table(data: &Path, name: &str, columns: &[(&str, DataType)]) -> Result<Table> {
    let file = InputFile::open(&data.join(format!("{name}.csv")), name, Compression::None)?;
    let column = |(name, data_type): &(&str, DataType)| Column { name: (*name).to_owned(), data_type: *data_type };
    let mut options = ReadOptions::new(Format::Csv);
    options.csv.header = false;
    options.columns = Some(TableSchema::new(columns.iter().map(column).collect())?);
    let frame = read(&[file], &options)?.frames.pop().ok_or("no file was read")?;
    Ok(Table::number(frame, 0)?)
}

/// Reads the example's files and prepares them; how many rows there are then.
pub(crate) fn prepare(data: &Path) -> Result<usize> {
    use DataType::{Date, Int64, String};
    let customers = [("id", Int64), ("email", String), ("bank", String), ("country", String), ("level", String)];
    let mails = [("id", Int64), ("email", String), ("date", Date), ("subject", String), ("text", String)];
    let tables = BTreeMap::from([
        ("customers".to_owned(), table(data, "customers", &customers)?),
        ("mails".to_owned(), table(data, "mails", &mails)?),
    ]);
    Ok(tracked()?.run(&tables)?.table()?.len())
}

/// Measures.
pub(crate) fn measure(places: &Places, arguments: &Arguments) -> Result<Vec<Figure>> {
    let peers = Peers::new(places, arguments.threads)?;
    let (data, results) = (places.complaints(arguments.customers)?.join("data"), places.empty("preparation-peer")?);
    say("files to prepared table, with lineage, beside pandas");
    let (rows, ours) = repeated(places, arguments, Part::Prepare, &data, &results)?;
    let mut usages = Vec::new();
    for _ in 0..arguments.repeat {
        let peer = report(peers.script("complaints.py").arg(&data).arg(&results).arg("--prepare-only"))?;
        if peer.facts["prepared_rows"] != rows {
            return Err(format!("{rows} rows were prepared by us, {} by the peer", peer.facts["prepared_rows"]).into());
        }
        usages.push(peer.total);
    }
    let theirs = medians(&usages);
    let figure = |what, ours, theirs, unit, aim| Figure::ratio(format!("{rows} rows: {what}"), ours, theirs, unit, aim);
    Ok(vec![
        figure("CPU time", ours.cpu_seconds, theirs.cpu_seconds, "s", Target::AtMost(1.0 / 3.0)),
        figure("time", ours.seconds, theirs.seconds, "s", Target::None),
        figure("peak memory", ours.peak_megabytes, theirs.peak_megabytes, "MB", Target::None),
    ])
}
