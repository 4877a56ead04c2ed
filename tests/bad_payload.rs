//! A payload that would not work at a site is refused at the release manager's desk: `holdfast pack` names the file and what is
//! wrong with it, and writes nothing. And what it accepts, it packs to the same bytes every time.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use support::*;

const MANIFEST: &str = "holdfast.toml";
const STEP: &str = "migrations/2.0/10_item.sql";

/// A change that spoils a payload, and what the refusal must speak of, divided by bars.
type Case<'a> = (&'a dyn Fn(&Path), &'a str);

/// Fails the test unless each payload of the small product, spoilt so, is refused with these words and nothing is written.
#[track_caller]
fn refused(reason: &str, cases: &[Case<'_>]) {
    refused_of(&Bench::mini_payload, reason, cases);
}

#[track_caller]
fn refused_of(payload: &dyn Fn(&Bench) -> std::path::PathBuf, reason: &str, cases: &[Case<'_>]) {
    let mut wrong = Vec::new();
    for (spoil, mentions) in cases {
        let bench = Bench::new();
        let payload = payload(&bench);
        spoil(&payload);
        let before = tree(&payload);
        write(&bench.path("out/update"), "the last one");
        let out = tree(&bench.path("out"));
        let ran = bench.try_pack(&payload, &bench.path("out/update"));
        let told = ran.stderr.lines().any(|line| line == reason) && mentions.split('|').all(|words| ran.stderr.contains(words));
        if ran.code != Some(20) || !told || !ran.stdout.is_empty() {
            wrong.push(format!("{mentions}: {:?}\n{}{}", ran.code, ran.stdout, ran.stderr));
        }
        if tree(&bench.path("out")) != out || tree(&payload) != before {
            wrong.push(format!("{mentions}: something was written"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn remove(path: &Path) {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    removed.expect("removed");
}

fn add(path: &Path, text: &str) {
    write(path, fs::read_to_string(path).expect("a text file") + text);
}

/// A command of `holdfast` in the bench's folder, its words divided by blanks.
fn holdfast(bench: &Bench, line: &str) -> Ran {
    let why = UNREHEARSED.iter().filter(|_| line.starts_with("pack "));
    run(Command::new(HOLDFAST).args(line.split(' ')).args(why).current_dir(bench.path("")))
}

/// Packs a folder of the bench into a bundle without an updater, and returns its hash.
#[track_caller]
fn bundle_of(bench: &Bench, payload: &str) -> String {
    holdfast(bench, &format!("pack {payload} -o packed.bundle --bundle-only")).expect(0);
    hash_of(bench, "packed.bundle")
}

fn hash_of(bench: &Bench, file: &str) -> String {
    hash(&fs::read(bench.path(file)).expect("a file"))
}

#[test]
fn a_manifest_that_is_wrong_is_refused_with_what_is_wrong() {
    #[rustfmt::skip]
    let edits = [
        ("format = 1", "format = 1\n[product", "holdfast.toml|line 3"),
        ("keep =", "keeps =", "holdfast.toml|`keeps`|Did you mean `keep`?"),
        ("[[check]]", "[snapshot]\nkeep = 2\n[[check]]", "`snapshot`|Did you mean `snapshots`?"),
        ("sql =", "sqll =", "`sqll`|Did you mean `sql`?"),
        ("format = 1", "format = 2", "holdfast.toml|format is 2"),
        ("id = \"mini\"", "id = \"Mini App\"", "product.id “Mini App”"),
        ("[\"start\"]", "[]", "application.entry names no file"),
        ("entry = [\"start\"]", "", "missing field `entry`"),
        ("[\"start\"]", "[\"launcher.exe\"]", "application.entry|“launcher.exe”|not in code/"),
        ("[\"start\"]", "[\"strat\"]", "“strat”|Did you mean “start”?"),
        ("[\"start\"]", "[\"start\", \"lib/oen.txt\"]", "“lib/oen.txt”|Did you mean “lib/one.txt”?"),
        ("uploads/**", "uploads/***", "the pattern “uploads/***” is wrong"),
        ("keep = [", "derived = [\"cache/[x\"]\nkeep = [", "the pattern “cache/[x” is wrong"),
        ("\"2.0\"", "\"two\"", "“two” is not a version"),
        ("\"2.0\"", "\"2.1\"", "VERSION: its first line is “2.0”, and product.version is 2.1"),
        ("\"VERSION\"", "\"VERSIO\"", "code/VERSIO|application.version reads this file"),
        ("\"settings.ini\"\nfind", "\"lib/one.txt\"\nfind", "the edit of “lib/one.txt”|application.keep"),
        ("\"settings.ini\"\nfind", "\"../settings.ini\"\nfind", "“../settings.ini”"),
        ("find = \"colour = blue\"", "", "the edit of “settings.ini” needs find and replace, or append"),
        ("expect = true", "expect = true\nrun = ['./start']", "the check “items are there” needs exactly one of sql and run"),
        ("expect = true", "", "the check “items are there” needs expect"),
        ("expect = true", "expect = true\ndatabase = 'mian'", "“items are there”|“mian”|did you mean “main”?"),
        ("[[check]]", "[[rows]]\nversion = '2.0'\ntable = 'thing'\n[[check]]", "the [[rows]] of “thing”|moved_to and dropped"),
        ("[[check]]", "[[rows]]\nversion = '2.0'\ntable = 't'\ndropped = 'x'\ndatabase = 'man'\n[[check]]", "“man”|did you mean “main”?"),
        ("[[check]]", "[snapshots]\nkeep = 0\n[[check]]", "snapshots.keep must be at least 1"),
    ];
    let spoils = edits.map(|(from, to, _)| move |p: &Path| replace(&p.join(MANIFEST), from, to));
    let cases = spoils.iter().zip(edits).map(|(spoil, (_, _, mentions))| (spoil as _, mentions));
    let mut cases: Vec<Case<'_>> = cases.collect();
    cases.push((&|p| remove(&p.join(MANIFEST)), "holdfast.toml|`holdfast new`"));
    refused("PAYLOAD:INVALID", &cases);
}

#[test]
fn a_folder_that_is_wrong_is_refused_by_its_name() {
    let file = |path: &'static str| move |p: &Path| write(&p.join(path), "SELECT 1;\n");
    let gone = |path: &'static str| move |p: &Path| remove(&p.join(path));
    let release = |version: &'static str| move |p: &Path| copy_tree(&p.join("releases/1.0"), &p.join("releases").join(version));
    let list = |text: &'static str| {
        move |p: &Path| {
            remove(&p.join("releases/1.0/code"));
            write(&p.join("releases/1.0/files.txt"), text.replace('#', &"0a".repeat(32)));
        }
    };
    let link = |to: &'static str| move |p: &Path| std::os::unix::fs::symlink(to, p.join("code/lib/link")).expect("a link");
    #[rustfmt::skip]
    let cases: &[Case<'_>] = &[
        (&file("migration/2.0/20_more.sql"), "migration:|Did you mean “migrations”?"),
        (&file("README.md"), "README.md|nothing of that name belongs in a payload"),
        (&file("migrations/next/10.sql"), "migrations/next|not a version"),
        (&file("releases/latest/main.sql"), "releases/latest|not a version"),
        (&file("migrations/0.9/10.sql"), "migrations/0.9|on no way from a release to 2.0"),
        (&file("migrations/1.0/10.sql"), "migrations/1.0|on no way from a release to 2.0"),
        (&file("migrations/3.0/10.sql"), "migrations/3.0|on no way from a release to 2.0"),
        (&file("migrations/2.0.0/10.sql"), "migrations/2.0.0|the same version as"),
        (&file("migrations/2.0/20_notes.txt"), "20_notes.txt|a step is a .sql or .js file"),
        (&file("migrations/2.0/mian/10.sql"), "migrations/2.0/mian|no database of this name"),
        (&release("3.0"), "releases/3.0|an update to 2.0 cannot start from 3.0"),
        (&release("2.0"), "releases/2.0|an update to 2.0 cannot start from 2.0"),
        (&gone("releases"), "releases|`holdfast release`"),
        (&gone("releases/1.0/code"), "releases/1.0|either code/ or files.txt"),
        (&file("releases/1.0/files.txt"), "releases/1.0|either code/ or files.txt"),
        (&gone("releases/1.0/main.sql"), "releases/1.0|main.sql or main.db is missing"),
        (&gone("code"), "code|the folder is missing"),
        (&list("#  start\nstart #\n"), "files.txt|line 2"),
        (&list("#0  start\n"), "files.txt|line 1"),
        (&list("#  start\n#  lib/one.txt\n#  ./start\n"), "files.txt|line 3 names “start” again"),
        (&link("one.txt"), "code/lib/link|is a link or device"),
        (&link("../../notes"), "code/lib/link|is a link or device"),
        (&|p| write(&p.join("code/VERSION"), "1.9\n"), "code/VERSION|“1.9”|product.version is 2.0"),
        (&|p| write(&p.join(STEP), b"SELECT '\xff';\n"), "10_item.sql|UTF-8"),
    ];
    refused("PAYLOAD:INVALID", cases);
}

#[test]
fn a_name_that_some_system_cannot_store_is_refused() {
    let named = |path: &'static str| move |p: &Path| write(&p.join(path), "-- text\n");
    let database_named_nul = |p: &Path| {
        replace(&p.join(MANIFEST), "name = \"main\"", "name = \"nul\"");
        fs::rename(p.join("releases/1.0/main.sql"), p.join("releases/1.0/nul.sql")).expect("renamed");
    };
    #[rustfmt::skip]
    let cases: &[Case<'_>] = &[
        (&named("code/CON"), "“CON”|reserves that name"),
        (&named("code/lib/aux.txt"), "“lib/aux.txt”|reserves that name"),
        (&named("code/com1"), "“com1”|reserves that name"),
        (&named("code/dot."), "“dot.”|drops a dot or blank"),
        (&named("code/blank "), "“blank ”|drops a dot or blank"),
        (&named("code/what?"), "“what?”|does not allow"),
        (&named("code/lib\\one.txt"), "lib\\\\one.txt|only relative paths"),
        (&named("code/Lib/more.txt"), "“Lib|“lib|one and the same on Windows"),
        (&named("code/START"), "“START”|“start”|one and the same on Windows"),
        (&named("code/.holdfast/journal.jsonl"), "“.holdfast/journal.jsonl”|the updater's own files"),
        (&|p| write(&p.join("code").join("long/".repeat(41)).join("x"), "text\n"), "longer than 200 characters"),
        (&named("notes/aux.md"), "notes/aux.md|reserves that name"),
        (&named("migrations/2.0/con.sql"), "con.sql|reserves that name"),
        (&database_named_nul, "nul|reserves that name"),
    ];
    refused("BUNDLE:NAME", cases);
}

#[test]
fn what_is_packed_can_be_opened() {
    let bench = Bench::new();
    for units in 190..=206 {
        let payload = bench.mini_payload();
        let path = format!("{}/{}", "y".repeat(103), "x".repeat(units - 104));
        write(&payload.join("code").join(path), "text\n");
        let ran = bench.try_pack(&payload, &bench.path("update"));
        match ran.code {
            Some(0) => drop(holdfast(&bench, "inspect update").expect(0)),
            _ => assert!(units > 190 && ran.stderr.contains("BUNDLE:NAME"), "{units}: {ran:?}"),
        }
        remove(&payload);
    }
}

#[test]
fn a_step_that_cannot_run_is_refused_with_its_line() {
    let (transaction, ours) = (
        "may not use BEGIN, COMMIT, ROLLBACK and SAVEPOINT",
        "may not use tables whose names begin with “holdfast_”",
    );
    let refusals = [
        ("SELEC 1;", "failed: near \"SELEC\": syntax error"),
        ("UPDATE nowhere SET a = 1;", "failed: no such table: nowhere"),
        ("INSERT INTO item (id, name) VALUES (1, 'twice');", "failed: UNIQUE constraint"),
        ("BEGIN;", transaction),
        ("COMMIT;", transaction),
        ("ROLLBACK;", transaction),
        ("SAVEPOINT here;", transaction),
        ("ATTACH 'other.db' AS other;", "may not use ATTACH"),
        ("DETACH main;", "may not use ATTACH and DETACH"),
        ("VACUUM INTO 'other.db';", "VACUUM"),
        ("PRAGMA journal_mode = WAL;", "may not use this PRAGMA"),
        ("pragma main.Journal_Mode(off);", "may not use this PRAGMA"),
        ("PRAGMA writable_schema = ON;", "may not use this PRAGMA"),
        ("PRAGMA schema_version = 7;", "may not use this PRAGMA"),
        ("SELECT load_extension('other');", "load_extension"),
        ("INSERT INTO holdfast_ledger SELECT * FROM holdfast_ledger;", ours),
        ("DELETE FROM holdfast_ledger;", ours),
        ("UPDATE HOLDFAST_LEDGER SET step = 'none';", ours),
        ("DROP TABLE holdfast_ledger;", ours),
        ("ALTER TABLE holdfast_ledger RENAME TO mine;", ours),
        ("ALTER TABLE holdfast_ledger ADD COLUMN mine;", ours),
        ("CREATE INDEX mine ON holdfast_ledger (step);", ours),
        (
            "CREATE TRIGGER t AFTER INSERT ON holdfast_ledger BEGIN DELETE FROM item; END;",
            ours,
        ),
        ("CREATE TABLE holdfast_mine (id);", ours),
        ("ALTER TABLE item RENAME TO holdfast_item;", ours),
    ];
    let step = "migrations/2.0/20_more.sql";
    let spoils = refusals.map(|(sql, _)| move |p: &Path| write(&p.join(step), format!("-- More.\n\n{sql}\n")));
    let mentions = refusals.map(|(_, why)| format!("main.sql: The step 2.0/20_more.sql line 3|{why}"));
    let cases = spoils.iter().zip(&mentions).map(|(spoil, words)| (spoil as _, words.as_str()));
    refused("PAYLOAD:INVALID", &cases.collect::<Vec<Case<'_>>>());
}

#[test]
fn rows_that_go_without_a_word_are_refused() {
    let step = |sql: &'static str| move |p: &Path| write(&p.join(STEP), sql);
    let moved = |sql: &'static str| {
        move |p: &Path| {
            write(
                &p.join(STEP),
                format!("CREATE TABLE item (id INTEGER PRIMARY KEY, name);\n{sql}\nDROP TABLE thing;\n"),
            );
            append(p, "[[rows]]\nversion = '2.0'\ntable = 'thing'\nmoved_to = ['item']\n");
        }
    };
    let one = "main.sql|1 of 2 rows of the table “thing” went";
    let both = "main.sql|2 of 2 rows of the table “thing” went";
    #[rustfmt::skip]
    let cases: &[Case<'_>] = &[
        (&step("DELETE FROM thing WHERE id = 1;"), one),
        (&step("DELETE FROM thing;"), both),
        (&step("DROP TABLE thing;"), both),
        (&step("CREATE TABLE t2 (id, name);\nINSERT INTO t2 SELECT * FROM thing LIMIT 1;\nDROP TABLE thing;\nALTER TABLE t2 RENAME TO thing;"), one),
        (&step("CREATE TRIGGER g AFTER UPDATE ON thing BEGIN DELETE FROM thing WHERE id = 1; END;\nUPDATE thing SET name = 'x' WHERE id = 2;"), one),
        (&step("UPDATE OR REPLACE thing SET id = 2 WHERE id = 1;"), one),
        (&step("DELETE FROM thing WHERE id = 1;\nINSERT INTO thing VALUES (3, 'new');"), one),
        (&moved(""), "2 rows of the table “thing” should have arrived in item, and 2 did not"),
        (&moved("INSERT INTO item SELECT * FROM thing LIMIT 1;"), "should have arrived in item, and 1 did not"),
    ];
    refused("PAYLOAD:INVALID", cases);
}

#[test]
fn releases_and_migrations_that_do_not_meet_are_refused() {
    let release = |text: &'static str| move |p: &Path| add(&p.join("releases/1.1/main.sql"), text);
    let other = "releases/1.0/main.sql|from 1.0 to 1.1 do not give that release's schema";
    #[rustfmt::skip]
    let cases: &[Case<'_>] = &[
        (&release("CREATE INDEX more ON stock (item);\n"), &format!("{other}: it lacks “index more")),
        (&release("ALTER TABLE stock ADD COLUMN more TEXT;\n"), &format!("{other}: it lacks “column stock.more")),
        (&|p| remove(&p.join("migrations/1.1/20_distribution_index.sql")), &format!("{other}: it lacks “index distribution_by_person")),
        (&release("SELEC 1;\n"), "releases/1.1/main.sql|cannot be used as a release's database|SELEC"),
    ];
    refused_of(&Bench::relief_payload, "PAYLOAD:INVALID", cases);
    let side_way = |p: &Path| {
        copy_tree(&p.join("releases/1.0"), &p.join("releases/1.5"));
        add(&p.join("releases/1.5/main.sql"), "CREATE TABLE more (id);\n");
    };
    let mentions = "1.5/main.sql|from 1.5 the migrations lead to another schema than from 1.0|more";
    refused("PAYLOAD:INVALID", &[(&side_way, mentions)]);
}

#[test]
fn a_stub_an_output_or_a_command_that_cannot_be_used_is_refused() {
    let bench = Bench::new();
    bench.mini_payload();
    write(&bench.path("letter.txt"), "Dear all,\n");
    bundle_of(&bench, "mini-payload");
    let cases = [
        (
            "pack mini-payload -o update --stub letter.txt",
            20,
            "“letter.txt” is no executable|PAYLOAD:INVALID",
        ),
        (
            "pack mini-payload -o update --stub packed.bundle",
            20,
            "“packed.bundle” is no executable|PAYLOAD:INVALID",
        ),
        ("pack mini-payload -o update --stub none", 20, "“none”|DISK:FAILED"),
        ("pack mini-payload -o update --stub mini-payload", 20, "“mini-payload”|DISK:FAILED"),
        ("pack mini-payload -o none/update", 20, "“none”|DISK:FAILED"),
        ("pack nowhere -o update", 20, "nowhere/holdfast.toml|PAYLOAD:INVALID"),
        ("pakc mini-payload -o update", 2, "'pakc'|'pack'"),
    ];
    for (line, code, mentions) in cases {
        let ran = holdfast(&bench, line).expect(code);
        assert!(mentions.split('|').all(|words| ran.stderr.contains(words)), "{line}: {ran:?}");
        assert!(!bench.path("update").exists() && !bench.path("none").exists(), "{line}");
    }
}

#[test]
fn the_same_payload_gives_the_same_bytes_on_any_stub() {
    let bench = Bench::new();
    let relief = bench.pack(&bench.relief_payload(), "relief");
    run(Command::new("cp").arg("-R").arg(bench.path("payload")).arg(bench.path("elsewhere"))).expect(0);
    bench.pack(&bench.path("elsewhere"), "again");
    assert_eq!(hash_of(&bench, "relief"), hash_of(&bench, "again"));
    // A stub that carries a bundle already gets another one in its place.
    let mini = bench.pack(&bench.mini_payload(), "mini");
    holdfast(&bench, "pack mini-payload -o replaced --stub relief").expect(0);
    assert_eq!(hash_of(&bench, "mini"), hash_of(&bench, "replaced"));
    // The bundle behind the updater wins over the sample product that is inside it.
    update(&mini, &bench.mini_site("mini-site"), &[]).expect(0);
    update(&relief, &bench.relief_site("relief-site", "1.1"), &[]).expect(0);
}

#[test]
fn a_new_payload_guides_and_the_sample_packs() {
    let bench = Bench::new();
    let ran = holdfast(&bench, "new mine").expect(0);
    assert!(
        ran.stdout.contains("then `holdfast release VERSION --app FOLDER --payload mine`"),
        "{ran:?}"
    );
    let ran = holdfast(&bench, "pack mine -o update").expect(20);
    assert!(
        ran.stderr.contains("mine/code/VERSION: application.version reads this file"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("PAYLOAD:INVALID") && !bench.path("update").exists(), "{ran:?}");
    let ran = holdfast(&bench, "new mine").expect(20);
    assert!(ran.stderr.contains("“mine” exists and is not empty"), "{ran:?}");
    holdfast(&bench, "new sample --sample").expect(0);
    bench.relief_payload();
    assert_eq!(bundle_of(&bench, "sample"), bundle_of(&bench, "payload"));
}

#[test]
fn an_installed_release_is_recorded_and_can_be_started_from() {
    let bench = Bench::new();
    let (payload, site) = (bench.relief_payload(), bench.relief_site("site", "1.0"));
    let (whole, before) = (bundle_of(&bench, "payload"), tree(&site));
    let ran = holdfast(&bench, "release 1.0 --app site --payload payload").expect(20);
    assert!(ran.stderr.contains("is there already"), "{ran:?}");
    let release = payload.join("releases/1.0");
    remove(&release);
    holdfast(&bench, "release 1.0 --app site --payload payload").expect(0);
    assert_eq!(tree(&site), before);
    let files = tree(&project().join("payload/releases/1.0/code")).into_iter();
    let list: String = files
        .filter_map(|(path, what)| Some(format!("{}  {path}\n", what.split_once(' ')?.1)))
        .collect();
    assert_eq!(fs::read_to_string(release.join("files.txt")).expect("files.txt"), list);
    assert_eq!(bundle_of(&bench, "payload"), whole);
    update(&bench.pack(&payload, "update"), &site, &[]).expect(0);
    assert_eq!(ask(&site.join("data/relief.db"), "PRAGMA user_version"), "200");
}

#[test]
fn a_bundle_is_shown_to_people_and_to_programs() {
    let bench = Bench::new();
    bench.pack(&bench.relief_payload(), "update");
    let shown = holdfast(&bench, "inspect update").expect(0).stdout;
    let words = "Relief Register (relief-register) 2.0|from 1.0  through 1.1, 2.0|from 1.1  through 2.0|2.0/20_sites.sql on main|self-test";
    assert!(words.split('|').all(|words| shown.contains(words)), "{shown}");
    let json = holdfast(&bench, "inspect --json update").expect(0).stdout;
    let manifest: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(manifest["product"]["id"], "relief-register");
    let entries = manifest["entries"].as_array().expect("entries").iter();
    let code: Vec<&str> = entries.filter_map(|e| e["path"].as_str()?.strip_prefix("code/")).collect();
    let files = tree(&project().join("payload/code"))
        .into_iter()
        .filter(|(_, what)| what != "folder");
    assert_eq!(code, files.map(|(path, _)| path).collect::<Vec<_>>());
}
