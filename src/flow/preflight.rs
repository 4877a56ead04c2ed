//! Decides what an update will do, by looking only. Everything that can be refused is refused here, with the difference named.

use super::examine::{HeldDatabase, examine};
use super::locks::{database_files, lock_all};
use super::space::Needs;
use super::{Context, Request, start};
use crate::bundle::manifest::Start;
use crate::bundle::{Bundle, Manifest};
use crate::database::Locked;
use crate::disk::Kind;
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::platform::{self, Guarantee, Volume};
use crate::report::{Event, Question};
use crate::site::{LiveFile, Owner, Scan, confirmation_of, edited, installed_modules, locate_databases, read_version, scan, units};
use crate::swap::{Confirmation, Plan, Role, RunKind, Unit, Workspace, places, snapshots};
use crate::version::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// All that was decided, with the locks on the live databases.
pub struct Decision<'a> {
    /// The application folder.
    pub app: PathBuf,
    /// The installed version.
    pub from: Version,
    /// What is installed, as the bundle knows it.
    pub start: &'a Start,
    /// What will move.
    pub plan: Plan,
    /// The databases, locked.
    pub databases: Vec<HeldDatabase<'a>>,
    /// Whose each file is.
    pub scan: Scan,
    /// Kept files with their new content.
    pub edits: BTreeMap<String, Vec<u8>>,
    /// How the old pair is tried if it comes back.
    pub before: Confirmation,
    /// Room needed and free.
    pub needs: Needs,
    /// What the bundle says.
    pub manifest: &'a Manifest,
}

/// Looks at the site and decides; `None` if the version is in place already. The databases are locked from here on.
pub fn decide<'a>(context: &Context<'_>, bundle: &'a Bundle, request: &Request, app: &Path) -> Result<Option<Decision<'a>>> {
    let manifest = &bundle.manifest;
    not_held(context, app)?;
    same_product(context, manifest, app)?;
    let sites = locate_databases(manifest, app, &request.databases, &context.environment)?;
    // A version that stands in a file is read first: in a wrong folder that is the better answer than a missing database.
    let early = match manifest.application.version.file {
        Some(_) => Some(read_version(context.disk, app, manifest, None)?),
        None => None,
    };
    let locks = lock_all(context, manifest, &sites, request)?;
    let from = match early {
        Some(version) => version,
        None => {
            let asked = manifest.database_name(manifest.application.version.database.as_deref());
            let asked = sites.iter().position(|s| Some(s.name.as_str()) == asked);
            read_version(context.disk, app, manifest, asked.map(|n| locks[n].connection()))?
        }
    };
    if from == manifest.product.version {
        return Ok(None);
    }
    let names = sites.iter().map(|s| s.name.as_str());
    let modules = installed_modules(manifest, &names.zip(locks.iter().map(Locked::connection)).collect())?;
    let start = start::find(manifest, &from, &modules)?;
    let mut databases = Vec::new();
    for ((site, locked), database) in sites.iter().cloned().zip(locks).zip(&manifest.databases) {
        let stage = Workspace::of_app(app).stage();
        databases.push(examine(context, bundle, start, site, locked, database, &stage)?);
    }
    let release = release_files(bundle, start)?;
    let scan = scan(
        context.disk,
        app,
        &manifest.application,
        &release,
        manifest.code().map(|(path, _)| path),
        &sites,
        &context.environment.executable,
    )?;
    as_released(context, &from, &scan, app)?;
    let mut edits = manifest.application.edits.iter();
    if let Some(edit) = edits.find(|edit| through_link(context, app, &edit.file)) {
        return Err(link_failure(app, &edit.file));
    }
    let edits = edited(context.disk, app, &manifest.application.edits)?;
    let (mut units, own) = units(manifest, &scan)?;
    units.extend(edits.keys().map(|path| unit(path, Role::Kept)));
    units.extend(databases.iter().filter(|d| !d.steps.is_empty()).map(|d| Unit {
        had: !d.locked.is_absent(),
        ..unit(&d.site.unit, Role::Database)
    }));
    let had = |name: &str| databases.iter().find(|d| d.site.name == name && !d.locked.is_absent());
    let fingerprints = |name: &str| had(name).map(|d| d.fingerprint.clone());
    let first_line = manifest.application.version.file.is_some().then(|| from.to_string());
    let decision = Decision {
        app: app.to_owned(),
        before: confirmation_of(manifest, &from, &sites, &fingerprints, first_line),
        plan: plan(context, bundle, request, &from, units, own),
        needs: needs(bundle, app, &databases, &edits)?,
        from,
        start,
        databases,
        scan,
        edits,
        manifest,
    };
    decision.volumes(context, request)?;
    Ok(Some(decision))
}

