//! Which parts of the application folder one rename each will move: the largest parts that hold nothing of the site's own.

use super::scan::{Owner, Scan};
use crate::bundle::Manifest;
use crate::failure::{Failure, Reason, Result};
use crate::platform;
use crate::swap::{Role, Unit};
use std::collections::BTreeMap;

/// A place in the folder, as it is and as it will be.
#[derive(Default)]
struct Node<'a> {
    /// By names as the system tells them apart.
    children: BTreeMap<String, Node<'a>>,
    name: &'a str,
    live: Option<(&'a Owner, bool)>,
    new: Option<&'a str>,
    entry: bool,
}

/// The units of the code, in retiring order, and whether the updater's own file is among what the release brings.
pub fn units(manifest: &Manifest, scan: &Scan) -> Result<(Vec<Unit>, Option<String>)> {
    let mut root = Node::default();
    for (path, file) in &scan.files {
        node(&mut root, path).live = Some((&file.owner, file.kept));
    }
    for (path, entry) in manifest.code() {
        node(&mut root, path).new = Some(&entry.sha256);
    }
    for entry in &manifest.application.entry {
        node(&mut root, entry).entry = true;
    }
    let mut found = Vec::new();
    root.collect("", &mut found)?;
    let updater = scan
        .files
        .iter()
        .find(|(_, f)| f.owner == Owner::Updater)
        .map(|(path, _)| path.clone());
    let own = updater.filter(|path| manifest.code().any(|(code, _)| code == path));
    if let Some(entry) = manifest
        .application
        .entry
        .iter()
        .find(|e| scan.files.get(*e).is_some_and(|f| matches!(f.owner, Owner::Site)))
    {
        return Err(Failure::new(
            Reason::CodeCollision,
            format!("“{entry}” starts the application, and here it is a file of the site's own, so the application could be started in the middle of the update. Ask those who made the update."),
        )
        .with("value", entry.as_str()));
    }
    found.sort_by(|a, b| (a.role, &a.path).cmp(&(b.role, &b.path)));
    Ok((found, own))
}

fn node<'a, 'n>(root: &'n mut Node<'a>, path: &'a str) -> &'n mut Node<'a> {
    path.split('/').fold(root, |node, part| {
        let child = node.children.entry(platform::folded(part)).or_default();
        if child.name.is_empty() {
            child.name = part;
        }
        child
    })
}

impl Node<'_> {
    fn any(&self, test: &dyn Fn(&Node<'_>) -> bool) -> bool {
        test(self) || self.children.values().any(|c| c.any(test))
    }

    fn is_live(&self) -> bool {
        self.any(&|n| n.live.is_some())
    }

    fn is_new(&self) -> bool {
        self.any(&|n| n.new.is_some())
    }

    fn has_own(&self) -> bool {
        self.any(&|n| {
            matches!(
                n.live,
                Some((Owner::Site | Owner::EmptyFolder | Owner::Database | Owner::Updater, _))
            )
        })
    }

    /// Whether the release's files below are the same before and after. What the code made does not count.
    fn is_same(&self) -> bool {
        let same = match (self.live, self.new) {
            (Some((Owner::Release(live), _)), Some(new)) => live == new,
            (Some((Owner::Derived, _)), None) | (None, None) => true,
            _ => false,
        };
        same && self.children.values().all(Node::is_same)
    }

    fn collect(&self, prefix: &str, found: &mut Vec<Unit>) -> Result<()> {
        for child in self.children.values() {
            let path = format!("{prefix}{}", child.name);
            let (live, new) = (child.is_live(), child.is_new());
            if child.has_own() {
                child.among_own(&path, found)?;
            } else if live && new && child.is_same() && !child.any(&|n| n.entry) {
                continue;
            } else if live || new {
                found.push(Unit {
                    path,
                    role: if child.any(&|n| n.entry) { Role::Entry } else { Role::Code },
                    had: live,
                    gets: new,
                    had_sides: Vec::new(),
                    gets_sides: Vec::new(),
                });
            }
        }
        Ok(())
    }

    /// A place at or below which something is the site's own.
    fn among_own(&self, path: &str, found: &mut Vec<Unit>) -> Result<()> {
        let brings_file = self.new.is_some();
        let brings_folder = self.children.values().any(Node::is_new);
        match self.live {
            // A folder: its children are looked at one by one. A file in its place would have to move them all.
            None if !brings_file => self.collect(&format!("{path}/"), found),
            // An empty folder is the site's, and the release may fill it.
            Some((Owner::EmptyFolder, _)) if !brings_file => self.collect(&format!("{path}/"), found),
            Some((Owner::Updater, _)) if !brings_folder => Ok(()),
            Some((_, true)) if !brings_folder => Ok(()),
            Some(_) if !brings_file && !brings_folder => Ok(()),
            _ => Err(Failure::new(
                Reason::CodeCollision,
                format!("The new version brings “{path}”, and there is a file of the site's own of that name. Move it to another name, then run the update again."),
            )
            .with("path", path)),
        }
    }
}
