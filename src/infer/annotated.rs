//! What the new schema's SQL says beside its tables and columns. An annotation stays in the text for good, and with it in the databases that
//! are made of it; so one that has been followed already must say nothing, or it would be followed again.

use super::findings::Settled as By;
use super::settled::{Kind, Statement, Thing, missing_table, thing, wrong};
use super::world::{Places, World};
use crate::failure::Result;
use crate::near::near;
use crate::schema::{Annotation, Column, Table};

/// Whether the old schema has the same annotation at the same place: it is of an earlier version then.
fn was_there(world: &World<'_>, table: &Table, column: Option<&Column>, note: &Annotation) -> bool {
    let Some(before) = world.old.table(&table.name) else { return false };
    let same = |other: &Annotation| other.word == note.word && other.values == note.values;
    match column {
        None => before.annotations.iter().any(same),
        Some(column) => before.column(&column.name).is_some_and(|c| c.annotations.iter().any(same)),
    }
}

/// Whether something old stands in the new schema still, and nothing says that what stands there is another.
fn stays(world: &World<'_>, places: &Places, old: Thing<'_>) -> bool {
    let is_renamed = |notes: &[Annotation]| notes.iter().any(|note| note.word == "renamed");
    match old {
        Thing::Table(table) => world.new.table(&table.name).is_some_and(|t| !is_renamed(&t.annotations)),
        Thing::Column(table, column) => {
            let place = places.of(&table.name).and_then(|name| world.new.table(name));
            let same = place.and_then(|place| place.column(&column.name));
            same.is_some_and(|c| !is_renamed(&c.annotations))
        }
    }
}

fn place_of(table: &Table, note: &Annotation) -> String {
    match note.line {
        0 => format!("“@{}” beside “{}”", note.word, table.name),
        line => format!("“@{}” in “{}”, line {line} of its statement", note.word, table.name),
    }
}

fn needed<'n>(note: &'n Annotation, word: &str, place: &str) -> Result<&'n str> {
    match note.value(word) {
        Some(value) => Ok(value),
        None => Err(wrong(format!("{place} lacks `{word}=`."))),
    }
}

/// `@renamed from=TABLE`, and `@dropped name=…`, which may stand beside any table.
pub fn beside_table<'a>(
    world: &World<'a>,
    places: &Places,
    table: &'a Table,
    note: &Annotation,
    of_tables: bool,
) -> Result<Option<Statement<'a>>> {
    let place = place_of(table, note);
    if was_there(world, table, None, note) {
        return Ok(None);
    }
    let kind = match note.word.as_str() {
        "renamed" if of_tables => {
            let from = needed(note, "from", &place)?;
            let has_happened = |old| world.old.table(&table.name).is_some() && stays(world, places, Thing::Table(old));
            match world.old.table(from) {
                Some(old) if has_happened(old) => return Ok(None),
                Some(old) => Kind::Became(Thing::Table(old), Thing::Table(table), Vec::new()),
                None if world.old.table(&table.name).is_some() => return Ok(None),
                None => return Err(wrong(format!("{place}: The old schema {}", missing_table(world.old, from)))),
            }
        }
        "dropped" => return dropped(world, places, table, note, of_tables),
        _ => return Ok(None),
    };
    let by = By::Annotation;
    Ok(Some(Statement { kind, by, place }))
}

/// `@dropped name=NAME reason="…"`: a column of the table beside which it stands, a column of another one, or a table.
fn dropped<'a>(world: &World<'a>, places: &Places, table: &Table, note: &Annotation, of_tables: bool) -> Result<Option<Statement<'a>>> {
    let place = place_of(table, note);
    let name = needed(note, "name", &place)?;
    let reason = needed(note, "reason", &place)?;
    let named: Option<Thing<'a>> = thing(world.old, name).ok();
    let thing = match named {
        Some(Thing::Table(_)) if !of_tables => return Ok(None),
        Some(Thing::Column(..)) if of_tables => return Ok(None),
        Some(found) => found,
        None if of_tables => return Ok(None),
        None => {
            let mut before = places.pairs(world).into_iter().filter(|(_, new)| new.name == table.name);
            let column = before.find_map(|(old, _)| Some(Thing::Column(old, old.column(name)?)));
            // It went with an earlier version, if there is nothing of that name any more.
            let Some(column) = column else { return Ok(None) };
            column
        }
    };
    // What goes does not stand there; another of its name came later.
    if stays(world, places, thing) {
        return Ok(None);
    }
    Ok(Some(Statement {
        kind: Kind::Goes(thing, reason.to_owned()),
        by: By::Annotation,
        place,
    }))
}

/// `@renamed from=COLUMN`, or `from=TABLE.COLUMN` for one that stood in another table.
pub fn beside_column<'a>(
    world: &World<'a>,
    places: &Places,
    table: &'a Table,
    column: &'a Column,
    note: &Annotation,
    of_tables: bool,
) -> Result<Option<Statement<'a>>> {
    let place = place_of(table, note);
    if was_there(world, table, Some(column), note) {
        return Ok(None);
    }
    if note.word == "dropped" {
        return dropped(world, places, table, note, of_tables);
    }
    if note.word != "renamed" || of_tables {
        return Ok(None);
    }
    let from = needed(note, "from", &place)?;
    let before: Vec<&Table> = places
        .pairs(world)
        .into_iter()
        .filter(|(_, new)| new.name == table.name)
        .map(|(old, _)| old)
        .collect();
    let own = before.iter().find_map(|old| Some(Thing::Column(old, old.column(from)?)));
    let elsewhere = || match thing(world.old, from) {
        Ok(Thing::Column(table, column)) => Some(Thing::Column(table, column)),
        _ => None,
    };
    let has_happened = |old| before.iter().any(|t| t.column(&column.name).is_some()) && stays(world, places, old);
    let kind = match own.or_else(elsewhere) {
        Some(old) if has_happened(old) => return Ok(None),
        Some(old) => Kind::Became(old, Thing::Column(table, column), Vec::new()),
        // It has happened already in an earlier version.
        None if before.iter().any(|old| old.column(&column.name).is_some()) => return Ok(None),
        None => {
            let names = before.iter().flat_map(|old| &old.columns).map(|c| c.name.as_str());
            let hint = near(from, names).map(|name| format!(" Is “{name}” meant?")).unwrap_or_default();
            return Err(wrong(format!(
                "{place}: there is no old column “{from}” from which “{}” could come.{hint}",
                column.name
            )));
        }
    };
    let by = By::Annotation;
    Ok(Some(Statement { kind, by, place }))
}
