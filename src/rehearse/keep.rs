//! Both pairs of a site, left for people to try: the old one beside the migrated one. They are copies; nothing of the site is among them.

use super::Desk;
use super::place::{Place, make_folder};
use crate::disk::failed;
use crate::failure::Result;
use std::path::{Path, PathBuf};

/// Leaves both pairs below a folder, and says where. What an earlier rehearsal of the same site left there goes.
pub fn keep(desk: &Desk<'_>, old: &Place, new: &Place, folder: &Path, (sites, site): (&[String], &str)) -> Result<PathBuf> {
    let root = folder.join(name_among(sites, site));
    if root.exists() {
        std::fs::remove_dir_all(&root).map_err(|e| failed("removing", &root, &e))?;
    }
    make_folder(&root)?;
    for (place, name) in [(old, "old"), (new, "new")] {
        let kept = place.copied_to(desk.voice, &root.join(name))?;
        for own in kept.own_folders() {
            if own.exists() {
                std::fs::remove_dir_all(&own).map_err(|e| failed("removing", &own, &e))?;
            }
        }
    }
    Ok(root)
}

/// The site's name as a folder's; those that are called alike are numbered.
fn name_among(sites: &[String], site: &str) -> String {
    let name = folder_name(site);
    let before = sites.iter().take_while(|other| *other != site);
    match before.filter(|other| folder_name(other) == name).count() {
        0 => name,
        n => format!("{name}-{}", n + 1),
    }
}

/// A name that every system takes.
fn folder_name(site: &str) -> String {
    let path = Path::new(site);
    let name = path
        .canonicalize()
        .ok()
        .and_then(|real| real.file_name().map(|n| n.to_string_lossy().into_owned()));
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    name.unwrap_or_else(|| site.to_owned()).chars().map(safe).collect()
}
