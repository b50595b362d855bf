//! Where the data of a pipeline lies. Secrets never stand in the file: it names the variables of the environment that hold them.

use crate::text::string_type;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where data lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Datastore {
    /// A folder of the file system; paths in it never leave it.
    Folder {
        /// The folder, relative to the pipeline file's.
        #[schemars(length(min = 1))]
        path: String,
    },
    /// An SQLite database, which is only read.
    Sqlite {
        /// The database's file, relative to the pipeline file's folder.
        #[schemars(length(min = 1))]
        path: String,
    },
    /// A PostgreSQL database, which is only read. It is named by `url` alone, or by `host`, `database` and `user`.
    Postgres {
        /// The host's name or address; a path that begins with `/` is the folder of a Unix socket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 1))]
        host: Option<String>,
        /// The port; 5432 by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1))]
        port: Option<u16>,
        /// The database's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 1))]
        database: Option<String>,
        /// The user's name, or where the environment has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<TextOrVariable>,
        /// Where the environment has the password.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<FromEnvironment>,
        /// Where the environment has the whole URL, such as `postgres://user:password@host:5432/database`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<FromEnvironment>,
        /// Whether the connection is encrypted: by default it is, but for a Unix socket and this machine itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sslmode: Option<SslMode>,
        /// A file of certificates (PEM) that the server's is checked with, relative to the pipeline file's folder; by default those
        /// of the operating system.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 1))]
        sslrootcert: Option<String>,
    },
}

/// Whether a connection is encrypted. A server's certificate is always checked: encryption without that protects from nobody who
/// can answer in the server's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
    /// Not.
    Disable,
    /// If the server can.
    Prefer,
    /// Always: with certificate and host name checked.
    VerifyFull,
}

/// A value that only the environment has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FromEnvironment {
    /// The variable that holds it.
    pub env: VariableName,
}

/// A text as it is, or a value that only the environment has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum TextOrVariable {
    /// The text.
    Text(String),
    /// Where the environment has it.
    Variable(FromEnvironment),
}

impl<'de> Deserialize<'de> for TextOrVariable {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Both;
        impl<'de> serde::de::Visitor<'de> for Both {
            type Value = TextOrVariable;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text, or `{env: NAME}`")
            }

            fn visit_str<E>(self, text: &str) -> Result<TextOrVariable, E> {
                Ok(TextOrVariable::Text(text.to_owned()))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<TextOrVariable, A::Error> {
                let members = serde::de::value::MapAccessDeserializer::new(map);
                FromEnvironment::deserialize(members).map(TextOrVariable::Variable)
            }
        }
        deserializer.deserialize_any(Both)
    }
}

impl JsonSchema for TextOrVariable {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TextOrVariable".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let name = generator.subschema_for::<VariableName>();
        schemars::json_schema!({
            "description": "A text as it is, or `{env: NAME}` where only the environment has it.",
            "type": ["string", "object"],
            "minLength": 1,
            "properties": {"env": name},
            "required": ["env"],
            "additionalProperties": false
        })
    }
}

/// The name of a variable of the environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableName(String);

/// Why a text names no variable of the environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a variable of the environment is named by letters, digits and `_`, and does not begin with a digit")]
pub struct VariableNameError;

impl VariableName {
    /// Checks the name.
    ///
    /// # Errors
    /// When it is empty, or holds something else than ASCII letters, digits and `_`, or begins with a digit.
    pub fn new(text: &str) -> Result<Self, VariableNameError> {
        let good = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let begins = text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
        if good && begins && text.len() <= 255 { Ok(Self(text.to_owned())) } else { Err(VariableNameError) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for VariableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

string_type!(VariableName, VariableNameError, {
    "type": "string",
    "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,254}$",
    "description": "The name of a variable of the environment."
});

impl Datastore {
    /// What kind of place it is, as in the file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Folder { .. } => "folder",
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres { .. } => "postgres",
        }
    }

    /// The variables of the environment that it needs, with the fields that name them.
    pub fn variables(&self) -> Vec<(&'static str, &VariableName)> {
        let Self::Postgres { user, password, url, .. } = self else { return Vec::new() };
        let user = match user {
            Some(TextOrVariable::Variable(from)) => Some(("user", &from.env)),
            _ => None,
        };
        [user, password.as_ref().map(|from| ("password", &from.env)), url.as_ref().map(|from| ("url", &from.env))]
            .into_iter()
            .flatten()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_stand_in_the_file() {
        let check = |text: &str, expect: Result<&[&str], &str>| {
            let found = serde_json::from_str::<Datastore>(text);
            match (found, expect) {
                (Ok(found), Ok(expect)) => {
                    let names: Vec<&str> = found.variables().iter().map(|(_, name)| name.as_str()).collect();
                    assert_eq!(names, expect, "{text}");
                    assert_eq!(serde_json::to_string(&found).unwrap(), text);
                }
                (Err(error), Err(expect)) => assert!(error.to_string().contains(expect), "{text}: {error}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        };
        check(r#"{"type":"folder","path":"data"}"#, Ok(&[]));
        check(r#"{"type":"sqlite","path":"crm.db"}"#, Ok(&[]));
        check(
            r#"{"type":"postgres","host":"db","port":5433,"database":"shop","user":"ann","password":{"env":"PW"},"sslmode":"verify-full"}"#,
            Ok(&["PW"]),
        );
        check(
            r#"{"type":"postgres","host":"db","database":"shop","user":{"env":"U"},"password":{"env":"PW"}}"#,
            Ok(&["U", "PW"]),
        );
        check(r#"{"type":"postgres","url":{"env":"DATABASE_URL"}}"#, Ok(&["DATABASE_URL"]));
        check(r#"{"type":"postgres","password":"hunter2"}"#, Err("FromEnvironment"));
        check(r#"{"type":"postgres","url":"postgres://a:b@c/d"}"#, Err("FromEnvironment"));
        check(r#"{"type":"postgres","url":{"env":"not a name"}}"#, Err("a variable of the environment is named by"));
        check(r#"{"type":"postgres","user":{"env":"A","x":1}}"#, Err("unknown field `x`"));
        check(r#"{"type":"folder","path":"x","key":"y"}"#, Err("unknown field `key`"));
        check(r#"{"type":"oracle","path":"x"}"#, Err("unknown variant `oracle`"));
        check(r#"{"path":"x"}"#, Err("missing field `type`"));
    }
}
