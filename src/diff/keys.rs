//! Primary keys, and keys that refer to other tables.

use super::compare::{Basis, Pair};
use super::pairing::{Like, Paired, paired};
use super::report::{Change, Finding, Kind, Level, Subject};
use super::sets::{Loosened, loosened};
use super::words::{key, names, parts, reference, text};
use crate::schema::{ForeignKey, Table};

/// Compares the keys of two tables.
pub fn compare(basis: &Basis<'_>, pair: Pair<'_>, found: &mut Vec<Finding>) {
    primary(basis, pair, found);
    foreign(basis, pair, found);
}

fn primary(basis: &Basis<'_>, (old, new): Pair<'_>, found: &mut Vec<Finding>) {
    let name = &new.name;
    let changed = |level: Level, change: Change, sentence: String| {
        let mut finding = Finding::new(level, Kind::Key, change, Subject::of(old, new, None), sentence);
        finding.old = (!old.key.is_empty()).then(|| parts(&old.key));
        finding.new = (!new.key.is_empty()).then(|| parts(&new.key));
        finding
    };
    let apart = format!(
        "Say which rows go together, or give them new keys: [table.{}] match = […] with on_match, or columns.NAME = {{ new_key = true }}",
        key(name)
    );
    match (old.key.as_slice(), new.key.as_slice()) {
        ([], []) => return,
        (_, []) => {
            let sentence = format!(
                "“{name}” has no primary key any more: two rows may be alike in {}.",
                names(old.key.iter().map(|p| p.text.as_str()))
            );
            found.push(changed(Level::Look, Change::Removed, sentence));
            return;
        }
        ([], _) => {
            let sentence = format!(
                "“{name}” has a primary key from now on, {}: no two rows may be alike in it.",
                names(new.key.iter().map(|p| p.text.as_str()))
            );
            found.push(changed(Level::Blocks, Change::Added, sentence).advise(apart));
            return;
        }
        _ => {}
    }
    let was = super::sets::mapped(basis, old, &old.key);
    let now = super::sets::lowered(&new.key);
    if was != now {
        let listed = names(new.key.iter().map(|p| p.text.as_str()));
        let finding = match loosened(&was, &now) {
            Loosened::Yes => changed(
                Level::Safe,
                Change::Changed,
                format!("The primary key of “{name}” is {listed}, by which all rows stay apart."),
            ),
            Loosened::Collation => changed(
                Level::Blocks,
                Change::Changed,
                format!("The primary key of “{name}” compares by another collation: rows that differed in it may be alike now."),
            )
            .advise(apart),
            Loosened::No => changed(
                Level::Blocks,
                Change::Changed,
                format!("The primary key of “{name}” is {listed} from now on: rows that differed in the old one may be alike now."),
            )
            .advise(apart),
        };
        found.push(finding);
    } else if old.rowid_column.is_some() != new.rowid_column.is_some() {
        let sentence = match &new.rowid_column {
            Some(column) => format!(
                "“{name}.{column}” is the rowid itself from now on: it takes integers alone, and SQLite gives one to a row without."
            ),
            None => format!("The key of “{name}” is not the rowid any more: SQLite gives no number to a row without, and lets it be NULL."),
        };
        found.push(changed(Level::Look, Change::Changed, sentence));
    }
}

/// A foreign key in words that compare: columns and parent as they are called in the new schema.
#[derive(PartialEq)]
struct Compared {
    columns: Vec<String>,
    parent: String,
    parent_columns: Vec<String>,
}

impl Compared {
    fn old(basis: &Basis<'_>, table: &Table, key: &ForeignKey) -> Compared {
        let here = |c: &String| basis.matching.column(&table.name, c);
        let there = |c: &String| basis.matching.column(&key.parent, c);
        Compared {
            columns: key.columns.iter().map(here).collect(),
            parent: basis.matching.table(&key.parent),
            parent_columns: key.parent_columns.iter().map(there).collect(),
        }
    }

    fn new(key: &ForeignKey) -> Compared {
        Compared {
            columns: key.columns.iter().map(|c| c.to_ascii_lowercase()).collect(),
            parent: key.parent.to_ascii_lowercase(),
            parent_columns: key.parent_columns.iter().map(|c| c.to_ascii_lowercase()).collect(),
        }
    }
}

/// With how it compares.
type Pairable<'a> = (Compared, &'a ForeignKey);

fn foreign(basis: &Basis<'_>, pair: Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = pair;
    let was: Vec<Pairable<'_>> = old.foreign_keys.iter().map(|k| (Compared::old(basis, old, k), k)).collect();
    let now: Vec<Pairable<'_>> = new.foreign_keys.iter().map(|k| (Compared::new(k), k)).collect();
    // So each of several keys over the same columns finds its own.
    let likes: [Like<'_, Pairable<'_>, Pairable<'_>>; 4] = [
        &|a, b| a.0 == b.0 && act_alike(a.1, b.1),
        &|a, b| a.0 == b.0,
        &|a, b| a.0.columns == b.0.columns && a.0.parent == b.0.parent,
        &|a, b| a.0.columns == b.0.columns,
    ];
    let Paired { pairs, gone, came } = paired(was, now, &likes);
    for (was, now) in &pairs {
        foreign_changed(pair, was, now, found);
    }
    for (_, key) in gone {
        let sentence = format!(
            "“{}” does not refer to “{}” by {} any more.",
            new.name,
            key.parent,
            names(key.columns.iter().map(String::as_str))
        );
        let subject = Subject::of(old, new, Some(&key.columns.join(", ")));
        found.push(Finding::new(Level::Safe, Kind::ForeignKey, Change::Removed, subject, sentence).old(reference(key)));
    }
    for (compared, key) in came {
        found.push(foreign_added(basis, pair, &compared, key));
    }
}

