//! The questions, one file each.

pub(crate) mod compare;
pub(crate) mod impact;
pub(crate) mod lineage;
pub(crate) mod trace;
pub(crate) mod usage;
