//! *Complaints*: customers of banks and the mails they write. Which mails are negative and come from customers who are
//! served first?

mod customer;
mod mail;
mod vocabulary;

use super::{ExampleError, Folder};
use customer::Customer;
use mail::Mail;
use std::io::Write as _;
use std::path::Path;

/// How much to write, and which of all possible data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Complaints {
    /// How many customers there are, at least one.
    pub(crate) customers: u64,
    /// How many mails they write, on average.
    pub(crate) mails_per_customer: u64,
    /// The seed: same numbers, same seed, same bytes.
    pub(crate) seed: u64,
}

impl Complaints {
    /// Writes `pipeline.yaml`, `data/customers.csv` and `data/mails.csv` into this folder. Files that are there already must
    /// be the same.
    ///
    /// # Errors
    /// When there is nothing to write, another file is there already, or the folder cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), ExampleError> {
        let mails = self.customers.checked_mul(self.mails_per_customer).filter(|mails| *mails > 0);
        let mails = mails.ok_or(ExampleError::Size { customers: self.customers, mails: self.mails_per_customer })?;
        let folder = Folder(folder);
        folder.write("pipeline.yaml", |file| file.write_all(include_bytes!("pipeline.yaml")))?;
        folder.write("data/customers.csv", |file| {
            (1..=self.customers).try_for_each(|id| Customer::draw(self.seed, id).write(file))
        })?;
        folder.write("data/mails.csv", |file| {
            (1..=mails).try_for_each(|id| Mail::draw(self.seed, id, self.customers).write(self.seed, file))
        })
    }
}

#[cfg(test)]
mod tests;
