//! The same bytes everywhere; shares as the pipeline expects them.

use super::Complaints;
use mlspec_record::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

fn written(customers: u64, mails_per_customer: u64, seed: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    Complaints { customers, mails_per_customer, seed }.write(folder.path()).unwrap();
    folder
}

fn rows(folder: &Path, file: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(folder.join("data").join(file)).unwrap();
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn same_numbers_and_seed_same_bytes() {
    let digest = |folder: &Path, file: &str| Digest::of(&fs::read(folder.join("data").join(file)).unwrap()).to_string();
    let folder = written(200, 10, 0);
    // Pinned: a change here changes everybody's example, and every figure that was measured on it.
    assert_eq!(
        digest(folder.path(), "customers.csv"),
        "sha256:931bea6bc826788144825941530a7d77a09726ab4c001bc838e071cfec6b57a3"
    );
    assert_eq!(
        digest(folder.path(), "mails.csv"),
        "sha256:06b6c0a92caf180e72afb7d523f8d5ab092bf16de4daab18f0213ec101e6ca48"
    );
    let other = written(200, 10, 1);
    assert_ne!(digest(folder.path(), "mails.csv"), digest(other.path(), "mails.csv"));
}

#[test]
fn tables_have_the_shape_that_the_pipeline_declares() {
    let folder = written(300, 10, 0);
    let (customers, mails) = (rows(folder.path(), "customers.csv"), rows(folder.path(), "mails.csv"));
    assert_eq!((customers.len(), mails.len()), (300, 3000));
    assert!(customers.iter().chain(&mails).all(|row| row.len() == 5));
    let distinct =
        |rows: &[Vec<String>], column: usize| rows.iter().map(|row| row[column].clone()).collect::<BTreeSet<_>>();
    let emails = distinct(&customers, 1);
    assert_eq!((emails.len(), distinct(&mails, 0).len()), (300, 3000));
    assert!(distinct(&mails, 1).is_subset(&emails));
    assert!(distinct(&mails, 2).iter().all(|date| ("2020-01-01"..="2024-12-31").contains(&date.as_str())));
    let words: Vec<usize> = mails.iter().map(|row| row[4].split(' ').count()).collect();
    let mean = words.iter().sum::<usize>() as f64 / 3000.0;
    assert!((25.0..45.0).contains(&mean), "{mean} words a mail");
}

#[test]
fn three_of_four_mails_are_kept_and_one_of_twenty_is_positive() {
    let folder = written(2_000, 10, 3);
    let customers: BTreeMap<String, Vec<String>> =
        rows(folder.path(), "customers.csv").into_iter().map(|row| (row[1].clone(), row)).collect();
    let mails = rows(folder.path(), "mails.csv");
    let kept: Vec<_> = mails
        .iter()
        .filter(|mail| ["UK", "DE", "FR"].contains(&customers[&mail[1]][3].as_str()))
        .filter(|mail| mail[2].as_str() >= "2022-01-01")
        .filter(|mail| mail[4].contains("complaint") || mail[4].contains("bank account"))
        .collect();
    let share = kept.len() as f64 / mails.len() as f64;
    assert!((0.73..0.77).contains(&share), "{share} of the mails are kept");
    let positive = kept.iter().filter(|mail| mail[4].contains("angry") && customers[&mail[1]][4] == "premium").count();
    let share = positive as f64 / kept.len() as f64;
    assert!((0.04..0.06).contains(&share), "{share} of the kept mails are positive");
}

#[test]
fn nothing_to_write_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (customers, mails_per_customer) in [(0, 10), (10, 0), (u64::MAX, 2)] {
        let error = Complaints { customers, mails_per_customer, seed: 0 }.write(folder.path()).unwrap_err();
        assert!(error.to_string().starts_with("an example needs at least one customer"), "{error}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
