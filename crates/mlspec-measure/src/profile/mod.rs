//! What is known of a column's values in some rows. Profiles of parts merge to the profile of the whole, to the bit: every figure is a
//! function of the values as a multiset, so neither order, chunks nor threads show, and whoever keeps a profile per chunk can
//! make the profile of changed data from the chunks that changed.

mod column;
mod distribution;
mod document;
mod expansion;
mod histogram;
mod moments;
mod numbers;
mod packed;
mod values;

pub use column::ColumnProfile;
pub use distribution::{CELLS, Distribution};
pub use document::{PROFILE_FORMAT, Profile, ProfiledColumn};
pub use expansion::Expansion;
pub use histogram::Histogram;
pub use moments::Moments;
pub(crate) use numbers::mixed;
pub use numbers::{Depth, Numbers};
pub use values::{Distinct, VALUES, Values, value_key};
