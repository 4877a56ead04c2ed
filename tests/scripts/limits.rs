//! Limits of time, memory and stack; cancel. Nothing panics, nothing aborts, and the connection is usable afterwards.

use super::room::{Ear, STEP, context, database, failed, says, still_usable};
use holdfast::failure::{Failure, Reason};
use holdfast::script::{Limits, Scripts};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn run_within(limits: Limits, source: &str) -> Result<(), Failure> {
    let connection = database();
    let result = Scripts::new(&connection, limits)
        .unwrap()
        .run(STEP, source, &context(&Ear::default()));
    still_usable(&connection);
    result.map(|_| ())
}

const SECOND: Limits = Limits {
    memory_bytes: 32 << 20,
    seconds: 1,
};

/// Where the memory ends first, however slow the machine is.
const ROOM: Limits = Limits {
    memory_bytes: 32 << 20,
    seconds: 3600,
};

#[test]
fn endless_loops_end() {
    for body in [
        "\nlet n = Math.abs(0); while (true) n = n + 1;",
        "\nlet n = Math.abs(0); while (true) { try { while (true) n = Math.abs(n); } catch {} }",
        "\nfor (;;) db.get('SELECT 1');",
        "\n/(a+)+$/.test('a'.repeat(60) + '!');",
        "\ndb.each('WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c', () => {});",
    ] {
        let source = format!("export default function (db, ctx) {{{body}\n}}");
        says(
            &run_within(SECOND, &source).unwrap_err(),
            Some(2),
            &["ran longer than its limit of 1 s"],
        );
    }
    // A loop without calls has no position of its own: the one before it is told, here that of the function.
    let empty = "export default function () {\n while (true) {}\n}";
    says(
        &run_within(SECOND, empty).unwrap_err(),
        Some(1),
        &["limit of 1 s, at this line or in a loop behind it"],
    );
}

#[test]
fn endless_jobs_and_top_levels_end() {
    let job = "export default async function () {\n for (;;) await null;\n}";
    let failure = run_within(SECOND, job).unwrap_err();
    assert!(failure.message.contains("limit of 1 s"), "{failure}");
    let inside = "export default async function () {\n await null;\n Math.abs(1); for (;;) {}\n}";
    says(&run_within(SECOND, inside).unwrap_err(), Some(3), &["limit of 1 s"]);
    let top = "\nMath.abs(1); for (;;) {}\nexport default function () {}";
    says(&run_within(SECOND, top).unwrap_err(), Some(2), &["limit of 1 s"]);
}

#[test]
fn memory_hogs_end() {
    for body in [
        "\nconst all = []; for (;;) all.push(new Array(1000).fill(7));",
        "\nlet all = null; for (;;) all = {all};",
        "\nconst all = []; for (let n = 0; ; n++) all.push('x'.repeat(1000) + n);",
        "\nconst all = []; for (;;) all.push(new Uint8Array(100000));",
        "\nconst all = []; for (;;) { try { for (;;) all.push({}); } catch {} }",
        "\nconst all = new Map(); for (let n = 0; ; n++) all.set(n, 'x' + n);",
        "\nnew Uint8Array(1 << 30);",
        "\n'x'.repeat(1 << 29);",
        "\ndb.get('SELECT zeroblob(100000000) AS b');",
    ] {
        let source = format!("export default function (db, ctx) {{{body}\n}}");
        let failure = run_within(ROOM, &source).unwrap_err();
        assert!(
            failure.message.contains("more memory than its limit of 32 MiB"),
            "{body}: {failure}"
        );
        says(&failure, Some(2), &["memory"]);
    }
}

