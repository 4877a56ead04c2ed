//! The stage: the new code unpacked beside the old, sealed so that what was checked is what goes live.

use super::Context;
use super::attributes;
use super::preflight::Decision;
use super::quiesce::Quiet;
use super::result::Outcome;
use super::verify::{Verified, VerifiedDatabase, programs};
use crate::bundle::Bundle;
use crate::bundle::manifest::Moment;
use crate::database::{Locked, Mark, SIDE_SUFFIXES, Schema, open_copy, side_file};
use crate::disk::{Kind, copy_file, create_dirs, hash_file, remove_tree, replace_file, write_new};
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::mutants::planted;
use crate::platform::{Attributes, below};
use crate::report::{Event, Stage};
use crate::site::{Owner, confirmation_of};
use crate::swap::{self, Armed, Before, Confirmation, Role, Staged, Workspace, places};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A stage that is complete, durable and read back, with the live pair still locked.
#[must_use = "a sealed stage must be armed, left beside, or given back"]
pub struct Sealed<'a> {
    quiet: Quiet<'a>,
    databases: Vec<VerifiedDatabase>,
    confirmation: Confirmation,
    files: Vec<String>,
    derived: Vec<String>,
}

/// Unpacks the new code, each file hashed as it is written. Files that the site keeps are not in the stage, edited ones are.
pub fn unpack(context: &Context<'_>, bundle: &Bundle, decision: &Decision<'_>) -> Result<()> {
    let new = Workspace::of_app(&decision.app).stage();
    let total: u64 = bundle.manifest.code().map(|(_, e)| e.size).sum();
    let mut done = 0;
    for (path, entry) in staged_code(bundle, decision) {
        if context.reporter.cancelled() {
            return Err(Failure::new(Reason::Cancelled, "The update was cancelled."));
        }
        let to = below(&new, path);
        create_dirs(context.disk, to.parent().unwrap_or(&new))?;
        let mut file = context.disk.create(&to)?;
        bundle.copy(&entry.path, &mut file)?;
        done += entry.size;
        context.reporter.event(&Event::Progress {
            stage: Stage::Verify,
            done,
            total,
        });
    }
    for (path, text) in &decision.edits {
        let to = below(&new, path);
        create_dirs(context.disk, to.parent().unwrap_or(&new))?;
        write_new(context.disk, &to, text)?;
    }
    attributes::give(context, &attributes::wanted(context, decision, staged_files(bundle, decision))?)?;
    Ok(())
}

/// The files of the release that are staged: all but those of which the site keeps its own.
fn staged_code<'b>(bundle: &'b Bundle, decision: &'b Decision<'_>) -> impl Iterator<Item = (&'b str, &'b crate::bundle::manifest::Entry)> {
    let own = |path: &str| decision.scan.files.get(path).is_some_and(|f| f.owner == Owner::Site);
    bundle.manifest.code().filter(move |(path, _)| !own(path))
}

/// The same with the edited files, and whether each may be run.
fn staged_files<'b>(bundle: &'b Bundle, decision: &'b Decision<'_>) -> impl Iterator<Item = (&'b str, bool)> {
    let edited = decision.edits.keys().map(|path| (path.as_str(), false));
    staged_code(bundle, decision)
        .map(|(path, entry)| (path, entry.executable))
        .chain(edited)
}

/// Removes what does not belong, makes everything durable, and reads it back.
pub fn seal<'a>(context: &Context<'_>, bundle: &Bundle, verified: Verified<'a>) -> Result<Sealed<'a>> {
    let Verified { quiet, databases } = verified;
    let decision = &quiet.decision;
    let new = Workspace::of_app(&decision.app).stage();
    let mut expected: BTreeMap<PathBuf, String> = staged_code(bundle, decision)
        .map(|(path, e)| (below(&new, path), e.sha256.clone()))
        .collect();
    expected.extend(
        decision
            .edits
            .iter()
            .map(|(path, text)| (below(&new, path), crate::bundle::sha256(text))),
    );
    expected.extend(databases.iter().map(|d| (d.path.clone(), d.sha256.clone())));
    remove_strangers(context, &new, &expected)?;
    for (held, database) in decision.databases.iter().zip(&databases) {
        let attributes = match held.locked.is_absent() {
            true => Attributes::for_new_in(&attributes::read(held.site.path.parent().unwrap_or(&new))?, false, false),
            false => attributes::read(&held.site.path)?,
        };
        settle_database(context, &attributes, &database.path)?;
    }
    if !planted("stage-unflushed") {
        context.disk.flush_all(&new)?;
    }
    context.disk.flush_dir(&Workspace::of_app(&decision.app).root)?;
    attributes::check(context, &attributes::wanted(context, decision, staged_files(bundle, decision))?)?;
    read_back(context, &expected)?;
    let confirmation = confirmation(bundle, decision)?;
    let files = staged_code(bundle, decision).map(|(path, _)| path.to_owned()).collect();
    Ok(Sealed {
        quiet,
        databases,
        confirmation,
        files,
        derived: bundle.manifest.application.derived.clone(),
    })
}

