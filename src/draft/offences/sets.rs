//! Rows that a new unique set would not tell apart, and references to rows that are not there: asked of SQLite in one query each.

use super::{Offence, Why};
use crate::draft::carried::{Carried, Source, is};
use crate::schema::{ForeignKey, Part, Table};
use crate::sql::quoted;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// Sets that were not unique before. Rows of several sources meet only when they are carried.
pub fn repeated(data: &Connection, target: &Table, source: &Source<'_>, found: &mut Vec<Offence>) {
    let Some(from) = source.from else { return };
    let sets = target.uniques.iter().map(|u| &u.parts).chain([&target.key]);
    let indexes = target.indexes.iter().filter(|i| i.unique && i.filter.is_none()).map(|i| &i.parts);
    let mut asked: Vec<Vec<String>> = Vec::new();
    for parts in sets.chain(indexes) {
        let Some(columns) = columns(parts, source) else { continue };
        let names: Vec<String> = parts.iter().map(|p| p.text.to_ascii_lowercase()).collect();
        if names.is_empty()
            || asked.contains(&names)
            || source.rule.matching.iter().any(|m| names.contains(&m.to_ascii_lowercase()))
            || was_unique(from, parts, source)
        {
            continue;
        }
        asked.push(names);
        let (listed, held) = (
            columns.join(", "),
            columns.iter().map(|c| format!("{c} IS NOT NULL")).collect::<Vec<_>>().join(" AND "),
        );
        let joiner = if source.rule.filter.is_some() { "AND" } else { "WHERE" };
        let query = format!(
            "SELECT {}, count(*) {} {joiner} {held} GROUP BY {listed} HAVING count(*) > 1 ORDER BY 2 DESC",
            columns
                .iter()
                .map(|c| format!("quote({c})"))
                .collect::<Vec<_>>()
                .join(" || ', ' || "),
            source.rows()
        );
        let names: Vec<String> = parts.iter().map(|p| p.text.clone()).collect();
        let at = names.last().cloned().unwrap_or_default();
        let offence = offence(target, source, &at, Why::Same(names));
        found.extend(collect(data, &query, offence));
    }
}

fn columns(parts: &[Part], source: &Source<'_>) -> Option<Vec<String>> {
    let column = |part: &Part| {
        let given = source
            .values
            .iter()
            .find(|v| !part.is_expression && is(&v.column.name, &part.text))?;
        let plain = given.rule.as_ref().is_some_and(|r| r.map.is_empty() && r.when_null.is_none());
        given
            .expression()
            .filter(|_| plain)
            .map(|e| format!("{e} COLLATE {}", part.collation))
    };
    parts.iter().map(column).collect()
}

/// Whether the old table told its rows apart by the same columns, or by fewer of them, in the same collations.
fn was_unique(from: &Table, parts: &[Part], source: &Source<'_>) -> bool {
    let old = |part: &Part| {
        source
            .values
            .iter()
            .find(|v| is(&v.column.name, &part.text))
            .and_then(|v| v.old)
            .map(|c| (c.name.to_ascii_lowercase(), part.collation.clone()))
    };
    let Some(new) = parts.iter().map(old).collect::<Option<Vec<_>>>() else {
        return false;
    };
    let sets = from.uniques.iter().map(|u| &u.parts).chain([&from.key]);
    let indexes = from.indexes.iter().filter(|i| i.unique && i.filter.is_none()).map(|i| &i.parts);
    let mut sets = sets.chain(indexes).filter(|parts| !parts.is_empty());
    sets.any(|set| {
        set.iter()
            .all(|p| !p.is_expression && new.contains(&(p.text.to_ascii_lowercase(), p.collation.clone())))
    })
}

/// References that are new, or lead to another table.
pub fn orphans(data: &Connection, carried: &Carried<'_>, target: &Table, source: &Source<'_>, found: &mut Vec<Offence>) {
    let Some(from) = source.from else { return };
    for key in &target.foreign_keys {
        let [column] = key.columns.as_slice() else { continue };
        let Some(given) = source.values.iter().find(|v| is(&v.column.name, column)) else {
            continue;
        };
        let (Some(expression), Some((parent, parent_column))) = (given.expression(), parent(carried, key)) else {
            continue;
        };
        let was = |k: &ForeignKey| {
            given
                .old
                .is_some_and(|old| matches!(k.columns.as_slice(), [one] if is(one, &old.name)))
                && is(&k.parent, &parent)
        };
        if from.foreign_keys.iter().any(was) || given.rule.as_ref().is_some_and(|r| !r.map.is_empty()) {
            continue;
        }
        let joiner = if source.rule.filter.is_some() { "AND" } else { "WHERE" };
        let query = format!(
            "SELECT {expression}, count(*) {} {joiner} {expression} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM main.{} AS parent WHERE parent.{} = {expression}) GROUP BY 1 ORDER BY 2 DESC",
            source.rows(),
            quoted(&parent),
            quoted(&parent_column)
        );
        found.extend(collect(
            data,
            &query,
            offence(target, source, column, Why::Reference(key.parent.clone())),
        ));
    }
}

/// The old table and column behind what a key refers to, if its rows come from one as they are.
fn parent(carried: &Carried<'_>, key: &ForeignKey) -> Option<(String, String)> {
    let target = carried.target(&key.parent)?;
    let [source] = target.sources.as_slice() else { return None };
    let column = match key.parent_columns.first() {
        Some(column) => column.clone(),
        None => target.table.key.first()?.text.clone(),
    };
    let given = source.values.iter().find(|v| is(&v.column.name, &column))?;
    Some((source.from?.name.clone(), given.old?.name.clone()))
}

fn offence(target: &Table, source: &Source<'_>, column: &str, why: Why) -> Offence {
    Offence {
        table: target.name.clone(),
        source: source.n,
        column: column.to_owned(),
        from: source.from.map(|t| t.name.clone()).unwrap_or_default(),
        why,
        rows: 0,
        values: BTreeMap::new(),
        more: false,
        fine: BTreeMap::new(),
    }
}

/// Values with their counts. A query that SQLite does not take, such as one with a collation of the application's, tells nothing here; the
/// reshape will.
fn collect(data: &Connection, query: &str, mut offence: Offence) -> Option<Offence> {
    let mut statement = data.prepare(query).ok()?;
    let mut rows = statement.query([]).ok()?;
    while let Some(row) = rows.next().ok()? {
        let (value, count) = (row.get_ref(0).map(crate::reshape::shown).ok()?, row.get::<_, u64>(1).ok()?);
        offence.rows += count;
        match offence.values.len() < super::KEPT {
            true => drop(offence.values.insert(value, count)),
            false => offence.more = true,
        }
    }
    (offence.rows > 0).then_some(offence)
}
