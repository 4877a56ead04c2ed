//! Later: keep a held version, or go back to the one before. Going back is a swap like any other, with the snapshot as its
//! stage; the newer pair becomes a snapshot in its turn, and no row of it is lost.

use super::result::{Ended, Outcome};
use super::{Context, Instance, Request, retrying};
use crate::database::{Locked, SIDE_SUFFIXES, TableContent, contents, failed, side_file};
use crate::disk::{Kind, files_below, hash_file, write_text};
use crate::failure::{Aftermath, Failure, Reason, Result};
use crate::platform;
use crate::report::{Answer, Event, Question, Stage};
use crate::site::Patterns;
use crate::swap::{
    self, Before, FORMAT, Plan, Role, RunKind, Snapshot, Staged, Unit, Work, Workspace, kept_folder, places, snapshots, workspaces,
};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Ends a hold: the new version stays.
pub fn confirm(context: &Context<'_>, app: &Path) -> Ended {
    let mut ended = Ended::bare(context, app);
    let outcome = confirm_held(context, app, &mut ended);
    ended.with(outcome, Aftermath::Untouched)
}

fn confirm_held(context: &Context<'_>, app: &Path, ended: &mut Ended) -> Result<Outcome> {
    let _instance = Instance::begin(context, app, !app.join(swap::WORK).is_dir())?;
    super::recover_first(context, app, &Request::default(), ended)?;
    let work = context.work(app);
    let Some(mut held) = snapshots(&work)?.into_iter().find(|s| s.held) else {
        return Ok(Outcome::NothingToConfirm);
    };
    ended.named(&held.plan.name, &held.plan.from, &held.plan.to);
    ended.unrehearsed = held.plan.unrehearsed.clone();
    held.held = false;
    write_text(context.disk, &kept_folder(app, &held.plan.run).join(swap::SNAPSHOT), &held)?;
    swap::prune(&work, held.plan.keep)?;
    Ok(Outcome::Confirmed)
}

/// Puts the newest snapshot back.
pub fn rollback(context: &Context<'_>, app: &Path, request: &Request) -> Ended {
    let mut ended = Ended::bare(context, app);
    let instance = match Instance::begin(context, app, !app.join(swap::WORK).is_dir()) {
        Ok(instance) => instance,
        Err(failure) => return ended.with(Err(failure), Aftermath::Untouched),
    };
    let prepared = prepare(context, app, request, &mut ended);
    let (snapshot, locks) = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => {
            let aftermath = ended.aftermath;
            return ended.with(Err(failure), aftermath);
        }
    };
    let work = context.work(app);
    let run = catch_unwind(AssertUnwindSafe(|| carry_out(context, &work, &snapshot, locks)));
    let ended = match run {
        Ok(Ok(tidied)) => {
            let aside = kept_folder(app, &context.run);
            ended.finished(context, app, Outcome::RolledBack { aside }, tidied)
        }
        Ok(Err(failure)) => ended.gave_back(context, &work, failure),
        Err(panic) => ended.gave_back(context, &work, super::panicked(&*panic)),
    };
    drop(instance);
    ended
}

fn prepare(context: &Context<'_>, app: &Path, request: &Request, ended: &mut Ended) -> Result<(Snapshot, Vec<Locked>)> {
    super::recover_first(context, app, request, ended)?;
    let work = context.work(app);
    let newest = snapshots(&work)?
        .into_iter()
        .rev()
        .find(|s| s.plan.kind == RunKind::Update && is_installed(&work, s));
    let snapshot = newest.ok_or_else(|| {
        let message = format!("No old version is kept in “{}” that could be put back.", app.display());
        Failure::new(Reason::SnapshotMissing, message).at(app)
    })?;
    ended.named(&snapshot.plan.name, &snapshot.plan.to, &snapshot.plan.from);
    context.stage(Stage::Preflight)?;
    let locks = retrying(context, || lock_all(context, app, &snapshot))?;
    let (rows, tables) = rows_since(&snapshot, &locks, app)?;
    let files = files_since(&work, &snapshot)?;
    if (rows > 0 || !files.is_empty()) && !request.discard_newer {
        let written = [tables, files.clone()].concat();
        let question = Question::Lose { rows, written: &written };
        if context.reporter.ask(&question) != Answer::Yes {
            return Err(match context.reporter.can_ask() {
                true => Failure::new(Reason::Cancelled, "Going back was cancelled."),
                false => would_lose(rows, &written),
            });
        }
    }
    Ok((snapshot, locks))
}