/// A staged database gets its access rights, is made durable, and stands alone.
pub fn settle_database(context: &Context<'_>, rights: &Attributes, staged: &Path) -> Result<()> {
    context.disk.set_attributes(staged, rights)?;
    context.disk.flush_file(staged)?;
    context.disk.flush_dir(staged.parent().unwrap_or(staged))?;
    let mut sides = SIDE_SUFFIXES.iter();
    sides.try_for_each(|suffix| remove_tree(context.disk, &side_file(staged, suffix)))
}

/// The side files that a live database has.
pub fn side_files(context: &Context<'_>, live: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for suffix in SIDE_SUFFIXES {
        if context.disk.kind(&side_file(live, suffix))?.is_some() {
            found.push(suffix.to_owned());
        }
    }
    Ok(found)
}

/// A check may have left files behind; what the bundle does not list does not go live.
pub fn remove_strangers(context: &Context<'_>, folder: &Path, expected: &BTreeMap<PathBuf, String>) -> Result<()> {
    for name in context.disk.list(folder)? {
        let path = folder.join(name);
        let is_ours = expected.contains_key(&path);
        let holds_ours = expected
            .range(path.clone()..)
            .next()
            .is_some_and(|(next, _)| next.starts_with(&path));
        match context.disk.kind(&path)? {
            Some(Kind::Folder) if holds_ours => remove_strangers(context, &path, expected)?,
            Some(Kind::File(_)) if is_ours => {}
            _ => remove_tree(context.disk, &path)?,
        }
    }
    Ok(())
}

/// What was staged must read back with these hashes.
pub fn read_back(context: &Context<'_>, expected: &BTreeMap<PathBuf, String>) -> Result<()> {
    for (n, (path, hash)) in expected.iter().enumerate() {
        let found = match context.disk.kind(path)? {
            Some(Kind::File(_)) => hash_file(context.disk, path)?,
            _ => "nothing".to_owned(),
        };
        if found != *hash {
            return Err(Failure::new(
                Reason::StageDamaged,
                format!(
                    "“{}” does not read back as it was written, or a check changed it. Check the disk, then run the update again.",
                    path.display()
                ),
            )
            .at(path)
            .with("value", found)
            .with("expected", hash.as_str()));
        }
        context.reporter.event(&Event::Progress {
            stage: Stage::Stage,
            done: n as u64 + 1,
            total: expected.len() as u64,
        });
    }
    Ok(())
}

fn confirmation(bundle: &Bundle, decision: &Decision<'_>) -> Result<Confirmation> {
    let manifest = &bundle.manifest;
    let sites: Vec<_> = decision.databases.iter().map(|d| d.site.clone()).collect();
    let mut fingerprints = BTreeMap::new();
    for held in &decision.databases {
        fingerprints.insert(held.site.name.clone(), held.target.fingerprint());
    }
    let first_line = match &manifest.application.version.file {
        Some(file) => {
            let text = bundle.read(&format!("code/{file}"))?;
            let text = String::from_utf8_lossy(&text).into_owned();
            Some(text.lines().next().unwrap_or_default().trim().to_owned())
        }
        None => None,
    };
    let mut confirmation = confirmation_of(
        manifest,
        &manifest.product.version,
        &sites,
        &|name| fingerprints.get(name).cloned(),
        first_line,
    );
    let live: BTreeMap<String, PathBuf> = sites.iter().map(|s| (s.name.clone(), s.path.clone())).collect();
    confirmation.programs = programs(&manifest.checks, Moment::Live, &decision.app, &live);
    Ok(confirmation)
}

/// The mark of a database that is there; every one of a plan is locked.
pub fn marked(context: &Context<'_>, unit: &str, locked: Option<&Locked>) -> Result<Option<(String, Mark)>> {
    let Some(locked) = locked else {
        fail!(
            DatabaseBusy,
            "The database “{unit}” was not locked. Nothing was changed; run the update again."
        );
    };
    match locked.is_absent() {
        true => Ok(None),
        false => Ok(Some((unit.to_owned(), Mark::under(context.disk, locked)?))),
    }
}

