//! What single columns ask of the rows: NULL, types and lengths, columns that came or went, rules of generated ones; and what a table asks of
//! all its columns.

use super::Stop;
use super::ask::Asker;
use super::fate::Fate;
use super::question::{Count, Question};
use super::rows::Rows;
use crate::diff::columns::length;
use crate::diff::report::{Finding, Level};
use crate::reshape::Affinity;
use crate::schema::Column;
use crate::sql::quoted;
use rusqlite::types::Value;

/// The columns that a finding names by the old name.
fn both<'a>(finding: &Finding, rows: &Rows<'a>) -> Option<(&'a Column, &'a Column)> {
    let (was, now) = rows.of_old(finding.subject.name.as_deref()?)?;
    Some((was, now?))
}

/// A table that is STRICT or WITHOUT ROWID from now on.
pub fn table(finding: &Finding, rows: &Rows<'_>, asker: &mut Asker<'_>) -> Option<Question> {
    match finding.new.as_deref()? {
        "STRICT" => {
            let mut count = Count::new(Level::Blocks, String::new(), "a value that a STRICT column refuses");
            let mut conditions = Vec::new();
            for now in rows
                .new
                .columns
                .iter()
                .filter(|c| c.generated.is_none() && !c.declared.eq_ignore_ascii_case("ANY"))
            {
                let Some(was) = rows.of_new(&now.name) else { continue };
                let value = rows.sql(was);
                let is_refused = is(asker, now, &value, Fate::Refused);
                count = count.show(&now.name, format!("CASE WHEN {is_refused} THEN {value} END"));
                conditions.push(is_refused);
            }
            count.condition = any(&conditions)?;
            Some(Question::one(count))
        }
        "WITHOUT ROWID" => {
            let parts: Vec<(&Column, String)> = rows
                .new
                .key
                .iter()
                .filter_map(|part| rows.of_new(&part.text))
                .map(|was| (was, format!("{} IS NULL", rows.sql(was))))
                .collect();
            let condition = any(&parts.iter().map(|(_, sql)| sql.clone()).collect::<Vec<_>>())?;
            let mut question = Question::one(Count::new(Level::Blocks, condition, "NULL in the key"));
            // The numbers that go may be known outside of the database.
            let keeps_number = rows.old.rowid_column.is_some();
            question.otherwise = if keeps_number { Level::Safe } else { Level::Look };
            Some(question)
        }
        _ => None,
    }
}

pub fn is(asker: &mut Asker<'_>, now: &Column, value: &str, fate: Fate) -> String {
    format!("{} = {}", asker.fate(now, value.to_owned()), fate as i64)
}

fn any(conditions: &[String]) -> Option<String> {
    (!conditions.is_empty()).then(|| conditions.iter().map(|c| format!("({c})")).collect::<Vec<_>>().join(" OR "))
}

/// A column that is new, must not be NULL, and gets no value by itself.
pub fn added(finding: &Finding, rows: &Rows<'_>) -> Option<Question> {
    let column = rows.new.column(finding.subject.name.as_deref()?)?;
    (finding.level == Level::Blocks).then(|| {
        let what = format!("no value for “{}”", column.name);
        Question::one(Count::new(Level::Blocks, "1".to_owned(), &what))
    })
}

/// A column that is gone, with its values, wherever they go.
pub fn removed(finding: &Finding, rows: &Rows<'_>) -> Result<Option<Question>, Stop> {
    let Some((was, _)) = finding.subject.name.as_deref().and_then(|name| rows.of_old(name)) else {
        return Ok(None);
    };
    let value = rows.sql(was);
    let (condition, what) = match default(was) {
        Some(default) => (
            format!("{value} IS NOT NULL AND {value} IS NOT {default}"),
            format!("a value in “{}” that is not the default", was.name),
        ),
        None => (format!("{value} IS NOT NULL"), format!("a value in “{}”", was.name)),
    };
    let mut question = Question::one(Count::new(finding.level, condition, &what).show(&was.name, value));
    // At another site there may be some.
    question.otherwise = Level::Look;
    Ok(Some(question))
}

