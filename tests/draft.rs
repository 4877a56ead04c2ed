//! `holdfast draft`: a migration from two schemas, with rules for what is certain and questions for the rest. Nothing is packed or run
//! before they are answered, and answers stay.

#[path = "draft/desk.rs"]
mod desk;
mod support;

use desk::Desk;
use std::process::Command;
use support::*;

const OLD: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, n TEXT, s TEXT, z TEXT);
    INSERT INTO t VALUES (1, 'x', '007', 'open', NULL), (2, NULL, '', 'done', NULL), (3, 'x', '7', 'open', NULL);
    CREATE TABLE gone (x); INSERT INTO gone VALUES (1);
    PRAGMA user_version = 1;";
const NEW: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT NOT NULL, n INTEGER, s TEXT CHECK (s IN ('open', 'closed')));
    PRAGMA user_version = 2;";

#[test]
fn what_is_not_certain_is_asked_with_its_values_and_nothing_runs_before_it_is_answered() {
    let desk = Desk::new(OLD, NEW);
    let said = desk.draft(&[]).expect(0).stdout;
    assert!(said.contains("6 questions open"), "{said}");
    let text = desk.mapping();
    for part in [
        "user_version = 2",
        "Its 2 values would be lost.\n#? values: \"x\" (2)\n",
        "[[drop]]\ntable = \"t\"\ncolumn = \"a\"\nask = ",
        "No row of this database holds a value in them; at other sites some may.\n",
        "[[drop]]\ntable = \"t\"\ncolumn = \"z\"\nask = ",
        "[[drop]]\ntable = \"gone\"\nask = ",
        "[table.t.columns.b]\nask = ",
        "#?   \"\" = \"…\"   # 1 row",
        "007 = 7   # 1 row",
        "open = \"open\"   # 2 rows",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let ran = desk.migrate();
    let line = text.lines().position(|l| l.starts_with("ask")).expect("a question") + 1;
    let told = ran.expect(20).stderr;
    assert!(
        told.contains(&format!("line {line}: “")) && told.contains("is not answered") && told.contains("5 more are open"),
        "{told}"
    );
    assert!(!desk.bench.path("out.db").exists());
}

#[test]
fn answers_settle_questions_and_stay_when_it_is_drafted_again() {
    let desk = Desk::new(OLD, NEW);
    desk.draft(&[]).expect(0);
    desk.answer("[table.t.columns.b]\n", "sql = \"coalesce(old.a, 'none')\"   # as they said");
    desk.answer("table = \"gone\"\n", "reason = \"nobody used it\"");
    desk.answer("column = \"z\"\n", "reason = \"it was never filled\"");
    let said = desk.draft(&[]).expect(0).stdout;
    // “a” is in use now, so nobody asks for it any more.
    assert!(said.contains("2 questions open"), "{said}");
    let text = desk.mapping();
    assert!(
        text.contains("# as they said") && text.contains("reason = \"nobody used it\""),
        "{text}"
    );
    desk.replace("[table.t.columns.n]\nother = \"keep\"\n", "[table.t.columns.n]\n");
    desk.answer("[table.t.columns.n]\n", "sql = \"nullif(old.n, '')\"");
    desk.replace("[table.t.columns.n.map]\n007 = 7   # 1 row\n", "");
    desk.answer("[table.t.columns.s]\n", "");
    desk.replace("open = \"open\"", "done = \"closed\"\nopen = \"open\"");
    let said = desk.draft(&["--try"]).expect(0).stdout;
    assert!(
        said.contains("0 questions open") && said.contains("all 4 rows of 2 tables are accounted for"),
        "{said}"
    );
    let settled = desk.mapping();
    assert!(!settled.contains("\n#?") && !settled.contains("ask = "), "{settled}");
    desk.draft(&[]).expect(0);
    assert_eq!(desk.mapping(), settled, "a draft of what is settled changes nothing");
    desk.migrate().expect(0);
    let rows = "SELECT group_concat(id || b || coalesce(n, '-') || s, ' ') FROM t";
    assert_eq!(ask(&desk.bench.path("out.db"), rows), "1x7open 2none-closed 3x7open");
}

#[test]
fn a_release_of_the_payload_is_drafted_from_again_while_questions_are_open() {
    let desk = Desk::new(
        OLD,
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, colour TEXT NOT NULL, first TEXT NOT NULL);",
    );
    let holdfast = |words: &[&str]| run(Command::new(HOLDFAST).args(words));
    let (payload, new) = (desk.payload.display().to_string(), desk.bench.path("new.sql").display().to_string());
    let release = format!("{payload}@1.0");
    let draft = ["draft", &release, &new, "--payload", &payload];
    let first = holdfast(&draft).expect(0).stdout;
    assert!(first.contains("questions open"), "{first}");
    let text = desk.mapping();
    // A release is recorded: what leads away from it does not matter.
    assert!(holdfast(&draft).expect(0).stdout.contains("questions open"));
    assert_eq!(desk.mapping(), text);
    assert!(holdfast(&["diff", &release, &new]).expect(0).stdout.contains("thing"));
    // The step must be answered before anybody can know where it leads.
    let told = holdfast(&["diff", &release, &payload]).expect(20).stderr;
    assert!(told.contains("is not answered"), "{told}");
}

