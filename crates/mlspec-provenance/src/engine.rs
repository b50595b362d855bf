//! Binds a plan to columns, then to data; both ways through the same operators: a plan is checked by running it on no rows.

use crate::flight::{bug, ids, node_column};
use crate::inspect::{Counts, Inspector};
use crate::links::{GROUP, Links, Node};
use crate::operator::Relational;
use crate::plan::{Kind, Plan};
use crate::shape::Shape;
use crate::{Flight, Problem, ProvenanceError, lost};
use mlspec_record::TableSchema;
use mlspec_record::body::{FittedBounds, OperatorReport};
use mlspec_table::polars::prelude::*;
use mlspec_table::{ROW, empty_frame, frame_schema, normalize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How often a plan may read tables: lineage keeps a column per scan, and a chain of self-joins doubles them each time.
pub(crate) const SCANS: usize = 256;

/// How many operators may stand one behind another: what works on plans recurses.
pub(crate) const DEPTH: usize = 500;

/// One scan of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The table's name, or `name#2`, … when it is read more than once.
    pub name: String,
    /// The table.
    pub table: String,
}

/// A plan bound to columns: a tree in which every scan stands once.
pub(crate) struct Bound {
    pub(crate) work: Work,
    pub(crate) shape: Shape,
    /// The node that is made next when the inputs are computed.
    pub(crate) node: usize,
    wanted: BTreeSet<String>,
    /// What came of no rows.
    empty: Flight,
}

pub(crate) enum Work {
    Scan(usize),
    Apply(Step),
}

/// An operator of a bound plan.
pub(crate) struct Step {
    pub(crate) operator: Arc<dyn Relational + Send + Sync>,
    /// In the order of computation.
    pub(crate) order: u64,
    /// As errors and reports name it.
    pub(crate) position: u64,
    pub(crate) table: String,
    pub(crate) inputs: Vec<Bound>,
}

impl Step {
    pub(crate) fn shapes(&self) -> Vec<Shape> {
        self.inputs.iter().map(|input| input.shape.clone()).collect()
    }
}

impl Bound {
    /// The result without rows.
    pub(crate) fn empty(&self) -> Result<Flight, Problem> {
        self.settle(self.empty.clone())
    }

    /// The columns that somebody reads, in the order of the schema.
    pub(crate) fn columns(&self) -> Vec<&str> {
        self.shape.schema.names().filter(|column| self.wanted.contains(*column)).collect()
    }

    /// Leaves out columns that nobody reads. The order of the others is always the same, whatever made them.
    pub(crate) fn settle(&self, flight: Flight) -> Result<Flight, Problem> {
        let mut columns = flight.hidden();
        columns.extend(self.columns().into_iter().map(str::to_owned));
        let frame = flight.frame.select(columns).map_err(bug)?;
        Ok(flight.with(frame))
    }
}

/// What one pass over a plan gathers.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) nodes: Vec<Node>,
    /// By order of computation; a part that is computed twice is reported once.
    pub(crate) reports: BTreeMap<u64, OperatorReport>,
    /// Columns that somebody reads from what is computed now.
    pub(crate) wanted: BTreeSet<String>,
    /// How many input rows went into no row of what is computed now.
    pub(crate) lost: u64,
    /// Where lost rows are listed, if they are to be.
    pub(crate) list: Option<Vec<lost::Lost>>,
    /// What the operator at work found besides its result.
    pub(crate) found: Found,
    /// What operators found, by order of computation.
    pub(crate) findings: BTreeMap<u64, Found>,
    /// Groups whose rows are counted, if any.
    pub(crate) inspector: Inspector,
    /// The operator at work, for that list.
    pub(crate) at: (u64, String, String, Option<&'static str>),
}

/// What an operator found besides its result: tables with row ids, by name; and bounds that it fitted to the whole table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) tables: Vec<(&'static str, DataFrame)>,
    pub(crate) bounds: Vec<FittedBounds>,
}

impl Run {
    pub(crate) fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// Counts, and lists, the rows of an input whose ids are not among `kept`. `unique`: no id is kept twice.
    pub(crate) fn lose(&mut self, input: &Flight, kept: &UInt64Chunked, unique: bool) -> Result<(), Problem> {
        let distinct = if unique { kept.len() } else { lost::distinct(&input.ids()?, kept) };
        self.lost += (input.rows().saturating_sub(distinct)) as u64;
        if let Some(list) = &mut self.list {
            list.push(lost::Lost::new(&self.at, input, kept)?);
        }
        Ok(())
    }
}

