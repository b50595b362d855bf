//! *Wine*: 1,599 red wines, eleven measurements of each, and what tasters thought of them.

use super::{ExampleError, Folder};
use std::io::Write;
use std::path::Path;

/// The columns, in the order of the data set; the last is the tasters' median, from 0 to 10.
const COLUMNS: [&str; 12] = [
    "fixed_acidity",
    "volatile_acidity",
    "citric_acid",
    "residual_sugar",
    "chlorides",
    "free_sulfur_dioxide",
    "total_sulfur_dioxide",
    "density",
    "ph",
    "sulphates",
    "alcohol",
    "quality",
];

/// Writes `pipeline.yaml` and `data/wine.csv`, with a header, into this folder. Files that are there already must be the same.
///
/// # Errors
/// When another file is there already, or the folder cannot be written.
pub(crate) fn write_wine(folder: &Path) -> Result<(), ExampleError> {
    let folder = Folder(folder);
    folder.write("pipeline.yaml", |file| file.write_all(include_bytes!("wine.yaml")))?;
    let wines = linfa_datasets::winequality();
    folder.write("data/wine.csv", |file| {
        writeln!(file, "{}", COLUMNS.join(","))?;
        for (measurements, quality) in wines.records().rows().into_iter().zip(wines.targets()) {
            for value in measurements {
                write!(file, "{value},")?;
            }
            writeln!(file, "{quality}")?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_every_wine() {
        let folder = tempfile::tempdir().unwrap();
        write_wine(folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join("data/wine.csv")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1600);
        assert_eq!(lines[1], "7.4,0.7,0,1.9,0.076,11,34,0.9978,3.51,0.56,9.4,5");
        assert!(lines.iter().all(|line| line.split(',').count() == 12));
    }
}
