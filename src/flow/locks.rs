//! Takes the locks on the live databases, and names whoever is in the way. A database that the update is to make has nobody to lock out.

use super::{Context, Request, import};
use crate::bundle::Manifest;
use crate::database::{Locked, SIDE_SUFFIXES, side_file};
use crate::disk::Kind;
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::platform;
use crate::site::SiteDatabase;
use std::path::{Path, PathBuf};

/// Locks all databases, in the order of the sites. An import into one of them that was cut off comes to its end before.
pub fn lock_all(context: &Context<'_>, manifest: &Manifest, sites: &[SiteDatabase], request: &Request) -> Result<Vec<Locked>> {
    let mut locks = Vec::new();
    for (site, database) in sites.iter().zip(&manifest.databases) {
        import::settle_first(context, &site.path, request.plan)?;
        locks.push(match database.fresh.is_some() && context.disk.kind(&site.path)?.is_none() {
            true => absent(context, &site.path)?,
            false => lock(context, &site.path)?,
        });
    }
    Ok(locks)
}

/// Locks a database, and names whoever keeps it from being locked. Where a system lets a program keep others from opening a file, SQLite
/// calls that a failing disk, a missing file or a write-protected one, by which of the database's files it is.
pub fn lock(context: &Context<'_>, path: &Path) -> Result<Locked> {
    Locked::open(context.disk, path).map_err(|failure| {
        use Reason::{DatabaseBusy, DatabaseReadonly, DiskFailed};
        let holders = match failure.reason {
            DatabaseBusy | DatabaseReadonly | DiskFailed => platform::holders(&database_files(path).collect(), &[]),
            _ => Vec::new(),
        };
        let Some(holder) = holders.first() else { return failure };
        let listed = serde_json::to_value(&holders).unwrap_or_default();
        let failure = match failure.reason {
            DatabaseBusy => failure.hint(&format!("It is open in {}.", holder.words())),
            _ => Failure::new(
                DatabaseBusy,
                format!(
                    "The database “{}” is in use: {} has “{}” open. Close it, then run the update again.",
                    path.display(),
                    holder.words(),
                    holder.path.display()
                ),
            )
            .at(path),
        };
        failure.with("holders", listed)
    })
}

/// A database that is not there, where the update makes one. Side files without it are what is left of one that was lost.
fn absent(context: &Context<'_>, path: &Path) -> Result<Locked> {
    let folder = path.parent().unwrap_or(path);
    if context.disk.kind(folder)? != Some(Kind::Folder) {
        fail!(
            DatabaseMissing,
            "The database “{}” is to be made, and its folder is not there. Start the application once, or make the folder.",
            path.display()
        );
    }
    for side in SIDE_SUFFIXES.iter().map(|suffix| side_file(path, suffix)) {
        if context.disk.kind(&side)?.is_some() {
            fail!(
                DatabaseMissing,
                "The database “{}” is missing, and “{}” is there: it was lost or moved. Restore it from a backup.",
                path.display(),
                side.display()
            );
        }
    }
    Locked::absent(path)
}

/// A database and its side files, whether they are there or not.
pub fn database_files(path: &Path) -> impl Iterator<Item = PathBuf> {
    let sides: Vec<PathBuf> = SIDE_SUFFIXES.iter().map(|s| side_file(path, s)).collect();
    sides.into_iter().chain([path.to_owned()])
}
