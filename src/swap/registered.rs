//! The application's entry in the system's list of programs: it says the new version after the commit, and the old one again after a
//! rollback. Nothing of it can make an update fail.

use super::Work;
use super::places::Workspace;
use super::plan::Plan;
use crate::disk::{files_below, write_text};
use crate::failure::Result;
use crate::platform::{self, Registered};
use crate::report::Event;
use std::collections::BTreeSet;
use std::path::Path;

/// What the entries said before, in a kept folder.
const BEFORE: &str = ".holdfast-registered.json";

/// Brings the entries of the application folder to the version that is in place. `kept` is where the other version went, and `stage`
/// where the one in place came from. It may be repeated.
pub fn bring_up_to_date(work: &Work<'_>, plan: &Plan, kept: &Path, stage: &Path, now: &str) -> Result<()> {
    let found = platform::find_registered(work.app);
    for entry in found.iter().filter(|entry| entry.is_msi) {
        note(
            work,
            &format!(
                "“{}” in the list of programs is kept by Windows Installer, and stays as it is",
                entry.key
            ),
        );
    }
    let found: Vec<Registered> = found.into_iter().filter(|entry| !entry.is_msi).collect();
    if found.is_empty() {
        return Ok(());
    }
    let before = kept.join(BEFORE);
    if work.disk.kind(kept)?.is_some() && work.disk.kind(&before)?.is_none() {
        write_text(work.disk, &before, &found)?;
    }
    // The version that comes back brings what was said of it then.
    let then: Vec<Registered> = match work.disk.read(&stage.join(BEFORE))? {
        Some(text) => serde_json::from_slice(&text).unwrap_or_default(),
        None => Vec::new(),
    };
    let date: String = now.chars().filter(char::is_ascii_digit).take(8).collect();
    let size_kib = size_kib(work)?;
    for mut entry in found {
        let known = then.iter().find(|old| old.key == entry.key && old.place == entry.place);
        entry.values = match known {
            Some(old) => old.values.clone(),
            None => entry.values.updated(&plan.from, &plan.to, &date, size_kib),
        };
        if let Err(e) = platform::set_registered(&entry) {
            note(
                work,
                &format!("“{}” in the list of programs still says {}: {e}", entry.key, plan.from),
            );
        }
    }
    Ok(())
}

fn note(work: &Work<'_>, message: &str) {
    work.reporter.event(&Event::Note { message });
}

/// What the application takes, without what Holdfast keeps.
fn size_kib(work: &Work<'_>) -> Result<u32> {
    let mut files = BTreeSet::new();
    let own = Workspace::of_app(work.app).root;
    for name in work.disk.list(work.app)? {
        let path = work.app.join(name);
        if path != own {
            files_below(work.disk, &path, &mut files)?;
        }
    }
    let mut bytes = 0;
    for file in &files {
        if let Some(crate::disk::Kind::File(length)) = work.disk.kind(file)? {
            bytes += length;
        }
    }
    Ok(u32::try_from(bytes / 1024).unwrap_or(u32::MAX))
}
