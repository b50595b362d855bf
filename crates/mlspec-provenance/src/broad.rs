//! Lineage of rows that nobody followed: each comes from all rows of an input, or keeps the id of one.
//!
//! All-to-all is factored: every output row names the one group 0, whose members are all rows of the input. So it takes as many
//! ids as there are rows on both sides, not as many as there are pairs.

use crate::ProvenanceError;
use crate::links::GROUP;
use mlspec_record::{ColumnLineage, Digest, Lineage, LineageNode, LineageParent, RowLineage, SourceColumn};
use mlspec_store::Store;
use mlspec_table::polars::prelude::{DataFrame, NamedFrom as _, Series};
use mlspec_table::{ChunkOptions, Table, TableError};

/// Keeps the lineage of rows with these ids that come from all rows of all parents; where `kept` names a parent, by place, from
/// the row there that has the same id, and from all rows of the others.
///
/// # Errors
/// When ids repeat, or the store fails.
pub fn broad_lineage(
    store: &Store,
    parents: Vec<LineageParent>,
    (ids, kept): (&[u64], Option<usize>),
    (columns, indirect): (Vec<ColumnLineage>, Vec<SourceColumn>),
    options: &ChunkOptions,
) -> Result<Digest, ProvenanceError> {
    let (mut nodes, mut roots, mut own) = (Vec::new(), Vec::new(), None);
    for (parent, LineageParent { artifact, .. }) in parents.iter().enumerate() {
        let scan = nodes.len();
        nodes.push(LineageNode::Scan { parent });
        if kept == Some(parent) {
            own = Some(scan);
            continue;
        }
        let members = Table::read_columns(store, &artifact.digest, &[])?.ids();
        let groups = Series::new(GROUP.into(), vec![0_u64; members.len()]);
        let table = one_column(members, groups)?.write(store, options)?.digest;
        nodes.push(LineageNode::Edges { table, own: Some(scan), inputs: Vec::new() });
        roots.push(scan + 1);
    }
    let rows = match (own, roots.is_empty()) {
        (Some(_), true) => RowLineage::Identity,
        _ => {
            let height = ids.len();
            let column = |node: &usize| Series::new(format!("n{node}").into(), vec![0_u64; height]).into();
            let frame = DataFrame::new(height, roots.iter().map(column).collect()).map_err(TableError::from)?;
            let table = Table::with_ids(frame, ids.to_vec())?.write(store, options)?.digest;
            RowLineage::Nodes { nodes, own, table: Some(table), roots }
        }
    };
    let lineage = Lineage { parents, rows, columns, indirect, features: Vec::new() };
    Ok(store.put_json(&lineage)?.0)
}

fn one_column(ids: Vec<u64>, column: Series) -> Result<Table, ProvenanceError> {
    let frame = DataFrame::new(ids.len(), vec![column.into()]).map_err(TableError::from)?;
    Ok(Table::with_ids(frame, ids)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tracer, source_lineage};
    use mlspec_record::{ArtifactRef, Name};
    use mlspec_table::polars::df;

    fn source(store: &Store, name: &str, ids: Vec<u64>) -> ArtifactRef {
        let table = Table::new(df!("_row" => ids, "x" => [1_i64, 2, 3]).unwrap()).unwrap();
        let lineage = source_lineage(store, &Name::new(name).unwrap(), table.schema()).unwrap();
        ArtifactRef { lineage: Some(lineage), ..table.write(store, &ChunkOptions::default()).unwrap() }
    }

    fn check(kept: Option<usize>, ids: &[u64], of_row: &[(&str, &[u64])], reached: &[u64]) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let parents = [("a", source(&store, "a", vec![3, 5, 7])), ("b", source(&store, "b", vec![0, 1, 2]))];
        let artifact = |(scan, artifact): (&str, &ArtifactRef)| LineageParent {
            scan: scan.to_owned(),
            artifact: artifact.clone(),
        };
        let all = parents.iter().map(|(scan, parent)| artifact((scan, parent))).collect();
        let options = ChunkOptions::default();
        let lineage = broad_lineage(&store, all, (ids, kept), (Vec::new(), Vec::new()), &options).unwrap();
        let table = Table::with_ids(DataFrame::empty_with_height(ids.len()), ids.to_vec()).unwrap();
        let made = ArtifactRef { lineage: Some(lineage), ..table.write(&store, &options).unwrap() };
        let tracer = Tracer::new(&store);
        let found = tracer.backward(&made, &ids[..1]).unwrap();
        let found: Vec<(&str, &[u64])> =
            found.iter().map(|(scan, rows)| (scan.dataset.as_str(), rows.as_slice())).collect();
        assert_eq!(found, of_row);
        assert_eq!(tracer.forward(&parents[0].1, &[5], &made).unwrap(), reached);
        let scan = tracer.sources(&made).unwrap().into_iter().find(|scan| scan.dataset.as_str() == "b").unwrap();
        assert_eq!(tracer.list_pairs(&made, &scan).unwrap().len(), 3 * ids.len());
    }

    #[test]
    fn each_row_comes_from_all() {
        check(None, &[10, 11], &[("a", &[3, 5, 7]), ("b", &[0, 1, 2])], &[10, 11]);
    }

    #[test]
    fn each_row_keeps_its_id_and_comes_from_all_of_the_other() {
        check(Some(0), &[3, 5], &[("a", &[3]), ("b", &[0, 1, 2])], &[5]);
    }
}
