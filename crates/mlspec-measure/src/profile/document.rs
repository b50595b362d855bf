//! Profiles of all columns of a table as a document, which stands for the table where it is compared with others.

use super::ColumnProfile;
use mlspec_record::DataType;
use serde::{Deserialize, Serialize};

/// The format that this version writes and reads.
pub const PROFILE_FORMAT: &str = "mlspec-profile/1";

/// The columns of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The format's name and version.
    pub format: String,
    /// How many rows there are.
    pub rows: u64,
    /// The columns, in the order of the table.
    pub columns: Vec<ProfiledColumn>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfiledColumn {
    /// Its name.
    pub column: String,
    /// Its type.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// What is known of it.
    pub profile: ColumnProfile,
}

impl Profile {
    /// A profile of this format.
    pub fn new(rows: u64, columns: Vec<ProfiledColumn>) -> Self {
        Self { format: PROFILE_FORMAT.to_owned(), rows, columns }
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&ProfiledColumn> {
        self.columns.iter().find(|column| column.column == name)
    }
}
