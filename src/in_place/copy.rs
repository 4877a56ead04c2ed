//! The rows of a table that is made anew: an INSERT for each source, with what the mapping says of values.

use super::table::{source, sources};
use super::{Made, Script, Work, guard};
use crate::reshape::{OnMatch, Other, SourceRule, ValueRule};
use crate::schema::{Column, Definition, Table};
use crate::sql::quoted;
use rusqlite::Connection;
use serde_json::Value;

/// A source as it is read: `SELECT … FROM from AS old WHERE filter`.
struct Read<'a> {
    made: &'a Made<'a>,
    rule: &'a SourceRule,
    /// Target columns and the expressions that give their values.
    values: Vec<(&'a Column, String)>,
    from: String,
    filter: String,
    /// By what the old rows are told apart, in their order.
    order: Option<String>,
}

/// Fills a new table.
pub fn fill(work: &Work<'_>, made: &Made<'_>, script: &mut Script, unsolved: &mut Vec<String>) {
    for (n, rule) in sources(work, made.new).iter().enumerate() {
        let from = source(work, made.new, rule);
        if from.is_none() && rule.query.is_none() {
            // A table that is new begins without rows.
            continue;
        }
        let Some(offered) = offered(work.old, rule, from) else {
            unsolved.push(format!(
                "The query that fills “{}” cannot be read in the old schema.",
                made.new.name
            ));
            continue;
        };
        let Some(values) = values(work, made, rule, from, &offered, script, unsolved) else {
            continue;
        };
        let read = read(made, rule, from, values, n == 0);
        script.blank();
        read.copy(script);
        if let Some(from) = from.filter(|from| from.autoincrement && made.new.autoincrement) {
            sequence(made, from, script);
        }
    }
}

