//! Whether what was loaded refers to rows that are there. Asked of whole tables before and after, so that rows may come in any order
//! and nothing is kept for each row; rows that referred to nothing before are the site's, and are not held against the load.

use super::datum::Datum;
use super::rows::Values;
use super::table::{Table, primary_key};
use super::trouble::{Complaint, refused, shown};
use crate::failure::Result;
use crate::sql::quoted;
use rusqlite::{Connection, Row};
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Different values that refer to nothing and are looked for in the files; that is as many as are gathered.
const NAMED: usize = 10_000;

/// One foreign key of a loaded table.
pub struct Link {
    /// The columns that refer.
    pub columns: Vec<usize>,
    /// The table that they refer to.
    pub parent: String,
    /// Gives the identity and the referring values of each row that refers to nothing.
    query: String,
    identity: usize,
    before: HashSet<u64>,
}

/// Values that refer to nothing since the load.
pub struct Dangling {
    /// The foreign key.
    pub link: usize,
    /// What stands in its columns.
    pub values: Vec<Datum<'static>>,
}

/// The foreign keys of a table, with what is wrong with them already.
pub fn links(connection: &Connection, step: &str, table: &Table) -> Result<Vec<Link>> {
    let told = |e: rusqlite::Error| refused(step, "reading foreign keys", &e);
    let mut links = read(connection, table).map_err(told)?;
    for link in &mut links {
        let mut before = HashSet::new();
        link.each(connection, &mut |row| {
            before.insert(hash(row)?);
            Ok(())
        })
        .map_err(told)?;
        link.before = before;
    }
    Ok(links)
}

/// What refers to nothing now and did not before, each value once.
pub fn dangling(connection: &Connection, step: &str, links: &[Link]) -> Result<Vec<Dangling>> {
    let mut found = Vec::new();
    for (n, link) in links.iter().enumerate() {
        let mut seen = HashSet::new();
        link.each(connection, &mut |row| {
            if link.before.contains(&hash(row)?) {
                return Ok(());
            }
            let values = (link.identity..link.identity + link.columns.len()).map(|c| row.get_ref(c).map(Datum::of));
            let values = values.collect::<rusqlite::Result<Vec<_>>>()?;
            if found.len() < NAMED && seen.insert(said(n, values.iter())) {
                found.push(Dangling { link: n, values });
            }
            Ok(())
        })
        .map_err(|e| refused(step, "checking foreign keys", &e))?;
    }
    Ok(found)
}

impl Link {
    fn each(&self, connection: &Connection, take: &mut dyn FnMut(&Row<'_>) -> rusqlite::Result<()>) -> rusqlite::Result<()> {
        let mut statement = connection.prepare(&self.query)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            take(row)?;
        }
        Ok(())
    }

    /// What a row of a file says in these columns, as [`Dangling::said`]; `None` if it leaves one of them to others.
    pub fn said(&self, n: usize, values: &Values<'_>) -> Option<String> {
        let own: Option<Vec<&Datum<'_>>> = self.columns.iter().map(|place| values[*place].as_ref()).collect();
        Some(said(n, own?.into_iter()))
    }

    /// The complaint about a row that refers to nothing.
    pub fn complaint(&self, table: &Table, dangling: &Dangling) -> Complaint {
        let names: Vec<&str> = self.columns.iter().map(|c| table.columns[*c].name.as_str()).collect();
        let values: Vec<String> = dangling.values.iter().map(shown).collect();
        let (names, values) = (names.join(", "), values.join(", "));
        let why = format!("refers to a row of “{}” that is not there: {values}", self.parent);
        Complaint::of(&names, Some(values), why)
    }
}

impl Dangling {
    /// The foreign key and the values, for looking them up.
    pub fn said(&self) -> String {
        said(self.link, self.values.iter())
    }
}

fn said<'v, 'd: 'v>(link: usize, values: impl Iterator<Item = &'v Datum<'d>>) -> String {
    values.fold(link.to_string(), |text, value| format!("{text} {value:?}"))
}

fn hash(row: &Row<'_>) -> rusqlite::Result<u64> {
    let mut hasher = DefaultHasher::new();
    for n in 0..row.as_ref().column_count() {
        format!("{:?}", row.get_ref(n)?).hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn read(connection: &Connection, table: &Table) -> rusqlite::Result<Vec<Link>> {
    let mut statement =
        connection.prepare("SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1, 'main') ORDER BY id, seq")?;
    let mut rows = statement.query([&table.name])?;
    let mut keys: BTreeMap<i64, (String, Vec<String>, Vec<String>)> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let key = keys.entry(row.get(0)?).or_insert((row.get(1)?, Vec::new(), Vec::new()));
        key.1.push(row.get(2)?);
        key.2.extend(row.get::<_, Option<String>>(3)?);
    }
    let mut links = Vec::new();
    for (parent, from, to) in keys.into_values() {
        links.extend(link(connection, table, parent, &from, to)?);
    }
    Ok(links)
}

fn link(connection: &Connection, table: &Table, parent: String, from: &[String], to: Vec<String>) -> rusqlite::Result<Option<Link>> {
    let to = if to.is_empty() { primary_key(connection, &parent)? } else { to };
    let there: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND name = ?1 COLLATE NOCASE)",
        [&parent],
        |r| r.get(0),
    )?;
    let columns: Option<Vec<usize>> = from.iter().map(|name| table.column(name)).collect();
    let Some(columns) = columns.filter(|columns| !there || columns.len() == to.len()) else {
        // SQLite could not hold such a key either.
        return Ok(None);
    };
    let child = |name: &String| format!("child.{}", quoted(name));
    let mut conditions: Vec<String> = from.iter().map(|name| format!("{} IS NOT NULL", child(name))).collect();
    if there {
        // The parent's column is on the left and the child's is a bare value, so that the parent's collation and type decide, as in
        // SQLite's own check.
        let same = to
            .iter()
            .zip(from)
            .map(|(to, from)| format!("parent.{} = +{}", quoted(to), child(from)));
        let same: Vec<String> = same.collect();
        conditions.push(format!(
            "NOT EXISTS (SELECT 1 FROM main.{} AS parent WHERE {})",
            quoted(&parent),
            same.join(" AND ")
        ));
    }
    let identity = table.identity.iter().map(|name| format!("child.{name}"));
    let asked: Vec<String> = identity.chain(from.iter().map(child)).collect();
    Ok(Some(Link {
        query: format!(
            "SELECT {} FROM {} AS child WHERE {}",
            asked.join(", "),
            table.sql(),
            conditions.join(" AND ")
        ),
        identity: table.identity.len(),
        before: HashSet::new(),
        columns,
        parent,
    }))
}