/// Binds a plan to the columns of its tables.
pub(crate) fn bind(
    plan: &Plan,
    schemas: &BTreeMap<String, TableSchema>,
) -> Result<(Bound, Vec<Scan>), ProvenanceError> {
    check_depth(plan)?;
    let plan = &crate::sql::expand(plan, schemas)?;
    check_depth(plan)?;
    let found = plan.scans();
    if found > SCANS {
        return Err(ProvenanceError::Scans { found, limit: SCANS });
    }
    let positions = plan.positions();
    let mut binder = Binder { schemas, positions, scans: Vec::new(), counts: BTreeMap::new(), run: Run::default() };
    let (mut bound, _) = binder.bind(plan)?;
    let wanted = bound.shape.schema.names().map(str::to_owned).collect();
    want(&mut bound, wanted);
    Ok((bound, binder.scans))
}

fn check_depth(plan: &Plan) -> Result<(), ProvenanceError> {
    match plan.depth() > DEPTH {
        true => Err(ProvenanceError::Depth { found: plan.depth(), limit: DEPTH }),
        false => Ok(()),
    }
}

struct Binder<'a> {
    schemas: &'a BTreeMap<String, TableSchema>,
    positions: BTreeMap<usize, u64>,
    scans: Vec<Scan>,
    counts: BTreeMap<String, usize>,
    run: Run,
}

impl Binder<'_> {
    fn bind(&mut self, plan: &Plan) -> Result<(Bound, Flight), ProvenanceError> {
        match plan.kind() {
            Kind::Scan { table } => self.scan(table),
            Kind::Query { .. } => Err(ProvenanceError::Broken("a query was not lowered".to_owned())),
            Kind::Apply { operator, inputs, position, table } => {
                let bound: Vec<_> = inputs.iter().map(|input| self.bind(input)).collect::<Result<_, _>>()?;
                let (inputs, empty): (Vec<_>, Vec<_>) = bound.into_iter().unzip();
                let order = self.positions.get(&plan.address()).copied().unwrap_or_default();
                let position = position.unwrap_or(order);
                let place = |problem| ProvenanceError::Operator {
                    position,
                    operator: operator.name(),
                    table: table.clone(),
                    problem: Box::new(problem),
                };
                let shapes = inputs.iter().map(|input: &Bound| input.shape.clone()).collect();
                let node = self.run.nodes.len();
                let (shape, flight) = dry(&mut self.run, &**operator, shapes, empty).map_err(place)?;
                let work =
                    Work::Apply(Step { operator: Arc::clone(operator), order, position, table: table.clone(), inputs });
                Ok((Bound { work, shape, node, wanted: BTreeSet::new(), empty: flight.clone() }, flight))
            }
        }
    }

    fn scan(&mut self, table: &str) -> Result<(Bound, Flight), ProvenanceError> {
        let schema = self.schemas.get(table).ok_or_else(|| ProvenanceError::UnknownTable {
            table: table.to_owned(),
            known: self.schemas.keys().cloned().collect(),
        })?;
        let count = self.counts.entry(table.to_owned()).or_default();
        *count += 1;
        let name = if *count == 1 { table.to_owned() } else { format!("{table}#{count}") };
        let shape = Shape::scan(&name, schema);
        let at = self.scans.len();
        self.scans.push(Scan { name, table: table.to_owned() });
        let node = self.run.add(Node::Scan(at));
        let flight = Flight { frame: empty_frame(schema), own: Some(node), nodes: Vec::new() };
        Ok((Bound { work: Work::Scan(at), shape, node, wanted: BTreeSet::new(), empty: flight.clone() }, flight))
    }
}

/// Runs one operator on no rows, which settles the types.
fn dry(
    run: &mut Run,
    operator: &dyn Relational,
    shapes: Vec<Shape>,
    empty: Vec<Flight>,
) -> Result<(Shape, Flight), Problem> {
    let mut shape = operator.shape(shapes)?;
    run.wanted = shape.sources.keys().cloned().collect();
    let mut flight = operator.run(run, empty).map_err(|problem| match problem {
        // Without rows no value can be at fault.
        Problem::Data(what) => Problem::Types(what),
        other => other,
    })?;
    flight.frame = normalize(flight.frame)?;
    // Without keys a group has a row even where there are none to group.
    flight.frame = flight.frame.clear();
    let hidden = flight.hidden();
    shape.schema = frame_schema(&flight.frame.drop_many(&hidden))?;
    Ok((shape, flight))
}

