//! Every kind of difference, one by one, with the level that it has before anybody looks at rows.

use super::*;

/// Old, new, what must be found.
type Case = (&'static str, &'static str, &'static [&'static str]);

#[track_caller]
fn found(cases: &[Case]) {
    let mut wrong = Vec::new();
    for (old, new, expected) in cases {
        let report = report(old, new);
        let found = findings(&report);
        if found != *expected {
            wrong.push(format!("{old}\n{new}\n  found    {found:?}\n  expected {expected:?}"));
        }
        for finding in report["findings"].as_array().expect("findings") {
            let advice = finding["advice"].as_str().unwrap_or_default();
            if finding["level"] == "blocks" && advice.is_empty() {
                wrong.push(format!("{old}\n{new}\n  no advice: {finding}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn tables() {
    found(&[
        ("CREATE TABLE t(a)", "CREATE TABLE t(a); CREATE TABLE u(b)", &["safe table added u"]),
        ("CREATE TABLE t(a)", "", &["blocks table removed t"]),
        ("CREATE TABLE t(a)", "CREATE TABLE T(a)", &["safe table renamed t→T"]),
        ("CREATE TABLE t(a INT)", "CREATE TABLE t(a INT) STRICT", &["blocks table changed t"]),
        ("CREATE TABLE t(a INT) STRICT", "CREATE TABLE t(a INT)", &["safe table changed t"]),
        (
            "CREATE TABLE t(a TEXT PRIMARY KEY NOT NULL)",
            "CREATE TABLE t(a TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID",
            &["look table changed t"],
        ),
        (
            "CREATE TABLE t(a INTEGER PRIMARY KEY)",
            "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT)",
            &["safe table changed t"],
        ),
        (
            "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT)",
            "CREATE TABLE t(a INTEGER PRIMARY KEY)",
            &["look table changed t"],
        ),
        (
            "CREATE VIRTUAL TABLE f USING fts5(a)",
            "CREATE VIRTUAL TABLE f USING fts5(a, tokenize = porter)",
            &["look table changed f"],
        ),
        (
            "CREATE VIRTUAL TABLE f USING fts5(a)",
            "CREATE VIRTUAL TABLE f USING FTS5( \"a\" )",
            &[],
        ),
        (
            "CREATE VIRTUAL TABLE f USING fts5(a)",
            "CREATE TABLE t(a)",
            &["look table removed f", "safe table added t"],
        ),
        (
            "CREATE VIRTUAL TABLE f USING rtree(a, b, c)",
            "CREATE TABLE f(a INT, b REAL, c REAL)",
            &["look table changed f"],
        ),
    ]);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a list of cases")]
fn columns() {
    found(&[
        ("CREATE TABLE t(a)", "CREATE TABLE t(a, b)", &["safe column added t.b"]),
        ("CREATE TABLE t(a)", "CREATE TABLE t(a, b NOT NULL)", &["blocks column added t.b"]),
        (
            "CREATE TABLE t(a)",
            "CREATE TABLE t(a, b NOT NULL DEFAULT NULL)",
            &["blocks column added t.b"],
        ),
        (
            "CREATE TABLE t(a)",
            "CREATE TABLE t(a, b NOT NULL DEFAULT 0)",
            &["safe column added t.b"],
        ),
        (
            "CREATE TABLE t(a)",
            "CREATE TABLE t(a, b AS (a + 1) NOT NULL)",
            &["safe column added t.b"],
        ),
        ("CREATE TABLE t(a, b)", "CREATE TABLE t(a)", &["blocks column removed t.b"]),
        ("CREATE TABLE t(a, b AS (a + 1))", "CREATE TABLE t(a)", &["safe column removed t.b"]),
        (
            "CREATE TABLE t(a, b)",
            "CREATE TABLE t(B, \"a\")",
            &["safe column changed t", "safe column renamed t.b"],
        ),
        ("CREATE TABLE t(a, b, c)", "CREATE TABLE t(a, x, b, c)", &["safe column added t.x"]),
        ("CREATE TABLE t(a INT)", "CREATE TABLE t(a TEXT)", &["look type changed t.a"]),
        (
            "CREATE TABLE t(a VARCHAR(10))",
            "CREATE TABLE t(a VARCHAR(20))",
            &["safe type changed t.a"],
        ),
        (
            "CREATE TABLE t(a VARCHAR(10))",
            "CREATE TABLE t(a varchar (8))",
            &["look type changed t.a"],
        ),
        ("CREATE TABLE t(a TEXT)", "CREATE TABLE t(a VARCHAR(8))", &["look type changed t.a"]),
        ("CREATE TABLE t(a VARCHAR(8))", "CREATE TABLE t(a TEXT)", &["safe type changed t.a"]),
        (
            "CREATE TABLE t(a DECIMAL(8,2))",
            "CREATE TABLE t(a DECIMAL(6,2))",
            &["safe type changed t.a"],
        ),
        ("CREATE TABLE t(a VARCHAR(10))", "CREATE TABLE t(a varchar ( 10 ))", &[]),
        (
            "CREATE TABLE t(a INT) STRICT",
            "CREATE TABLE t(a TEXT) STRICT",
            &["blocks type changed t.a"],
        ),
        (
            "CREATE TABLE t(a INT) STRICT",
            "CREATE TABLE t(a INTEGER) STRICT",
            &["safe type changed t.a"],
        ),
        (
            "CREATE TABLE t(a INT) STRICT",
            "CREATE TABLE t(a ANY) STRICT",
            &["look type changed t.a"],
        ),
        (
            "CREATE TABLE t(a)",
            "CREATE TABLE t(a NOT NULL)",
            &["blocks nullability changed t.a"],
        ),
        ("CREATE TABLE t(a NOT NULL)", "CREATE TABLE t(a)", &["safe nullability changed t.a"]),
        (
            "CREATE TABLE t(a TEXT)",
            "CREATE TABLE t(a TEXT COLLATE nocase)",
            &["look collation changed t.a"],
        ),
        (
            "CREATE TABLE t(a TEXT COLLATE nocase)",
            "CREATE TABLE t(a TEXT COLLATE \"NOCASE\")",
            &[],
        ),
    ]);
}

#[test]
fn defaults_and_rules() {
    found(&[
        ("CREATE TABLE t(a)", "CREATE TABLE t(a DEFAULT 1)", &["safe default changed t.a"]),
        ("CREATE TABLE t(a DEFAULT 1)", "CREATE TABLE t(a)", &["safe default changed t.a"]),
        (
            "CREATE TABLE t(a DEFAULT 'One')",
            "CREATE TABLE t(a DEFAULT 'one')",
            &["safe default changed t.a"],
        ),
        ("CREATE TABLE t(a DEFAULT \"One\")", "CREATE TABLE t(a DEFAULT 'One')", &[]),
        (
            "CREATE TABLE t(a DEFAULT current_date)",
            "CREATE TABLE t(a DEFAULT CURRENT_DATE)",
            &[],
        ),
        (
            "CREATE TABLE t(a DEFAULT (1 + 2))",
            "CREATE TABLE t(a DEFAULT ( 1+2 /* three */ ))",
            &[],
        ),
        (
            "CREATE TABLE t(a DEFAULT 'urn:uuid:0b5b1cd0-4a45-4d4c-9d2b-5d1c5b8d2a11')",
            "CREATE TABLE t(a DEFAULT 'urn:uuid:99999999-4a45-4d4c-9d2b-5d1c5b8d2a11')",
            &["safe default changed t.a by site"],
        ),
        (
            "CREATE TABLE t(a DEFAULT 'urn:uuid:0b5b1cd0-4a45-4d4c-9d2b-5d1c5b8d2a11')",
            "CREATE TABLE t(a DEFAULT 'uuid:99999999-4a45-4d4c-9d2b-5d1c5b8d2a11')",
            &["safe default changed t.a"],
        ),
        (
            "CREATE TABLE t(a, b AS (a + 1))",
            "CREATE TABLE t(a, b AS (a + 2))",
            &["look generated changed t.b"],
        ),
        (
            "CREATE TABLE t(a, b AS (a + 1))",
            "CREATE TABLE t(a, b AS (a+1) STORED)",
            &["safe generated changed t.b"],
        ),
        (
            "CREATE TABLE t(a, b AS (a + 1))",
            "CREATE TABLE t(a, b GENERATED ALWAYS AS (A+1) VIRTUAL)",
            &[],
        ),
        (
            "CREATE TABLE t(a, b)",
            "CREATE TABLE t(a, b AS (a + 1))",
            &["blocks generated changed t.b"],
        ),
        (
            "CREATE TABLE t(a, b AS (a + 1))",
            "CREATE TABLE t(a, b)",
            &["look generated changed t.b"],
        ),
    ]);
}

#[test]
fn primary_keys() {
    found(&[
        ("CREATE TABLE t(a, b)", "CREATE TABLE t(a PRIMARY KEY, b)", &["blocks key added t"]),
        ("CREATE TABLE t(a PRIMARY KEY, b)", "CREATE TABLE t(a, b)", &["look key removed t"]),
        (
            "CREATE TABLE t(a PRIMARY KEY, b)",
            "CREATE TABLE t(a, b PRIMARY KEY)",
            &["blocks key changed t"],
        ),
        (
            "CREATE TABLE t(a PRIMARY KEY, b)",
            "CREATE TABLE t(a, b, PRIMARY KEY (b, a))",
            &["safe key changed t"],
        ),
        (
            "CREATE TABLE t(a, b, PRIMARY KEY (a, b))",
            "CREATE TABLE t(a PRIMARY KEY, b)",
            &["blocks key changed t"],
        ),
        (
            "CREATE TABLE t(a TEXT, PRIMARY KEY (a))",
            "CREATE TABLE t(a TEXT, PRIMARY KEY (a COLLATE nocase))",
            &["blocks key changed t"],
        ),
        (
            "CREATE TABLE t(a INT PRIMARY KEY)",
            "CREATE TABLE t(a INTEGER PRIMARY KEY)",
            &["look key changed t", "safe type changed t.a"],
        ),
    ]);
}

#[test]
fn foreign_keys() {
    found(&[
        (
            "CREATE TABLE p(i INTEGER PRIMARY KEY); CREATE TABLE t(a)",
            "CREATE TABLE p(i INTEGER PRIMARY KEY); CREATE TABLE t(a REFERENCES p)",
            &["blocks foreign_key added t.a"],
        ),
        (
            "CREATE TABLE p(i INTEGER PRIMARY KEY); CREATE TABLE t(a)",
            "CREATE TABLE p(i INTEGER PRIMARY KEY); CREATE TABLE t(a, b REFERENCES p)",
            &["safe column added t.b", "safe foreign_key added t.b"],
        ),
        (
            "CREATE TABLE p(i INTEGER PRIMARY KEY); CREATE TABLE t(a REFERENCES p)",
            "CREATE TABLE p(i INTEGER PRIMARY KEY); CREATE TABLE t(a)",
            &["safe foreign_key removed t.a"],
        ),
        (
            "CREATE TABLE p(i INTEGER PRIMARY KEY); CREATE TABLE q(i INTEGER PRIMARY KEY); CREATE TABLE t(a REFERENCES p)",
            "CREATE TABLE p(i INTEGER PRIMARY KEY); CREATE TABLE q(i INTEGER PRIMARY KEY); CREATE TABLE t(a REFERENCES q)",
            &["blocks foreign_key changed t.a"],
        ),
        (
            "CREATE TABLE p(i PRIMARY KEY, j UNIQUE); CREATE TABLE t(a REFERENCES p(i))",
            "CREATE TABLE p(i PRIMARY KEY, j UNIQUE); CREATE TABLE t(a REFERENCES p(j))",
            &["blocks foreign_key changed t.a"],
        ),
        (
            "CREATE TABLE p(i PRIMARY KEY); CREATE TABLE t(a REFERENCES p ON DELETE RESTRICT)",
            "CREATE TABLE p(i PRIMARY KEY); CREATE TABLE t(a REFERENCES \"P\" ON DELETE SET NULL)",
            &["safe foreign_key changed t.a"],
        ),
        (
            "CREATE TABLE p(i PRIMARY KEY); CREATE TABLE t(a REFERENCES p ON UPDATE CASCADE)",
            "CREATE TABLE p(i PRIMARY KEY); CREATE TABLE t(a REFERENCES p ON DELETE CASCADE)",
            &["look foreign_key changed t.a", "safe foreign_key changed t.a"],
        ),
        (
            "CREATE TABLE p(i PRIMARY KEY); CREATE TABLE t(a REFERENCES p)",
            "CREATE TABLE p(i PRIMARY KEY); CREATE TABLE t(a REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
            &["safe foreign_key changed t.a"],
        ),
        (
            "CREATE TABLE p(i, j, PRIMARY KEY (i, j)); CREATE TABLE t(a, b, FOREIGN KEY (a, b) REFERENCES p(i, j))",
            "CREATE TABLE p(i, j, PRIMARY KEY (i, j)); CREATE TABLE t(a, b, FOREIGN KEY (a, b) REFERENCES p(j, i))",
            &["blocks foreign_key changed t.a, b"],
        ),
    ]);
}

#[test]
fn unique_sets_and_checks() {
    found(&[
        (
            "CREATE TABLE t(a, b)",
            "CREATE TABLE t(a, b, UNIQUE (a, b))",
            &["blocks unique added t.a, b"],
        ),
        (
            "CREATE TABLE t(a, b UNIQUE)",
            "CREATE TABLE t(a, b UNIQUE, UNIQUE (a, b))",
            &["safe unique added t.a, b"],
        ),
        (
            "CREATE TABLE t(a)",
            "CREATE TABLE t(a, b UNIQUE)",
            &["safe column added t.b", "safe unique added t.b"],
        ),
        ("CREATE TABLE t(a, b UNIQUE)", "CREATE TABLE t(a, b)", &["safe unique removed t.b"]),
        (
            "CREATE TABLE t(a, b, UNIQUE (a, b))",
            "CREATE TABLE t(a, b, UNIQUE (b, a))",
            &["safe unique changed t.a, b"],
        ),
        (
            "CREATE TABLE t(a TEXT UNIQUE)",
            "CREATE TABLE t(a TEXT COLLATE nocase UNIQUE)",
            &["blocks unique changed t.a", "look collation changed t.a"],
        ),
        (
            "CREATE TABLE t(a)",
            "CREATE TABLE t(a CHECK (a > 0))",
            &["blocks check added t.a > 0"],
        ),
        (
            "CREATE TABLE t(a CHECK (a > 0))",
            "CREATE TABLE t(a)",
            &["safe check removed t.a > 0"],
        ),
        (
            "CREATE TABLE t(a CONSTRAINT positive CHECK (a > 0))",
            "CREATE TABLE t(a CONSTRAINT positive CHECK (a > 1))",
            &["blocks check changed t.positive"],
        ),
        (
            "CREATE TABLE t(a CONSTRAINT one CHECK (a > 0))",
            "CREATE TABLE t(a CONSTRAINT two CHECK (\"a\">0))",
            &["safe check renamed t.one"],
        ),
        (
            "CREATE TABLE t(a CHECK (a IN (\"Open\", 'Closed')))",
            "CREATE TABLE t(a, CHECK (A in ('Open','Closed')) -- at the end\n)",
            &[],
        ),
        (
            "CREATE TABLE t(a CHECK (a IN (\"Open\")))",
            "CREATE TABLE t(a CHECK (a IN (\"OPEN\")))",
            &["blocks check added t.a IN (\"OPEN\")", "safe check removed t.a IN (\"Open\")"],
        ),
    ]);
}

#[test]
fn indexes() {
    found(&[
        (
            "CREATE TABLE t(a)",
            "CREATE TABLE t(a); CREATE INDEX i ON t(a)",
            &["safe index added t.i"],
        ),
        (
            "CREATE TABLE t(a); CREATE INDEX i ON t(a)",
            "CREATE TABLE t(a)",
            &["safe index removed t.i"],
        ),
        (
            "CREATE TABLE t(a)",
            "CREATE TABLE t(a); CREATE UNIQUE INDEX i ON t(a)",
            &["blocks index added t.i"],
        ),
        (
            "CREATE TABLE t(a UNIQUE)",
            "CREATE TABLE t(a UNIQUE); CREATE UNIQUE INDEX i ON t(a DESC)",
            &["safe index added t.i"],
        ),
        (
            "CREATE TABLE t(a); CREATE INDEX i ON t(a)",
            "CREATE TABLE t(a); CREATE INDEX j ON t(a)",
            &["safe index renamed t.i"],
        ),
        (
            "CREATE TABLE t(a); CREATE INDEX i ON t(a)",
            "CREATE TABLE t(a); CREATE UNIQUE INDEX i ON t(a)",
            &["blocks index changed t.i"],
        ),
        (
            "CREATE TABLE t(a); CREATE INDEX i ON t(a)",
            "CREATE TABLE t(a); CREATE INDEX i ON t(a DESC)",
            &["safe index changed t.i"],
        ),
        (
            "CREATE TABLE t(a); CREATE INDEX i ON t(a) WHERE a > 0",
            "CREATE TABLE t(a); CREATE INDEX i ON t(a) WHERE a > 1",
            &["safe index changed t.i"],
        ),
        (
            "CREATE TABLE t(a); CREATE INDEX i ON t(lower(a))",
            "CREATE TABLE t(a); CREATE INDEX i ON t(upper(a))",
            &["safe index changed t.i"],
        ),
        (
            "CREATE TABLE t(a); CREATE UNIQUE INDEX i ON t(a) WHERE a > 0",
            "CREATE TABLE t(a); CREATE UNIQUE INDEX i ON t(a)",
            &["blocks index changed t.i"],
        ),
        (
            "CREATE TABLE t(a); CREATE INDEX i ON t(lower(a) COLLATE nocase DESC) WHERE a > 0",
            "CREATE TABLE t(a); CREATE INDEX I ON T ( LOWER( \"a\" ) COLLATE NOCASE DESC ) where A>0 -- why",
            &["safe index renamed t.i"],
        ),
    ]);
}

#[test]
fn triggers_views_and_numbers() {
    found(&[
        (
            "CREATE TABLE t(a)",
            "CREATE TABLE t(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
            &["look trigger added t.g"],
        ),
        (
            "CREATE TABLE t(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
            "CREATE TABLE t(a)",
            &["look trigger removed t.g"],
        ),
        (
            "CREATE TABLE t(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 'one'; END",
            "CREATE TABLE t(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 'One'; END",
            &["look trigger changed t.g"],
        ),
        (
            "CREATE TABLE t(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
            "CREATE TABLE t(a); create trigger IF NOT EXISTS g after insert on \"t\" begin select 1 /* ; */; end",
            &[],
        ),
        (
            "CREATE TABLE t(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
            "",
            &["blocks table removed t", "safe trigger removed t.g"],
        ),
        ("CREATE VIEW v AS SELECT 1", "", &["look view removed .v"]),
        ("", "CREATE VIEW v AS SELECT 1", &["safe view added .v"]),
        ("CREATE VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 2", &["look view changed .v"]),
        (
            "CREATE VIEW v AS SELECT 'a'",
            "CREATE VIEW V AS SELECT\n 'a' -- why",
            &["safe view renamed .v"],
        ),
        (
            "PRAGMA user_version = 1",
            "PRAGMA user_version = 2",
            &["look number changed .user_version"],
        ),
        ("PRAGMA application_id = 7", "", &["safe number changed .application_id"]),
    ]);
}

#[test]
fn a_schema_and_itself_do_not_differ() {
    let report = report(ALL, ALL);
    assert_eq!(findings(&report), Vec::<String>::new());
    assert_eq!(report["old"]["fingerprint"], report["new"]["fingerprint"]);
}

/// Something of everything.
const ALL: &str = "
    PRAGMA user_version = 3; PRAGMA application_id = 9;
    CREATE TABLE p(id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT COLLATE NOCASE UNIQUE, b DEFAULT 'x' CHECK (b <> ''));
    CREATE TABLE t(k TEXT, p REFERENCES p ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, g AS (k || p), PRIMARY KEY (k, p)) WITHOUT ROWID;
    CREATE TABLE s(a INT, b ANY) STRICT;
    CREATE VIRTUAL TABLE f USING fts5(a, b, content='p', content_rowid='id');
    CREATE UNIQUE INDEX i ON p(lower(a), b DESC) WHERE a IS NOT NULL;
    CREATE VIEW v AS SELECT * FROM p;
    CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN INSERT INTO p(a) VALUES (new.a); END;";
