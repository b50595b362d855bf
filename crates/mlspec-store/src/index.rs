//! A table of contents in SQLite, made from the files. It is never the truth: every answer is read from the files, and the
//! index may be deleted at any time.

use crate::{Store, StoreError};
use mlspec_record::{Digest, Id, Kind, Name, Record};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::path::{Path, PathBuf};

/// Raised when the tables change; an index of another version is made anew.
const VERSION: i64 = 1;

const TABLES: &str = "
    CREATE TABLE runs (run TEXT PRIMARY KEY, stamp TEXT NOT NULL);
    CREATE TABLE records (run TEXT NOT NULL, step TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
        record TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (run, step));
    CREATE INDEX records_id ON records (id);
    CREATE INDEX records_record ON records (record);
    CREATE INDEX records_content ON records (content);
    CREATE TABLE artifacts (run TEXT NOT NULL, step TEXT NOT NULL, port TEXT NOT NULL, written INTEGER NOT NULL,
        digest TEXT NOT NULL, PRIMARY KEY (run, step, written, port));
    CREATE INDEX artifacts_digest ON artifacts (digest);
";

/// The index of a store, up to date as of its opening.
#[derive(Debug)]
pub struct Index {
    store: Store,
    connection: Connection,
}

/// Where a record lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRecord {
    /// Its run.
    pub run: Id,
    /// Its step.
    pub step: Name,
    /// Its id.
    pub id: Id,
    /// What it is about.
    pub kind: Kind,
}

/// Where an artifact was read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactUse {
    /// The run.
    pub run: Id,
    /// The step.
    pub step: Name,
    /// The port.
    pub port: Name,
    /// Whether it was written there, rather than read.
    pub written: bool,
}

impl Store {
    /// The index, after taking up what changed in the files.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn index(&self) -> Result<Index, StoreError> {
        let path = self.root.join("index.sqlite");
        let opened = open(&path).and_then(|connection| Index { store: self.clone(), connection }.refreshed());
        match opened {
            // Whatever is wrong with it: it can be made again.
            Err(StoreError::Index { .. }) => {
                for suffix in ["", "-wal", "-shm"] {
                    let _ = std::fs::remove_file(self.root.join(format!("index.sqlite{suffix}")));
                }
                Index { store: self.clone(), connection: open(&path)? }.refreshed()
            }
            opened => opened,
        }
    }
}

fn broken(error: rusqlite::Error) -> StoreError {
    StoreError::Index { reason: error.to_string() }
}

fn open(path: &Path) -> Result<Connection, StoreError> {
    let open = || {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(60))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version != VERSION {
            transaction.execute_batch(
                "DROP TABLE IF EXISTS runs; DROP TABLE IF EXISTS records; DROP TABLE IF EXISTS artifacts;",
            )?;
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        transaction.commit()?;
        Ok(connection)
    };
    open().map_err(broken)
}

impl Index {
    /// Takes up runs that are new or changed, drops those that are gone.
    fn refreshed(mut self) -> Result<Self, StoreError> {
        let there = self.store.runs()?;
        let stamped: Vec<_> = there.iter().map(|run| (run, stamp(&self.store, run))).collect();
        let transaction =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(broken)?;
        let known = known(&transaction).map_err(broken)?;
        for run in known.keys().filter(|run| !there.iter().any(|id| id.as_str() == run.as_str())) {
            forget(&transaction, run).map_err(broken)?;
        }
        for (run, stamp) in stamped {
            if known.get(run.as_str()) != Some(&stamp) {
                forget(&transaction, run.as_str()).map_err(broken)?;
                take_up(&self.store, &transaction, run)?;
                transaction
                    .execute("INSERT INTO runs VALUES (?1, ?2)", params![run.as_str(), stamp])
                    .map_err(broken)?;
            }
        }
        transaction.commit().map_err(broken)?;
        Ok(self)
    }

    /// The records of this id, digest, or content digest, newest run first.
    ///
    /// # Errors
    /// When the index fails.
    pub fn records(&self, key: &str) -> Result<Vec<FoundRecord>, StoreError> {
        let sql = "SELECT run, step, id, kind FROM records WHERE id = ?1 OR record = ?1 OR content = ?1 \
                   ORDER BY run DESC, step";
        self.query(sql, key, |row| {
            Some(FoundRecord {
                run: id(row, 0)?,
                step: name(row, 1)?,
                id: id(row, 2)?,
                kind: text(row, 3)?.parse().ok()?,
            })
        })
    }