/// The columns of an operator's result, on inputs with these columns.
pub(crate) fn output_schema(operator: &dyn Relational, inputs: &[TableSchema]) -> Result<TableSchema, Problem> {
    let mut run = Run::default();
    let shapes = inputs.iter().map(|schema| Shape::scan("", schema)).collect();
    let mut scan = |(at, schema): (usize, &TableSchema)| {
        let node = run.add(Node::Scan(at));
        Flight { frame: empty_frame(schema), own: Some(node), nodes: Vec::new() }
    };
    let empty: Vec<_> = inputs.iter().enumerate().map(&mut scan).collect();
    dry(&mut run, operator, shapes, empty).map(|(shape, _)| shape.schema)
}

/// Tells every part of the plan which of its columns somebody reads.
fn want(bound: &mut Bound, wanted: BTreeSet<String>) {
    if let Work::Apply(step) = &mut bound.work {
        let shapes = step.shapes();
        for (input, wanted) in step.inputs.iter_mut().zip(step.operator.needs(&wanted, &shapes)) {
            want(input, wanted);
        }
    }
    bound.wanted = wanted;
}

/// Computes a bound plan; `read` gives the frame of a scan.
pub(crate) fn execute(
    bound: &Bound,
    run: &mut Run,
    read: &dyn Fn(usize) -> Result<DataFrame, ProvenanceError>,
) -> Result<Flight, ProvenanceError> {
    Ok(counted(bound, run, read)?.0)
}

/// As [`execute`], with the rows of inspected groups.
fn counted(
    bound: &Bound,
    run: &mut Run,
    read: &dyn Fn(usize) -> Result<DataFrame, ProvenanceError>,
) -> Result<(Flight, Vec<Counts>), ProvenanceError> {
    match &bound.work {
        Work::Scan(at) => {
            let node = run.add(Node::Scan(*at));
            let flight = bound.settle(Flight { frame: read(*at)?, own: Some(node), nodes: Vec::new() })?;
            let groups = run.inspector.count(&flight, &run.nodes)?;
            Ok((flight, groups))
        }
        Work::Apply(step) => {
            let inputs: Vec<_> = step.inputs.iter().map(|input| counted(input, run, read)).collect::<Result<_, _>>()?;
            let (inputs, before): (Vec<_>, Vec<_>) = inputs.into_iter().unzip();
            let rows_in = inputs.iter().map(|input: &Flight| input.rows() as u64).sum();
            let flight = apply(bound, step, run, inputs)?;
            let groups = run.inspector.count(&flight, &run.nodes)?;
            let found = std::mem::take(&mut run.found);
            let report = OperatorReport {
                position: step.position,
                operator: step.operator.name(),
                table: step.table.clone(),
                rows_in,
                rows_out: flight.rows() as u64,
                dropped: run.lost,
                reason: step.operator.reason().filter(|_| run.lost > 0).map(str::to_owned),
                bounds: found.bounds.clone(),
                tables: Vec::new(),
                shares: run.inspector.told(&before, &groups),
            };
            run.findings.entry(step.order).or_insert(found);
            run.reports.entry(step.order).or_insert(report);
            Ok((flight, groups))
        }
    }
}

/// Computes one operator of a bound plan.
pub(crate) fn apply(bound: &Bound, step: &Step, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, ProvenanceError> {
    let Step { operator, position, table, .. } = step;
    run.wanted.clone_from(&bound.wanted);
    run.lost = 0;
    run.found = Found::default();
    run.at = (*position, operator.name(), table.clone(), operator.reason());
    let done = operator.run(run, inputs).and_then(|flight| {
        let frame = normalize(flight.frame.clone())?;
        bound.settle(flight.with(frame))
    });
    done.map_err(|problem| ProvenanceError::Operator {
        position: *position,
        operator: operator.name(),
        table: table.clone(),
        problem: Box::new(problem),
    })
}

/// Which row went into which group.
pub(crate) fn edges(flight: &Flight, groups: Vec<u64>) -> Result<Node, Problem> {
    let mut columns = vec![ids(&flight.frame, ROW)?.into_column(), Column::new(GROUP.into(), groups)];
    for node in &flight.nodes {
        columns.push(flight.frame.column(&node_column(*node)).map_err(bug)?.clone());
    }
    let frame = DataFrame::new(flight.rows(), columns).map_err(bug)?;
    Ok(Node::Edges(Links { frame, own: flight.own, roots: flight.nodes.clone() }))
}
