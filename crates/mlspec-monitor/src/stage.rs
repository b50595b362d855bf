//! Between artifacts and the monitor; no decisions here.

use crate::{Drift, Monitor, MonitorError, MonitorParams, behind, metrics, reference};
use mlspec_measure::profile::{ColumnProfile, Depth, Profile, ProfiledColumn};
use mlspec_provenance::whole_lineage;
use mlspec_record::body::{ColumnDrift, GateVerdict, MetricDrift, Monitoring, PortState, Severity};
use mlspec_record::{ArtifactKind, ArtifactRef, Kind, LineageParent, Name, Producer, StageId};
use mlspec_stage::{
    Changes, Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings, write_settings,
};
use mlspec_store::Store;
use mlspec_table::{Table, fold, manifest, profile};
use serde_json::{Map, Value, json};

const ROWS: &str = "rows";
const REFERENCE: &str = "reference";
const PROFILE: &str = "profile";
const PREDICTIONS: &str = "predictions";
const REFERENCE_PREDICTIONS: &str = "reference_predictions";
const PREDICTIONS_PROFILE: &str = "predictions_profile";
const REPORT: &str = "report";

/// How many drifted columns a message names.
const NAMED: usize = 10;

/// The stage `monitor@1`.
pub fn entry() -> StageEntry {
    StageEntry { id: id(), build, settings: || schemars::schema_for!(MonitorParams) }
}

fn id() -> StageId {
    StageId::new("monitor@1").expect("the constant is a stage id")
}

fn name(text: &'static str) -> Name {
    Name::new(text).expect("the constant is a name")
}

fn build(_: &Name, settings: Map<String, Value>, site: &Site) -> Result<Box<dyn Stage>, StageError> {
    let mut monitor = parse_settings::<MonitorParams>(settings)?.check()?;
    if let Some(baseline) = &monitor.params().baseline {
        site.folder(&baseline.datastore).map_err(MonitorError::from)?;
    }
    monitor.site = site.clone();
    Ok(Box::new(monitor))
}

impl Stage for Monitor {
    fn id(&self) -> StageId {
        id()
    }

    fn kind(&self) -> Kind {
        Kind::Monitoring
    }

    fn producer(&self) -> Producer {
        Producer { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }

    fn settings(&self) -> Map<String, Value> {
        write_settings(self.params())
    }

    fn ports(&self) -> Ports {
        let optional = |port, kind| Port::optional(name(port), kind);
        Ports {
            inputs: vec![
                Port::new(name(ROWS), ArtifactKind::Table),
                optional(REFERENCE, ArtifactKind::Table),
                optional(PROFILE, ArtifactKind::Report),
                optional(PREDICTIONS, ArtifactKind::Table),
                optional(REFERENCE_PREDICTIONS, ArtifactKind::Table),
                optional(PREDICTIONS_PROFILE, ArtifactKind::Report),
            ],
            outputs: vec![Port::new(name(REPORT), ArtifactKind::Report)],
        }
    }

    fn plan(&self, inputs: &Schemas) -> Result<Schemas, StageError> {
        for (port, side) in [(ROWS, "batch"), (REFERENCE, "reference")] {
            if let Some(schema) = inputs.get(port) {
                self.named(side, &schema.names().collect::<Vec<_>>())?;
            }
        }
        Ok(Schemas::new())
    }

    fn external(&self, store: &Store) -> Result<Value, StageError> {
        let Some(baseline) = &self.params().baseline else { return Ok(Value::Null) };
        let path = reference::locate(&self.site, baseline)?;
        Ok(json!({"path": baseline.path, "digest": store.file_digest(&path)?}))
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        self.look(cx, &[])
    }

    /// Chunks that did not change are not read for profiles; predictions with labels and the rows behind drift are.
    fn update(&self, cx: &mut Context<'_>, _: &Changes) -> Result<(), StageError> {
        let before =
            cx.previous().and_then(|previous| serde_json::from_value::<Monitoring>(previous.body().clone()).ok());
        let states = before.map(|before| before.states).unwrap_or_default();
        if !states.is_empty() {
            cx.incremental();
        }
        self.look(cx, &states)
    }
}

/// Profiles of the ports, one after another.
struct Profiles<'a> {
    store: &'a Store,
    what: String,
    before: &'a [PortState],
    states: Vec<PortState>,
}

impl Profiles<'_> {
    /// The profile of the table at a port; of a batch and its reference, of the columns that are named.
    fn of(&mut self, monitor: &Monitor, port: &'static str, table: &ArtifactRef) -> Result<Profile, MonitorError> {
        let found = manifest(self.store, &table.digest)?;
        let named = &monitor.params().columns;
        let all = named.is_empty() || (port != ROWS && port != REFERENCE);
        let asked = |name: &str| all || named.iter().any(|column| column == name);
        let chosen: Vec<_> = found.schema.columns().iter().filter(|column| asked(&column.name)).collect();
        let columns: Vec<&str> = chosen.iter().map(|column| column.name.as_str()).collect();
        let before = self.before.iter().find(|state| state.port == port).map(|state| &state.state);
        let part = |chunk: &Table| {
            profile::profile(chunk, Depth::Full, &|column| monitor.shows(column)).map_err(MonitorError::from)
        };
        let (parts, state) = fold(self.store, &table.digest, &columns, &self.what, before, part)?;
        self.states.push(PortState { port: port.to_owned(), state });
        let columns = chosen.iter().enumerate().map(|(at, column)| ProfiledColumn {
            column: column.name.clone(),
            data_type: column.data_type,
            profile: ColumnProfile::merge(parts.iter().filter_map(|part| part.get(at))),
        });
        Ok(Profile::new(found.rows, columns.collect()))
    }
}