#[test]
fn what_people_write_into_a_section_that_still_asks_stays_as_they_wrote_it() {
    let desk = Desk::new(OLD, NEW);
    desk.draft(&[]).expect(0);
    let answers = [
        (
            "open = \"open\"   # 2 rows",
            "open = \"open\" # Anna\n# a call with Bob\ndone = \"closed\"",
        ),
        ("of “t.a” go?\"", "of “t.a” go?\" # Eve knows\nreason = \"un\\nused\" # says Eve"),
        ("#? The table “gone”", "# seen at two sites\n#? The table “gone”"),
        ("rows that come from “t”?\"", "rows that come from “t”?\"\nvalue = \"\""),
    ];
    answers.iter().for_each(|(from, to)| desk.replace(from, to));
    let begun = desk.mapping();
    desk.draft(&[]).expect(0);
    assert_eq!(desk.mapping(), begun);
    // Names are names in any case.
    desk.replace("[table.t.columns.s]", "[table.t.columns.S]");
    desk.replace("[table.t.columns.s.map]", "[table.t.columns.S.map]");
    desk.draft(&[]).expect(0);
    assert!(desk.mapping().contains("# a call with Bob"), "{}", desk.mapping());
    // Where a question goes for another reason, the words beside it do not.
    write(
        &desk.bench.path("hints.toml"),
        "[[dropped]]\nname = \"gone\"\nreason = \"said so\"\n[[renamed]]\nfrom = \"t.a\"\nto = \"t.b\"\n",
    );
    let hints = desk.bench.path("hints.toml").display().to_string();
    for _ in 0..2 {
        let said = desk.draft(&["--hints", &hints]).expect(0).stdout;
        assert!(said.contains("4 questions open"), "{said}");
        let text = desk.mapping();
        for words in ["# seen at two sites", "was said: un used"] {
            assert_eq!(text.matches(words).count(), 1, "{words}\n{text}");
        }
    }
}

