//! Functions of the application that the manifest declares.

use super::room::{database, limits};
use holdfast::failure::Reason;
use holdfast::script::{DeclaredFunction, declare};
use rusqlite::Connection;

fn declared(toml: &str) -> Vec<DeclaredFunction> {
    #[derive(serde::Deserialize)]
    struct All {
        function: Vec<DeclaredFunction>,
    }
    toml::from_str::<All>(toml).unwrap().function
}

const FUNCTIONS: &str = r#"
[[function]]
name = "user_setting"
arguments = 1

[[function]]
name = "BIN2B64"
deterministic = true
arguments = 1
body = "(bytes) => bytes === null ? null : Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')"
"#;

#[test]
fn a_schema_that_calls_them_is_parsed_and_can_be_altered() {
    let connection = database();
    connection
        .execute_batch(
            "PRAGMA trusted_schema=OFF;
             CREATE VIEW settings AS SELECT user_setting(name) AS s FROM t;
             CREATE TABLE keys(bytes BLOB, spare);
             INSERT INTO keys VALUES (x'00ff', 1);",
        )
        .unwrap();
    for sql in ["SELECT * FROM settings", "CREATE INDEX by_text ON keys(BIN2B64(bytes))"] {
        let error = connection.prepare(sql).unwrap_err().to_string();
        assert!(error.contains("no such function"), "{error}");
    }
    declare(&connection, &declared(FUNCTIONS), limits()).unwrap();
    connection
        .execute_batch("ALTER TABLE keys DROP COLUMN spare; CREATE INDEX by_text ON keys(BIN2B64(bytes));")
        .unwrap();
    let text: String = connection
        .query_row("SELECT bin2b64(bytes) FROM keys ORDER BY BIN2B64(bytes)", [], |r| r.get(0))
        .unwrap();
    assert_eq!(text, "00ff");
    let error = connection
        .query_row("SELECT * FROM settings", [], |_| Ok(()))
        .unwrap_err()
        .to_string();
    assert!(error.contains("user_setting() is the application's own function"), "{error}");
}

#[test]
fn what_is_declared_wrongly_is_told() {
    for (toml, words) in [
        ("name = 'a b'", "its name must consist of letters"),
        ("name = 'lower'", "SQLite has it itself"),
        ("name = 'f'\narguments = 200", "not more than 127|no function with more than 127"),
        ("name = 'f'\nbody = '7'", "its body is not a function"),
        ("name = 'f'\nbody = '(a) => {'", "SyntaxError"),
        ("name = 'f'\nbody = '(() => { for (;;) {} })()'", "limit of 1 s"),
    ] {
        let connection = Connection::open_in_memory().unwrap();
        let limits = holdfast::script::Limits { seconds: 1, ..limits() };
        let failure = declare(&connection, &declared(&format!("[[function]]\n{toml}")), limits).unwrap_err();
        assert_eq!(failure.reason, Reason::PayloadInvalid, "{failure}");
        assert!(words.split('|').any(|w| failure.message.contains(w)), "{failure}");
        assert!(failure.message.ends_with("Correct it and pack again."), "{failure}");
    }
    assert!(
        toml::from_str::<DeclaredFunction>("name = 'f'\nargument = 1").is_err(),
        "an unknown key is an error"
    );
}

#[test]
fn they_stay_as_long_as_the_connection() {
    let connection = database();
    declare(&connection, &declared(FUNCTIONS), limits()).unwrap();
    let of = |c: &Connection| c.query_row("SELECT BIN2B64(x'0a')", [], |r| r.get::<_, String>(0));
    assert_eq!(of(&connection).unwrap(), "0a");
    let error = std::thread::spawn(move || of(&connection).unwrap_err().to_string()).join().unwrap();
    assert!(error.contains("another thread"), "{error}");
}