impl Monitor {
    fn look(&self, cx: &mut Context<'_>, before: &[PortState]) -> Result<(), StageError> {
        let store = cx.store();
        let what = json!({"of": "mlspec-monitor/profile/1", "show": self.params().show}).to_string();
        let mut profiles = Profiles { store, what, before, states: Vec::new() };
        let table = |port: &'static str| cx.find_input(port).map(|input| input.artifact.clone());
        let rows = cx.input(ROWS, ArtifactKind::Table)?.artifact.clone();
        let (kind, was) = self.reference(&mut profiles, table(REFERENCE), table(PROFILE))?;
        let is = profiles.of(self, ROWS, &rows)?;
        let mut drift = vec![self.compare(&was, &is)?];
        cx.check_cancelled()?;
        let mut metrics = Vec::new();
        let predictions = table(PREDICTIONS);
        if let Some(now) = &predictions {
            let found = (table(REFERENCE_PREDICTIONS), table(PREDICTIONS_PROFILE));
            let (predicted, judged) = self.predictions(&mut profiles, now, found)?;
            drift.push(predicted);
            metrics = judged;
        }
        let gates = self.judge(&mut drift, &mut metrics);
        for ((port, artifact), drift) in [(ROWS, Some(rows)), (PREDICTIONS, predictions)].into_iter().zip(&mut drift) {
            let Some(artifact) = artifact else { continue };
            let parent = LineageParent { scan: port.to_owned(), artifact };
            behind::add(store, &parent, &mut drift.columns, self.params().contributions as usize)?;
        }
        let states = profiles.states;
        let (rows, reference_rows) = (is.rows, was.rows);
        let (missing, unknown) = drift.first().map(|of| (of.missing.clone(), of.unknown.clone())).unwrap_or_default();
        let columns: Vec<ColumnDrift> = drift.into_iter().flat_map(|of| of.columns).map(|(column, _)| column).collect();
        tell(cx, &gates);
        let passed = gates.iter().all(|gate| gate.passed || gate.severity == Severity::Warning);
        let reference = kind.to_owned();
        let body =
            Monitoring { passed, rows, reference_rows, reference, columns, metrics, missing, unknown, gates, states };
        leave(cx, &body)
    }

    /// What the batch is held against, and what it is.
    fn reference(
        &self,
        profiles: &mut Profiles<'_>,
        table: Option<ArtifactRef>,
        report: Option<ArtifactRef>,
    ) -> Result<(&'static str, Profile), MonitorError> {
        let baseline = self.params().baseline.as_ref();
        match (table, report, baseline) {
            (Some(table), None, None) => Ok(("table", profiles.of(self, REFERENCE, &table)?)),
            (None, Some(report), None) => Ok(("profile", reference::at_port(profiles.store, PROFILE, &report)?)),
            (None, None, Some(baseline)) => Ok(("baseline", reference::of_file(profiles.store, &self.site, baseline)?)),
            (table, report, baseline) => {
                let found = [table.is_some(), report.is_some(), baseline.is_some()];
                Err(MonitorError::References(found.into_iter().filter(|there| *there).count()))
            }
        }
    }

    fn predictions(
        &self,
        profiles: &mut Profiles<'_>,
        now: &ArtifactRef,
        reference: (Option<ArtifactRef>, Option<ArtifactRef>),
    ) -> Result<(Drift, Vec<MetricDrift>), MonitorError> {
        let is = profiles.of(self, PREDICTIONS, now)?;
        match reference {
            (Some(before), None) => {
                let was = profiles.of(self, REFERENCE_PREDICTIONS, &before)?;
                let drift = self.compare_predictions(&was, &is)?;
                let read = |artifact: &ArtifactRef| Table::read(profiles.store, &artifact.digest);
                Ok((drift, metrics::compare(&read(&before)?, &read(now)?)?))
            }
            (None, Some(report)) => {
                let was = reference::at_port(profiles.store, PREDICTIONS_PROFILE, &report)?;
                Ok((self.compare_predictions(&was, &is)?, Vec::new()))
            }
            (one, other) => {
                Err(MonitorError::PredictionReferences(usize::from(one.is_some()) + usize::from(other.is_some())))
            }
        }
    }
}

/// Warns, or stops the pipeline.
fn tell(cx: &mut Context<'_>, gates: &[GateVerdict]) {
    let mut refusals = Vec::new();
    for gate in gates.iter().filter(|gate| !gate.passed) {
        let mut names: Vec<String> =
            gate.drifted.iter().take(NAMED).map(|found| format!("`{}` ({})", found.name, found.measure)).collect();
        if gate.drifted.len() > NAMED {
            names.push(format!("{} more", gate.drifted.len() - NAMED));
        }
        let told = format!("`{}` found drift: {}", gate.name, names.join(", "));
        match gate.severity {
            Severity::Warning => cx.warn(told),
            Severity::Error => refusals.push(told),
        }
    }
    if !refusals.is_empty() {
        cx.refuse(refusals.join("; "));
    }
}

/// Leaves report and body.
fn leave(cx: &mut Context<'_>, body: &Monitoring) -> Result<(), StageError> {
    let store = cx.store();
    let parents = cx
        .inputs()
        .iter()
        .map(|input| LineageParent { scan: input.port.to_string(), artifact: input.artifact.clone() });
    let lineage = Some(whole_lineage(store, parents.collect()).map_err(MonitorError::from)?);
    let (digest, bytes) = store.put_json(body)?;
    cx.body(body)?;
    cx.output(name(REPORT), ArtifactRef { kind: ArtifactKind::Report, digest, lineage, rows: None, bytes })
}