#[test]
fn what_was_asked_about_values_stays_asked_where_a_draft_has_no_rows_to_look_at() {
    let desk = Desk::new(OLD, NEW);
    let said = desk.draft(&[]).expect(0).stdout;
    assert!(!said.contains("holds no rows"), "{said}");
    let with_rows = desk.mapping();
    let schema: Vec<&str> = OLD.split(';').filter(|statement| !statement.contains("INSERT")).collect();
    write(&desk.bench.path("old.sql"), schema.join(";"));
    let draft = |more: &[&str]| {
        run(Command::new(HOLDFAST)
            .arg("draft")
            .args([desk.bench.path("old.sql"), desk.bench.path("new.sql")])
            .arg("--payload")
            .arg(&desk.payload)
            .args(more))
        .expect(0)
        .stdout
    };
    let said = draft(&[]);
    assert!(
        said.contains("old.sql” holds no rows") && said.contains("6 questions open"),
        "{said}"
    );
    let without = desk.mapping();
    for part in [
        "#? An earlier draft found this in rows",
        "007 = 7",
        "open = \"open\"",
        "#?   \"done\" = \"…\"",
    ] {
        assert!(without.contains(part), "{part}\n{without}");
    }
    let report: serde_json::Value = serde_json::from_str(&draft(&["--json"])).expect("JSON");
    assert_eq!(report["looked_at_rows"], false);
    assert_eq!(desk.mapping(), without, "a draft of the same writes the same");
    desk.draft(&[]).expect(0);
    assert_eq!(desk.mapping(), with_rows, "with the rows it is as it was");
    // What is filled in stays as long as the question is open, and an answer settles it.
    desk.replace("007 = 7", "007 = 8");
    desk.draft(&[]).expect(0);
    assert!(desk.mapping().contains("007 = 8"), "{}", desk.mapping());
    draft(&[]);
    desk.answer("[table.t.columns.s]\n", "");
    desk.replace("open = \"open\"", "done = \"closed\"\nopen = \"open\"");
    assert!(draft(&[]).contains("5 questions open"));
}

#[test]
fn a_new_table_with_most_columns_of_one_that_goes_is_shown_even_if_it_is_not_likely() {
    let desk = Desk::new(
        "CREATE TABLE client (id INTEGER PRIMARY KEY, name TEXT, town TEXT, code TEXT, note TEXT); PRAGMA user_version = 1;
        CREATE TABLE visit (id INTEGER PRIMARY KEY, client INTEGER, day TEXT);
        INSERT INTO client VALUES (1, 'Ann', 'Bern', 'a1', 'x'); INSERT INTO visit VALUES (1, 1, '2020-01-02');",
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, town_id INTEGER, code TEXT, remark TEXT); PRAGMA user_version = 2;
        CREATE TABLE town (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE visit (id INTEGER PRIMARY KEY, client INTEGER, day TEXT);",
    );
    desk.draft(&[]).expect(0);
    let text = desk.mapping();
    let shown = "#? “client” may have become “person”, which is new and has 3 of its 5 columns (“id”, “name” and “code”):
#?   [table.person]
#?   from = \"client\"
[[drop]]
table = \"client\"";
    assert!(text.contains(shown) && !text.contains("become “town”"), "{text}");
}

#[test]
fn words_where_numbers_are_to_be_are_asked_and_dates_are_not() {
    let desk = Desk::new(
        "CREATE TABLE v (id INTEGER PRIMARY KEY, kind TEXT, day TEXT); PRAGMA user_version = 1;
        INSERT INTO v VALUES (1, 'first', '2020-01-02'), (2, 'again', '2020-03-04'), (3, '7', NULL);",
        "CREATE TABLE v (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, day DATE); PRAGMA user_version = 2;",
    );
    let said = desk.draft(&[]).expect(0).stdout;
    assert!(said.contains("1 question open"), "{said}");
    let text = desk.mapping();
    assert!(
        text.contains("2 rows of “v.kind” hold a value that is not of the type INTEGER"),
        "{text}"
    );
    desk.answer(
        "[table.v.columns.kind]\n",
        "other = \"keep\"\n[table.v.columns.kind.map]\nfirst = 1\nagain = 2",
    );
    assert!(desk.draft(&["--try"]).expect(0).stdout.contains("0 questions open"));
    desk.migrate().expect(0);
    let rows = "SELECT group_concat(id || typeof(kind) || kind || coalesce(day, '-'), ' ') FROM v";
    let expected = "1integer12020-01-02 2integer22020-03-04 3integer7-";
    assert_eq!(ask(&desk.bench.path("out.db"), rows), expected);
}

#[test]
fn a_schema_against_itself_writes_nothing() {
    let desk = Desk::new(OLD, OLD);
    let said = desk.draft(&[]).expect(0).stdout;
    assert!(said.contains("nothing was written"), "{said}");
    assert!(!desk.payload.join("migrations/2.0").exists());
}

