//! A payload tried on copies of real databases, exactly as the updater will run, and the certificate that says so.
//!
//! [`rehearse`] holds the sequence: each site is copied once, updated through the updater's own flow, rolled back, and then cut off at many
//! points of the swap. It never opens a database or a folder that it was given for writing, and what one site shows stops no other.
#![allow(
    clippy::disallowed_methods,
    reason = "the desk is not a site: what is written here is the release manager's own"
)]

mod certificate;
mod child;
mod cut;
mod details;
mod drill;
mod given;
mod keep;
mod page;
mod pair;
mod place;
pub mod samples;
mod site;
mod trial;
mod watch;

pub use certificate::{Certificate, ENGINE, FILE, FOLDER, Rehearsal, Tried, put};
pub use child::{Arguments as ChildArguments, COMMAND, run as run_child};
pub use details::{AccountRow, Back, CheckRow, Cut, Details, Drill, Found, Phase, StepRow};

use crate::bundle::{Bundle, container};
use crate::disk::failed;
use crate::fail;
use crate::failure::{Exit, Result};
use crate::flow;
use crate::payload::{self, Resolved};
use crate::platform;
use crate::site::{Environment, locate_databases};
use crate::version::Version;
use place::Place;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is asked for.
pub struct Request {
    /// The payload folder.
    pub payload: PathBuf,
    /// Application folders and databases, as they were named.
    pub sites: Vec<String>,
    /// Databases that take the place of a site's own, by name.
    pub databases: BTreeMap<String, PathBuf>,
    /// The version of databases that are given alone.
    pub from: Option<Version>,
    /// The tenant, for data loads and scripts.
    pub tenant: Option<String>,
    /// How often the swap is cut off; as the size of the site allows if not given.
    pub cuts: Option<u64>,
    /// Where both pairs of each site are left.
    pub keep: Option<PathBuf>,
    /// Whether rows before and after are wanted, and whether their values are masked.
    pub samples: Option<samples::Wish>,
    /// Whether earlier rehearsals do not count.
    pub afresh: bool,
}

/// Whoever watches, and may cancel.
pub struct Voice<'a> {
    /// Told what goes on.
    pub tell: &'a (dyn Fn(&str) + Sync),
    /// Set to stop.
    pub cancel: Arc<AtomicBool>,
}

impl Voice<'_> {
    fn say(&self, what: &str) {
        (self.tell)(what);
    }

    /// Fails once somebody has cancelled.
    fn go_on(&self) -> Result<()> {
        if self.cancel.load(Ordering::Relaxed) {
            fail!(
                Cancelled,
                "The rehearsal was cancelled. Its copies are removed, and the certificate is as it was."
            );
        }
        Ok(())
    }
}

/// What a rehearsal came to.
pub struct Done {
    /// The certificate, with earlier rehearsals.
    pub certificate: Certificate,
    /// Where it was written.
    pub path: PathBuf,
    /// The sites of this time, in their order.
    pub sites: Vec<String>,
    /// The worst that happened.
    pub exit: Exit,
    /// Why earlier rehearsals do not count, if there were any.
    pub afresh: Option<String>,
    /// The versions that the payload starts from and that no passed rehearsal covers.
    pub missing: Vec<String>,
}

impl Done {
    /// The entries of this time.
    pub fn rehearsals(&self) -> impl Iterator<Item = &Rehearsal> {
        let entries = &self.certificate.rehearsals;
        self.sites.iter().filter_map(|site| entries.iter().find(|r| r.site == *site))
    }
}

/// Where the work is done, and with what.
pub struct Desk<'a> {
    bundle: &'a Bundle,
    bundle_file: &'a Path,
    work: &'a Path,
    tenant: Option<&'a str>,
    voice: &'a Voice<'a>,
}

impl Desk<'_> {
    /// The updater's own request, for a copy.
    fn request_for(&self, place: &Place) -> flow::Request {
        flow::Request {
            app: Some(place.app.clone()),
            databases: place.given.clone(),
            tenant: self.tenant.map(str::to_owned),
            // What kind of volume the desk has does not matter to the site.
            allow_fat: true,
            ..flow::Request::default()
        }
    }

    /// The databases of a copy, in the manifest's order.
    fn databases(&self, place: &Place) -> Result<Vec<(String, PathBuf)>> {
        let environment = Environment {
            variable: &|name| std::env::var_os(name),
            executable: std::env::current_exe()?,
        };
        let found = locate_databases(&self.bundle.manifest, &place.app, &place.given, &environment)?;
        Ok(found.into_iter().map(|site| (site.name, site.path)).collect())
    }

    fn masks(&self, database: &str) -> &[String] {
        let mut databases = self.bundle.manifest.databases.iter();
        databases.find(|d| d.name == database).map_or(&[], |d| &d.mask)
    }
}

