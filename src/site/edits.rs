//! Edits of kept files that the new code needs. They are computed before anything is done; the edited copy is staged like code.

use crate::bundle::manifest::Edit;
use crate::disk::Disk;
use crate::failure::{Failure, Reason, Result};
use crate::platform::below;
use std::collections::BTreeMap;
use std::path::Path;

/// The new content of every kept file that changes. A file that is not there is left so: there is nothing in it that could be wrong.
pub fn edited(disk: &dyn Disk, app: &Path, edits: &[Edit]) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut changed: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for edit in edits {
        let now = match changed.get(&edit.file) {
            Some(text) => Some(text.clone()),
            None => disk.read(&below(app, &edit.file))?,
        };
        let Some(now) = now else { continue };
        if edit.unless.as_ref().is_some_and(|text| count(&now, text.as_bytes()) > 0) {
            continue;
        }
        let next = apply(&now, edit)?;
        if next != now {
            changed.insert(edit.file.clone(), next);
        }
    }
    Ok(changed)
}

/// What a kept file is like, as far as an edit can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The edit is still to be done.
    Old,
    /// The edit has been done.
    New,
    /// The file fits both versions: it is not there, says that it needs no edit, or has been changed by the site.
    Either,
}

/// The form of a kept file.
pub fn form(disk: &dyn Disk, app: &Path, edit: &Edit) -> Result<Form> {
    let Some(now) = disk.read(&below(app, &edit.file))? else {
        return Ok(Form::Either);
    };
    let crlf = count(&now, b"\r\n") > 0;
    let own = |text: &Option<String>| line_ends(text.as_deref().unwrap_or_default(), crlf).into_bytes();
    let (find, replace, append) = (own(&edit.find), own(&edit.replace), own(&edit.append));
    let done = match edit.append.is_some() {
        true => count(&now, &append) > 0,
        // Where the new text holds the old one, the old one is still found.
        false => (replace.is_empty() || count(&now, &replace) > 0) && (count(&now, &find) == 0 || count(&replace, &find) > 0),
    };
    let open = match edit.append.is_some() {
        true => !done,
        false => !done && count(&now, &find) == 1,
    };
    let needless = edit.unless.as_ref().is_some_and(|text| count(&now, text.as_bytes()) > 0);
    Ok(match (done, open) {
        _ if needless => Form::Either,
        (true, _) => Form::New,
        (_, true) => Form::Old,
        _ => Form::Either,
    })
}

/// A text with the line ends of a file.
fn line_ends(text: &str, crlf: bool) -> String {
    match crlf {
        true => text.replace("\r\n", "\n").replace('\n', "\r\n"),
        false => text.to_owned(),
    }
}

fn apply(now: &[u8], edit: &Edit) -> Result<Vec<u8>> {
    // The file keeps the line ends that it has.
    let crlf = count(now, b"\r\n") > 0;
    let own = |text: &str| line_ends(text, crlf);
    if let Some(append) = &edit.append {
        let mut next = now.to_vec();
        if !next.is_empty() && !next.ends_with(b"\n") {
            next.extend(own("\n").as_bytes());
        }
        next.extend(own(append).as_bytes());
        if !append.ends_with('\n') {
            next.extend(own("\n").as_bytes());
        }
        return Ok(next);
    }
    let (find, replace) = (
        own(edit.find.as_deref().unwrap_or_default()),
        own(edit.replace.as_deref().unwrap_or_default()),
    );
    match count(now, find.as_bytes()) {
        1 => Ok(replace_once(now, find.as_bytes(), replace.as_bytes())),
        times => Err(Failure::new(
            Reason::EditFailed,
            format!(
                "The new version needs a change in “{}”: the text “{}” should stand there once, and it stands there {times} times. Ask those who made the update.",
                edit.file,
                find.trim()
            ),
        )
        .with("path", edit.file.as_str())
        .with("value", times)
        .with("expected", 1)),
    }
}

fn count(text: &[u8], part: &[u8]) -> usize {
    if part.is_empty() {
        return 0;
    }
    text.windows(part.len()).filter(|w| *w == part).count()
}

fn replace_once(text: &[u8], find: &[u8], replace: &[u8]) -> Vec<u8> {
    let at = text.windows(find.len()).position(|w| w == find).unwrap_or(text.len());
    [&text[..at], replace, text.get(at + find.len()..).unwrap_or_default()].concat()
}