fn plan(context: &Context<'_>, bundle: &Bundle, request: &Request, from: &Version, units: Vec<Unit>, own: Option<String>) -> Plan {
    let manifest = &bundle.manifest;
    Plan {
        format: crate::swap::FORMAT,
        run: context.run.clone(),
        kind: RunKind::Update,
        product: manifest.product.id.clone(),
        name: manifest.product.name.clone(),
        from: from.to_string(),
        to: manifest.product.version.to_string(),
        bundle: bundle.digest.clone(),
        units,
        own,
        keep: manifest.snapshots.keep,
        hold: request.hold || manifest.snapshots.hold,
        snapshot: None,
        unrehearsed: manifest.unrehearsed().map(str::to_owned),
    }
}

/// A unit that goes and comes.
pub fn unit(path: &str, role: Role) -> Unit {
    Unit {
        path: path.to_owned(),
        role,
        had: true,
        gets: true,
        had_sides: Vec::new(),
        gets_sides: Vec::new(),
    }
}

/// A folder in which this user may not work.
pub fn denied(folder: &Path) -> Failure {
    let message = format!(
        "This user may not write to “{}”. Run the update as a user who may, for example as an administrator.",
        folder.display()
    );
    Failure::new(Reason::TargetDenied, message).at(folder)
}

/// A folder in which something is renamed must be writable, on a volume that renames safely.
pub fn workable(context: &Context<'_>, request: &Request, folder: &Path) -> Result<()> {
    if !platform::may_write(folder) {
        return Err(denied(folder));
    }
    let volume = platform::volume(folder).map_err(|e| crate::disk::failed("looking at the volume of", folder, &e))?;
    guaranteed(context, request, folder, &volume)
}

/// What a power cut can do on the volume is said, and refused where it can lose both versions.
fn guaranteed(context: &Context<'_>, request: &Request, folder: &Path, volume: &Volume) -> Result<()> {
    let (shown, system) = (folder.display(), &volume.system);
    let message = match volume.guarantee {
        Guarantee::Safe => return Ok(()),
        Guarantee::Network => {
            format!("“{shown}” is on a network share ({system}): what a power cut at its server does there depends on that server.")
        }
        Guarantee::Fat if request.allow_fat => {
            format!("“{shown}” is on a FAT volume ({system}): a power cut in the wrong moment could have lost both versions.")
        }
        Guarantee::Fat => {
            return Err(Failure::new(
                Reason::TargetVolume,
                format!("“{shown}” is on a FAT volume ({system}), where a power cut in the wrong moment can lose both versions. Move the application to another volume, or say --allow-fat to take the risk."),
            )
            .at(folder)
            .with("value", system.as_str()));
        }
    };
    context.reporter.event(&Event::Warning { message: &message });
    Ok(())
}

fn not_held(context: &Context<'_>, app: &Path) -> Result<()> {
    match snapshots(&context.work(app))?.into_iter().find(|s| s.held) {
        Some(held) => fail!(
            HoldOpen,
            "Version {} of {} waits to be tried: run this program with “confirm” to keep it, or with “rollback” to go back to {}, before anything else is updated.",
            held.plan.to,
            held.plan.name,
            held.plan.from
        ),
        None => Ok(()),
    }
}

fn same_product(context: &Context<'_>, manifest: &Manifest, app: &Path) -> Result<()> {
    let path = Workspace::of_app(app).root.join(crate::swap::INSTALLED);
    let installed = context
        .disk
        .read(&path)?
        .and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
    match installed.as_ref().and_then(|i| i["product"].as_str()) {
        Some(other) if other != manifest.product.id => Err(Failure::new(
            Reason::ProductOther,
            format!(
                "In “{}” another product is installed (“{other}”); this update is for {}.",
                app.display(),
                manifest.product.name
            ),
        )
        .with("value", other)
        .with("expected", manifest.product.id.as_str())),
        _ => Ok(()),
    }
}

fn release_files(bundle: &Bundle, start: &Start) -> Result<BTreeMap<String, String>> {
    let text = bundle.text(&start.files)?;
    Ok(text
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(hash, path)| (path.to_owned(), hash.to_owned()))
        .collect())
}

/// Known to known: program files must be what the installed release brought.
fn as_released(context: &Context<'_>, from: &Version, scan: &Scan, app: &Path) -> Result<()> {
    if let Some(link) = scan
        .missing
        .iter()
        .chain(&scan.changed)
        .find(|path| through_link(context, app, path))
    {
        return Err(link_failure(app, link));
    }
    let name = |list: &[String]| {
        let shown: Vec<String> = list.iter().take(5).map(|p| format!("“{p}”")).collect();
        shown.join(", ")
            + &if list.len() > 5 {
                format!(" and {} more", list.len() - 5)
            } else {
                String::new()
            }
    };
    let mut parts = Vec::new();
    if !scan.changed.is_empty() {
        parts.push(format!(
            "{} {} from what was installed",
            name(&scan.changed),
            if scan.changed.len() == 1 { "differs" } else { "differ" }
        ));
    }
    if !scan.missing.is_empty() {
        parts.push(format!(
            "{} {} missing",
            name(&scan.missing),
            if scan.missing.len() == 1 { "is" } else { "are" }
        ));
    }
    if parts.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        Reason::CodeChanged,
        format!(
            "The program in “{}” is not version {from} as it was released: {}. Install that version again, or send this message to those who made the update.",
            app.display(),
            parts.join("; ")
        ),
    )
    .at(app)
    .with("value", scan.changed.clone())
    .with("missing", scan.missing.clone()))
}

