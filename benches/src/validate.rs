//! How many records a second `mlspec validate` checks, beside Python's jsonschema.

use crate::figure::{Figure, Target, median, say};
use crate::peers::{Peers, report};
use crate::usage;
use crate::{Arguments, Places, Result, limit_threads};
use mlspec_record::{Id, Name, SchemaId};
use mlspec_store::Store;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

/// The bytes of a line.
const BYTES: usize = 2_048;

/// How many records the peer gets: it is slow, and its time grows with them evenly.
const PEER_RECORDS: u64 = 1_000;

/// The record of an ingestion, as a run of the example writes it.
fn record(places: &Places) -> Result<Value> {
    let folder = places.complaints(100)?;
    let store = places.empty("validate-store")?;
    let mut command = places.mlspec();
    command.current_dir(&folder).args(["run", "pipeline.yaml", "--to", "mails", "--store"]).arg(&store);
    usage::run(&mut command)?;
    let store = Store::open(&store)?;
    let run = store.runs()?.pop().ok_or("the store has no run")?;
    Ok(serde_json::from_str(&fs::read_to_string(store.record_path(&run, &Name::new("mails")?))?)?)
}

/// Writes so many records, each with its own id, all as long.
fn write(record: &Value, records: u64, to: &Path) -> Result<()> {
    let mut record = record.clone();
    let length = |record: &Value| record.to_string().len();
    record["description"] = json!("");
    let missing = BYTES.checked_sub(length(&record) + 1).ok_or("the record is longer than 2 KB")?;
    record["description"] =
        json!("a record of two kilobytes ".repeat(BYTES / 26 + 1).get(..missing).unwrap_or_default());
    let mut file = BufWriter::with_capacity(1 << 20, File::create(to)?);
    for number in 0..records {
        // A UUID of version 7: 48 bits of time, here counting, and a rest that stays.
        record["id"] =
            json!(Id::new(&format!("01900000-{:04x}-7{:03x}-8000-000000000000", number >> 12, number & 0xfff))?);
        writeln!(file, "{record}")?;
    }
    Ok(file.flush()?)
}

/// Measures.
pub(crate) fn measure(places: &Places, arguments: &Arguments) -> Result<Vec<Figure>> {
    say("records of 2 KB");
    let peers = Peers::new(places, 1)?;
    let record = record(places)?;
    let folder = places.empty("validate")?;
    let (ours, theirs) = (folder.join("records.ndjson"), folder.join("few.ndjson"));
    write(&record, arguments.records, &ours)?;
    write(&record, PEER_RECORDS, &theirs)?;
    let id = SchemaId::new(record["schema"].as_str().unwrap_or_default())?;
    let schema = places.source(&format!("../schemas/{}/{}.json", id.name(), id.version()));
    let (mut seconds, mut peer_seconds) = (Vec::new(), Vec::new());
    for _ in 0..arguments.repeat {
        let mut command = places.mlspec();
        limit_threads(command.arg("validate").arg(&ours).args(["--threads", "1"]), 1);
        seconds.push(usage::run(&mut command)?.usage.seconds);
        let peer = report(peers.script("validate.py").arg(&schema).arg(&theirs))?;
        if peer.facts["invalid"] != 0 {
            return Err("the peer finds invalid records".into());
        }
        peer_seconds.push(peer.total.seconds);
    }
    let per_second = arguments.records as f64 / median(seconds);
    let peer_per_second = PEER_RECORDS as f64 / median(peer_seconds);
    Ok(vec![
        Figure::alone("records of 2 KB a second, one core", per_second, "/s", Target::AtLeast(20_000.0)),
        Figure::ratio("beside Python's jsonschema", per_second, peer_per_second, "/s", Target::None),
    ])
}
