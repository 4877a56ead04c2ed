//! Pairs of schemas from the test suites of other tools: a reshape that is told the renames, and nothing else, reaches the desired schema
//! with the right rows. What only a person can answer is asked, and never guessed.

#[path = "support/cases.rs"]
mod cases;

use cases::{Case, expected, rows};
use holdfast::database::{Schema, integrity_errors};
use holdfast::report::Nobody;
use holdfast::reshape::{Drop, Mapping, Reshape, SourceRule, ValueRule};
use rusqlite::Connection;
use std::collections::BTreeMap;

fn built(statements: &[String]) -> Connection {
    let connection = Connection::open_in_memory().expect("memory");
    connection.execute_batch("PRAGMA foreign_keys=OFF").expect("off");
    for statement in statements {
        connection.execute_batch(statement).unwrap_or_else(|e| panic!("{statement}: {e}"));
    }
    connection
}

fn columns(connection: &Connection, table: &str) -> Vec<String> {
    let mut statement = connection
        .prepare("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden <> 1")
        .expect("columns");
    let names = statement.query_map([table], |r| r.get(0)).expect("columns");
    names.collect::<rusqlite::Result<_>>().expect("columns")
}

fn tables(connection: &Connection) -> Vec<String> {
    holdfast::database::tables(connection).expect("tables")
}

/// The mapping that follows from the renames: what the desired schema does not have goes.
fn mapping(case: &Case, old: &Connection, new: &Connection) -> Mapping {
    let mut mapping = Mapping::default();
    let is = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let (old_tables, new_tables) = (tables(old), tables(new));
    for target in &new_tables {
        let renamed = case.renames.iter().find(|r| r.kind == "table" && is(&r.to, target));
        let from = renamed.map(|r| r.from.clone());
        let source = from.clone().unwrap_or_else(|| target.clone());
        let columns = case
            .renames
            .iter()
            .filter(|r| r.kind == "column" && (is(&r.table, target) || is(&r.table, &source)));
        let columns: BTreeMap<String, ValueRule> = columns
            .map(|r| {
                let rule = ValueRule {
                    from: Some(r.from.clone()),
                    ..ValueRule::default()
                };
                (r.to.clone(), rule)
            })
            .collect();
        let columns = with_conversions(columns, old, new, &source, target);
        if from.is_some() || !columns.is_empty() {
            let rule = SourceRule {
                from,
                columns,
                ..SourceRule::default()
            };
            mapping.tables.insert(target.clone(), vec![rule]);
        }
    }
    for table in &old_tables {
        let target = new_tables
            .iter()
            .find(|target| match mapping.tables.iter().find(|(name, _)| is(name, target)) {
                Some((_, rules)) => is(rules[0].from.as_deref().unwrap_or(target), table),
                None => is(target, table),
            });
        let drop = |column: Option<String>| Drop {
            table: table.clone(),
            column,
            reason: "not in the new schema".to_owned(),
        };
        let Some(target) = target else {
            mapping.drops.push(drop(None));
            continue;
        };
        let kept = columns(new, target);
        let rules = mapping
            .tables
            .iter()
            .find(|(name, _)| is(name, target))
            .map(|(_, rules)| rules[0].columns.clone());
        let rules = rules.unwrap_or_default();
        for column in columns(old, table) {
            let by_rule = rules.values().any(|rule| rule.from.as_deref().is_some_and(|f| is(f, &column)));
            let by_name = kept.iter().any(|k| is(k, &column) && !rules.keys().any(|r| is(r, k)));
            if !by_rule && !by_name {
                mapping.drops.push(drop(Some(column)));
            }
        }
    }
    mapping
}

/// Where a column of type ANY is no longer one of a STRICT table, SQLite makes numbers of texts, and the desired rows have them.
fn with_conversions(
    mut columns: BTreeMap<String, ValueRule>,
    old: &Connection,
    new: &Connection,
    source: &str,
    target: &str,
) -> BTreeMap<String, ValueRule> {
    let strict = |c: &Connection, table: &str| {
        let query = "SELECT strict FROM pragma_table_list WHERE name = ?1";
        c.query_row(query, [table], |r| r.get::<_, bool>(0)).unwrap_or(false)
    };
    if strict(old, source) && !strict(new, target) {
        let mut any = new
            .prepare("SELECT name FROM pragma_table_info(?1) WHERE upper(type) = 'ANY'")
            .expect("columns");
        let names = any.query_map([target], |r| r.get::<_, String>(0)).expect("columns");
        for name in names {
            columns.entry(name.expect("a name")).or_default().convert = true;
        }
    }
    columns
}

