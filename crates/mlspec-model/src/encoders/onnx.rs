//! What a model in ONNX's format makes of numbers: `onnx`.

use super::RawKind;
use super::part::{Cells, Fitted, Lookup, Part, RawRows, RowCells, Writer};
use crate::format::tidy;
use crate::{ModelError, RowProblem};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mlspec_record::Digest;
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tract_onnx::prelude::{
    DatumExt as _, Framework as _, InferenceFact, InferenceModelExt as _, IntoRunnable as _, Tensor, TypedSimplePlan,
    tvec,
};
use tract_onnx::tract_hir::infer::Factoid as _;

/// How many rows the model is given at a time where it does not say: always as many, so that what it makes of a row does not depend
/// on how many others there are.
const BATCH: usize = 64;

/// The most features.
const WIDEST: usize = 65_536;

/// A model that makes features of columns of numbers. The document holds the model itself, so that nothing else is needed to use it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Onnx {
    /// The table columns, in the order of the model's input.
    pub columns: Vec<String>,
    /// What stands for null in each column; without it, null is an error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fill: Vec<f64>,
    /// The output that is taken; the first where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// How many numbers the output has for a row.
    pub width: u32,
    /// The digest of the model.
    pub digest: Digest,
    /// The model, in Base64.
    pub model: String,
}

/// A model, ready to be run.
struct Runnable {
    plan: Arc<TypedSimplePlan>,
    /// How many rows it takes.
    batch: usize,
    /// How many numbers it takes for a row, and how many it gives.
    inputs: usize,
    width: usize,
}

impl std::fmt::Debug for Runnable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Runnable({} to {})", self.inputs, self.width)
    }
}

fn broken(error: impl std::fmt::Display) -> ModelError {
    // An error of the library may be many lines long; the first says what it is about.
    let line: String = error.to_string().lines().next().unwrap_or_default().chars().take(200).collect();
    ModelError::invalid("ONNX model", line)
}

/// What `work` gives; where the library gives up on what it was given, an error too.
fn guarded<T>(work: impl FnOnce() -> Result<T, ModelError>) -> Result<T, ModelError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(broken("it cannot be run")))
}

impl Onnx {
    /// A model that takes as many numbers as there are columns.
    ///
    /// # Errors
    /// When the bytes are no such model, it has no such output, or one whose size depends on the numbers.
    pub fn new(columns: Vec<String>, fill: Vec<f64>, output: Option<String>, model: &[u8]) -> Result<Self, ModelError> {
        let runnable = guarded(|| Runnable::load(model, columns.len(), output.as_deref()))?;
        let width = runnable.width as u32;
        Ok(Self { columns, fill, output, width, digest: Digest::of(model), model: STANDARD.encode(model) })
    }

    fn bytes(&self) -> Result<Vec<u8>, ModelError> {
        let bytes = STANDARD.decode(&self.model).map_err(broken)?;
        match Digest::of(&bytes) == self.digest {
            true => Ok(bytes),
            false => Err(broken("it has another digest than the encoder names")),
        }
    }
}

impl Runnable {
    fn load(bytes: &[u8], inputs: usize, output: Option<&str>) -> Result<Self, ModelError> {
        let mut model = tract_onnx::onnx().model_for_read(&mut std::io::Cursor::new(bytes)).map_err(broken)?;
        if model.inputs.len() != 1 {
            return Err(broken(format!("it has {} inputs, expected one", model.inputs.len())));
        }
        if let Some(output) = output {
            model.select_outputs_by_name([output]).map_err(|_| broken("it has no output of the name that is set"))?;
        }
        // A model may be made for a number of rows; its input then says so.
        let declared = model.input_fact(0).map_err(broken)?.shape.dims().next().and_then(|dim| dim.concretize());
        let rows = declared.and_then(|dim| usize::try_from(dim.to_i64().ok()?).ok());
        let batch = rows.filter(|rows| (1..=8_192).contains(rows)).unwrap_or(BATCH);
        model.set_input_fact(0, InferenceFact::from(f32::fact([batch, inputs]))).map_err(broken)?;
        let plan = model.into_optimized().and_then(|model| model.into_runnable()).map_err(broken)?;
        let shape = plan.model().output_fact(0).map_err(broken)?.shape.as_concrete().map(<[usize]>::to_vec);
        let width = match shape.as_deref() {
            Some([first, others @ ..]) if *first == batch => {
                others.iter().try_fold(1_usize, |all, n| all.checked_mul(*n))
            }
            _ => None,
        };
        match width.filter(|width| (1..=WIDEST).contains(width)) {
            Some(width) => Ok(Self { plan, batch, inputs, width }),
            None => Err(broken(format!("its output does not have 1 to {WIDEST} numbers for each row"))),
        }
    }

