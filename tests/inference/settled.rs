//! What people have said settles a question; what they cannot mean is an error that names the place.

use crate::sides::{between, matches, open, told, with_hints};
use holdfast::infer::Settled;

const OLD: &str = "CREATE TABLE customer (id INTEGER PRIMARY KEY, code TEXT, mail TEXT, opt_in TEXT);
    CREATE TABLE leftover (x TEXT);
    INSERT INTO customer(code, mail, opt_in) VALUES ('a', 'a@b.example', 'yes'); INSERT INTO leftover VALUES ('1');";
const NEW: &str = "CREATE TABLE client (id INTEGER PRIMARY KEY, number TEXT, address TEXT);
    CREATE TABLE client_contact (client_id INTEGER REFERENCES client(id), mail TEXT);";

#[test]
fn annotations_in_the_new_schema_settle() {
    let new = "-- @dropped name=leftover reason=\"nobody reads it\"
    CREATE TABLE client ( -- @renamed from=customer
        id INTEGER PRIMARY KEY,
        number TEXT, -- @renamed from=code
        -- @dropped name=opt_in reason=\"it is the law\"
        address TEXT -- @renamed from=customer.mail
    );";
    let found = between(OLD, new);
    let wanted = [
        "customer → client",
        "customer.code → client.number",
        "customer.mail → client.address",
        "customer.opt_in dropped",
        "leftover dropped",
    ];
    assert_eq!(matches(&found), wanted, "{}", told(&found));
    assert!(found.open.is_empty() && found.matches.iter().all(|m| m.settled == Some(Settled::Annotation)));
}

#[test]
fn an_annotation_that_has_been_followed_already_says_nothing() {
    let schema = "CREATE TABLE client ( -- @renamed from=customer
        id INTEGER PRIMARY KEY, number TEXT -- @renamed from=code
    );";
    let found = between(schema, schema);
    assert!(found.matches.is_empty() && found.open.is_empty(), "{}", told(&found));
}

#[test]
fn an_annotation_of_an_earlier_version_says_nothing_of_a_name_that_is_used_again() {
    let noted = "-- @dropped name=gone reason=\"nobody reads it\"
    CREATE TABLE client ( -- @renamed from=customer
        id INTEGER PRIMARY KEY, number TEXT, -- @renamed from=code
        -- @dropped name=opt_in reason=\"it is the law\"
        code TEXT, opt_in TEXT, a TEXT, -- @renamed from=b
        b TEXT -- @renamed from=a
    );
    CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE gone (x TEXT);";
    // What a site has is the same, made of this text or brought there in other ways.
    let plain: String = noted.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let rows = "INSERT INTO client(number, code, opt_in) VALUES ('1', 'a', 'yes'); INSERT INTO customer(name) VALUES ('Ada'); INSERT INTO gone VALUES (1);";
    let found = between(&format!("{noted}{rows}"), noted);
    assert!(found.matches.is_empty() && found.open.is_empty(), "{}", told(&found));
    // Two that change their names with one another can be told only from what is noted.
    let found = between(&format!("{plain}{rows}"), noted);
    assert_eq!(matches(&found), ["client.a → client.b", "client.b → client.a"], "{}", told(&found));
    assert!(found.open.is_empty(), "{}", told(&found));
}

#[test]
fn an_annotation_names_a_column_that_moved() {
    let old = "CREATE TABLE person (id INTEGER PRIMARY KEY, short TEXT);";
    let new = "CREATE TABLE person (id INTEGER PRIMARY KEY);
        CREATE TABLE details (person_id INTEGER REFERENCES person(id), initials TEXT -- @renamed from=person.short
        );";
    assert_eq!(
        matches(&between(old, new)),
        ["person.short moved to details.initials by person_id = old.\"id\""]
    );
}

