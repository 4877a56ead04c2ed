//! Which version's program stands at a site: every file is compared with what each release installed and with what the update brings. Whose a
//! file is, is judged as an update judges it. It must never take a file of another version for one of the site's own.

use crate::bundle::Bundle;
use crate::bundle::manifest::Manifest;
use crate::disk::Disk;
use crate::failure::Result;
use crate::payload::{FileList, read_list};
use crate::site::{Form, Owner, Patterns, Scan, SiteDatabase, differences, form, scan};
use crate::version::Version;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What one version installs.
pub struct Release<'m> {
    /// The version.
    pub version: &'m Version,
    /// Whether it is the one to which the update leads.
    pub is_new: bool,
    files: FileList,
}

/// The releases of the update, ascending; the new version is the last one.
pub fn releases(bundle: &Bundle) -> Result<Vec<Release<'_>>> {
    let mut found: Vec<Release<'_>> = Vec::new();
    // One version may be known with several combinations of modules: its program is the same.
    for start in &bundle.manifest.starts {
        if !found.iter().any(|r| r.version == &start.version) {
            found.push(Release {
                version: &start.version,
                is_new: false,
                files: read_list(&bundle.text(&start.files)?, Path::new(&start.files))?,
            });
        }
    }
    let code = bundle.manifest.code().map(|(path, entry)| (path.to_owned(), entry.sha256.clone()));
    found.push(Release {
        version: &bundle.manifest.product.version,
        is_new: true,
        files: code.collect(),
    });
    Ok(found)
}

/// A file that does not fit a version.
#[derive(Debug, Clone, Serialize)]
pub struct Differing {
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub what: What,
    /// The versions of which it is; none if it is of no version at all.
    pub fits: Vec<String>,
}

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// It is not there.
    Missing,
    /// It has another content.
    Changed,
    /// The version has no such file, and another version has.
    Strange,
    /// A kept file with an edit of the new version, or without one.
    Edited,
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct Code {
    /// The versions of which every file is.
    pub versions: Vec<String>,
    /// The version that is nearest.
    pub nearest: String,
    /// The files that do not fit it.
    pub differing: Vec<Differing>,
    /// Files of the site's own that stand among the program's, and no pattern names.
    pub own: Vec<String>,
    /// Places of the versions among the releases.
    #[serde(skip)]
    pub fits: BTreeSet<usize>,
}

impl Code {
    /// Whether files of another version are among those that do not fit.
    pub fn is_mixed(&self) -> bool {
        self.differing.iter().any(|d| !d.fits.is_empty())
    }
}

/// Compares the program at a site with every release.
pub fn look(
    disk: &dyn Disk,
    app: &Path,
    manifest: &Manifest,
    releases: &[Release<'_>],
    sites: &[SiteDatabase],
    own: &Path,
) -> Result<Code> {
    // One look for all releases, so that each file is hashed once.
    let union: BTreeMap<String, String> = releases.iter().flat_map(|r| r.files.clone()).collect();
    let code = manifest.code().map(|(path, _)| path);
    let scan = scan(disk, app, &manifest.application, &union, code, sites, own)?;
    let derived = Patterns::new(&manifest.application.derived)?;
    let edits = manifest.application.edits.iter();
    let forms = edits
        .map(|edit| Ok((edit.file.as_str(), form(disk, app, edit)?)))
        .collect::<Result<Vec<_>>>()?;
    let site = Site {
        manifest,
        releases,
        scan,
        derived,
        forms,
    };
    let differing = releases.iter().map(|r| site.differing(r)).collect::<Result<Vec<_>>>()?;
    let fits: BTreeSet<usize> = (0..releases.len()).filter(|n| differing[*n].is_empty()).collect();
    let nearest = (0..releases.len()).min_by_key(|n| differing[*n].len()).unwrap_or_default();
    Ok(Code {
        versions: fits.iter().map(|n| releases[*n].version.to_string()).collect(),
        nearest: releases[nearest].version.to_string(),
        own: site.own_among(&releases[nearest], &differing[nearest]),
        differing: differing.into_iter().nth(nearest).unwrap_or_default(),
        fits,
    })
}

struct Site<'m> {
    manifest: &'m Manifest,
    releases: &'m [Release<'m>],
    scan: Scan,
    derived: Patterns,
    forms: Vec<(&'m str, Form)>,
}

impl Site<'_> {
    /// The hash of a file that is not the site's own.
    fn hash(&self, path: &str) -> Option<&str> {
        match self.scan.files.get(path).map(|f| &f.owner) {
            Some(Owner::Release(hash)) => Some(hash),
            _ => None,
        }
    }

    /// The versions that have this very file at this place.
    fn versions_of(&self, path: &str) -> Vec<String> {
        let same = |r: &&Release<'_>| self.hash(path).is_some() && r.files.get(path).map(String::as_str) == self.hash(path);
        self.releases.iter().filter(same).map(|r| r.version.to_string()).collect()
    }

    /// What does not fit a release. An old release is only told from the new one: what an older one has left behind is the site's own.
    fn differing(&self, release: &Release<'_>) -> Result<Vec<Differing>> {
        let (missing, changed) = differences(&self.scan, &self.manifest.application, &release.files)?;
        let of = |what: What| {
            move |path: String| Differing {
                fits: Vec::new(),
                path,
                what,
            }
        };
        let mut found: Vec<Differing> = missing.into_iter().map(of(What::Missing)).collect();
        found.extend(changed.into_iter().map(of(What::Changed)));
        for other in self.releases.iter().filter(|r| r.is_new != release.is_new) {
            for (path, hash) in other.files.iter().filter(|(path, hash)| self.hash(path) == Some(*hash)) {
                let what = match release.files.get(path) {
                    Some(own) if own == hash => continue,
                    // Where the site may change a file, it is of another version only if it is that version's to the byte.
                    Some(_) => What::Changed,
                    None if self.derived.match_path(path) => continue,
                    None => What::Strange,
                };
                if !found.iter().any(|d| d.path == *path) {
                    found.push(of(what)(path.clone()));
                }
            }
        }
        for differing in &mut found {
            differing.fits = self.versions_of(&differing.path);
        }
        let wrong = if release.is_new { Form::Old } else { Form::New };
        found.extend(self.forms.iter().filter(|(_, form)| *form == wrong).map(|(path, _)| Differing {
            path: (*path).to_owned(),
            what: What::Edited,
            fits: self.others(release),
        }));
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found.dedup_by(|a, b| a.path == b.path);
        Ok(found)
    }

    /// The versions on the other side of the edits.
    fn others(&self, release: &Release<'_>) -> Vec<String> {
        let others = self.releases.iter().filter(|r| r.is_new != release.is_new);
        others.map(|r| r.version.to_string()).collect()
    }

    /// What nobody installed, in folders that hold files of the release.
    fn own_among(&self, release: &Release<'_>, differing: &[Differing]) -> Vec<String> {
        let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let folders: BTreeSet<String> = release.files.keys().filter_map(|path| folder(path)).collect();
        let is_own = |path: &str, owner: &Owner, kept: bool| match owner {
            Owner::Site => !kept,
            Owner::Release(_) => !release.files.contains_key(path) && !self.derived.match_path(path),
            _ => false,
        };
        self.scan
            .files
            .iter()
            .filter(|(path, file)| is_own(path, &file.owner, file.kept))
            .filter(|(path, _)| folder(path).is_some_and(|f| folders.contains(&f)))
            .map(|(path, _)| path.clone())
            .filter(|path| !differing.iter().any(|d| d.path == *path))
            .collect()
    }
}