/// A column's default as SQLite stores it, written as SQL; `None` if it has none, or another one with each row.
fn default(column: &Column) -> Option<String> {
    let default = column.default.as_deref()?;
    let stored = |default: &str| -> rusqlite::Result<Value> {
        let memory = rusqlite::Connection::open_in_memory()?;
        let table = format!("CREATE TABLE t (k, c {} DEFAULT {default})", column.declared);
        memory.prepare(&table)?.execute([])?;
        memory.execute("INSERT INTO t (k) VALUES (1)", [])?;
        memory.query_row("SELECT c FROM t", [], |r| r.get(0))
    };
    let value = stored(&format!("({default})")).or_else(|_| stored(default)).ok()?;
    Some(match value {
        Value::Null => return None,
        _ if default.to_ascii_uppercase().contains("CURRENT_") => return None,
        Value::Integer(number) => number.to_string(),
        Value::Real(number) if number.is_finite() => format!("{number:e}"),
        Value::Real(_) => return None,
        Value::Text(text) => format!("CAST({} AS TEXT)", blob(text.as_bytes())),
        Value::Blob(bytes) => blob(&bytes),
    })
}

fn blob(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    format!("x'{hex}'")
}

/// A column that must not be NULL any more.
pub fn not_null(finding: &Finding, rows: &Rows<'_>) -> Option<Question> {
    let (was, now) = both(finding, rows)?;
    // Where NULL stands in such a column SQLite gives the row a number.
    (rows.new.rowid_column.as_ref() != Some(&now.name)).then(|| {
        let condition = format!("{} IS NULL", rows.sql(was));
        Question::one(Count::new(Level::Blocks, condition, &format!("NULL in “{}”", now.name)))
    })
}

/// A column of another declared type.
pub fn retyped(finding: &Finding, rows: &Rows<'_>, asker: &mut Asker<'_>) -> Result<Option<Question>, Stop> {
    let Some((was, now)) = both(finding, rows) else { return Ok(None) };
    let value = rows.sql(was);
    let mut counts: Vec<Count> = Vec::new();
    if now.generated.is_none() && (!rows.is_bare(was, now) || rows.new.strict) {
        let becomes = asker.column(rows, now)?;
        let mut count = |fate: Fate, level: Level, one: &str, many: &str| {
            counts.push(Count {
                condition: is(asker, now, &value, fate),
                one: one.to_owned(),
                many: many.to_owned(),
                level,
                show: vec![(was.name.clone(), value.clone())],
                becomes: (fate == Fate::Changes).then(|| becomes.clone()),
            });
        };
        let of = &now.name;
        let refuses = rows.new.strict || rows.new.rowid_column.as_ref() == Some(of);
        if refuses {
            let what = format!("a value that “{of}” refuses");
            count(Fate::Refused, Level::Blocks, &format!("has {what}"), &format!("have {what}"));
        }
        let what = format!("a value in “{of}” that would become another one");
        count(Fate::Changes, Level::Blocks, &format!("has {what}"), &format!("have {what}"));
        if Affinity::of(&now.declared, rows.new.strict) != Affinity::Text && !refuses {
            let what = format!("empty text in “{of}” where a number is meant");
            count(Fate::Empty, Level::Blocks, &format!("has {what}"), &format!("have {what}"));
        }
        if !refuses {
            let what = format!("a value in “{of}” that is not of the new type and is kept as it is");
            count(Fate::Stays, Level::Look, &format!("has {what}"), &format!("have {what}"));
        }
    }
    let is_text = Affinity::of(&now.declared, rows.new.strict) == Affinity::Text;
    if let Some(most) = length(&now.declared).filter(|_| is_text) {
        let characters = asker.characters(value.clone());
        let condition = format!("CASE typeof({value}) WHEN 'text' THEN {characters} WHEN 'blob' THEN 0 ELSE length({value}) END > {most}");
        let what = format!("more than {most} characters in “{}”", now.name);
        counts.push(Count::new(Level::Look, condition, &what).show(&was.name, value));
    }
    Ok((!counts.is_empty()).then_some(Question {
        counts,
        alike: None,
        otherwise: Level::Safe,
    }))
}

/// A column that follows from a rule from now on, or from another one.
pub fn generated(finding: &Finding, rows: &Rows<'_>, asker: &mut Asker<'_>) -> Result<Option<Question>, Stop> {
    let Some((was, now)) = both(finding, rows).filter(|(_, now)| now.generated.is_some()) else {
        return Ok(None);
    };
    let value = rows.sql(was);
    let follows = asker.expression(rows, &quoted(&now.name))?;
    let condition = format!("{value} IS NOT NULL AND {value} IS NOT {follows}");
    let what = format!("a value in “{}” that is not what its rule makes", now.name);
    let mut count = Count::new(finding.level, condition, &what).show(&was.name, value);
    count.becomes = Some(follows);
    Ok(Some(Question::one(count)))
}
