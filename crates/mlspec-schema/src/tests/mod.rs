//! Tests of the crate as a whole.
#![allow(clippy::disallowed_methods)] // tests read the environment and the time

mod bases;
mod cases;
mod foreign;
mod hostile;
mod pages;
mod places;
mod rejections;
mod renderings;
mod schemas;
mod settings;
mod sources;
mod unions;
