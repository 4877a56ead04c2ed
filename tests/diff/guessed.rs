//! What inference, annotations and hints say of a difference stands in its finding, and what has a place does not block.

use super::*;

const OLD: &str = "CREATE TABLE customer(id INTEGER PRIMARY KEY, mail TEXT, phone TEXT, note TEXT);
    CREATE INDEX by_mail ON customer(mail);
    CREATE TRIGGER g AFTER INSERT ON customer BEGIN UPDATE customer SET mail = lower(mail) WHERE id = new.id; END;";
const NEW: &str = "-- @renamed from=customer
    CREATE TABLE client(id INTEGER PRIMARY KEY,
      email TEXT, -- @renamed from=mail
      phone TEXT); -- @dropped name=customer.note reason=\"nobody reads it\"
    CREATE INDEX by_mail ON client(email);
    CREATE TRIGGER g AFTER INSERT ON client BEGIN UPDATE client SET email = lower(email) WHERE id = new.id; END;";

#[test]
fn annotations_settle_what_became_of_what() {
    let bench = Bench::new();
    write(&bench.path("old.sql"), OLD);
    write(&bench.path("new.sql"), NEW);
    let ran = diff([bench.path("old.sql"), bench.path("new.sql"), "--json".into()]).expect(0);
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let expected = [
        "look table renamed customer→client",
        "look column removed customer→client.note",
        "look column renamed customer→client.mail",
        "safe trigger changed customer→client.g",
    ];
    assert_eq!(findings(&report), expected, "{:#}", report["inference"]);
    let text = diff([bench.path("old.sql"), bench.path("new.sql")]).expect(0).stdout;
    for said in [
        "its values go for good: nobody reads it",
        "So says an annotation",
        "[table.client] columns.email = \"mail\"",
        "follows the new names",
    ] {
        assert!(text.contains(said), "“{said}” is not in:\n{text}");
    }
    let by_name = diff([bench.path("old.sql"), bench.path("new.sql"), "--no-guess".into()])
        .expect(0)
        .stdout;
    assert!(by_name.contains("The table “customer” is gone, and nothing says"), "{by_name}");
}

#[test]
fn hints_settle_it_too() {
    let bench = Bench::new();
    write(
        &bench.path("old.sql"),
        "CREATE TABLE a(id INTEGER PRIMARY KEY, one TEXT); CREATE TABLE b(id INTEGER PRIMARY KEY, two TEXT)",
    );
    write(&bench.path("new.sql"), "CREATE TABLE x(id INTEGER PRIMARY KEY, one TEXT)");
    write(
        &bench.path("hints.toml"),
        "[[renamed]]\nfrom = \"a\"\nto = \"x\"\n[[dropped]]\nname = \"b\"\nreason = \"never used\"\n",
    );
    let words = ["old.sql", "new.sql"].map(|n| bench.path(n).display().to_string());
    let hints = bench.path("hints.toml").display().to_string();
    let ran = diff([&words[0], &words[1], "--json", "--hints", &hints]).expect(0);
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(findings(&report), ["look table renamed a→x", "look table removed b"]);
    assert!(
        ran.stdout.contains("its rows go for good: never used") && ran.stdout.contains("So people have said"),
        "{}",
        ran.stdout
    );
    write(&bench.path("hints.toml"), "[[renamed]]\nfrom = \"a\"\n");
    let ran = diff([&words[0], &words[1], "--hints", &hints]).expect(20);
    assert!(ran.stderr.contains("hints.toml"), "{ran:?}");
}