fn read<'a>(made: &'a Made<'a>, rule: &'a SourceRule, from: Option<&Table>, values: Vec<(&'a Column, String)>, is_first: bool) -> Read<'a> {
    let rowid = from.and_then(rowid);
    let carries = is_first && !rule.only && rule.filter.is_none() && made.new.rowid_column.is_none() && rowid_name(made.new).is_some();
    Read {
        from: match (&rule.query, from) {
            (None, Some(table)) => quoted(&table.name),
            (query, _) => format!("({})", query.as_deref().unwrap_or_default()),
        },
        filter: rule.filter.as_ref().map_or_else(String::new, |filter| format!(" WHERE ({filter})")),
        order: match rule.query {
            None if carries && rowid.is_some() => rowid,
            None => from.and_then(self::rowid),
            Some(_) => None,
        },
        made,
        rule,
        values,
    }
}

impl Read<'_> {
    fn copy(&self, script: &mut Script) {
        let table = quoted(&self.made.name);
        let names: Vec<String> = self.values.iter().map(|(column, _)| quoted(&column.name)).collect();
        if self.rule.matching.is_empty() {
            let (mut into, mut select): (Vec<String>, Vec<String>) = (names, self.values.iter().map(|(_, sql)| sql.clone()).collect());
            if let Some((own, old)) = self.carried() {
                into.insert(0, own);
                select.insert(0, old);
            }
            let order = self.order.as_ref().map_or_else(String::new, |order| format!(" ORDER BY {order}"));
            let (into, select) = (into.join(", "), select.join(", "));
            script.say(&format!(
                "INSERT INTO {table}({into})\nSELECT {select}\nFROM {} AS old{}{order}",
                self.from, self.filter
            ));
            return;
        }
        self.matched(&table, &names, script);
    }

    /// The hidden rowid goes over where triggers, views or indexes may speak of it.
    fn carried(&self) -> Option<(String, String)> {
        let is_whole = !self.rule.only && self.rule.filter.is_none() && self.rule.query.is_none();
        let own = rowid_name(self.made.new).filter(|_| is_whole && self.made.new.rowid_column.is_none())?;
        Some((own.to_owned(), self.order.clone()?))
    }

    /// Rows that may be there already.
    fn matched(&self, table: &str, names: &[String], script: &mut Script) {
        let is_key = |column: &Column| self.rule.matching.iter().any(|name| name.eq_ignore_ascii_case(&column.name));
        let keys: Vec<String> = self
            .values
            .iter()
            .filter(|(c, _)| is_key(c))
            .map(|(c, _)| quoted(&c.name))
            .collect();
        let same = |there: &str| {
            keys.iter()
                .map(|key| format!("{there}.{key} IS source.{key}"))
                .collect::<Vec<_>>()
                .join(" AND ")
        };
        let direction = if self.rule.on_match == OnMatch::Update { " DESC" } else { "" };
        let order = self
            .order
            .as_ref()
            .map_or_else(String::new, |order| format!(" ORDER BY {order}{direction}"));
        let by: Vec<&str> = self.values.iter().filter(|(c, _)| is_key(c)).map(|(_, sql)| sql.as_str()).collect();
        let place = format!("row_number() OVER (PARTITION BY {}{order})", by.join(", "));
        let selected: Vec<String> = self
            .values
            .iter()
            .zip(names)
            .map(|((_, sql), name)| format!("{sql} AS {name}"))
            .collect();
        let rows = format!(
            "SELECT {}, {place} AS place_of_row FROM {} AS old{}",
            selected.join(", "),
            self.from,
            self.filter
        );
        if matches!(self.rule.on_match, OnMatch::Stop | OnMatch::Fill) {
            let what = format!(
                "No two rows for “{}” may be the same in {}.",
                self.made.new.name,
                self.rule.matching.join(", ")
            );
            guard::nothing(script, &what, &format!("SELECT 1 FROM ({rows}) WHERE place_of_row > 1"));
        }
        let there = format!("SELECT 1 FROM {table} AS there WHERE {}", same("there"));
        match self.rule.on_match {
            OnMatch::Stop => {
                let what = format!("No row for “{}” may be there already.", self.made.new.name);
                guard::nothing(script, &what, &format!("SELECT 1 FROM ({rows}) AS source WHERE EXISTS ({there})"));
            }
            OnMatch::Keep => {}
            OnMatch::Update | OnMatch::Fill => self.update(table, &rows, &same(table), is_key, script),
        }
        let names = names.join(", ");
        script.say(&format!(
            "INSERT INTO {table}({names})\nSELECT {names}\nFROM ({rows}) AS source\nWHERE place_of_row = 1 AND NOT EXISTS ({there})"
        ));
    }

    /// What a source says of rows that are there.
    fn update(&self, table: &str, rows: &str, is_same: &str, is_key: impl Fn(&Column) -> bool, script: &mut Script) {
        let others = self.values.iter().filter(|(c, _)| !is_key(c)).map(|(c, _)| quoted(&c.name));
        let set: Vec<String> = others
            .map(|name| match self.rule.on_match {
                OnMatch::Fill => format!("{name} = coalesce({table}.{name}, source.{name})"),
                _ => format!("{name} = source.{name}"),
            })
            .collect();
        if !set.is_empty() {
            script.say(&format!(
                "UPDATE {table} SET {}\nFROM ({rows}) AS source\nWHERE place_of_row = 1 AND {is_same}",
                set.join(", ")
            ));
        }
    }
}

/// The columns that a source offers by name.
fn offered(old: &Definition, rule: &SourceRule, from: Option<&Table>) -> Option<Vec<String>> {
    let Some(query) = &rule.query else {
        return Some(from?.columns.iter().map(|c| c.name.clone()).collect());
    };
    let memory = Connection::open_in_memory().ok()?;
    for table in &old.tables {
        memory.execute_batch(&table.sql).ok()?;
    }
    for view in &old.views {
        // One that cannot be made is not what this query reads, or the query says so.
        let _ = memory.execute_batch(&view.sql);
    }
    let statement = memory.prepare(query).ok()?;
    Some(statement.column_names().map(str::to_owned).collect())
}

