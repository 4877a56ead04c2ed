//! `db`: queries, statements, parameters, and what it refuses.

use super::room::{STEP, database, failed, logged, run_on, says, told};
use holdfast::failure::Reason;
use holdfast::script::{Limits, Scripts};
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

#[test]
fn queries_give_rows_and_runs_give_counts() {
    let log = logged(
        "ctx.log(db.query('SELECT id, name FROM t WHERE id > ? ORDER BY id', [1]));
         ctx.log(db.get('SELECT name FROM t WHERE id = 1'), db.get('SELECT name FROM t WHERE id = 9') === undefined);
         ctx.log(db.run('UPDATE t SET any = any + 1 WHERE id < 3'));
         ctx.log(db.run('INSERT INTO t(id, name) VALUES (?, ?)', [40, 'forty']));
         ctx.log(db.run('CREATE TABLE u(a)').changes, db.run('DELETE FROM t WHERE id = 77').changes, db.run('SELECT 1').changes);
         ctx.log(db.run('INSERT INTO t(name) VALUES (1), (2) RETURNING id').changes);
         ctx.log(db.query('INSERT INTO t(name) VALUES (3) RETURNING id'));
         const names = []; ctx.log(db.each('SELECT name FROM t WHERE id < ?', [4], (row) => names.push(row.name)), names);
         ctx.log(db.run('INSERT INTO t(id) VALUES (9223372036854775807)').lastInsertRowid === 9223372036854775807n);",
    );
    assert_eq!(
        log,
        [
            r#"[{"id":2,"name":"two"},{"id":3,"name":"three"}]"#,
            r#"{"name":"one"} true"#,
            r#"{"changes":2,"lastInsertRowid":3}"#,
            r#"{"changes":1,"lastInsertRowid":40}"#,
            "0 0 0",
            "2",
            r#"[{"id":43}]"#,
            r#"3 ["one","two","three"]"#,
            "true",
        ]
    );
}

