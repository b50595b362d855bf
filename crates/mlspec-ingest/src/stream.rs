//! Files that are larger than memory should be: read and kept some rows at a time.

use crate::ingester::{Source, nulls};
use crate::{IngestError, Ingester};
use mlspec_record::ArtifactRef;
use mlspec_record::body::{Ingestion, SourceFile};
use mlspec_store::Store;
use mlspec_table::format::{TextFile, can_stream, stream, stream_schema};
use mlspec_table::polars::prelude::DataFrame;
use mlspec_table::{Equality, Table, TableWriter, row_hashes};

impl Ingester {
    /// Reads files into the store as the first version of the dataset, as [`Ingester::ingest`] and [`Table::write`] do together, with
    /// some of the rows in memory. Nothing where the settings ask for what must see all rows, or where something is wrong: what it is, and
    /// where, is told by reading all.
    pub(crate) fn stream(&self, store: &Store, sources: &[Source]) -> Option<(ArtifactRef, Ingestion)> {
        if !can_stream(&self.options) || self.params.hive.is_some() || self.query().is_some() {
            return None;
        }
        self.streamed(store, sources).ok().flatten()
    }

    fn streamed(&self, store: &Store, sources: &[Source]) -> Result<Option<(ArtifactRef, Ingestion)>, IngestError> {
        let compression = self.params.compression;
        let text = |source: &'_ Source| (source.located.found.clone(), source.located.path.clone());
        let places: Vec<_> = sources.iter().map(text).collect();
        let files: Vec<TextFile<'_>> = places.iter().map(|(path, name)| TextFile { path, name, compression }).collect();
        let Some(schema) = stream_schema(&files, &self.options)? else { return Ok(None) };
        self.check_key_columns(&schema)?;
        let keys: Vec<&str> = self.params.key.iter().map(String::as_str).collect();
        let mut writer = TableWriter::new(store, &schema, &self.params.chunks())?;
        let (mut next, mut hashes, mut found) = (0, Vec::new(), Vec::new());
        for (file, source) in files.iter().zip(sources) {
            let first = next;
            stream(*file, &schema, &self.options, |rows: DataFrame| {
                if !nulls(&rows, &keys)?.is_empty() {
                    return Err(IngestError::NoKey(keys.join(", ")));
                }
                if !keys.is_empty() {
                    // Half of the hash: where two are equal, all rows are looked at.
                    hashes.extend(row_hashes(&rows, &keys, Equality::Key)?.into_iter().map(|hash| hash as u64));
                }
                let height = rows.height() as u64;
                writer.push(Table::number(rows, next)?)?;
                next += height;
                Ok(())
            })?;
            found.push(self.source_file(source, first, next - first));
        }
        hashes.sort_unstable();
        if hashes.windows(2).any(|pair| pair[0] == pair[1]) {
            return Ok(None);
        }
        let report = Ingestion {
            dataset: self.dataset.clone(),
            key: self.params.key.clone(),
            columns: schema,
            inferred: self.options.columns.is_none(),
            files: found,
            query: None,
            rows: next,
            chunk_rows: Some(self.params.chunk_rows),
            next_row: next,
            places: None,
            sample: None,
            suppressed: 0,
            quarantined: None,
            revision: None,
        };
        Ok(Some((writer.finish()?, report)))
    }

    fn source_file(&self, source: &Source, first: u64, rows: u64) -> SourceFile {
        SourceFile {
            datastore: self.params.datastore.clone(),
            path: source.located.path.clone(),
            format: self.options.format.as_str().to_owned(),
            digest: source.digest,
            bytes: source.bytes,
            first_row: (rows > 0).then_some(first),
            first_record: None,
            rows,
            sheet: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::IngestParams;
    use crate::ingester::{Ingested, Sources};
    use mlspec_record::Digest;
    use mlspec_stage::Site;
    use serde_json::json;

    /// What streaming leaves is what reading all leaves, or it leaves all to that.
    fn check(settings: serde_json::Value, files: &[(&str, &str)], streams: bool) {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
        let store = Store::open(folder.path().join("store")).unwrap();
        let mut all = json!({"dataset": "d", "datastore": "files", "chunk_rows": 2});
        all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let ingester = serde_json::from_value::<IngestParams>(all).unwrap().check("d").unwrap();
        let site = Site::new([(ingester.params.datastore.clone(), folder.path().to_owned())].into(), None);
        let of = |located: crate::files::Located| {
            let bytes = std::fs::read(&located.found).unwrap();
            Source { digest: Digest::of(&bytes), bytes: bytes.len() as u64, located }
        };
        let sources: Vec<Source> = ingester.locate(&site).unwrap().into_iter().map(of).collect();
        let streamed = ingester.stream(&store, &sources);
        assert_eq!(streamed.is_some(), streams, "{settings}");
        let whole = ingester.ingest(&Sources::Files(sources), None, None, None);
        if let Some((artifact, report)) = streamed {
            let Ingested { table, report: expected, places, .. } = whole.unwrap();
            assert_eq!(
                (artifact, report, None),
                (table.write(&store, &ingester.params.chunks()).unwrap(), expected, places)
            );
        }
    }

    #[test]
    fn what_is_streamed_is_what_is_read() {
        let one = [("a.csv", "id,n\n1,2\n2,3.5\n3,\n")];
        let two = [("a.csv", "id,n\n1,2\n2,3\n3,4\n"), ("b.csv", "id,n\n"), ("c.csv", "id,n\n4,x\n5,y\n")];
        check(json!({"path": "a.csv"}), &one, true);
        check(json!({"path": "a.csv", "key": ["id"]}), &one, true);
        check(json!({"path": "*.csv", "key": ["id"]}), &two, true);
        check(
            json!({"path": "*.csv", "columns": [{"name": "id", "type": "int32"}, {"name": "n", "type": "string"}]}),
            &two,
            true,
        );
        check(json!({"path": "a.csv", "columns": [{"name": "n", "type": "float64"}]}), &one, true);
        // Errors, and rows that are put aside, are told by who reads all.
        check(
            json!({"path": "*.csv", "columns": [{"name": "id", "type": "int64"}, {"name": "n", "type": "int64"}]}),
            &two,
            false,
        );
        check(json!({"path": "a.csv", "key": ["n"]}), &one, false);
        check(json!({"path": "a.csv", "key": ["none"]}), &one, false);
        check(json!({"path": "a.csv", "bad_rows": {"policy": "quarantine"}}), &one, false);
        check(json!({"path": "a.csv", "key": ["id"]}), &[("a.csv", "id,n\n1,2\n1,3\n")], false);
        check(json!({"path": "a.csv"}), &[("a.csv", "")], false);
        check(json!({"path": "a.csv"}), &[("a.csv", "n\n1\n\n2\n")], false);
    }
}