/// Rehearses a payload on every site, and writes the certificate.
pub fn rehearse(request: &Request, voice: &Voice<'_>) -> Result<Done> {
    voice.say("Trying the payload");
    let resolved = payload::resolve(&request.payload)?;
    as_asked(request, &resolved)?;
    let parent = match &request.keep {
        Some(keep) => {
            place::make_folder(keep)?;
            platform::real_path(keep).map_err(|e| failed("looking at", keep, &e))?
        }
        None => std::env::temp_dir(),
    };
    // Removed when this value goes: at the end, on a failure, and when somebody cancels.
    let work = tempfile::Builder::new()
        .prefix("holdfast-rehearsal-")
        .tempdir_in(&parent)
        .map_err(|e| failed("making a folder in", &parent, &e))?;
    let folder = platform::real_path(work.path()).map_err(|e| failed("looking at", work.path(), &e))?;
    let bundle_file = folder.join("update");
    let bundle = packed(&resolved, &bundle_file)?;
    let desk = Desk {
        bundle: &bundle,
        bundle_file: &bundle_file,
        work: &folder,
        tenant: request.tenant.as_deref(),
        voice,
    };
    let (mut certificate, afresh) = begun(request, &resolved)?;
    let mut exits = Vec::new();
    for site in &request.sites {
        let (rehearsal, exit) = site::rehearse(&desk, request, site)?;
        certificate.add(rehearsal);
        exits.push(exit);
    }
    certificate.write(&request.payload)?;
    let mut from: Vec<String> = bundle.manifest.starts.iter().map(|start| start.version.to_string()).collect();
    from.dedup();
    Ok(Done {
        missing: certificate.missing(resolved.hash(), &from).into_iter().map(str::to_owned).collect(),
        path: request.payload.join(FOLDER).join(FILE),
        sites: request.sites.clone(),
        exit: exits.into_iter().max_by_key(|exit| gravity(*exit)).unwrap_or(Exit::Done),
        certificate,
        afresh,
    })
}

/// What was typed must make sense before anything is copied.
fn as_asked(request: &Request, resolved: &Resolved) -> Result<()> {
    let known: Vec<&str> = resolved.manifest.databases.iter().map(|d| d.name.as_str()).collect();
    for (name, path) in &request.databases {
        if !known.contains(&name.as_str()) {
            fail!(
                RequestInvalid,
                "--database names “{name}”; this payload knows: {}.",
                known.join(", ")
            );
        }
        if !path.is_file() {
            fail!(RequestInvalid, "There is no database “{}”, which --database names.", path.display());
        }
    }
    for site in &request.sites {
        let named = site.split_once('=').filter(|(name, _)| known.contains(name)).map(|(_, path)| path);
        if ![Some(site.as_str()), named]
            .into_iter()
            .flatten()
            .any(|path| Path::new(path).exists())
        {
            fail!(
                RequestInvalid,
                "There is no “{site}”. A site is an application folder or a database: `holdfast rehearse {} SITE…`.",
                request.payload.display()
            );
        }
    }
    if request.sites.iter().enumerate().any(|(n, site)| request.sites[..n].contains(site)) {
        fail!(RequestInvalid, "A site is named twice. Name each once.");
    }
    Ok(())
}

/// The bundle, exactly as `pack` would write it, but for what says that it was rehearsed.
fn packed(resolved: &Resolved, path: &Path) -> Result<Bundle> {
    let folder = path.parent().unwrap_or(path);
    let mut scratch = tempfile::tempfile_in(folder).map_err(|e| failed("making a file in", folder, &e))?;
    let mut file = std::fs::File::create(path).map_err(|e| failed("making", path, &e))?;
    resolved.write(&mut scratch, &mut file)?;
    match container::find(path)? {
        Some(place) => Bundle::open(place),
        None => fail!(BundleMissing, "“{}” carries no update.", path.display()),
    }
}

/// The certificate to which is added; and why the one that is there does not count, if it does not.
fn begun(request: &Request, resolved: &Resolved) -> Result<(Certificate, Option<String>)> {
    let new = Certificate::of(resolved);
    let earlier = match Certificate::read(&request.payload) {
        _ if request.afresh => None,
        Ok(earlier) => earlier,
        // What cannot be read is replaced, and said.
        Err(failure) => return Ok((new, Some(failure.message))),
    };
    Ok(match earlier {
        None => (new, None),
        Some(earlier) if earlier.is_for(&new) => (earlier, None),
        Some(earlier) => {
            let count = earlier.rehearsals.len();
            let why = match earlier.payload == new.payload {
                true => format!("were done with Holdfast {}, and this is {ENGINE}", earlier.engine),
                false => "were of another payload: something that is packed has changed since".to_owned(),
            };
            (
                new,
                Some(format!("The {count} earlier rehearsals do not count any more: they {why}.")),
            )
        }
    })
}

/// How grave an ending is: what one site shows must not be hidden by another.
fn gravity(exit: Exit) -> u8 {
    match exit {
        Exit::Done => 0,
        Exit::NothingToDo => 1,
        Exit::Busy => 2,
        Exit::Usage => 3,
        Exit::Refused => 4,
        Exit::Restored => 5,
        Exit::Cancelled => 6,
        Exit::NotRestored => 7,
    }
}
