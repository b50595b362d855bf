//! Lists the committed schemas, so that a new file is embedded by lying in `schemas/`.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

#[allow(clippy::print_stdout, clippy::disallowed_methods)] // how cargo speaks with a build script
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=schemas");
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("schemas");
    let mut files = Vec::new();
    collect(&root, "", &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for (path, file) in files {
        writeln!(list, "    ({path:?}, include_str!({file:?})),")?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("published.rs"), list)?;
    Ok(())
}

/// All JSON files below a folder: their path in it, with `/`, and on disk.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) -> Result<(), Box<dyn Error>> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name =
            path.file_name().and_then(|name| name.to_str()).ok_or("a schema's file name is not UTF-8")?.to_owned();
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), files)?;
        } else if name.ends_with(".json") {
            files.push((format!("{prefix}{name}"), path.to_str().ok_or("the folder's path is not UTF-8")?.to_owned()));
        }
    }
    Ok(())
}