/// Views and triggers by text, which a schema's description has as well; so one comparison says all.
fn judge(case: &Case, migrated: impl Fn(&Connection, &Connection, &Mapping) -> Result<Connection, String>) -> Result<(), String> {
    let (current, desired) = (built(&case.current), built(&case.desired));
    for statement in &case.seed {
        current.execute_batch(statement).map_err(|e| format!("seed: {e}"))?;
    }
    let wanted = Schema::read(&desired, &[]).map_err(|f| f.message)?;
    let mapping = mapping(case, &current, &desired);
    let result = migrated(&current, &desired, &mapping)?;
    let reached = Schema::read(&result, &[]).map_err(|f| f.message)?;
    if reached != wanted {
        return Err(reached.name_difference(&wanted));
    }
    if let Some(error) = integrity_errors(&result).map_err(|e| e.to_string())?.first() {
        return Err(error.clone());
    }
    for (table, (columns, after)) in case.data_after.iter().flatten() {
        let (found, wanted) = (rows(&result, table, columns)?, expected(after));
        if found != wanted {
            return Err(format!("{table}: {found:?}, not {wanted:?}"));
        }
    }
    // A second run finds nothing to do.
    let contents = |c: &Connection| holdfast::database::contents(c).map_err(|e| e.to_string());
    let before = contents(&result)?;
    let again = migrated(&result, &desired, &Mapping::default())?;
    if Schema::read(&again, &[]).map_err(|f| f.message)? != wanted || contents(&again)? != before {
        return Err("a second run changed something".to_owned());
    }
    Ok(())
}

/// By a reshape.
fn by_reshape(old: &Connection, desired: &Connection, mapping: &Mapping) -> Result<Connection, String> {
    let schema = holdfast::reshape::schema_text(desired).map_err(|e| e.to_string())?;
    reshaped(old, &schema, mapping)
}

/// By statements on a copy.
fn in_place(old: &Connection, desired: &Connection, mapping: &Mapping) -> Result<Connection, String> {
    let read = |connection: &Connection| holdfast::schema::read(connection).map_err(|f| f.message);
    let written = holdfast::in_place::write(&read(old)?, &read(desired)?, mapping).map_err(|f| f.message)?;
    if let Some(unsolved) = written.unsolved.first() {
        return Err(unsolved.clone());
    }
    let mut copy = Connection::open_in_memory().map_err(|e| e.to_string())?;
    let backup = rusqlite::backup::Backup::new(old, &mut copy).map_err(|e| e.to_string())?;
    backup.step(-1).map_err(|e| e.to_string())?;
    drop(backup);
    let begun = copy.execute_batch("PRAGMA foreign_keys=OFF; BEGIN");
    let ran = begun
        .and_then(|()| copy.execute_batch(&written.sql))
        .and_then(|()| copy.execute_batch("COMMIT"));
    ran.map_err(|e| format!("{e} in:\n{}", written.sql))?;
    Ok(copy)
}

fn reshaped(old: &Connection, schema: &str, mapping: &Mapping) -> Result<Connection, String> {
    let new = Connection::open_in_memory().map_err(|e| e.to_string())?;
    let reshape = Reshape {
        step: "case",
        schema,
        mapping,
        prepare: &|_| Ok(()),
    };
    reshape.run(old, &new, &Nobody).map_err(|f| f.to_string())?;
    Ok(new)
}

/// A reshape that must ask, and says so in words.
#[track_caller]
fn asks(old: &str, new: &str, words: &str) {
    let current = built(&[old.to_owned()]);
    let before = holdfast::database::contents(&current).expect("contents");
    let said = reshaped(&current, new, &Mapping::default()).expect_err(words);
    assert!(said.contains(words), "{words}: {said}");
    assert!(holdfast::database::contents(&current).expect("contents") == before);
}

#[test]
fn what_only_a_person_can_answer_is_asked() {
    let t = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x'), (2, NULL);";
    asks(
        t,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT NOT NULL)",
        "“t.b” must not be NULL and has no default",
    );
    asks(
        t,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL)",
        "the row of “t” with id = 2",
    );
    asks(t, "CREATE TABLE t (id INTEGER PRIMARY KEY)", "1 values of the column “t.a”");
    asks(t, "CREATE TABLE u (id INTEGER PRIMARY KEY)", "2 rows of the table “t”");
    asks(
        t,
        "CREATE TABLE t (key INTEGER PRIMARY KEY, a TEXT)",
        "the key “t.key” has no counterpart",
    );
    asks(
        t,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT CHECK (a <> 'x'))",
        "the row of “t” with id = 1",
    );
    asks(t, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER) STRICT", "“x” for “t.a”");
    let n = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, ''), (2, '7');";
    asks(n, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)", "its value “” for “t.a”");
    let n = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER); INSERT INTO t VALUES (1, 9007199254740993);";
    asks(n, "CREATE TABLE t (id INTEGER PRIMARY KEY, a REAL)", "“9007199254740993” for “t.a”");
    let n = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'A');";
    asks(
        n,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE UNIQUE)",
        "the row of “t” with id = 2",
    );
}

#[track_caller]
fn every_case(migrated: impl Fn(&Connection, &Connection, &Mapping) -> Result<Connection, String>) {
    let cases = cases::all();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| judge(case, &migrated).err().map(|why| format!("{}: {why}", case.id)))
        .collect();
    println!("{} cases, {} wrong", cases.len(), wrong.len());
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn every_case_reaches_its_schema_with_its_rows() {
    every_case(by_reshape);
}

#[test]
fn every_case_reaches_its_schema_with_its_rows_in_place() {
    every_case(in_place);
}
