//! The relational part with row and column lineage, beside DuckDB doing the same SQL without.

use crate::figure::{Figure, Target, median, say};
use crate::peers::{Peers, report};
use crate::provenance::{Part, repeated};
use crate::{Arguments, Places, Result};

/// How many mails a customer of the example writes.
const MAILS: u64 = 10;

/// Measures.
pub(crate) fn measure(places: &Places, arguments: &Arguments) -> Result<Vec<Figure>> {
    let peers = Peers::new(places, arguments.threads)?;
    let customers = arguments.rows / MAILS;
    let data = places.complaints(customers)?.join("data");
    let tables = places.kept(&format!("tables-{customers}"))?;
    say("tables in memory, with lineage, beside DuckDB");
    repeated(places, &Arguments { repeat: 1, ..arguments.clone() }, Part::Tables, &data, &tables)?;
    let mut theirs = Vec::new();
    for _ in 0..arguments.repeat {
        theirs.push(report(peers.script("relational.py").arg(&tables).arg(arguments.threads.to_string()))?);
    }
    let mut figures = Vec::new();
    for (name, part) in [("preparation", Part::Tracked), ("groups", Part::TrackedGroups)] {
        let (rows, ours) = repeated(places, arguments, part, &data, &tables)?;
        if theirs.iter().any(|peer| peer.facts[name] != rows) {
            return Err(format!("{name}: {rows} rows by us, another number by DuckDB").into());
        }
        let peer = |of: fn(&crate::peers::Phase) -> f64| {
            median(theirs.iter().filter_map(|peer| peer.phases.get(name)).map(of).collect())
        };
        let figure = |what, ours, theirs, aim| {
            Figure::ratio(format!("{name} of {} mails, {rows} rows: {what}", arguments.rows), ours, theirs, "s", aim)
        };
        figures.push(figure("time", ours.seconds, peer(|phase| phase.seconds), Target::AtMost(2.0)));
        figures.push(figure("CPU time", ours.cpu_seconds, peer(|phase| phase.cpu_seconds), Target::None));
    }
    Ok(figures)
}