fn act_alike(a: &ForeignKey, b: &ForeignKey) -> bool {
    (&a.on_update, &a.on_delete, a.deferred) == (&b.on_update, &b.on_delete, b.deferred)
}

fn foreign_added(basis: &Basis<'_>, (old, new): Pair<'_>, compared: &Compared, key: &ForeignKey) -> Finding {
    let listed = names(key.columns.iter().map(String::as_str));
    let subject = Subject::of(old, new, Some(&key.columns.join(", ")));
    // A column that is new and may be NULL refers to nothing in the rows that are there.
    let is_empty = |name: &String| {
        let was_there = old
            .columns
            .iter()
            .any(|c| basis.matching.is_kept(&old.name, &c.name) && basis.matching.column(&old.name, &c.name) == *name);
        let column = new.column(name);
        !was_there
            && basis.matching.origins(&new.name, name).is_empty()
            && column.is_some_and(|c| !c.not_null && c.default.is_none() && c.generated.is_none())
    };
    let finding = if compared.columns.iter().any(is_empty) {
        let sentence = format!(
            "“{}” refers to “{}” by {listed}, which is new and NULL in rows that are there.",
            new.name, key.parent
        );
        Finding::new(Level::Safe, Kind::ForeignKey, Change::Added, subject, sentence)
    } else {
        let sentence = format!(
            "“{}” refers to “{}” by {listed} from now on: rows may refer to what is not there.",
            new.name, key.parent
        );
        let finding = Finding::new(Level::Blocks, Kind::ForeignKey, Change::Added, subject, sentence);
        finding.advise(look_up(new, key))
    };
    finding.new_text(reference(key))
}

/// How references to nothing are made NULL.
fn look_up(table: &Table, key: &ForeignKey) -> String {
    let [column] = key.columns.as_slice() else {
        return "Put such rows right in a step before, or leave them out with where = \"…\".".to_owned();
    };
    let there = key.parent_columns.first().map_or("KEY", String::as_str);
    let sql = format!("(SELECT {there} FROM {} WHERE {there} = old.{column})", key.parent);
    format!(
        "[table.{}] columns.{} = {{ sql = {} }} makes such references NULL; or put the rows right in a step before.",
        super::words::key(&table.name),
        super::words::key(column),
        text(&sql)
    )
}

fn foreign_changed((old, new): Pair<'_>, was: &(Compared, &ForeignKey), now: &(Compared, &ForeignKey), found: &mut Vec<Finding>) {
    let mut add = |level: Level, sentence: String, advice: Option<String>| {
        let subject = Subject::of(old, new, Some(&was.1.columns.join(", ")));
        let mut finding = Finding::new(level, Kind::ForeignKey, Change::Changed, subject, sentence);
        finding.advice = advice;
        found.push(finding.old(reference(was.1)).new_text(reference(now.1)));
    };
    let place = format!("{}.{}", new.name, now.1.columns.join(", "));
    if was.0.parent != now.0.parent {
        let sentence = format!("“{place}” refers to “{}” instead of “{}”.", now.1.parent, was.1.parent);
        add(Level::Blocks, sentence, Some(look_up(new, now.1)));
    } else if was.0.parent_columns.is_empty() != now.0.parent_columns.is_empty() {
        let sentence = format!(
            "The reference of “{place}” to “{}” names the column there in one schema alone, which is the same if it is the key.",
            now.1.parent
        );
        add(Level::Look, sentence, None);
    } else if was.0.parent_columns != now.0.parent_columns {
        let sentence = format!(
            "“{place}” refers to another column of “{}”: {}.",
            now.1.parent,
            names(now.1.parent_columns.iter().map(String::as_str))
        );
        add(Level::Blocks, sentence, Some(look_up(new, now.1)));
    }
    for (event, was, now) in [
        ("deleted", &was.1.on_delete, &now.1.on_delete),
        ("gets another key", &was.1.on_update, &now.1.on_update),
    ] {
        if was == now {
            continue;
        }
        let level = if now == "CASCADE" && event == "deleted" {
            Level::Look
        } else {
            Level::Safe
        };
        let event = if event == "deleted" {
            "is deleted".to_owned()
        } else {
            event.to_owned()
        };
        let sentence = format!("When the row to which “{place}” refers {event}: {now} instead of {was}.");
        let advice = (level == Level::Look)
            .then(|| "From now on the rows that refer to a deleted row go with it: make sure that this is meant.".to_owned());
        add(level, sentence, advice);
    }
    match (was.1.deferred, now.1.deferred) {
        (false, true) => add(
            Level::Safe,
            format!("The reference of “{place}” is checked at the end of a transaction from now on."),
            None,
        ),
        (true, false) => add(
            Level::Safe,
            format!("The reference of “{place}” is checked at once from now on."),
            None,
        ),
        _ => {}
    }
}