fn link_failure(app: &Path, path: &str) -> Failure {
    let message = format!(
        "“{path}” is reached through a link or another volume, which a rename cannot move. Put the files themselves into “{}”.",
        app.display()
    );
    Failure::new(Reason::TargetLink, message).with("value", path)
}

fn through_link(context: &Context<'_>, app: &Path, path: &str) -> bool {
    let volume = |path: &Path| platform::volume_id(path).ok();
    let parts: Vec<&str> = path.split('/').collect();
    let above = (1..=parts.len()).map(|n| app.join(parts[..n].join("/")));
    let strange = |path: &Path| match context.disk.kind(path) {
        Ok(Some(Kind::Other)) => true,
        Ok(Some(Kind::Folder)) => volume(path) != volume(app),
        _ => false,
    };
    above.into_iter().any(|path| strange(&path))
}

/// The stage holds all code and a copy of each database; a database may grow, and its rollback journal may reach the size that it had.
fn needs(bundle: &Bundle, app: &Path, databases: &[HeldDatabase<'_>], edits: &BTreeMap<String, Vec<u8>>) -> Result<Needs> {
    let mut needs = Needs::default();
    let code: u64 = bundle.manifest.code().map(|(_, e)| e.size).sum();
    let edited: u64 = edits.values().map(|text| text.len() as u64).sum();
    needs.add(app, code + edited, bundle.manifest.code().count() as u64)?;
    for database in databases {
        let folder = database.site.path.parent().unwrap_or(app);
        let (copy, journal) = (database.bytes, if database.steps.is_empty() { 0 } else { database.bytes });
        let growth = if database.steps.is_empty() {
            0.0
        } else {
            database.bytes as f64 * database.manifest.growth
        };
        needs.add(folder, copy + journal + growth as u64, 1)?;
    }
    Ok(needs)
}

impl Decision<'_> {
    /// The question whether to begin.
    pub fn question<'q>(&'q self, folder: &'q str) -> Question<'q> {
        Question::Update {
            product: &self.plan.name,
            from: &self.plan.from,
            to: &self.plan.to,
            folder,
            unrehearsed: self.plan.unrehearsed.as_deref(),
        }
    }

    /// Every folder in which something is renamed must be writable, on a volume that renames safely.
    fn volumes(&self, context: &Context<'_>, request: &Request) -> Result<()> {
        let mut folders = vec![self.app.clone()];
        folders.extend(
            self.plan
                .units
                .iter()
                .filter_map(|u| places(&self.app, u).live.parent().map(Path::to_owned)),
        );
        // A folder that changes its parent must be writable itself: <https://man7.org/linux/man-pages/man2/rename.2.html>, EACCES.
        folders.extend(
            self.plan
                .units
                .iter()
                .filter(|u| u.had && u.role != Role::Database)
                .map(|u| places(&self.app, u).live),
        );
        folders.sort();
        folders.dedup();
        for folder in folders {
            if context.disk.kind(&folder)? != Some(Kind::Folder) {
                continue;
            }
            workable(context, request, &folder)?;
        }
        Ok(())
    }

    /// Fails if there is not enough room for this request.
    pub fn room_for(&mut self, request: &Request) -> Result<()> {
        if request.test {
            // A trial pair is complete: it gets copies of the site's own files, too.
            let own = self.scan.files.values().filter(|f| f.owner == Owner::Site);
            let (bytes, files) = own.fold((0, 0), |(bytes, files), f| (bytes + f.size, files + 1));
            self.needs.add(&self.app.clone(), bytes, files)?;
        }
        self.needs.check()
    }

    /// The application's own files: code of the release. What the site keeps there may be open.
    pub fn code_files(&self) -> BTreeSet<PathBuf> {
        let own = |f: &LiveFile| matches!(f.owner, Owner::Release(_) | Owner::Derived);
        let files = self.scan.files.iter().filter(|(_, f)| own(f));
        files.map(|(path, _)| platform::below(&self.app, path)).collect()
    }

    /// Whoever has the application or its data open.
    pub fn holders(&self) -> Vec<platform::Holder> {
        let scripts: Vec<PathBuf> = self
            .manifest
            .application
            .entry
            .iter()
            .map(|e| platform::below(&self.app, e))
            .collect();
        let mut files = self.code_files();
        files.extend(self.databases.iter().flat_map(|d| database_files(&d.site.path)));
        platform::lasting_holders(&files, &scripts)
    }
}