/// The values of a source; `None` if one of them cannot be said.
fn values<'a>(
    work: &Work<'_>,
    made: &Made<'a>,
    rule: &SourceRule,
    from: Option<&Table>,
    offered: &[String],
    script: &mut Script,
    unsolved: &mut Vec<String>,
) -> Option<Vec<(&'a Column, String)>> {
    let find = |rules: &std::collections::BTreeMap<String, ValueRule>, name: &str| {
        rules
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, rule)| rule.clone())
    };
    let mut values = Vec::new();
    for column in made.new.columns.iter().filter(|c| c.generated.is_none()) {
        let by_name = !rule.only && offered.iter().any(|name| name.eq_ignore_ascii_case(&column.name));
        let ruled = find(&rule.columns, &column.name).or_else(|| find(&work.mapping.columns, &column.name).filter(|_| by_name));
        let given = match ruled {
            Some(given) if given.new_key => continue,
            Some(given) => given,
            None if by_name => ValueRule::default(),
            None => continue,
        };
        if let Some(of) = &given.key_of {
            unsolved.push(format!(
                "“{}.{}” gets the key that a row got in “{of}”, which SQL cannot know by itself: write the look-up.",
                made.new.name, column.name
            ));
            return None;
        }
        let name = given.from.clone().unwrap_or_else(|| column.name.clone());
        let is_plain = given.sql.is_none() && given.value.is_none();
        let was = from.and_then(|table| table.column(&name)).filter(|_| is_plain);
        let (base, table) = (base(&given, &name), from.map(|t| quoted(&t.name)));
        let place = format!("“{}.{}”", made.new.name, column.name);
        let filter = rule.filter.as_ref().map_or_else(String::new, |filter| format!(" WHERE ({filter})"));
        if let (false, None | Some(Other::Stop), Some(table)) = (given.map.is_empty(), &given.other, &table) {
            let all: Vec<String> = given.map.keys().map(|key| text(key)).collect();
            let query = format!(
                "SELECT 1 FROM (SELECT {base} AS value FROM {table} AS old{filter}) WHERE value IS NOT NULL AND CAST(value AS TEXT) NOT IN ({})",
                all.join(", ")
            );
            guard::nothing(script, &format!("Every value of {place} must be in its map."), &query);
        }
        let is_other = was.is_some_and(|was| !was.declared.eq_ignore_ascii_case(&column.declared));
        if let (true, false, true, Some(table)) = (is_other, given.convert, given.map.is_empty(), &table) {
            let query = format!("SELECT {base} AS value FROM {table} AS old{filter}");
            guard::no_other_value(script, &place, &column.declared, &query);
        }
        values.push((column, changed(&given, base)));
    }
    Some(values)
}

/// Where a value comes from.
fn base(rule: &ValueRule, name: &str) -> String {
    match (&rule.sql, &rule.value) {
        (Some(sql), _) => format!("({sql})"),
        (None, Some(value)) => literal(value),
        (None, None) => format!("old.{}", quoted(name)),
    }
}

/// What becomes of it.
fn changed(rule: &ValueRule, base: String) -> String {
    let mut sql = base.clone();
    if !rule.map.is_empty() {
        let cases = rule
            .map
            .iter()
            .map(|(old, new)| format!(" WHEN {} THEN {}", text(old), literal(new)));
        let cases: String = cases.collect();
        let other = match &rule.other {
            Some(Other::Value(value)) => format!("CASE WHEN {base} IS NOT NULL THEN {} END", literal(value)),
            _ => base.clone(),
        };
        sql = format!("CASE CAST({base} AS TEXT){cases} ELSE {other} END");
    }
    match &rule.when_null {
        Some(value) => format!("CASE WHEN {base} IS NULL THEN {} ELSE {sql} END", literal(value)),
        None => sql,
    }
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(yes) => i32::from(*yes).to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(string) => text(string),
        other => text(&other.to_string()),
    }
}

/// A word by which SQLite knows the rowid of a table; `None` if it has none, or columns hide all of them.
fn rowid_name(table: &Table) -> Option<&'static str> {
    let words = ["rowid", "_rowid_", "oid"];
    words
        .into_iter()
        .find(|word| table.column(word).is_none())
        .filter(|_| !table.without_rowid)
}

fn rowid(table: &Table) -> Option<String> {
    rowid_name(table).map(|word| format!("old.{word}"))
}

/// The keys that AUTOINCREMENT has given out are not given again.
fn sequence(made: &Made<'_>, from: &Table, script: &mut Script) {
    let (name, old) = (text(&made.name), text(&from.name));
    script.say(&format!(
        "INSERT INTO sqlite_sequence(name, seq) SELECT {name}, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = {name})"
    ));
    script.say(&format!(
        "UPDATE sqlite_sequence SET seq = max(seq, coalesce((SELECT seq FROM sqlite_sequence WHERE name = {old}), 0)) WHERE name = {name}"
    ));
}
