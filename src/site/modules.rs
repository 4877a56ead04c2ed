//! Which modules of the product are there, and in which versions.

use crate::bundle::Manifest;
use crate::bundle::manifest::{Module, Modules};
use crate::failure::{Failure, Reason, Result};
use crate::steps::noted_version;
use crate::version::Version;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;

/// Asks each module's database, given by names. A module of which no database says anything is not there.
pub fn installed_modules(manifest: &Manifest, databases: &BTreeMap<&str, &Connection>) -> Result<Modules> {
    let mut found = Modules::new();
    for module in &manifest.modules {
        let name = manifest.database_name(module.database.as_deref()).unwrap_or_default();
        let Some(connection) = databases.get(name) else { continue };
        if let Some(version) = module_version(module, connection)? {
            found.insert(module.id.clone(), version);
        }
    }
    Ok(found)
}

/// The version of a module in its database; `None` where it is not there.
pub fn module_version(module: &Module, connection: &Connection) -> Result<Option<Version>> {
    let unknown = |what: String| {
        let message = format!(
            "The version of the module “{}” cannot be read: {what}. Send this message to those who made the update.",
            module.id
        );
        Failure::new(Reason::VersionUnknown, message).with("value", module.id.as_str())
    };
    let text = match &module.query {
        None => noted_version(connection, &module.id).map_err(|e| unknown(e.to_string()))?,
        Some(query) => match connection.query_row(query, [], |row| row.get::<_, Value>(0)).optional() {
            Ok(None | Some(Value::Null)) => None,
            Ok(Some(Value::Text(text))) => Some(text),
            Ok(Some(Value::Integer(number))) => Some(number.to_string()),
            Ok(Some(other)) => return Err(unknown(format!("its query gives {other:?}"))),
            // A database that is not made yet has no tables, and one without the module has not its tables.
            Err(e) if e.to_string().starts_with("no such table") => None,
            Err(e) => return Err(unknown(e.to_string())),
        },
    };
    let Some(text) = text else { return Ok(None) };
    // Whatever stands there, a person must be able to read the message.
    let text: String = text.trim().chars().take(40).collect();
    text.parse().map(Some).map_err(|_| unknown(format!("“{text}” is no version")))
}
