//! Which version is installed, as the manifest says that it is read.

use super::SiteDatabase;
use crate::bundle::Manifest;
use crate::disk::Disk;
use crate::failure::{Failure, Reason, Result};
use crate::platform::below;
use crate::swap::{Confirmation, DatabaseConfirmation};
use crate::version::Version;
use rusqlite::Connection;
use std::path::Path;

/// The installed version. `connection` is to the database that the manifest asks, if it asks one.
pub fn read_version(disk: &dyn Disk, app: &Path, manifest: &Manifest, connection: Option<&Connection>) -> Result<Version> {
    let source = &manifest.application.version;
    let (place, text) = match &source.file {
        Some(file) => {
            let Some(bytes) = disk.read(&below(app, file))? else {
                return Err(Failure::new(
                    Reason::TargetInvalid,
                    format!(
                        "“{}” is not an installation of {}: the file “{file}” is missing. Say with --app where the application is.",
                        app.display(),
                        manifest.product.name
                    ),
                )
                .at(app));
            };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let first = text
                .trim_start_matches('\u{feff}')
                .lines()
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned();
            (format!("“{file}”"), first)
        }
        None => {
            let name = manifest.database_name(source.database.as_deref()).unwrap_or_default();
            let (query, _) = version_query(manifest, &manifest.product.version);
            let value = connection.map(|c| c.query_row(&query, [], |row| row.get::<_, rusqlite::types::Value>(0)));
            let text = match value {
                Some(Ok(rusqlite::types::Value::Text(text))) => text,
                Some(Ok(rusqlite::types::Value::Integer(number))) => number.to_string(),
                Some(Ok(other)) => format!("{other:?}"),
                Some(Err(e)) => return Err(unknown(format!("The version cannot be read from the database “{name}”: {e}."), "")),
                None => String::new(),
            };
            let named = source.user_version.get(&text).map(ToString::to_string);
            (
                format!("the database “{name}”"),
                if source.user_version.is_empty() {
                    text
                } else {
                    named.unwrap_or(text)
                },
            )
        }
    };
    // Whatever stands there, a person must be able to read the message.
    let text: String = text.chars().take(40).collect();
    text.parse().map_err(|_| {
        unknown(
            format!("{place} says that version “{text}” is installed, which this update does not know."),
            &text,
        )
    })
}

fn unknown(message: String, value: &str) -> Failure {
    Failure::new(Reason::VersionUnknown, format!("{message} Ask for an update that starts from it.")).with("value", value)
}

/// The query that gives the version of a database, and the text that it gives for a version.
fn version_query(manifest: &Manifest, version: &Version) -> (String, String) {
    let source = &manifest.application.version;
    match &source.query {
        Some(query) => (query.clone(), version.to_string()),
        None => {
            let number = source
                .user_version
                .iter()
                .find(|(_, v)| *v == version)
                .map(|(number, _)| number.clone());
            ("PRAGMA user_version".to_owned(), number.unwrap_or_default())
        }
    }
}

/// How a pair of some version is tried where it stands, its programs apart. `fingerprints` are by database name.
pub fn confirmation_of(
    manifest: &Manifest,
    version: &Version,
    databases: &[SiteDatabase],
    fingerprints: &dyn Fn(&str) -> Option<String>,
    first_line: Option<String>,
) -> Confirmation {
    let source = &manifest.application.version;
    let asked = manifest.database_name(source.database.as_deref()).filter(|_| source.file.is_none());
    let one = |database: &SiteDatabase| {
        let masks = manifest
            .databases
            .iter()
            .find(|d| d.name == database.name)
            .map_or_else(Vec::new, |d| d.mask.clone());
        Some(DatabaseConfirmation {
            path: database.unit.clone(),
            masks,
            fingerprint: fingerprints(&database.name)?,
            version: (asked == Some(database.name.as_str())).then(|| version_query(manifest, version)),
        })
    };
    Confirmation {
        files: source.file.iter().cloned().zip(first_line).collect(),
        databases: databases.iter().filter_map(one).collect(),
        programs: Vec::new(),
    }
}

/// The versions that a manifest knows, for a person.
pub fn known_versions(manifest: &Manifest) -> String {
    // One version may be known with several combinations of modules; the starts are ascending.
    let mut known: Vec<String> = manifest.starts.iter().map(|s| s.version.to_string()).collect();
    known.dedup();
    known.join(", ")
}
