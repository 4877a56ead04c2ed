//! A product whose parts have versions of their own: the application and its plug-ins move together, each by its own chain, and a site gets
//! only what it has or what comes to everyone. A site in a combination that the update does not know is refused.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::*;

/// What the plug-in `reports` has in its version 1.0.
const REPORTS: &str = "
CREATE TABLE plugin (name TEXT PRIMARY KEY, version TEXT NOT NULL);
CREATE TABLE report (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
";

const MODULES: &str = r#"
[[module]]
id = "reports"
version = "1.2"
query = "SELECT version FROM plugin WHERE name = 'reports'"

[[module]]
id = "stock"
version = "0.3"
install = true

[[rows]]
version = "1.1"
module = "reports"
table = "report"
dropped = "reports without a title were never shown"
"#;

struct Play {
    bench: Bench,
    payload: PathBuf,
    site: PathBuf,
}

impl Play {
    fn new() -> Play {
        let bench = Bench::new();
        let site = bench.mini_site("site");
        let payload = bench.path("mini-payload");
        append(&payload, MODULES);
        let step = |name: &str, text: &str| write(&payload.join("modules").join(name), text);
        step(
            "reports/migrations/1.1/10-titles.sql",
            "DELETE FROM report WHERE title = ''; ALTER TABLE report ADD COLUMN made TEXT;
             UPDATE plugin SET version = '1.1' WHERE name = 'reports';\n",
        );
        step(
            "reports/migrations/1.2/10-say.js",
            "export default (db, ctx) => {
               db.run('UPDATE report SET made = ?', [`${ctx.from} to ${ctx.to}`]);
               db.run(\"UPDATE plugin SET version = '1.2' WHERE name = 'reports'\");
             };\n",
        );
        step(
            "stock/migrations/0.2/10-stock.sql",
            "CREATE TABLE stock (id INTEGER PRIMARY KEY, item INTEGER REFERENCES item);\n",
        );
        step(
            "stock/migrations/0.3/10-fill.load/load.toml",
            "[[file]]\nfile = \"stock.json\"\ntable = \"stock\"\nmode = \"insert\"\n",
        );
        step("stock/migrations/0.3/10-fill.load/stock.json", "[{\"id\": 7}]\n");
        let release = fs::read_to_string(payload.join("releases/1.0/main.sql")).expect("main.sql");
        let variant = payload.join("releases/1.0/variants/with-reports");
        write(&variant.join("main.sql"), format!("{release}{REPORTS}"));
        write(&variant.join("modules.txt"), "reports 1.0\n");
        Play { bench, payload, site }
    }

    fn database(&self) -> PathBuf {
        self.site.join("data/mini.db")
    }

    /// Gives the site the plug-in `reports`.
    fn has_reports(&self, version: &str) {
        let rows = "INSERT INTO report (title) VALUES ('yearly'), (''), ('daily');";
        let plugin = format!("INSERT INTO plugin VALUES ('reports', '{version}');");
        database(&self.database(), &[REPORTS, rows, &plugin].concat());
    }

    fn pack(&self) -> PathBuf {
        self.bench.pack(&self.payload, "update")
    }

    #[track_caller]
    fn is_not_packed(&self, words: &str) {
        let ran = self.bench.try_pack(&self.payload, &self.bench.path("update")).expect(20);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}

fn versions(database: &Path) -> String {
    ask(
        database,
        "SELECT group_concat(module || ' ' || version, ', ') FROM (SELECT * FROM holdfast_version ORDER BY module)",
    )
}

#[test]
fn each_part_goes_its_own_way_in_one_update() {
    let play = Play::new();
    play.has_reports("1.0");
    let (updater, before) = (play.pack(), content(&play.database()));
    let plan = update(&updater, &play.site, &["--plan"]).expect(0).stdout;
    assert!(
        plan.contains("module reports: 1.0 to 1.2") && plan.contains("module stock: new, 0.3"),
        "{plan}"
    );
    assert!(plan.contains("step reports 1.1/10-titles.sql"), "{plan}");
    update(&updater, &play.site, &[]).expect(0);
    assert_eq!(versions(&play.database()), "mini 2.0, reports 1.2, stock 0.3");
    let made = ask(&play.database(), "SELECT group_concat(title || ' ' || made, ', ') FROM report");
    assert_eq!(made, "yearly 1.0 to 1.2, daily 1.0 to 1.2");
    assert_eq!(ask(&play.database(), "SELECT group_concat(id) FROM stock"), "7");
    let order = ask(
        &play.database(),
        "SELECT group_concat(module || ' ' || version, ', ') FROM holdfast_ledger WHERE source IS NULL",
    );
    assert_eq!(order, "mini 2.0, reports 1.1, reports 1.2, stock 0.2, stock 0.3");
    assert_eq!(result(&play.site)["request"]["state"], "done");

    // With nothing new, nothing changes; and all of it goes back together.
    let updated = fs::read(play.database()).expect("a database");
    update(&updater, &play.site, &[]).expect(10);
    assert!(fs::read(play.database()).expect("a database") == updated);
    verb(&updater, "rollback", &play.site, &[]).expect(0);
    assert_eq!(content(&play.database()), before);
}

#[test]
fn a_site_without_a_plugin_does_not_get_it_unless_it_is_for_everyone() {
    let play = Play::new();
    update(&play.pack(), &play.site, &[]).expect(0);
    assert_eq!(versions(&play.database()), "mini 2.0, stock 0.3");
    assert_eq!(
        ask(&play.database(), "SELECT count(*) FROM sqlite_schema WHERE name = 'report'"),
        "0"
    );
}

#[test]
fn what_holdfast_noted_is_where_the_next_update_begins() {
    let play = Play::new();
    update(&play.pack(), &play.site, &[]).expect(0);
    // The next release: 3.0 of the product, 0.4 of the plug-in.
    let manifest = play.payload.join("holdfast.toml");
    replace(&manifest, "version = \"2.0\"", "version = \"3.0\"");
    replace(&manifest, "version = \"0.3\"", "version = \"0.4\"");
    write(&play.payload.join("code/VERSION"), "3.0\n");
    write(
        &play.payload.join("modules/stock/migrations/0.4/10-more.sql"),
        "INSERT INTO stock (id) VALUES (8);\n",
    );
    fs::remove_dir_all(play.payload.join("releases")).expect("a folder");
    let release = |version: &str, more: &[&str]| {
        run(Command::new(HOLDFAST)
            .args(["release", version, "--app"])
            .arg(&play.site)
            .arg("--payload")
            .arg(&play.payload)
            .args(more))
    };
    release("2.0", &[]).expect(0);
    let folder = play.payload.join("releases/2.0");
    assert_eq!(fs::read_to_string(folder.join("modules.txt")).expect("modules"), "stock 0.3\n");
    let again = release("2.0", &["--variant", "other"]).expect(0);
    assert!(again.stdout.contains("variants"), "{}", again.stdout);
    play.is_not_packed("has the same modules in the same versions");
    fs::remove_dir_all(folder.join("variants")).expect("a folder");
    for old in [
        "migrations/2.0",
        "modules/stock/migrations/0.2",
        "modules/stock/migrations/0.3",
        "modules/reports",
    ] {
        fs::remove_dir_all(play.payload.join(old)).expect("a folder");
    }
    let text = fs::read_to_string(&manifest).expect("a manifest");
    let end = text.find("[[rows]]\nversion = \"1.1\"").expect("the rule");
    write(
        &manifest,
        text[..end]
            .replace("colour = blue", "last = 1")
            .replace("colour = green", "last = 3"),
    );
    update(&play.pack(), &play.site, &[]).expect(0);
    // The application brought no migration.
    assert_eq!(versions(&play.database()), "mini 2.0, stock 0.4");
    assert_eq!(ask(&play.database(), "SELECT group_concat(id) FROM stock"), "7,8");
}

#[test]
fn a_combination_that_is_not_known_is_refused() {
    let play = Play::new();
    play.has_reports("0.9");
    let before = fs::read(play.database()).expect("a database");
    let updater = play.pack();
    let ran = update(&updater, &play.site, &[]).expect(20);
    assert!(
        ran.stderr.contains("with reports 0.9") && ran.stderr.contains("with no module; with reports 1.0"),
        "{}",
        ran.stderr
    );
    assert_eq!(reason(&play.site), "VERSION:UNKNOWN");
    database(&play.database(), "UPDATE plugin SET version = 'newest'");
    let ran = update(&updater, &play.site, &[]).expect(20);
    assert!(ran.stderr.contains("“newest” is no version"), "{}", ran.stderr);
    database(&play.database(), "UPDATE plugin SET version = '0.9'");
    // A version is listed once, however many combinations of it are known.
    write(&play.site.join("VERSION"), "0.5\n");
    let ran = update(&updater, &play.site, &[]).expect(20);
    assert!(ran.stderr.contains("starts from 1.0. "), "{}", ran.stderr);
    assert_eq!(fs::read(play.database()).expect("a database").len(), before.len());
}

#[test]
fn a_failing_plugin_takes_everything_back() {
    let play = Play::new();
    play.has_reports("1.0");
    database(
        &play.database(),
        "CREATE TABLE more (x); DROP TABLE more; UPDATE report SET title = 'boom' WHERE id = 3;",
    );
    write(
        &play.payload.join("modules/stock/migrations/0.3/20-late.js"),
        "export default (db) => { if (db.query(\"SELECT 1 FROM sqlite_schema WHERE name = 'report'\").length
           && db.query(\"SELECT 1 FROM report WHERE title = 'boom'\").length) { fail('TOO_LATE', {}); } };\n",
    );
    let (updater, before) = (play.pack(), tree(&play.site));
    let ran = update(&updater, &play.site, &[]).expect(30);
    assert!(ran.stderr.contains("stock 0.3/20-late.js"), "{}", ran.stderr);
    let after = tree(&play.site);
    let same = |t: &std::collections::BTreeMap<String, String>| {
        t.clone()
            .into_iter()
            .filter(|(p, _)| !p.starts_with(".holdfast"))
            .collect::<Vec<_>>()
    };
    assert_eq!(same(&after), same(&before));
}

#[test]
fn what_is_wrong_with_a_module_stops_packing() {
    let play = Play::new();
    let manifest = play.payload.join("holdfast.toml");
    let good = fs::read_to_string(&manifest).expect("a manifest");
    for (from, to, words) in [
        (
            "id = \"stock\"",
            "id = \"stocks\"",
            "no [[module]] of this id. Did you mean “stocks”?",
        ),
        ("id = \"stock\"", "id = \"mini\"", "has the id of another module or of the product"),
        ("id = \"stock\"", "id = \"Stock\"", "lower-case letters"),
        ("version = \"1.2\"", "version = \"1.1\"", "is on no way"),
        ("version = \"1.2\"", "version = \"0.8\"", "is newer than 0.8"),
        ("module = \"reports\"", "module = \"report\"", "no [[module]] of that id"),
        (
            "install = true",
            "install = true\ndatabase = \"other\"",
            "names the database “other”",
        ),
        ("version = \"0.3\"", "version = \"0.4\"", "its last migration leads to 0.3"),
        ("version = \"0.3\"", "versoin = \"0.3\"", "Did you mean `version`?"),
    ] {
        write(&manifest, good.replacen(from, to, 1));
        play.is_not_packed(words);
    }
    write(&manifest, &good);
    fs::rename(
        play.payload.join("modules/stock/migrations/0.2"),
        play.payload.join("modules/stock/migrations/first"),
    )
    .expect("a rename");
    play.is_not_packed("first");
    fs::rename(
        play.payload.join("modules/stock/migrations/first"),
        play.payload.join("modules/stock/migrations/0.2"),
    )
    .expect("a rename");
    write(&play.payload.join("modules/stock/code/x"), "x");
    play.is_not_packed("nothing but migrations/ belongs in a module");
    fs::remove_dir_all(play.payload.join("modules/stock/code")).expect("a folder");
    let listed = play.payload.join("releases/1.0/variants/with-reports/modules.txt");
    for (text, words) in [
        ("reports\n", "is not of the form"),
        ("report 1.0\n", "did you mean “reports”"),
        ("reports 1.0\nreports 1.0\n", "again"),
    ] {
        write(&listed, text);
        play.is_not_packed(words);
    }
}

#[test]
fn by_hand_a_database_says_itself_where_it_is() {
    let play = Play::new();
    play.has_reports("1.1");
    database(&play.database(), "ALTER TABLE report ADD COLUMN made TEXT");
    let migrate = |old: &Path, out: &str, more: &[&str]| {
        let out = play.bench.path(out);
        let ran = run(Command::new(HOLDFAST)
            .arg("migrate")
            .arg(old)
            .arg("--payload")
            .arg(&play.payload)
            .arg("--out")
            .arg(&out)
            .args(more));
        (ran, out)
    };
    let (ran, out) = migrate(&play.database(), "out.db", &[]);
    ran.expect(0);
    assert_eq!(versions(&out), "mini 2.0, reports 1.2, stock 0.3");
    assert_eq!(ask(&out, "SELECT group_concat(DISTINCT made) FROM report"), "1.1 to 1.2");
    // What is in place already does not run again, unless somebody says so.
    let (ran, again) = migrate(&out, "again.db", &[]);
    assert!(ran.expect(0).stderr.contains("no migration is left"));
    assert_eq!(content(&again), content(&out));
    let (ran, forced) = migrate(&out, "forced.db", &["--force"]);
    let said = ran.expect(20).stderr;
    assert!(!forced.exists() && said.contains("10_item.sql"), "{said}");
    let (ran, _) = migrate(&play.database(), "x.db", &["--module", "nothing=1"]);
    assert!(ran.expect(20).stderr.contains("no module “nothing”"));
    let (ran, told) = migrate(&play.database(), "told.db", &["--module", "reports=1.2"]);
    ran.expect(0);
    assert_eq!(ask(&told, "SELECT count(made) FROM report"), "0");
}
