//! Which revision of the user's code: read from the files of a Git repository, without running Git.

use mlspec_record::Code;
use std::fs;
use std::path::{Path, PathBuf};

/// The commit that is checked out where this folder lies, if it lies in a repository that has one.
pub(crate) fn revision(folder: &Path) -> Option<Code> {
    let folder = folder.canonicalize().ok()?;
    let git = folder.ancestors().find_map(repository)?;
    let common = match fs::read_to_string(git.join("commondir")) {
        Ok(path) => git.join(path.trim()),
        Err(_) => git.clone(),
    };
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    let revision = match head.trim().strip_prefix("ref: ") {
        None => head.trim().to_owned(),
        Some(name) => loose(&git, name).or_else(|| loose(&common, name)).or_else(|| packed(&common, name))?,
    };
    let hex = matches!(revision.len(), 40 | 64) && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then_some(Code { repository: None, revision, dirty: None })
}

/// The repository's own folder, if this is the top of a working tree.
fn repository(folder: &Path) -> Option<PathBuf> {
    let git = folder.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = fs::read_to_string(&git).ok()?;
    Some(folder.join(text.strip_prefix("gitdir:")?.trim()))
}

fn loose(git: &Path, name: &str) -> Option<String> {
    // A name is made of plain parts; one that is not could lead anywhere.
    let plain = Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    let text = plain.then(|| fs::read_to_string(git.join(name)))?.ok()?;
    Some(text.trim().to_owned())
}

fn packed(git: &Path, name: &str) -> Option<String> {
    let text = fs::read_to_string(git.join("packed-refs")).ok()?;
    text.lines()
        .find_map(|line| line.split_once(' ').filter(|(_, found)| *found == name).map(|(hash, _)| hash.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0123456789abcdef0123456789abcdef01234567";

    fn check(files: &[(&str, &str)], below: &str, expected: Option<&str>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let below = folder.path().join(below);
        fs::create_dir_all(&below).unwrap();
        let found = revision(&below).map(|code| code.revision);
        assert_eq!(found.as_deref(), expected, "{files:?}");
    }

    #[test]
    fn the_commit_is_found_where_git_keeps_it() {
        let branch = (".git/HEAD", "ref: refs/heads/main\n");
        check(&[branch, (".git/refs/heads/main", HASH)], "a/b", Some(HASH));
        check(&[(".git/HEAD", HASH)], ".", Some(HASH));
        check(&[branch, (".git/packed-refs", &format!("# pack\n{HASH} refs/heads/main\n"))], ".", Some(HASH));
        let tree = [
            ("tree/.git", "gitdir: ../.git/worktrees/tree\n"),
            (".git/worktrees/tree/HEAD", "ref: refs/heads/side\n"),
            (".git/worktrees/tree/commondir", "../..\n"),
            (".git/refs/heads/side", HASH),
        ];
        check(&tree, "tree/a", Some(HASH));
    }

    #[test]
    fn without_a_commit_there_is_none() {
        check(&[(".git/HEAD", "ref: refs/heads/main\n")], ".", None);
        check(&[(".git/HEAD", "ref: ../../secret\n"), ("secret", HASH)], ".", None);
        check(&[(".git/HEAD", "what\n")], ".", None);
    }
}