impl Sealed<'_> {
    /// Records what the live pair looks like under the lock, arms the journal, and gives the locks up for the renames.
    pub fn arm(self, context: &Context<'_>) -> Result<Armed> {
        let Quiet { decision, hold } = self.quiet;
        let mut plan = decision.plan.clone();
        let (mut marks, mut hashes, mut contents) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for unit in &mut plan.units {
            let at = places(&decision.app, unit);
            match unit.role {
                Role::Database => {
                    unit.had_sides = side_files(context, &at.live)?;
                    let staged = self.databases.iter().find(|d| d.path == at.new);
                    hashes.extend(staged.map(|d| (unit.path.clone(), d.sha256.clone())));
                    contents.extend(staged.map(|d| (unit.path.clone(), d.contents.clone())));
                    let locked = decision.databases.iter().map(|d| &d.locked).find(|l| l.path() == at.live);
                    marks.extend(marked(context, &unit.path, locked)?);
                }
                Role::Kept => {
                    hashes.extend(
                        decision
                            .edits
                            .get(&unit.path)
                            .map(|text| (unit.path.clone(), crate::bundle::sha256(text))),
                    );
                    marks.insert(unit.path.clone(), Mark::of(context.disk, &at.live)?);
                }
                Role::Entry | Role::Code => {}
            }
        }
        let staged = Staged {
            plan,
            marks,
            confirmation: self.confirmation,
            before: Before {
                confirmation: decision.before.clone(),
                kept: hashes
                    .iter()
                    .filter(|(path, _)| decision.edits.contains_key(*path))
                    .map(|(p, h)| (p.clone(), h.clone()))
                    .collect(),
                contents,
                files: self.files,
                derived: self.derived,
            },
            hashes,
        };
        let armed = swap::arm(&context.work(&decision.app), staged)?;
        drop(hold);
        for database in decision.databases {
            database.locked.close()?;
        }
        Ok(armed)
    }
}

/// Puts the release notes where people at the site can read them.
pub fn write_notes(context: &Context<'_>, bundle: &Bundle, app: &Path) -> Result<()> {
    let Some(notes) = &bundle.manifest.product.notes else {
        return Ok(());
    };
    let to = Workspace::of_app(app).root.join(notes);
    create_dirs(context.disk, to.parent().unwrap_or(app))?;
    replace_file(context.disk, &to, &bundle.read(notes)?)
}

/// Ends a trial: the new pair, with copies of the site's own files, is left beside the live one.
pub fn leave_beside(context: &Context<'_>, sealed: Sealed<'_>) -> Result<Outcome> {
    let decision = &sealed.quiet.decision;
    let work = context.work(&decision.app);
    let root = Workspace::of_app(&decision.app);
    let own = decision
        .scan
        .files
        .iter()
        .filter(|(path, f)| f.owner == Owner::Site && !decision.edits.contains_key(*path));
    for (path, _) in own {
        let (from, to) = (below(&decision.app, path), below(&root.stage(), path));
        if matches!(context.disk.kind(&from)?, Some(Kind::File(_))) && context.disk.kind(&to)?.is_none() {
            create_dirs(context.disk, to.parent().unwrap_or(&root.root))?;
            copy_file(context.disk, &from, &to)?;
            context.disk.set_attributes(&to, &attributes::read(&from)?)?;
        }
    }
    for (path, _) in decision.scan.files.iter().filter(|(_, f)| f.owner == Owner::EmptyFolder) {
        create_dirs(context.disk, &below(&root.stage(), path))?;
    }
    let mut databases = BTreeMap::new();
    for workspace in swap::workspaces(&decision.app, &decision.plan) {
        let test = workspace.root.join("test");
        remove_tree(context.disk, &test)?;
        if context.disk.kind(&workspace.stage())?.is_some() {
            context.disk.rename(&workspace.stage(), &test)?;
        }
        context.disk.flush_dir(&workspace.root)?;
    }
    for held in &decision.databases {
        let (workspace, inside) = swap::workspace_of(&decision.app, &held.site.unit);
        let moved = workspace.root.join("test").join(inside);
        // The copy must open where it now lies.
        Schema::read(&open_copy(&moved)?, &held.manifest.mask)?;
        databases.insert(held.site.name.clone(), moved);
    }
    swap::archive(&work, &decision.plan.run)?;
    Ok(Outcome::Tested {
        folder: root.root.join("test"),
        databases,
    })
}
