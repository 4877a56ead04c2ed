//! What keys, unique sets, indexes and checks ask of the rows. They are asked of what SQLite will store, in the new collation.

use super::Stop;
use super::ask::{Asker, is_known};
use super::columns::is;
use super::fate::Fate;
use super::question::{Alike, Count, Question};
use super::rows::Rows;
use crate::diff::checks::written;
use crate::diff::indexes::definition;
use crate::diff::report::{Finding, Level};
use crate::diff::words::{names, parts};
use crate::schema::{Part, index_text};
use crate::sql::quoted;

/// Rows that are alike in a new set. `texts` are its expressions as they are written.
fn alike(rows: &Rows<'_>, asker: &mut Asker<'_>, set: &[Part], texts: &[String]) -> Result<Alike, Stop> {
    let mut alike = Alike {
        parts: Vec::new(),
        filter: None,
        show: Vec::new(),
        named: String::new(),
        level: Level::Blocks,
    };
    let mut listed = Vec::new();
    for (n, part) in set.iter().enumerate() {
        if !is_known(&part.collation) {
            return Err(Stop::Unknown(format!("the collation {} is the application's own", part.collation)));
        }
        let text = texts.get(n).filter(|_| part.is_expression).unwrap_or(&part.text);
        let sql = match rows.new.column(&part.text).filter(|_| !part.is_expression) {
            Some(column) => asker.column(rows, column)?,
            None => asker.expression(rows, text)?,
        };
        alike.show.push((text.clone(), sql.clone()));
        alike.parts.push(format!("{sql} COLLATE {}", part.collation));
        listed.push(text.as_str());
    }
    alike.named = names(listed);
    Ok(alike)
}

fn of(alike: Alike) -> Option<Question> {
    Some(Question {
        counts: Vec::new(),
        alike: Some(alike),
        otherwise: Level::Safe,
    })
}

/// A primary key that is new or another one.
pub fn key(finding: &Finding, rows: &Rows<'_>, asker: &mut Asker<'_>) -> Result<Option<Question>, Stop> {
    let new = rows.new;
    if finding.level == Level::Look && new.rowid_column.is_none() {
        // Only that SQLite gives no numbers any more, which no row that is there shows.
        return Ok(None);
    }
    let mut counts = Vec::new();
    let mut was_there = Vec::new();
    for column in new.key.iter().filter_map(|part| new.column(&part.text)) {
        let is_rowid = new.rowid_column.as_ref() == Some(&column.name);
        let Some(was) = rows.of_new(&column.name) else {
            if is_rowid {
                // SQLite numbers the rows.
                return Ok(Some(Question::one(Count::new(Level::Blocks, "0".to_owned(), "no number"))));
            }
            continue;
        };
        let value = rows.sql(was);
        if is_rowid {
            let refused = is(asker, column, &value, Fate::Refused);
            let what = format!("a value in “{}” that is no integer, and is refused", column.name);
            counts.push(Count::new(Level::Blocks, refused, &what).show(&was.name, value.clone()));
        }
        was_there.push((column, is_rowid, value));
    }
    let alike = alike(rows, asker, &new.key, &[])?;
    for (column, is_rowid, value) in was_there {
        let (level, more) = match () {
            () if is_rowid => (Level::Look, ", so that SQLite gives it a number"),
            () if column.not_null => (Level::Blocks, ", which the key refuses"),
            () => (Level::Look, ", which SQLite lets pass in this key"),
        };
        let what = format!("NULL in “{}”{more}", column.name);
        counts.push(Count::new(level, format!("{value} IS NULL"), &what));
    }
    Ok(Some(Question {
        counts,
        alike: Some(alike),
        otherwise: Level::Safe,
    }))
}

/// A UNIQUE constraint.
pub fn unique(finding: &Finding, rows: &Rows<'_>, asker: &mut Asker<'_>) -> Result<Option<Question>, Stop> {
    let is_it = |set: &&[Part]| finding.new.as_deref() == Some(parts(set).as_str());
    match rows.new.uniques.iter().map(|u| u.parts.as_slice()).find(is_it) {
        Some(set) => Ok(of(alike(rows, asker, set, &[])?)),
        None => Ok(None),
    }
}

/// A unique index.
pub fn index(finding: &Finding, rows: &Rows<'_>, asker: &mut Asker<'_>) -> Result<Option<Question>, Stop> {
    let is_new = |name: &str| finding.new.as_deref() == Some(name);
    let mut unique = rows.new.indexes.iter().filter(|i| i.unique);
    let Some(index) = unique.find(|i| is_new(&definition(i)) && finding.sentence.contains(&format!("“{}”", i.name))) else {
        return Ok(None);
    };
    let text = index_text(&index.sql, &[]);
    let mut alike = alike(rows, asker, &index.parts, &text.written)?;
    alike.filter = match &text.filter_written {
        Some(filter) => Some(asker.expression(rows, filter)?),
        None => None,
    };
    Ok(of(alike))
}

/// A CHECK. NULL passes one, as in SQLite.
pub fn check(finding: &Finding, rows: &Rows<'_>, asker: &mut Asker<'_>) -> Result<Option<Question>, Stop> {
    let is_it = |text: String| finding.new.as_deref() == Some(text.as_str());
    let Some(check) = rows.new.checks.iter().find(|c| is_it(written(c))) else {
        return Ok(None);
    };
    let condition = format!("{} IS FALSE", asker.expression(rows, &check.sql)?);
    let mut count = Count {
        one: "does not fulfil it".to_owned(),
        many: "do not fulfil it".to_owned(),
        ..Count::new(Level::Blocks, condition, "")
    };
    for column in asker.named(&check.sql) {
        let sql = match rows.of_new(&column.name) {
            Some(was) => rows.sql(was),
            None => asker.expression(rows, &quoted(&column.name))?,
        };
        count = count.show(&column.name, sql);
    }
    Ok(Some(Question::one(count)))
}
