//! The suite against a small stage, and against the same stage with one fault at a time.

use crate::{Bench, Case, MARKER, MARKER_NUMBER, OnEmpty, check_stage};
use mlspec_record::body::{OperatorReport, Transformation};
use mlspec_record::{ArtifactKind, ArtifactRef, ExitCode, Failure, Kind, Name, Producer, StageId};
use mlspec_stage::{Changes, Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings};
use mlspec_table::polars::df;
use mlspec_table::{ChunkOptions, ROW, Table};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Keeps the first rows.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Head {
    /// How many rows to keep.
    #[serde(default = "ten")]
    #[schemars(range(min = 1))]
    rows: u64,
    /// What the stage does wrong.
    #[serde(default)]
    fault: Fault,
}

fn ten() -> u64 {
    10
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
enum Fault {
    #[default]
    None,
    Body,
    Clock,
    Columns,
    Lineage,
    Message,
    Outputs,
    Rough,
    Stale,
    Threads,
}

#[derive(Debug, thiserror::Error)]
enum HeadError {
    #[error("`rows` must be at least 1, got `0`")]
    Rows,
    #[error("the rows hold `{0}`")]
    Talkative(String),
    #[error(transparent)]
    Table(#[from] mlspec_table::TableError),
    #[error(transparent)]
    Store(#[from] mlspec_store::StoreError),
}

impl Failure for HeadError {
    fn exit_code(&self) -> ExitCode {
        if matches!(self, Self::Rows) { ExitCode::Usage } else { ExitCode::Data }
    }
}

fn build(_: &Name, settings: Map<String, Value>, _: &Site) -> Result<Box<dyn Stage>, StageError> {
    let head: Head = parse_settings(settings)?;
    if head.rows == 0 { Err(HeadError::Rows.into()) } else { Ok(Box::new(head)) }
}

fn entry() -> StageEntry {
    StageEntry { id: StageId::new("head@1").unwrap(), build, settings: || schemars::schema_for!(Head) }
}

impl Stage for Head {
    fn id(&self) -> StageId {
        entry().id
    }

    fn kind(&self) -> Kind {
        Kind::Transformation
    }

    fn producer(&self) -> Producer {
        Producer { name: "mlspec-head".to_owned(), version: "1.0.0".to_owned() }
    }

    fn settings(&self) -> Map<String, Value> {
        serde_json::to_value(self).unwrap().as_object().unwrap().clone()
    }

    fn ports(&self) -> Ports {
        let port = || Port::new(Bench::name("rows"), ArtifactKind::Table);
        Ports { inputs: vec![port()], outputs: vec![port()] }
    }

    fn plan(&self, inputs: &Schemas) -> Result<Schemas, StageError> {
        Ok(inputs.clone())
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let input = cx.input("rows", ArtifactKind::Table)?.artifact.clone();
        let table = Table::read(cx.store(), &input.digest).map_err(HeadError::from)?;
        if self.fault == Fault::Message {
            return Err(HeadError::Talkative(MARKER.to_owned()).into());
        }
        let mut frame = table.frame().head(Some(self.rows as usize));
        if self.fault == Fault::Columns {
            frame = frame.drop("name").unwrap();
        }
        let kept = Table::new(frame).map_err(HeadError::from)?;
        let mut output = kept.write(cx.store(), &ChunkOptions::default()).map_err(HeadError::from)?;
        if self.fault != Fault::Lineage {
            output.lineage = Some(self.lineage(cx, &kept, &input)?);
        }
        if self.fault != Fault::Outputs {
            cx.output(Bench::name("rows"), output)?;
        }
        let reason = match self.fault {
            Fault::Clock => Some(cx.host().seconds().to_string()),
            #[allow(clippy::disallowed_methods)] // the fault
            Fault::Threads => Some(std::env::var("RAYON_NUM_THREADS").unwrap_or_default()),
            _ => None,
        };
        let report = OperatorReport {
            bounds: Vec::new(),
            tables: Vec::new(),
            shares: Vec::new(),
            position: 0,
            operator: "head".to_owned(),
            table: "rows".to_owned(),
            rows_in: table.len() as u64,
            rows_out: kept.len() as u64,
            dropped: (table.len() - kept.len()) as u64,
            reason,
        };
        match self.fault {
            Fault::Body => cx.body(&json!({"operators": 3})),
            _ => cx.body(&Transformation { operators: vec![report], ..Transformation::default() }),
        }
    }

    fn update(&self, cx: &mut Context<'_>, _: &Changes) -> Result<(), StageError> {
        match (self.fault, cx.previous()) {
            (Fault::Stale, Some(previous)) => {
                cx.output(Bench::name("rows"), previous.outputs()[0].artifact.clone())?;
                cx.body(previous.body())
            }
            (Fault::Rough, _) => {
                cx.inexact();
                self.run(cx)
            }
            _ => self.run(cx),
        }
    }
}

impl Head {
    fn lineage(
        &self,
        cx: &Context<'_>,
        kept: &Table,
        parent: &ArtifactRef,
    ) -> Result<mlspec_record::Digest, HeadError> {
        let columns: Vec<Value> = kept
            .schema()
            .columns()
            .iter()
            .map(|column| {
                let source = json!({"scan": "rows", "column": column.name, "dependency": "identity"});
                json!({"column": column.name, "type": column.data_type, "sources": [source]})
            })
            .collect();
        let parents = json!([{"scan": "rows", "artifact": parent}]);
        let lineage = json!({"parents": parents, "rows": {"type": "identity"}, "columns": columns});
        Ok(cx.store().put_json(&lineage)?.0)
    }
}

fn rows(bench: &Bench) -> ArtifactRef {
    bench.source("customers", df!("id" => [1, MARKER_NUMBER, 3], "name" => [Some(MARKER), None, Some("c")]).unwrap())
}

#[test]
fn a_sound_stage_passes() {
    let bench = Bench::new();
    let case = Case::new(&bench, entry(), json!({"rows": 2}))
        .input("rows", &rows(&bench))
        .accepts(json!({}))
        .refuses(json!({"rows": 0}), "at least 1")
        .refuses(json!({"rows": "many"}), "u64");
    check_stage!(case);
    let kept = bench.outcome(&entry(), &json!({"rows": 2}), &[("rows", &rows(&bench))]);
    assert_eq!(bench.table(&kept.outputs[0].artifact).ids(), [0, 1]);
    assert!(kept.outputs[0].artifact.lineage.is_some());
    assert_eq!(bench.table(&kept.outputs[0].artifact).frame().get_column_names()[0], ROW);
}

#[test]
fn each_fault_is_found() {
    let faults = [
        ("Body", "read the body"),
        ("Clock", "two runs differ"),
        ("Columns", "planned columns"),
        ("Lineage", "no lineage"),
        ("Outputs", "the outputs it declares"),
        ("Rough", "is inexact, which the case does not allow"),
        ("Stale", "which is no input"),
    ];
    for (fault, message) in faults {
        let found = fails(|| {
            let bench = Bench::new();
            let case = Case::new(&bench, entry(), json!({"fault": fault})).input("rows", &rows(&bench));
            check_stage!(case);
        });
        assert!(found.contains(message), "{fault}: {found}");
    }
}

#[test]
fn a_result_that_depends_on_threads_is_found() {
    let found = fails(|| {
        let bench = Bench::new();
        let case = Case::new(&bench, entry(), json!({"fault": "Threads"})).input("rows", &rows(&bench));
        check_stage!(case);
    });
    assert!(found.contains("another number of threads"), "{found}");
}

#[test]
fn a_cell_in_a_message_is_found() {
    let found = fails(|| {
        let bench = Bench::new();
        let case = Case::new(&bench, entry(), json!({})).input("rows", &rows(&bench)).fails(
            "rows that talk",
            json!({"fault": "Message"}),
            ExitCode::Data,
            "the rows hold",
        );
        check_stage!(case);
    });
    assert!(found.contains("shows the value of a cell"), "{found}");
}

#[test]
fn a_stage_that_passes_what_it_should_refuse_is_found() {
    let found = fails(|| {
        let bench = Bench::new();
        let case =
            Case::new(&bench, entry(), json!({})).input("rows", &rows(&bench)).on_empty(OnEmpty::Refuses("no rows"));
        check_stage!(case);
    });
    assert!(found.contains("empty input: no error"), "{found}");
}

/// The message of the panic that this ends with.
fn fails(run: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let payload = std::panic::catch_unwind(run).expect_err("the suite found nothing");
    payload
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_else(|| payload.downcast_ref::<&str>().unwrap_or(&"").to_string())
}
