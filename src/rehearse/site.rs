//! The rehearsal of one site, from its copy to its entry in the certificate. A failure is an entry as well; only a cancel stops here.

use super::certificate::Rehearsal;
use super::details::Details;
use super::given::Taking;
use super::pair::Pairs;
use super::place::Place;
use super::trial::{self, Trial, renamed};
use super::{Desk, Request, Tried, drill, keep, samples};
use crate::failure::{Aftermath, Exit, Failure, Reason, Result};
use crate::platform;

/// Rehearses a site. The error is a cancel, or that the desk itself fails.
pub fn rehearse(desk: &Desk<'_>, request: &Request, site: &str) -> Result<(Rehearsal, Exit)> {
    desk.voice.say(&format!("Copying “{site}”"));
    let mut acts = Acts {
        desk,
        request,
        site,
        databases: Vec::new(),
        from: String::new(),
        details: Details::default(),
        exit: Exit::Done,
    };
    let done = acts.all();
    for folder in ["pristine", "site"] {
        // What cannot be removed now goes with the whole folder.
        let _ = std::fs::remove_dir_all(desk.work.join(folder));
    }
    match done {
        Err(failure) if failure.reason == Reason::Cancelled => return Err(failure),
        Err(failure) => acts.fails(failure.clone(), Exit::of(&failure, Aftermath::Untouched)),
        Ok(()) => {}
    }
    Ok(acts.entry())
}

/// What one site has shown so far.
struct Acts<'a> {
    desk: &'a Desk<'a>,
    request: &'a Request,
    site: &'a str,
    databases: Vec<Tried>,
    from: String,
    details: Details,
    exit: Exit,
}

impl Acts<'_> {
    fn all(&mut self) -> Result<()> {
        let desk = self.desk;
        let pristine = self.pristine()?;
        self.databases = trial::tried(desk, &pristine)?;
        let mut pairs = Pairs::new(&desk.bundle.manifest, &pristine)?;
        let place = pristine.copied_to(desk.voice, &desk.work.join("site"))?;
        let Trial {
            exit,
            from,
            details,
            operations,
        } = trial::update(desk, &place);
        (self.from, self.exit, self.details) = (from, exit, details);
        desk.voice.go_on()?;
        let failures = std::mem::take(&mut self.details.failures);
        self.details.failures = failures.into_iter().map(|f| renamed(f, &place, self.site)).collect();
        if exit != Exit::Done {
            self.untouched(&pairs, &place)?;
            return Ok(());
        }
        self.reached(&place)?;
        pairs.new = Some(super::pair::tree(&place)?);
        if let Some(wish) = &self.request.samples {
            desk.voice.say("Looking for rows to show");
            self.details.samples = samples::look(desk, &pristine, &place, &self.details, wish)?;
        }
        if let Some(folder) = &self.request.keep {
            self.details.kept = Some(keep::keep(desk, &pristine, &place, folder, (&self.request.sites, self.site))?);
        }
        desk.voice.say("Going back");
        let (back, wrong) = trial::back(desk, &place, &pairs);
        self.details.rollback = Some(back);
        self.broken(wrong, &place);
        let bytes = self.databases.iter().map(|d| d.bytes).sum();
        let cuts = self.request.cuts.unwrap_or_else(|| drill::default_cuts(bytes));
        let (drill, failures) = drill::drill(desk, &pristine, &pairs, &operations, cuts)?;
        self.details.drill = Some(drill);
        failures.into_iter().for_each(|failure| self.broken(Some(failure), &place));
        Ok(())
    }

    /// The copy with which everything begins.
    fn pristine(&self) -> Result<Place> {
        let (desk, request) = (self.desk, self.request);
        let taking = Taking {
            payload: &request.payload,
            bundle: desk.bundle,
            databases: &request.databases,
            from: request.from.as_ref(),
            voice: desk.voice,
        };
        taking.take(self.site, &desk.work.join("pristine"), &|bytes, data| self.has_room(bytes, data))
    }

    /// The copy that stays as it is, one that is worked on with what the update needs beside it, and what is kept.
    fn has_room(&self, bytes: u64, data: u64) -> Result<()> {
        let manifest = &self.desk.bundle.manifest;
        let code: u64 = manifest.code().map(|(_, entry)| entry.size).sum();
        let growth = manifest.databases.iter().map(|d| d.growth).fold(1.0, f64::max);
        let update = code + data * 2 + (data as f64 * growth) as u64;
        let kept = if self.request.keep.is_some() { bytes + code + data } else { 0 };
        let needed = bytes * 2 + update + kept;
        let volume = platform::volume(self.desk.work).map_err(|e| crate::disk::failed("looking at the volume of", self.desk.work, &e))?;
        if volume.free_bytes >= needed {
            return Ok(());
        }
        let human = crate::flow::human;
        let message = format!(
            "To rehearse “{}”, up to {} of free space are needed at “{}”, and {} are free. Make room there, or choose another volume with --keep or TMPDIR.",
            self.site,
            human(needed),
            self.desk.work.parent().unwrap_or(self.desk.work).display(),
            human(volume.free_bytes)
        );
        Err(Failure::new(Reason::SpaceShort, message)
            .with("value", volume.free_bytes)
            .with("expected", needed))
    }

    /// Notes the schemas that the update has reached.
    fn reached(&mut self, place: &Place) -> Result<()> {
        let now = trial::fingerprints(self.desk, place)?;
        for tried in &mut self.databases {
            tried.after = now.get(&tried.name).cloned().unwrap_or_default();
        }
        Ok(())
    }

    /// A failed update must have left the old pair.
    fn untouched(&mut self, pairs: &Pairs<'_>, place: &Place) -> Result<()> {
        if let Some(how) = pairs.differs_from_old(place)? {
            let message = format!("The update failed, and did not leave the old pair as it was: {how}.");
            self.broken(Some(Failure::new(Reason::PairMixed, message)), place);
        }
        Ok(())
    }

    fn broken(&mut self, failure: Option<Failure>, place: &Place) {
        if let Some(failure) = failure {
            self.fails(renamed(failure, place, self.site), Exit::NotRestored);
        }
    }

    fn fails(&mut self, failure: Failure, exit: Exit) {
        self.details.failures.push(failure);
        if super::gravity(exit) > super::gravity(self.exit) {
            self.exit = exit;
        }
    }

    fn entry(mut self) -> (Rehearsal, Exit) {
        if self.details.at.is_empty() {
            self.details.at = crate::cli::clock();
        }
        let said: Vec<&str> = self.details.failures.iter().map(|f| f.message.as_str()).collect();
        let rehearsal = Rehearsal {
            from: self.from,
            site: self.site.to_owned(),
            databases: self.databases,
            passed: self.exit == Exit::Done,
            failure: (!said.is_empty()).then(|| said.join(" ")),
            cuts: self.details.drill.as_ref().map_or(0, |drill| drill.cuts.len() as u64),
            details: self.details,
        };
        (rehearsal, self.exit)
    }
}
