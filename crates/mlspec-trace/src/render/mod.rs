//! Answers as text and as graphs. As JSON they are what serde makes of them.

mod compare;
mod graph;
mod impact;
mod lineage;
mod text;
mod trace;
mod usage;