fn would_lose(rows: u64, written: &[String]) -> Failure {
    let shown = written.iter().take(10).cloned().collect::<Vec<_>>().join("; ");
    let what = match rows {
        0 => "Files".to_owned(),
        rows => format!("At least {rows} rows"),
    };
    let message = format!(
        "{what} written since the update would go ({shown}). They would be kept aside, but not be in the old version. Say --discard-newer to go back all the same."
    );
    Failure::new(Reason::RollbackWouldLose, message)
        .with("value", rows)
        .with("written", written.to_vec())
}

/// A snapshot fits only the version that took its place.
fn is_installed(work: &Work<'_>, snapshot: &Snapshot) -> bool {
    let path = Workspace::of_app(work.app).root.join(swap::INSTALLED);
    let installed = work
        .disk
        .read(&path)
        .ok()
        .flatten()
        .and_then(|t| serde_json::from_slice::<serde_json::Value>(&t).ok());
    installed.is_some_and(|i| i["version"] == snapshot.plan.to.as_str())
}

fn lock_all(context: &Context<'_>, app: &Path, snapshot: &Snapshot) -> Result<Vec<Locked>> {
    let live: Vec<_> = snapshot
        .plan
        .units
        .iter()
        .filter(|u| u.gets)
        .map(|u| (u.role, places(app, u).live))
        .collect();
    let mut files = BTreeSet::new();
    for (role, unit) in &live {
        match role {
            Role::Database => files.extend(SIDE_SUFFIXES.iter().map(|s| side_file(unit, s)).chain([unit.clone()])),
            _ => files_below(context.disk, unit, &mut files)?,
        }
    }
    let scripts: Vec<_> = live
        .iter()
        .filter(|(role, _)| *role == Role::Entry)
        .map(|(_, path)| path.clone())
        .collect();
    if let Some(holder) = platform::lasting_holders(&files, &scripts).first() {
        return Err(Failure::new(
            Reason::ApplicationRunning,
            format!("{} is in use by {}. Close it, then try again.", snapshot.plan.name, holder.words()),
        )
        .at(&holder.path)
        .with("holders", serde_json::to_value([holder]).unwrap_or_default()));
    }
    let databases = live.iter().filter(|(role, _)| *role == Role::Database);
    databases.map(|(_, path)| Locked::open(context.disk, path)).collect()
}

/// How many rows, at least, were written since the update, and in which tables. A table whose content changed with its count the same
/// counts as one row.
fn rows_since(snapshot: &Snapshot, locks: &[Locked], app: &Path) -> Result<(u64, Vec<String>)> {
    let mut total = 0;
    let mut tables = Vec::new();
    for lock in locks {
        let inside = lock.path().strip_prefix(app).unwrap_or(lock.path());
        let unit = platform::slashed(&inside.to_string_lossy());
        let Some(then) = snapshot.before.contents.get(&unit) else {
            continue;
        };
        let now = contents(lock.connection()).map_err(|e| failed(&e, lock.path(), "reading"))?;
        let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
        for table in names.into_iter().filter(|t| then.get(*t) != now.get(*t)) {
            let count = |side: &BTreeMap<String, TableContent>| side.get(table).map_or(0, |c| c.rows);
            let rows = count(&now).abs_diff(count(then)).max(1);
            total += rows;
            tables.push(format!("{table}: {rows} or more"));
        }
    }
    Ok((total, tables))
}

/// Files that the site has put among the code since the update, and edited files that it has changed: they would leave with the new version.
fn files_since(work: &Work<'_>, snapshot: &Snapshot) -> Result<Vec<String>> {
    let before = &snapshot.before;
    let installed: BTreeSet<String> = before.files.iter().map(|f| platform::folded(f)).collect();
    let derived = Patterns::new(&before.derived)?;
    let mut found = Vec::new();
    for unit in snapshot.plan.units.iter().filter(|u| u.gets) {
        match unit.role {
            Role::Database => {}
            Role::Kept => {
                let live = places(work.app, unit).live;
                let changed = work.disk.kind(&live)?.is_some() && Some(&hash_file(work.disk, &live)?) != before.kept.get(&unit.path);
                found.extend(changed.then(|| unit.path.clone()));
            }
            Role::Entry | Role::Code => strangers(
                work,
                &unit.path,
                &|path| installed.contains(&platform::folded(path)) || derived.match_path(path),
                &mut found,
            )?,
        }
    }
    Ok(found)
}