#[test]
fn a_prepared_statement_has_the_same_methods() {
    let log = logged(
        "const insert = db.prepare('INSERT INTO t(name, any) VALUES (:name, @any)');
         for (let n = 0; n < 5; n++) insert.run({name: 'p' + n, '@any': n});
         const find = db.prepare('SELECT any FROM t WHERE name = $name');
         ctx.log(find.get({name: 'p3'}), find.query({$name: 'p4'}));
         let sum = 0; db.prepare('SELECT any FROM t WHERE name LIKE ?').each(['p%'], (row) => { sum += row.any; });
         ctx.log(sum, insert.sql);",
    );
    assert_eq!(
        log,
        [r#"{"any":3} [{"any":4}]"#, "10 INSERT INTO t(name, any) VALUES (:name, @any)"]
    );
}

#[test]
fn statements_may_be_nested() {
    let log = logged(
        "const inner = db.prepare('SELECT name FROM t WHERE id = ?'); const seen = [];
         const outer = db.prepare('SELECT id FROM t ORDER BY id');
         outer.each((a) => outer.each((b) => { if (a.id === b.id) seen.push(inner.get([b.id]).name); }));
         ctx.log(seen);",
    );
    assert_eq!(log, [r#"["one","two","three"]"#]);
}

#[test]
fn exec_runs_several_statements() {
    let log = logged(
        "db.exec(`CREATE TABLE a(x); -- a comment; with a semicolon
             CREATE TRIGGER g AFTER INSERT ON a BEGIN DELETE FROM t; SELECT 1; END;
             INSERT INTO a VALUES (';');`);
         ctx.log(db.get('SELECT count(*) n FROM t').n);",
    );
    assert_eq!(log, ["0"]);
    says(
        &failed("db.exec('SELECT 1;\\nSELECT * FROM missing;');"),
        Some(2),
        &["no such table: missing"],
    );
}

#[test]
fn several_statements_and_none_are_refused_elsewhere() {
    for method in ["query", "run", "get", "prepare"] {
        says(
            &failed(&format!("db.{method}('SELECT 1; SELECT 2');")),
            Some(2),
            &["holds 2 statements", "db.exec()"],
        );
        says(&failed(&format!("db.{method}(' -- nothing');")), Some(2), &["holds no statement"]);
        says(
            &failed(&format!("db.{method}(7);")),
            Some(2),
            &[&format!("db.{method}() wants SQL text")],
        );
    }
    logged("db.query('SELECT 1; -- only a comment follows');");
}

#[test]
fn parameters_must_fit() {
    for (call, words) in [
        ("db.run('SELECT ?, ?', [1])", "has 2 parameters and 1 are given"),
        ("db.run('SELECT ?', [1, 2])", "has 1 parameters and 2 are given"),
        ("db.run('SELECT ?')", "has 1 parameters and none is given"),
        ("db.run('SELECT :a', {b: 1})", "parameter :a is not given"),
        ("db.run('SELECT :a', {a: 1, b: 1})", "no parameter “b”"),
        ("db.run('SELECT ?', {a: 1})", "parameter 1 of the statement has no name"),
        ("db.run('SELECT ?', 'text')", "given as an array, or as an object"),
        ("db.run('SELECT :a', {a: undefined})", "parameter :a is undefined"),
        ("db.each('SELECT 1')", "each() wants a function"),
        ("db.each('SELECT 1', async () => {})", "does not wait for promises"),
    ] {
        says(&failed(&format!("\n{call};")), Some(3), &[words]);
    }
}

#[test]
fn each_needs_no_more_memory_for_more_rows() {
    let connection = database();
    connection
        .execute_batch(
            "CREATE TABLE big(a); WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 40000)
             INSERT INTO big SELECT printf('%01000d', n) FROM c;",
        )
        .unwrap();
    let limits = Limits {
        memory_bytes: 4 << 20,
        ..Limits::default()
    };
    let ear = super::room::Ear::default();
    let mut scripts = Scripts::new(&connection, limits).unwrap();
    let each =
        "export default function (db, ctx) { let n = 0; db.each('SELECT a FROM big', (row) => { n += row.a.length; }); ctx.log(n); }";
    let report = scripts.run(STEP, each, &super::room::context(&ear)).unwrap();
    assert_eq!((report.read, report.log), (40_000, vec!["40000000".to_owned()]));
    let all = "export default function (db, ctx) {\n ctx.log(db.query('SELECT a FROM big').length); }";
    let failure = scripts.run(STEP, all, &super::room::context(&ear)).unwrap_err();
    says(&failure, Some(2), &["more memory than its limit of 4 MiB", "db.each"]);
    assert_eq!(scripts.run(STEP, each, &super::room::context(&ear)).unwrap().read, 40_000);
}

#[test]
fn a_script_catches_errors_of_sql_and_goes_on() {
    let log = logged(
        "try { db.run('INSERT INTO t(id) VALUES (1)'); } catch (error) { ctx.log(error.name, error.message, error.code, error.sql, error instanceof Error); }
         db.run('INSERT INTO t(id) VALUES (50)');
         ctx.log(db.get('SELECT count(*) n FROM t').n);",
    );
    assert_eq!(
        log,
        [
            "SqlError UNIQUE constraint failed: t.id 1555 INSERT INTO t(id) VALUES (1) true",
            "4"
        ]
    );
}

#[test]
fn an_error_of_sql_carries_statement_and_line() {
    let failure = failed("\n\ndb.query('SELECT * FROM missing');");
    says(&failure, Some(4), &["no such table: missing"]);
    assert_eq!(failure.fields["statement"], "SELECT * FROM missing");
}

#[test]
fn what_the_authorizer_denies_ends_the_step_whatever_the_script_catches() {
    let mut connection = database();
    connection
        .authorizer(Some(|context: AuthContext<'_>| match context.action {
            AuthAction::Transaction { .. } | AuthAction::Attach { .. } => Authorization::Deny,
            _ => Authorization::Allow,
        }))
        .unwrap();
    for sql in ["COMMIT", "ATTACH 'x.db' AS x"] {
        let source = format!("export default function (db, ctx) {{\n try {{\n db.run(`{sql}`); }} catch {{}} \n ctx.log('went on'); }}");
        let failure = run_on(&connection, &source).unwrap_err();
        assert_eq!(failure.reason, Reason::StepRefused);
        told(&failure, Some(3), &["no step may use", sql]);
        assert_eq!(failure.fields["statement"], sql);
        assert!(!connection.is_autocommit());
    }
}

#[test]
fn a_transaction_that_sqlite_undoes_ends_the_step_whatever_the_script_catches() {
    let connection = database();
    let source = "export default function (db) {
        try { db.run('INSERT OR ROLLBACK INTO t(id) VALUES (1)'); } catch {}
        db.run('CREATE TABLE outside(a)');
    }";
    let failure = run_on(&connection, source).unwrap_err();
    says(&failure, Some(2), &["UNIQUE constraint failed", "undone the whole transaction"]);
    let left: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))
        .unwrap();
    assert_eq!(left, 0, "nothing was written after the rollback");
}

#[test]
fn a_script_that_ends_the_transaction_itself_is_stopped() {
    let connection = database();
    let source = "export default function (db) {\n try { db.run('COMMIT'); } catch {}\n db.run('CREATE TABLE outside(a)');\n}";
    let failure = run_on(&connection, source).unwrap_err();
    assert_eq!(failure.reason, Reason::StepRefused);
    told(&failure, Some(2), &["ended the transaction"]);
    let left: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'outside'", [], |r| r.get(0))
        .unwrap();
    assert_eq!(left, 0);
}