#[test]
fn an_answer_whose_subject_is_gone_is_reported_and_kept_as_a_comment() {
    let desk = Desk::new(OLD, NEW);
    desk.draft(&[]).expect(0);
    desk.answer("[table.t.columns.b]\n", "sql = \"'b'\"");
    write(&desk.bench.path("new.sql"), NEW.replace("b TEXT", "c TEXT"));
    let said = desk.draft(&[]).expect(0).stdout;
    assert!(said.contains("The new table “t” has no column “b”"), "{said}");
    let text = desk.mapping();
    assert!(
        text.contains("#     sql = \"'b'\"") && text.contains("[table.t.columns.c]\nask"),
        "{text}"
    );
}

#[test]
fn statements_in_place_are_made_from_answers_that_stand_below_them() {
    let desk = Desk::new(OLD, NEW);
    let hints = desk.bench.path("hints.toml");
    write(&hints, "[[renamed]]\nfrom = \"t.a\"\nto = \"t.b\"\n");
    let sql = ["--steps", "sql", "--hints", hints.to_str().expect("a path")];
    desk.draft(&sql).expect(0);
    let file = desk.payload.join("migrations/2.0/10-schema.sql");
    let text = std::fs::read_to_string(&file).expect("statements");
    assert!(
        text.contains("-- @ask What becomes of NULL in “t.a”?") && text.contains("--| [[drop]]"),
        "{text}"
    );
    assert!(desk.migrate().expect(20).stderr.contains("is not answered"));
    let answers = [
        ("ask = \"What becomes of NULL", "when_null = \"none\""),
        ("ask = \"May what “t” holds", "reason = \"never filled\""),
        ("ask = \"Where do the rows of “gone”", "reason = \"nobody used it\""),
        ("ask = \"What becomes of the values of “t.n”", "convert = true"),
        ("ask = \"What becomes of the values of “t.s”", ""),
    ];
    let answered = |line: &str| {
        let found = answers.iter().find(|(ask, _)| line.contains(ask) && line.starts_with("--|"));
        found.map_or_else(|| line.to_owned(), |(_, answer)| format!("--| {answer}"))
    };
    let text: String = text.lines().map(|line| answered(line) + "\n").collect();
    let text = text.replace("--| open = \"open\"", "--| done = \"closed\"\n--| open = \"open\"");
    write(&file, text.replace("--| 007 = 7", "--| \"\" = 0\n--| 007 = 7"));
    let said = desk.draft(&[&sql[..], &["--try"]].concat()).expect(0).stdout;
    assert!(
        said.contains("0 questions open") && said.contains("all 4 rows of 2 tables are accounted for"),
        "{said}"
    );
    assert!(said.contains("[[rows]]") && said.contains("dropped = \"nobody used it\""), "{said}");
    append(
        &desk.payload,
        said.split("tables:\n")
            .nth(1)
            .and_then(|s| s.split("\nTried").next())
            .expect("rows"),
    );
    desk.migrate().expect(0);
    let rows = "SELECT group_concat(id || b || coalesce(n, '-') || s, ' ') FROM t";
    assert_eq!(ask(&desk.bench.path("out.db"), rows), "1x7open 2none0closed 3x7open");
    replace(&file, "DROP TABLE \"gone\";", "DROP TABLE \"gone\"; -- by hand");
    let told = desk.draft(&sql).expect(20).stderr;
    assert!(told.contains("changed by hand") && told.contains("--force"), "{told}");
}

#[test]
fn columns_with_another_name_are_told_by_hints_or_annotations() {
    let desk = Desk::new(
        OLD,
        &NEW.replace("b TEXT NOT NULL", "b TEXT, -- @renamed from=a\n z TEXT")
            .replace("s TEXT CHECK (s IN ('open', 'closed'))", "s TEXT"),
    );
    desk.draft(&[]).expect(0);
    let text = desk.mapping();
    assert!(text.contains("b = \"a\""), "{text}");
    assert!(!text.contains("column = \"a\""), "{text}");
}
