//! From the datastores of the pipeline file to places that can be read, with the secrets that the environment holds.

use crate::{Pipeline, Problem};
use mlspec_record::{Datastore as Written, FromEnvironment, Name, SslMode, TextOrVariable};
use mlspec_stage::datastore::{Address, Datastore, Postgres, Secret as Hidden, Tls};
use mlspec_stage::{Environment, Site};
use std::path::Path;

const PORT: u16 = 5432;

/// The site with the pipeline's datastores. With `needed`, what is missing is a problem; where their rows are given it is none.
pub(crate) fn open(
    pipeline: &Pipeline,
    environment: &Environment,
    needed: bool,
    site: Site,
    problems: &mut Vec<Problem>,
) -> Site {
    let mut site = site;
    let folder = pipeline.folder();
    for (name, written) in &pipeline.file().datastores {
        let mut open = Open { name, folder, environment, problems: Vec::new() };
        let datastore = open.datastore(written);
        if needed {
            problems.append(&mut open.problems);
        }
        site = site.with_datastore(name.clone(), datastore);
    }
    site
}

struct Open<'a> {
    name: &'a Name,
    folder: &'a Path,
    environment: &'a Environment,
    problems: Vec<Problem>,
}

impl Open<'_> {
    fn problem(&mut self, pointer: &str, message: String, hint: &str) {
        let at = format!("/datastores/{}{pointer}", self.name);
        self.problems.push(Problem::at(at, message).hint(Some(hint.to_owned())));
    }

    fn datastore(&mut self, written: &Written) -> Datastore {
        let relative = "the path is relative to the folder of the pipeline file";
        match written {
            Written::Folder { path } => {
                let found = self.folder.join(Path::new(path));
                if !found.is_dir() {
                    let message = format!("there is no folder `{path}` for the datastore `{}`", self.name);
                    self.problem("/path", message, relative);
                }
                Datastore::Folder(found)
            }
            Written::Sqlite { path } => {
                let found = self.folder.join(Path::new(path));
                if !found.is_file() {
                    let message = format!("there is no file `{path}` for the datastore `{}`", self.name);
                    self.problem("/path", message, relative);
                }
                Datastore::Sqlite(found)
            }
            Written::Postgres { host, port, database, user, password, url, sslmode, sslrootcert } => {
                let parts = [("host", host.is_some()), ("port", port.is_some()), ("database", database.is_some())];
                let parts = parts.into_iter().chain([("user", user.is_some()), ("password", password.is_some())]);
                let given: Vec<&str> = parts.filter(|(_, given)| *given).map(|(part, _)| part).collect();
                let address = match url {
                    Some(url) => {
                        if let Some(part) = given.first() {
                            let message = format!("the datastore `{}` has both `url` and `{part}`", self.name);
                            self.problem(&format!("/{part}"), message, "the URL says it all");
                        }
                        Address::Url(self.secret("url", url))
                    }
                    None => {
                        if let Some(part) = ["host", "database", "user"].into_iter().find(|part| !given.contains(part))
                        {
                            let message = format!("the datastore `{}` has no `{part}`", self.name);
                            self.problem("", message, "set `host`, `database` and `user`; or `url`");
                        }
                        Address::Parts {
                            host: host.clone().unwrap_or_default(),
                            port: port.unwrap_or(PORT),
                            database: database.clone().unwrap_or_default(),
                            user: match user {
                                Some(TextOrVariable::Text(user)) => user.clone(),
                                Some(TextOrVariable::Variable(from)) => self.secret("user", from).expose().to_owned(),
                                None => String::new(),
                            },
                            password: password.as_ref().map(|from| self.secret("password", from)),
                        }
                    }
                };
                if let Some(path) = sslrootcert.as_ref().filter(|path| !self.folder.join(path).is_file()) {
                    let message = format!("there is no file `{path}` for the datastore `{}`", self.name);
                    self.problem("/sslrootcert", message, relative);
                }
                let tls = sslmode.map(|mode| match mode {
                    SslMode::Disable => Tls::Off,
                    SslMode::Prefer => Tls::Preferred,
                    SslMode::VerifyFull => Tls::Required,
                });
                let root_certificates = sslrootcert.as_ref().map(|path| self.folder.join(path));
                Datastore::Postgres(Box::new(Postgres { address, tls, root_certificates }))
            }
        }
    }

    fn secret(&mut self, field: &str, from: &FromEnvironment) -> Hidden {
        let found = self.environment.variable(from.env.as_str()).map(|value| value.to_string_lossy().into_owned());
        if found.is_none() {
            let message =
                format!("the environment has no variable `{}`, which the datastore `{}` needs", from.env, self.name);
            self.problem(&format!("/{field}/env"), message, "set it where mlspec is started");
        }
        Hidden::new(found.unwrap_or_default())
    }
}
