//! Finds which of the bundle's starts a site is at: the version of the application, and those of the modules that are there.

use crate::bundle::Manifest;
use crate::bundle::manifest::{Modules, Start, label};
use crate::failure::{Failure, Reason, Result};
use crate::site::known_versions;
use crate::version::Version;

/// The start at which a site is. Anything else is refused, with the difference named.
pub fn find<'m>(manifest: &'m Manifest, from: &Version, modules: &Modules) -> Result<&'m Start> {
    if let Some(start) = manifest.starts.iter().find(|s| s.version == *from && s.modules == *modules) {
        return Ok(start);
    }
    if manifest.starts.iter().any(|s| s.version == *from) {
        let known = manifest.starts.iter().filter(|s| s.version == *from).map(|s| listed(&s.modules));
        let known: Vec<String> = known.collect();
        let message = format!(
            "{} {from} is installed with {}, and this update knows it with {}. Send this message to those who made the update.",
            manifest.product.name,
            listed(modules),
            known.join("; with ")
        );
        let failure = Failure::new(Reason::VersionUnknown, message);
        return Err(failure.with("value", listed(modules)).with("expected", known));
    }
    let (name, to, known) = (&manifest.product.name, &manifest.product.version, known_versions(manifest));
    let lowest = manifest.starts.iter().map(|s| &s.version).min();
    let (reason, message) = if from > to {
        (
            Reason::VersionNewer,
            format!("{name} {from} is installed, which is newer than this update to {to}. There is nothing to do with it here."),
        )
    } else if Some(from) < lowest {
        (
            Reason::VersionOlder,
            format!("{name} {from} is installed, and this update starts from {known}. Install an update to one of those first."),
        )
    } else {
        (
            Reason::VersionUnknown,
            format!("{name} {from} is installed, and this update starts from {known}. Ask for an update that starts from {from}."),
        )
    };
    Err(Failure::new(reason, message)
        .with("value", from.to_string())
        .with("expected", known))
}

fn listed(modules: &Modules) -> String {
    let named: Vec<String> = modules.iter().map(|(id, version)| label(Some(id), version)).collect();
    match named.is_empty() {
        true => "no module".to_owned(),
        false => named.join(", "),
    }
}