#[test]
fn deep_calls_end() {
    for body in [
        "\nconst f = () => f(); f();",
        "\nconst f = () => { f(); f(); }; try { f(); } catch (e) { throw e; }",
        "\nconst o = {get a() { return this.a; }}; o.a;",
        "\nlet o = {}; for (let n = 0; n < 100000; n++) o = {o}; JSON.stringify(o);",
        "\nJSON.parse('['.repeat(100000));",
        "\ndb.define('f', (n) => n); const f = () => db.each('SELECT f(1)', f); f();",
    ] {
        says(&failed(body), Some(3), &["stack"]);
    }
    says(
        &failed("\nlet all = 'x'; for (;;) all += all + 'y';"),
        Some(3),
        &["string too long"],
    );
    // One that is caught is the script's own affair.
    super::room::logged("const f = () => f(); try { f(); } catch (e) { ctx.log(e.name); }");
}

#[test]
fn a_step_after_one_that_met_a_limit_runs() {
    let connection = database();
    let ear = Ear::default();
    let mut scripts = Scripts::new(&connection, SECOND).unwrap();
    for hog in [
        "const all = []; for (;;) all.push([all]);",
        "for (;;) {}",
        "const f = () => f(); f();",
    ] {
        let source = format!("export default function (db) {{ {hog} }}");
        scripts.run(STEP, &source, &context(&ear)).unwrap_err();
        let fine = "export default function (db, ctx) { ctx.log(db.query('SELECT * FROM t').length); }";
        assert_eq!(scripts.run(STEP, fine, &context(&ear)).unwrap().log, ["3"]);
    }
}

/// Wherever memory runs out, the step fails with its reason. The amount rises in small steps, so that every place is met.
#[test]
fn memory_may_run_out_anywhere() {
    let source = "const big = await Promise.resolve('x'.repeat(3000));
        export default async function (db, ctx) {
            db.define('twice', {deterministic: true}, (text) => text + text);
            const rows = db.query('SELECT id, name, twice(name) AS t, randomblob(2000) AS b FROM t');
            const again = db.prepare('UPDATE t SET any = ? WHERE id = ?');
            for (const row of rows) { await null; again.run([row.b, row.id]); }
            try { db.query('SELECT missing'); } catch (e) { ctx.log(e.message, {rows}); }
            const made = []; for (let n = 0; n < 300; n++) made.push({n, text: big + n});
            ctx.log(JSON.stringify(made).length, new Date(0).toISOString(), /x+/.exec(big)[0].length, 2n ** 70n);
        }";
    let mut ended = 0;
    let mut ran = 0;
    for step in 0..600 {
        let limits = Limits {
            memory_bytes: step * 8192,
            seconds: 60,
        };
        match run_within(limits, source) {
            Ok(()) => ran += 1,
            Err(failure) => {
                assert!(failure.message.contains("more memory than its limit"), "{step}: {failure}");
                ended += 1;
            }
        }
    }
    assert!(ended > 50 && ran > 50, "{ended} ended, {ran} ran");
}

#[test]
fn a_cancel_is_heard_in_a_loop() {
    let connection = database();
    let ear = Ear::default();
    ear.cancel.store(true, Ordering::Relaxed);
    let mut scripts = Scripts::new(&connection, SECOND).unwrap();
    let endless = "export default function () { for (;;) {} }";
    let failure = scripts.run(STEP, endless, &context(&ear)).unwrap_err();
    assert_eq!(
        (failure.reason, failure.message.as_str()),
        (Reason::Cancelled, "The update was cancelled.")
    );
    assert!(ear.asked.load(Ordering::Relaxed) > 0);
}

#[test]
fn a_cancel_that_stops_a_query_is_not_for_a_script_to_catch() {
    let mut connection = database();
    let cancel = Arc::new(AtomicBool::new(true));
    let flag = cancel.clone();
    connection
        .progress_handler(100, Some(move || flag.load(Ordering::Relaxed)))
        .unwrap();
    let source = "export default function (db) {
        try { db.get('WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c'); } catch {}
    }";
    let failure = Scripts::new(&connection, SECOND)
        .unwrap()
        .run(STEP, source, &context(&Ear::default()))
        .unwrap_err();
    assert_eq!(failure.reason, Reason::Cancelled, "{failure}");
    cancel.store(false, Ordering::Relaxed);
    still_usable(&connection);
}