    /// Where an artifact was read or written, newest run first.
    ///
    /// # Errors
    /// When the index fails.
    pub fn uses(&self, artifact: &Digest) -> Result<Vec<ArtifactUse>, StoreError> {
        let sql =
            "SELECT run, step, port, written FROM artifacts WHERE digest = ?1 ORDER BY run DESC, step, written, port";
        self.query(sql, &artifact.to_string(), |row| {
            let written = row.get(3).ok()?;
            Some(ArtifactUse { run: id(row, 0)?, step: name(row, 1)?, port: name(row, 2)?, written })
        })
    }

    /// Where the newest record of this id, digest or content digest lies.
    ///
    /// # Errors
    /// When the index fails.
    pub fn record_path(&self, key: &str) -> Result<Option<PathBuf>, StoreError> {
        Ok(self.records(key)?.first().map(|found| self.store.record_path(&found.run, &found.step)))
    }

    fn query<T>(
        &self,
        sql: &str,
        key: &str,
        take: impl Fn(&rusqlite::Row<'_>) -> Option<T>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = || {
            let mut statement = self.connection.prepare(sql)?;
            statement.query_map([key], |row| Ok(take(row)))?.collect::<Result<Vec<_>, _>>()
        };
        Ok(rows().map_err(broken)?.into_iter().flatten().collect())
    }
}

fn text(row: &rusqlite::Row<'_>, at: usize) -> Option<String> {
    row.get(at).ok()
}

fn id(row: &rusqlite::Row<'_>, at: usize) -> Option<Id> {
    Id::new(&text(row, at)?).ok()
}

fn name(row: &rusqlite::Row<'_>, at: usize) -> Option<Name> {
    Name::new(&text(row, at)?).ok()
}

/// What tells whether a run's folder changed: its own times and those of the run's file.
fn stamp(store: &Store, run: &Id) -> String {
    let time = |path: PathBuf| std::fs::metadata(path).and_then(|data| data.modified()).ok();
    format!("{:?} {:?}", time(store.run_folder(run)), time(store.run_path(run)))
}

fn known(connection: &Connection) -> Result<std::collections::BTreeMap<String, String>, rusqlite::Error> {
    connection.prepare("SELECT run, stamp FROM runs")?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

fn forget(connection: &Connection, run: &str) -> Result<(), rusqlite::Error> {
    for table in ["runs", "records", "artifacts"] {
        connection.execute(&format!("DELETE FROM {table} WHERE run = ?1"), [run]).optional()?;
    }
    Ok(())
}

fn take_up(store: &Store, connection: &Connection, run: &Id) -> Result<(), StoreError> {
    for step in store.recorded_steps(run)? {
        // A file that is no record is not in the index; who asks for it by name gets the error.
        if let Ok(record) = store.record(run, &step) {
            insert(connection, run, &step, &record)?;
        }
    }
    Ok(())
}

fn insert(connection: &Connection, run: &Id, step: &Name, record: &Record) -> Result<(), StoreError> {
    let row = || {
        let mut statement = connection.prepare_cached("INSERT INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        let digests = record.digest().and_then(|digest| Ok((digest, record.content_digest()?)));
        let (digest, content) = digests.map(|(a, b)| (a.to_string(), b.to_string())).unwrap_or_default();
        statement.execute(params![
            run.as_str(),
            step.as_str(),
            record.id().as_str(),
            record.kind().as_str(),
            digest,
            content
        ])?;
        let mut statement = connection.prepare_cached("INSERT OR IGNORE INTO artifacts VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let envelope = record.envelope().ok();
        let inputs = envelope.iter().flat_map(|e| &e.inputs).map(|input| (&input.port, false, &input.artifact));
        let outputs = envelope.iter().flat_map(|e| &e.outputs).map(|output| (&output.port, true, &output.artifact));
        for (port, written, artifact) in inputs.chain(outputs) {
            statement.execute(params![
                run.as_str(),
                step.as_str(),
                port.as_str(),
                written,
                artifact.digest.to_string()
            ])?;
        }
        Ok(())
    };
    row().map_err(broken)
}