fn strangers(work: &Work<'_>, path: &str, known: &dyn Fn(&str) -> bool, found: &mut Vec<String>) -> Result<()> {
    let live = platform::below(work.app, path);
    match work.disk.kind(&live)? {
        Some(Kind::Folder) => {
            let names = work.disk.list(&live)?;
            names
                .iter()
                .try_for_each(|name| strangers(work, &format!("{path}/{}", name.to_string_lossy()), known, found))
        }
        Some(_) if !known(path) => {
            found.push(path.to_owned());
            Ok(())
        }
        _ => Ok(()),
    }
}

/// From the first byte written to the end; says whether everything was tidied up.
fn carry_out(context: &Context<'_>, work: &Work<'_>, snapshot: &Snapshot, locks: Vec<Locked>) -> Result<bool> {
    let plan = plan(context, work, snapshot)?;
    super::standby::stand_by(context, work.app);
    swap::begin(work, &plan, &(context.now)())?;
    for workspace in workspaces(work.app, &plan) {
        let kept = workspace.kept(&snapshot.plan.run);
        context.disk.rename(&kept, &workspace.stage())?;
        context.disk.flush_dir(kept.parent().unwrap_or(&workspace.root))?;
        context.disk.flush_dir(&workspace.root)?;
    }
    let mut marks = BTreeMap::new();
    for unit in plan.of_role(Role::Database).filter(|u| u.had) {
        let live = places(work.app, unit).live;
        marks.extend(super::stage::marked(context, &unit.path, locks.iter().find(|l| l.path() == live))?);
    }
    let staged = Staged {
        plan,
        marks,
        hashes: BTreeMap::new(),
        confirmation: snapshot.before.confirmation.clone(),
        before: Before::default(),
    };
    context.reporter.event(&Event::Stage { stage: Stage::Swap });
    let armed = swap::arm(work, staged)?;
    for lock in locks {
        lock.close()?;
    }
    let staged = swap::perform(work, armed)?;
    context.reporter.event(&Event::Stage { stage: Stage::Confirm });
    swap::try_pair(work, &staged.confirmation)?;
    swap::commit(work, &staged, &(context.now)())?;
    let tidied = swap::tidy(work, &staged, &(context.now)());
    if let Err(failure) = &tidied {
        let message = format!("The old version is back, but tidying up was not finished: {}", failure.message);
        context.reporter.event(&Event::Warning { message: &message });
    }
    Ok(tidied.is_ok())
}

/// The update's plan the other way round.
fn plan(context: &Context<'_>, work: &Work<'_>, snapshot: &Snapshot) -> Result<Plan> {
    let old = &snapshot.plan;
    let mut units = Vec::new();
    for unit in &old.units {
        let live = places(work.app, unit).live;
        let had_sides = match unit.role {
            Role::Database => super::stage::side_files(context, &live)?,
            _ => Vec::new(),
        };
        let (workspace, inside) = swap::workspace_of(work.app, &unit.path);
        let kept = platform::below(&workspace.kept(&old.run), inside);
        let mut gets_sides = Vec::new();
        for suffix in &unit.had_sides {
            if context.disk.kind(&side_file(&kept, suffix))?.is_some() {
                gets_sides.push(suffix.clone());
            }
        }
        units.push(Unit {
            path: unit.path.clone(),
            role: unit.role,
            had: unit.gets,
            gets: unit.had,
            had_sides,
            gets_sides,
        });
    }
    Ok(Plan {
        format: FORMAT,
        run: context.run.clone(),
        kind: RunKind::Rollback,
        from: old.to.clone(),
        to: old.from.clone(),
        units,
        bundle: String::new(),
        hold: false,
        snapshot: Some(old.run.clone()),
        unrehearsed: None,
        ..old.clone()
    })
}
