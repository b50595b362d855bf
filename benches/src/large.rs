//! A CSV file that is larger than memory should be, through ingest, transform and split.

use crate::figure::{Figure, Target, say};
use crate::{Arguments, Places, Result, limit_threads, usage};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// The most memory that it may take, in megabytes.
const MOST: f64 = 2_000.0;

const PIPELINE: &str = r#"
pipeline: large
version: 1.0.0
datastores:
  files: {type: folder, path: .}
steps:
  orders:
    uses: ingest@1
    settings: {dataset: orders, datastore: files, path: orders.csv, key: [id]}
  prepared:
    uses: transform@1
    inputs: {orders: orders.rows}
    settings:
      from: orders
      steps:
        - filter: "amount > 10 AND state <> 'cancelled'"
        - derive: {note: "lower(note)", total: "amount * pieces", month: "month(placed)"}
  parts:
    uses: split@1
    inputs: {rows: prepared.rows}
    settings: {by: {columns: [customer]}, parts: {train: 0.8, test: 0.2}}
"#;

/// A number below `below`, the same for the same row and place.
fn draw(row: u64, place: u64, below: u64) -> u64 {
    let mut bits = row.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ place.wrapping_mul(0xd1b5_4a32_d192_ed03);
    for factor in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
        bits = (bits ^ (bits >> 30)).wrapping_mul(factor);
    }
    (bits ^ (bits >> 31)) % below
}

/// Writes orders until there are so many bytes; how many there are.
fn write(to: &Path, bytes: u64) -> Result<u64> {
    const STATES: [&str; 4] = ["sent", "paid", "open", "cancelled"];
    const WORDS: [&str; 8] = ["Please", "Deliver", "before", "noon", "to the", "back DOOR", "thanks", "Call first"];
    let mut file = BufWriter::with_capacity(1 << 20, File::create(to)?);
    let mut line = String::from("id,customer,placed,amount,pieces,state,note\n");
    let (mut rows, mut written) = (0, 0);
    while written < bytes {
        written += line.len() as u64;
        file.write_all(line.as_bytes())?;
        let word = |place| WORDS[draw(rows, place, 8) as usize];
        let (day, month, state) = (1 + draw(rows, 2, 28), 1 + draw(rows, 3, 12), STATES[draw(rows, 4, 4) as usize]);
        let (customer, cents, pieces) = (draw(rows, 1, 500_000), draw(rows, 5, 1_000_000), 1 + draw(rows, 6, 9));
        line = format!(
            "{rows},c{customer},2024-{month:02}-{day:02},{}.{:02},{pieces},{state},\"{}, {} {} {} {} {}\"\n",
            cents / 100,
            cents % 100,
            word(7),
            word(8),
            word(9),
            word(10),
            word(11),
            word(12),
        );
        rows += 1;
    }
    file.flush()?;
    // The last line was not written.
    Ok(rows - 1)
}

/// Measures.
pub(crate) fn measure(places: &Places, arguments: &Arguments) -> Result<Vec<Figure>> {
    let folder = places.kept(&format!("large-{}", arguments.gigabytes))?;
    let (data, made) = (folder.join("orders.csv"), folder.join("made"));
    if !made.exists() {
        say("a large file");
        let rows = write(&data, arguments.gigabytes * 1_000_000_000)?;
        std::fs::write(folder.join("pipeline.yaml"), PIPELINE)?;
        std::fs::write(&made, rows.to_string())?;
    }
    let rows = std::fs::read_to_string(&made)?;
    say("ingest, transform and split of a large file");
    let store = places.empty("large-store")?;
    let mut command = places.mlspec();
    command.current_dir(&folder).args(["run", "pipeline.yaml", "--store"]).arg(&store);
    command.args(["--threads", &arguments.threads.to_string()]);
    limit_threads(&mut command, arguments.threads);
    let used = usage::run(&mut command)?.usage;
    std::fs::remove_dir_all(&store)?;
    let name = |what| format!("{} GB of CSV, {rows} rows: {what}", arguments.gigabytes);
    Ok(vec![
        Figure::alone(name("peak memory"), used.peak_megabytes, "MB", Target::AtMost(MOST)),
        Figure::alone(name("time"), used.seconds, "s", Target::None),
        Figure::alone(name("CPU time"), used.cpu_seconds, "s", Target::None),
    ])
}
