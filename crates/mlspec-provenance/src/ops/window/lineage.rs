//! Which rows a row of a window comes from: those around it where all functions look no further than some rows, else all rows of
//! its part.

use super::super::groups::Groups;
use super::{Family, FrameUnit, WindowColumn, WindowFunction};
use crate::engine::{self, Run};
use crate::flight::{bug, ids, node_column};
use crate::hash::{pair, seed};
use crate::links::{GROUP, Links, Node};
use crate::{Flight, Problem};
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;

/// How many rows around it a row may name. Beyond, it names its part: an edge table of so many times the rows would be larger than
/// the table, and tells little more.
const ROWS: i64 = 64;

/// How far the functions look before and behind a row, if that is near. Rows between are part of it: without them others would take
/// their places.
pub(super) fn reach<'a>(columns: impl Iterator<Item = &'a WindowColumn>) -> Option<(i64, i64)> {
    let mut reach = (0, 0);
    for column in columns {
        let n = column.n.map_or(1, |n| i64::try_from(n).unwrap_or(i64::MAX));
        let (from, to) = match (column.function.family(), column.frame) {
            (Family::Distance, _) if column.function == WindowFunction::Lag => (-n, 0),
            (Family::Distance, _) => (0, n),
            (Family::Frame, Some(frame)) if frame.unit == FrameUnit::Rows => (frame.from?, frame.to?),
            _ => return None,
        };
        reach = (from.min(reach.0), to.max(reach.1));
    }
    let rows = reach.1.saturating_sub(reach.0);
    (rows < ROWS).then_some(reach)
}

/// Each row comes from the rows of its part.
pub(super) fn of_parts(run: &mut Run, flight: &Flight, parts: &Groups) -> Result<Flight, Problem> {
    let groups = parts.group_of();
    let node = run.add(engine::edges(flight, groups.clone())?);
    let mut frame = flight.frame.drop_many(flight.nodes.iter().copied().map(node_column));
    frame.with_column(Column::new(node_column(node).into(), groups)).map_err(bug)?;
    Ok(Flight { frame, own: None, nodes: vec![node] })
}

/// Each row comes from the rows around it, itself included.
pub(super) fn of_frames(
    run: &mut Run,
    flight: &Flight,
    sorted: &[Vec<IdxSize>],
    (before, behind): (i64, i64),
) -> Result<Flight, Problem> {
    let (mut members, mut rows): (Vec<IdxSize>, Vec<IdxSize>) = (Vec::new(), Vec::new());
    for part in sorted {
        for (place, row) in part.iter().enumerate() {
            let place = place as i64;
            let from = usize::try_from(place.saturating_add(before)).unwrap_or_default();
            let to = usize::try_from(place.saturating_add(behind).saturating_add(1)).unwrap_or_default();
            let around = part.get(from..to.min(part.len())).unwrap_or_default();
            members.extend(around);
            rows.extend(around.iter().map(|_| *row));
        }
    }
    let mut from = flight.clone().keep(|_| false)?;
    let all = ids(&from.frame, ROW)?;
    let groups = all.take(&IdxCa::from_vec(GROUP.into(), rows)).map_err(bug)?;
    from.frame = from.frame.take(&IdxCa::from_vec(ROW.into(), members)).map_err(bug)?;
    let own = from.hide_ids("@member")?;
    let seed = seed("window");
    let members = ids(&from.frame, &own)?;
    let edges = groups.iter().zip(members.iter());
    let edges: Vec<u64> = edges.map(|(group, member)| pair(seed, group.unwrap_or_default(), member)).collect();
    from.frame.with_column(Column::new(ROW.into(), edges)).map_err(bug)?;
    from.frame.with_column(groups.with_name(GROUP.into()).into_column()).map_err(bug)?;
    let columns = [ROW.to_owned(), GROUP.to_owned()].into_iter().chain(from.nodes.iter().copied().map(node_column));
    let frame = from.frame.select(columns).map_err(bug)?;
    let node = run.add(Node::Edges(Links { frame, own: None, roots: from.nodes }));
    let frame = flight.frame.drop_many(flight.nodes.iter().copied().map(node_column));
    Ok(Flight { frame, own: Some(node), nodes: Vec::new() })
}