#[test]
fn hints_settle() {
    let hints = r#"
[[renamed]]
from = "customer"
to = "client"
[[renamed]]
from = "customer.code"
to = "client.number"
[[moved]]
from = "customer.mail"
to = "client_contact.mail"
[[dropped]]
name = "customer.opt_in"
reason = "it is the law"
[[dropped]]
name = "leftover"
reason = "nobody reads it"
"#;
    let found = with_hints(OLD, NEW, hints).expect("hints");
    let wanted = [
        "customer → client",
        "customer.code → client.number",
        "customer.mail moved to client_contact.mail by client_id = old.\"id\"",
        "customer.opt_in dropped",
        "leftover dropped",
    ];
    assert_eq!(matches(&found), wanted, "{}", told(&found));
    assert!(found.open.is_empty() && found.matches.iter().all(|m| m.settled == Some(Settled::Hint)));
    assert!(
        found.matches[0].evidence[0].sentence.contains("“hints.toml”, line 2"),
        "{}",
        told(&found)
    );
}

#[test]
fn two_tables_with_one_goal_are_a_merge() {
    let old = "CREATE TABLE a (x TEXT); CREATE TABLE b (x TEXT);";
    let hints = "[[renamed]]\nfrom = \"a\"\nto = \"c\"\n[[renamed]]\nfrom = \"b\"\nto = \"c\"\n";
    let found = with_hints(old, "CREATE TABLE c (x TEXT);", hints).expect("hints");
    assert_eq!(matches(&found), ["a merged into c", "b merged into c"]);
}

#[test]
fn what_is_said_to_be_another_thing_is_asked_again() {
    let (old, new) = (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, user_name TEXT)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, username TEXT)",
    );
    assert_eq!(matches(&between(old, new)), ["t.user_name → t.username"]);
    for hint in [
        "[[not_renamed]]\nfrom = \"t.user_name\"\nto = \"t.username\"",
        "[[new]]\nname = \"t.username\"",
    ] {
        let found = with_hints(old, new, hint).expect("hints");
        assert!(found.matches.is_empty(), "{}", told(&found));
        assert_eq!(open(&found), ["t.user_name?"]);
    }
}

#[track_caller]
fn refused(hints: &str, words: &[&str]) {
    let why = with_hints(OLD, NEW, hints).expect_err("an error");
    for word in words {
        assert!(why.contains(word), "{word}: {why}");
    }
}

#[test]
fn hints_that_cannot_be_meant_are_errors_that_name_the_line_and_the_near_word() {
    refused(
        "[[renamed]]\nfrom = \"custmer\"\nto = \"client\"",
        &["“hints.toml”, line 1", "“custmer”", "“customer”"],
    );
    refused(
        "\n[[renamed]]\nfrom = \"customer.cod\"\nto = \"client.number\"",
        &["line 2", "“cod”", "“code”"],
    );
    refused(
        "[[renamed]]\nfrom = \"customer\"\nto = \"client.number\"",
        &["line 1", "the one is a table, the other a column"],
    );
    refused("[[rename]]\nfrom = \"customer\"\nto = \"client\"", &["hints.toml", "renamed"]);
    refused("[[renamed]]\nform = \"customer\"\nto = \"client\"", &["line 2", "from"]);
    refused("[[dropped]]\nname = \"customer\"", &["reason"]);
    let twice = "[[renamed]]\nfrom = \"customer\"\nto = \"client\"\n[[dropped]]\nname = \"customer\"\nreason = \"old\"";
    refused(twice, &["said twice", "“customer”", "line 1", "line 4"]);
    let both = "[[renamed]]\nfrom = \"customer\"\nto = \"client\"\n[[renamed]]\nfrom = \"customer.code\"\nto = \"client.number\"\n\
        [[renamed]]\nfrom = \"customer.mail\"\nto = \"client.number\"";
    refused(both, &["said twice", "“client.number”", "line 4", "line 7"]);
}

#[test]
fn annotations_that_cannot_be_meant_are_errors() {
    let said = |new: &str| with_hints(OLD, new, "").expect_err("an error");
    let why = said("CREATE TABLE client ( -- @renamed from=custmer\n id INTEGER);");
    assert!(why.contains("“client”") && why.contains("“customer”"), "{why}");
    let why = said("CREATE TABLE customer (id INTEGER, number TEXT -- @renamed from=cod\n);");
    assert!(why.contains("“cod”") && why.contains("“code”"), "{why}");
    let why = said("CREATE TABLE customer (id INTEGER -- @dropped name=mail\n);");
    assert!(why.contains("reason="), "{why}");
}
