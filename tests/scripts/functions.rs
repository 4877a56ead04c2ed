//! SQL functions that scripts define.

use super::room::{Ear, STEP, context, database, failed, limits, logged, says, still_usable};
use holdfast::script::{Limits, Scripts};
use rusqlite::Connection;

const DEFINE: &str = "const prefix = 'x-';
    export default function (db, ctx) {
        db.define('slug', {deterministic: true}, (text) => text === null ? null : prefix + text.trim().toLowerCase().replace(/\\s+/g, '-'));
        db.define('kinds', (...all) => all.map((a) => a === null ? 'null' : a instanceof Uint8Array ? 'blob' : typeof a).join());
        db.define('same', (a) => a);
    }";

fn text(connection: &Connection, sql: &str) -> String {
    connection.query_row(sql, [], |r| r.get(0)).unwrap()
}

#[test]
fn steps_after_it_call_a_function_and_it_goes_with_the_chain() {
    let connection = database();
    let ear = Ear::default();
    let mut scripts = Scripts::new(&connection, limits()).unwrap();
    scripts.run("2.0/10-define.js", DEFINE, &context(&ear)).unwrap();
    // A step in SQL.
    connection
        .execute("UPDATE t SET name = slug('  A Long  ' || name || ' ')", [])
        .unwrap();
    assert_eq!(
        text(&connection, "SELECT group_concat(name) FROM t"),
        "x-a-long-one,x-a-long-two,x-a-long-three"
    );
    assert_eq!(
        text(&connection, "SELECT kinds(1, 9007199254740993, 1.5, 'a', x'00', NULL)"),
        "number,bigint,number,string,blob,null"
    );
    connection
        .execute_batch("CREATE INDEX by_slug ON t(slug(name)); DROP INDEX by_slug;")
        .unwrap();
    // A step in JavaScript.
    let again = "export default function (db, ctx) { ctx.log(db.get(\"SELECT slug('Q R') AS s\").s); db.define('slug', (text) => 'anew'); ctx.log(db.get(\"SELECT slug('') AS s\").s); }";
    assert_eq!(scripts.run(STEP, again, &context(&ear)).unwrap().log, ["x-q-r", "anew"]);
    for sql in [
        "SELECT quote(same(x'00ff'))",
        "SELECT quote(same(-9223372036854775808))",
        "SELECT quote(same(NULL))",
        "SELECT quote(same('ü'))",
    ] {
        assert_eq!(text(&connection, sql), text(&connection, &sql.replace("same", "")), "{sql}");
    }
    drop(scripts);
    let gone = connection.prepare("SELECT slug('x')").unwrap_err().to_string();
    assert!(gone.contains("no such function: slug"), "{gone}");
    still_usable(&connection);
}

#[test]
fn an_error_in_a_function_names_it_and_its_line() {
    let connection = database();
    let ear = Ear::default();
    let mut scripts = Scripts::new(&connection, limits()).unwrap();
    let source = "export default function (db) {
        db.define('bad', (a) => {
            return a.missing.deeper;
        });
        db.define('empty', () => {});
        db.define('later', async () => 1);
    }";
    scripts.run("2.0/10-define.js", source, &context(&ear)).unwrap();
    for (sql, words) in [
        ("SELECT bad(1)", "bad() of 2.0/10-define.js line 3: TypeError"),
        ("SELECT empty()", "empty() of 2.0/10-define.js: what it returned is undefined"),
        ("SELECT later()", "what it returned is a promise"),
        ("SELECT bad(CAST(x'ff' AS TEXT))", "argument 1 is text that is not UTF-8"),
    ] {
        let error = connection.query_row(sql, [], |_| Ok(())).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let caller = "export default function (db) {\n\n db.query('SELECT bad(1)'); }";
    says(
        &scripts.run(STEP, caller, &context(&ear)).unwrap_err(),
        Some(3),
        &["bad() of 2.0/10-define.js line 3: TypeError"],
    );
}

#[test]
fn limits_hold_in_a_function_that_sql_calls() {
    let connection = database();
    let ear = Ear::default();
    let limits = Limits {
        memory_bytes: 8 << 20,
        seconds: 1,
    };
    let mut scripts = Scripts::new(&connection, limits).unwrap();
    let source = "export default function (db) {
        db.define('loop', () => { for (;;) {} });
        db.define('hog', () => { const all = []; for (;;) all.push([]); });
        db.define('deep', () => { const f = () => f(); f(); });
        db.define('fine', () => 1);
    }";
    scripts.run("2.0/10-define.js", source, &context(&ear)).unwrap();
    for (sql, words) in [
        ("SELECT loop()", "limit of 1 s"),
        ("SELECT hog()", "limit of 8 MiB"),
        ("SELECT deep()", "stack"),
    ] {
        let error = connection.query_row(sql, [], |_| Ok(())).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("2.0/10-define.js line"), "{error}");
        assert_eq!(connection.query_row("SELECT fine()", [], |r| r.get::<_, i64>(0)).unwrap(), 1);
    }
    // Inside of a script's own query the whole step ends.
    let caller = "export default function (db) {\n try { db.query('SELECT loop()'); } catch {}\n for (;;) {} }";
    let failure = scripts.run(STEP, caller, &context(&ear)).unwrap_err();
    assert!(failure.message.contains("limit of 1 s"), "{failure}");
    drop(scripts);
    still_usable(&connection);
}

#[test]
fn what_cannot_be_defined_is_refused() {
    for (call, words) in [
        ("db.define('lower', (a) => a)", "there is a function lower() already"),
        ("db.define('Count', (a) => a)", "there is a function Count() already"),
        ("db.define('a b', (a) => a)", "wants a name of letters"),
        ("db.define('', (a) => a)", "wants a name"),
        ("db.define('f')", "and a function"),
        ("db.define('f', 'body')", "and a function"),
        ("db.define('f', true, () => 1)", "wants a name"),
        (
            "db.each('SELECT id FROM t', () => { db.define('f', () => 1); db.define('f', () => 2); })",
            "cannot be defined",
        ),
    ] {
        says(&failed(&format!("\n{call};")), Some(3), &[words]);
    }
    logged("db.define('f', () => 1); db.define('f', {}, () => 2); ctx.log(db.get('SELECT F() AS a').a);");
}

#[test]
fn a_connection_may_go_to_another_thread_with_what_is_left_on_it() {
    let connection = database();
    let ear = Ear::default();
    let mut scripts = Scripts::new(&connection, limits()).unwrap();
    scripts.run("2.0/10-define.js", DEFINE, &context(&ear)).unwrap();
    // A chain that was never ended: its functions stay.
    std::mem::forget(scripts);
    let error = std::thread::spawn(move || connection.query_row("SELECT slug('x')", [], |_| Ok(())).unwrap_err().to_string())
        .join()
        .unwrap();
    assert!(error.contains("another thread"), "{error}");
}