    /// What it makes of rows of numbers, which lie one after the other.
    fn run(&self, numbers: &[f32]) -> Result<Vec<f64>, ModelError> {
        let mut found = Vec::with_capacity(numbers.len() / self.inputs * self.width);
        for rows in numbers.chunks(self.batch * self.inputs) {
            let mut input = rows.to_vec();
            input.resize(self.batch * self.inputs, 0.0);
            let input = Tensor::from_shape(&[self.batch, self.inputs], &input).map_err(broken)?;
            let outputs = self.plan.run(tvec!(input.into())).map_err(broken)?;
            let output = outputs.first().ok_or_else(|| broken("it gives nothing"))?;
            let output = output.cast_to::<f64>().map_err(broken)?;
            let view = output.to_plain_array_view::<f64>().map_err(broken)?;
            found.extend(view.iter().take(rows.len() / self.inputs * self.width));
        }
        Ok(found)
    }
}

impl<'a> Writer<'a> for &'a Onnx {
    fn name(&self, column: &str, at: usize) -> String {
        format!("{}_{at}", self.output.as_deref().unwrap_or(column))
    }

    fn lookup(&self) -> Result<Box<dyn Lookup + 'a>, ModelError> {
        let runnable = guarded(|| Runnable::load(&self.bytes()?, self.columns.len(), self.output.as_deref()))?;
        match runnable.width == self.width as usize {
            true => Ok(Box::new(Embedding { onnx: self, runnable })),
            false => Err(broken("its output has another width than the encoder names")),
        }
    }
}

/// A model with what it is about.
#[derive(Debug)]
struct Embedding<'a> {
    onnx: &'a Onnx,
    runnable: Runnable,
}

impl Lookup for Embedding<'_> {
    fn read<'t>(&'t self, rows: &RawRows<'t>) -> Result<Box<dyn Cells + 't>, ModelError> {
        let (inputs, width) = (self.onnx.columns.len(), self.runnable.width);
        let mut numbers = vec![0.0_f32; rows.ids.len() * inputs];
        for at in 0..inputs {
            let fill = self.onnx.fill.get(at).copied().unwrap_or(f64::NAN);
            let column: Vec<f64> = rows.numbers(at)?.map(|value| if value.is_nan() { fill } else { value }).collect();
            rows.refuse(at, column.iter().map(|value| value.is_nan()), RowProblem::Null)?;
            for (row, number) in numbers.chunks_mut(inputs).zip(column) {
                row.iter_mut().skip(at).take(1).for_each(|cell| *cell = number as f32);
            }
        }
        let found = guarded(|| self.runnable.run(&numbers))?;
        rows.refuse(
            0,
            found.chunks(width).map(|row| row.iter().any(|value| !value.is_finite())),
            RowProblem::Overflow,
        )?;
        Ok(Box::new(RowCells(move |row: usize, out: &mut Vec<f64>| {
            out.extend(found.get(row * width..(row + 1) * width)?);
            Some(())
        })))
    }
}

impl Fitted for Onnx {
    fn check(&mut self) -> Result<(), ModelError> {
        if self.columns.is_empty() || !(self.fill.is_empty() || self.fill.len() == self.columns.len()) {
            return Err(ModelError::invalid("encoder", "columns and what stands for null do not fit together"));
        }
        if !(1..=WIDEST).contains(&(self.width as usize)) {
            return Err(ModelError::invalid("encoder", "a width is not from 1 to 65536"));
        }
        self.bytes()?;
        tidy(&mut self.fill, "encoder")
    }

    fn parts(&self) -> Vec<Part<'_>> {
        let kind = RawKind::Number { nulls: !self.fill.is_empty() };
        let inputs = self.columns.iter().map(|column| (column.as_str(), kind)).collect();
        vec![Part::of_columns(inputs, self.width as usize, self)]
    }
}
