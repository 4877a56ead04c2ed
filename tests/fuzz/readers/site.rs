//! A site of few small files in the middle of a swap: for each unit of the plan in the seeds, a letter says in which of its three places
//! it stands.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The units: the file that stands for each, what the old and the new version have there, and whether it is data.
pub const UNITS: [(&str, Option<&str>, Option<&str>, bool); 8] = [
    ("start", Some("start of 1.0"), Some("start of 2.0"), false),
    ("VERSION", Some("1.0\n"), Some("2.0\n"), false),
    ("added/new.txt", None, Some("new in 2.0"), false),
    ("gone/old.txt", Some("only in 1.0"), None, false),
    ("lib/one.txt", Some("one of 1.0"), Some("one of 2.0"), false),
    ("shared/other.txt", Some("other of 1.0"), Some("other of 2.0"), false),
    ("settings.ini", Some("colour = blue"), Some("colour = green"), true),
    ("data/mini.db", Some("the data of 1.0"), Some("the data of 2.0"), true),
];

/// What is the site's own.
const OWN: [(&str, &str); 3] = [
    ("shared/mine.txt", "the site's own"),
    ("uploads/photo.jpg", "a photograph"),
    (".holdfast/aside/20240101/mini.db", "newer data of an earlier run"),
];

/// What people wrote into the new version.
const SINCE: &str = ", and what was written since";

pub struct Site {
    pub app: PathBuf,
}

impl Site {
    /// Makes it anew, with the units as the letters say; a letter that is missing or unknown is `b`.
    pub fn make(app: PathBuf, letters: &[u8]) -> Site {
        let _ = fs::remove_dir_all(&app);
        for (path, text) in OWN {
            write(&app.join(path), text);
        }
        let (old_place, new_place) = (app.join(".holdfast/old"), app.join(".holdfast/new"));
        for (n, (path, old, new, _)) in UNITS.into_iter().enumerate() {
            let since = new.map(|new| format!("{new}{SINCE}"));
            // Live, staged, retired.
            let (live, staged, retired) = match letters.get(n) {
                Some(b'r') => (None, new, old),
                Some(b'p') => (new, None, old),
                Some(b'w') => (since.as_deref(), None, old),
                Some(b's') => (old, None, None),
                Some(b'o') => (None, None, old),
                Some(b'x') => (None, None, None),
                _ => (old, new, None),
            };
            for (root, text) in [(&app, live), (&new_place, staged), (&old_place, retired)] {
                if let Some(text) = text {
                    write(&root.join(path), text);
                }
            }
        }
        Site { app }
    }

    /// All files, with what they hold.
    pub fn files(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        walk(&self.app, &self.app, &mut found);
        found
    }

    /// What of these files nobody may lose: everything but the stage, the journal, and new code where it is in place.
    pub fn dear(files: &BTreeMap<String, String>) -> Vec<String> {
        let new_code = |path: &str, text: &str| {
            let unit = UNITS.iter().find(|(unit, ..)| *unit == path);
            unit.is_some_and(|(_, _, new, is_data)| new.is_some_and(|new| text == new || (!is_data && text.starts_with(new))))
        };
        let dear = files.iter().filter(|(path, text)| match path.strip_prefix(".holdfast/") {
            Some(ours) => ours.starts_with("old/") || ours.starts_with("aside/"),
            None => !new_code(path, text),
        });
        dear.map(|(_, text)| text.clone()).collect()
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    fs::write(path, text).expect("written");
}

fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(root, &path, found);
        } else {
            let name = path.strip_prefix(root).expect("inside").to_string_lossy().into_owned();
            found.insert(name, String::from_utf8_lossy(&fs::read(&path).expect("readable")).into_owned());
        }
    }
}
