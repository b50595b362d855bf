//! Tests of the crate as a whole.
#![allow(clippy::disallowed_methods, clippy::type_complexity)] // tests read the environment; tables have wide rows

mod bases;
mod cases;
mod foreign;
mod grammars;
mod hostile;
mod pages;
mod places;
mod rejections;
mod renderings;
mod schemas;
mod settings;
mod sources;
mod unions;
