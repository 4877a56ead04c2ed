//! Each shape by itself, in schemas of a few tables.

use crate::sides::{between, matches, open, said, told};
use holdfast::infer::{Inference, Origin, THRESHOLD};

#[track_caller]
fn has(inference: &Inference, wanted: &str) {
    assert!(matches(inference).iter().any(|m| m == wanted), "no {wanted}:\n{}", told(inference));
}

#[track_caller]
fn asks(inference: &Inference, wanted: &str) {
    assert!(open(inference).iter().any(|o| o == wanted), "no {wanted}:\n{}", told(inference));
}

/// Rows of a table with a few telling columns.
fn rows(table: &str, columns: &str, count: usize, values: impl Fn(usize) -> String) -> String {
    (1..=count)
        .map(|n| format!("INSERT INTO {table}({columns}) VALUES ({});\n", values(n)))
        .collect()
}

const PERSON: &str = "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, initials CHAR(8), nickname TEXT);\n";

#[test]
fn a_split_says_how_a_row_is_found() {
    let new = "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE person_details (id INTEGER PRIMARY KEY, person_id INTEGER REFERENCES person(id), initials CHAR(8), nickname TEXT);";
    let found = between(PERSON, new);
    has(&found, "person.initials moved to person_details.initials by person_id = old.\"id\"");
    has(&found, "person.nickname moved to person_details.nickname by person_id = old.\"id\"");
    assert!(found.open.is_empty(), "{}", told(&found));
}

#[test]
fn a_value_of_the_order_may_move_to_its_customer() {
    let old = "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer, phone_number TEXT, total REAL);";
    let new = "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, phone_number TEXT);
        CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer, total REAL);";
    let found = between(old, new);
    let all = matches(&found).join("\n") + &told(&found);
    assert!(
        all.contains("purchase.phone_number moved to customer.phone_number by id = old.\"customer_id\""),
        "{all}"
    );
}

#[test]
fn tables_that_seem_to_end_in_one_are_asked() {
    let columns = "id INTEGER PRIMARY KEY, company TEXT, vat_number TEXT, street TEXT";
    let insert = |table: &str, sign: &str| {
        rows(table, "company, vat_number, street", 30, |n| {
            format!("'{sign} {n}', '{sign}{n:05}', 'Way {sign} {n}'")
        })
    };
    let old = |second: &str| {
        let tables = format!("CREATE TABLE customer_eu ({columns});\nCREATE TABLE customer_us ({columns});\n");
        tables + &insert("customer_eu", "EU") + &insert("customer_us", second)
    };
    let new = format!("CREATE TABLE customer ({columns}, area TEXT);");
    let found = between(&old("US"), &new);
    // Nothing but names speaks for it, and they for both.
    asks(&found, "customer_eu?");
    asks(&found, "customer_us?");
    // The same rows in both: one of them may be a leftover.
    let found = between(&old("EU"), &new);
    asks(&found, "customer_eu?");
    asks(&found, "customer_us?");
}

#[test]
fn a_reference_becomes_what_it_referred_to() {
    let old = "CREATE TABLE brand (id INTEGER PRIMARY KEY, name TEXT UNIQUE, comments TEXT);
        CREATE TABLE item (id INTEGER PRIMARY KEY, brand_id INTEGER REFERENCES brand(id), price REAL);
        INSERT INTO brand(id, name) VALUES (1, 'Acme'), (2, 'Brio');
        INSERT INTO item(brand_id, price) VALUES (1, 2.5), (2, 3.5), (1, 4.5);";
    let new = "CREATE TABLE item (id INTEGER PRIMARY KEY, brand TEXT, price REAL);";
    let found = between(old, new);
    has(&found, "item.brand_id flattened to item.brand from brand.name");
    // The table itself goes; that is for people to say.
    asks(&found, "brand?");
}

#[test]
fn a_reference_becomes_rows_of_a_link_table() {
    let region = "CREATE TABLE region (id INTEGER PRIMARY KEY, name TEXT);\n";
    let old = format!("{region}CREATE TABLE company (id INTEGER PRIMARY KEY, name TEXT, region_id INTEGER REFERENCES region(id));");
    let new = format!(
        "{region}CREATE TABLE company (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE company_region (company_id INTEGER REFERENCES company(id), region_id INTEGER REFERENCES region(id));"
    );
    has(
        &between(&old, &new),
        "company.region_id linked in company_region(company_id, region_id)",
    );
}

#[test]
fn a_list_in_text_becomes_rows_and_says_what_stands_between_its_parts() {
    let service = "CREATE TABLE service (id INTEGER PRIMARY KEY, name TEXT);\n";
    let new = format!(
        "{service}CREATE TABLE shelter (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE shelter_service (shelter_id INTEGER REFERENCES shelter(id), service_id INTEGER REFERENCES service(id));"
    );
    for (separator, list) in [("|", "|1|2|"), (",", "1,2"), (", ", "1, 2")] {
        let old = format!(
            "{service}CREATE TABLE shelter (id INTEGER PRIMARY KEY, name TEXT, service_id TEXT);
            INSERT INTO service(id) VALUES (1), (2); INSERT INTO shelter(service_id) VALUES ('{list}'), ('{list}'), (NULL);"
        );
        let wanted = format!("shelter.service_id linked in shelter_service(shelter_id, service_id) by “{separator}”");
        has(&between(&old, &new), &wanted);
    }
}

#[test]
fn a_reference_takes_another_key_of_the_same_thing() {
    let old = "CREATE TABLE site (site_id INTEGER PRIMARY KEY, kind TEXT);
        CREATE TABLE shelter (id INTEGER PRIMARY KEY, site_id INTEGER UNIQUE REFERENCES site(site_id), name TEXT);
        CREATE TABLE unit (id INTEGER PRIMARY KEY, shelter_id INTEGER REFERENCES shelter(id), name TEXT);
        INSERT INTO site VALUES (7, 's'), (8, 's'); INSERT INTO shelter VALUES (1, 7, 'a'), (2, 8, 'b'); INSERT INTO unit VALUES (1, 2, 'x');";
    let new = "CREATE TABLE site (site_id INTEGER PRIMARY KEY, kind TEXT);
        CREATE TABLE shelter (id INTEGER PRIMARY KEY, site_id INTEGER UNIQUE REFERENCES site(site_id), name TEXT);
        CREATE TABLE unit (id INTEGER PRIMARY KEY, site_id INTEGER REFERENCES site(site_id), name TEXT);";
    has(
        &between(old, new),
        "unit.shelter_id rekeyed to unit.site_id through shelter(id, site_id)",
    );
}

#[test]
fn values_that_name_a_renamed_table_change_with_it() {
    let columns = "id INTEGER PRIMARY KEY, beds INTEGER, doctors INTEGER, ward TEXT";
    let entity = "CREATE TABLE entity (id INTEGER PRIMARY KEY, instance_type TEXT);\n";
    let old = format!(
        "{entity}CREATE TABLE hms_hospital ({columns}); CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT);
        INSERT INTO entity(instance_type) VALUES ('hms_hospital'), ('person'), ('person');"
    );
    let new = format!("{entity}CREATE TABLE med_hospital ({columns}); CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT);");
    let found = between(&old, &new);
    has(&found, "hms_hospital → med_hospital");
    has(&found, "values of entity.instance_type: hms_hospital → med_hospital");
}

#[test]
fn another_type_counts_only_where_values_change() {
    let old = "CREATE TABLE t (id INTEGER PRIMARY KEY, code TEXT, size INTEGER); INSERT INTO t(code, size) VALUES ('007', 25), ('8', 3);";
    let found = between(old, "CREATE TABLE t (id INTEGER PRIMARY KEY, code INTEGER, size REAL);");
    has(&found, "t.code retyped");
    assert_eq!(found.matches.len(), 1, "{}", told(&found));
    assert!(found.matches[0].evidence[0].sentence.contains("1 of 2 values"), "{}", told(&found));
}

#[test]
fn names_that_changed_places_are_asked() {
    let old = "CREATE TABLE t (alpha TEXT, beta TEXT); CREATE UNIQUE INDEX i ON t(alpha COLLATE NOCASE, beta);";
    let found = between(
        old,
        "CREATE TABLE t (alpha TEXT, beta TEXT); CREATE UNIQUE INDEX i ON t(beta COLLATE NOCASE, alpha);",
    );
    asks(&found, "t.alpha?");
    assert_eq!(said(&found.open[0].candidates[0].shape), "t.alpha → t.beta");
    let side = |a: &str, b: &str| {
        let insert = rows("t", &format!("{a}, {b}"), 20, |n| format!("'Street {n}', 'Town {n}'"));
        format!("CREATE TABLE t (id INTEGER PRIMARY KEY, alpha TEXT, beta TEXT);\n{insert}")
    };
    let found = between(&side("alpha", "beta"), &side("beta", "alpha"));
    assert_eq!(open(&found), ["t.alpha?", "t.beta?"], "{}", told(&found));
}

#[test]
fn two_that_are_equally_good_are_asked_with_both() {
    let old = "CREATE TABLE t (id INTEGER PRIMARY KEY, note TEXT); INSERT INTO t(note) VALUES ('x'), ('x'), ('y');";
    let found = between(old, "CREATE TABLE t (id INTEGER PRIMARY KEY, note_a TEXT, note_b TEXT);");
    assert_eq!(open(&found), ["t.note?"]);
    let question = &found.open[0];
    assert_eq!(question.candidates.len(), 2, "{}", told(&found));
    assert!(question.candidates.iter().all(|c| c.score < THRESHOLD));
    assert_eq!(question.rows, Some(3));
    assert_eq!(question.samples, [("x".to_owned(), 2), ("y".to_owned(), 1)]);
}

#[test]
fn nothing_is_dropped_and_added_in_silence() {
    let old = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE TABLE u (x TEXT, y BLOB);
        INSERT INTO t(a) VALUES ('1'), (NULL); INSERT INTO u VALUES ('q', x'00');";
    let found = between(
        old,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, picture BLOB NOT NULL, free INTEGER); CREATE TABLE v (z REAL);",
    );
    assert_eq!(
        open(&found),
        ["t.b?", "t.picture from where?", "u?", "values of t.a?"],
        "{}",
        told(&found)
    );
    let rows = |wanted: &str| {
        found
            .open
            .iter()
            .find(|o| matches!(&o.origin, Origin::OldTable { table } if table == wanted))
            .and_then(|o| o.rows)
    };
    assert_eq!(rows("u"), Some(1));
}

#[test]
fn a_difference_in_case_alone_is_certain() {
    let found = between("CREATE TABLE T (id INTEGER, Name TEXT)", "CREATE TABLE t (id INTEGER, name TEXT)");
    assert_eq!(matches(&found), ["T → t", "T.Name → t.name"]);
    assert!(found.matches.iter().all(|m| m.score == 1.0) && found.open.is_empty());
}

#[test]
fn values_decide_where_names_cannot() {
    let street = |column: &str| rows("t", column, 40, |n| format!("'Street {n}', 'Town {n}'"));
    let old = format!("CREATE TABLE t (id INTEGER PRIMARY KEY, f1 TEXT, f2 TEXT);\n{}", street("f1, f2"));
    let new = format!("CREATE TABLE t (id INTEGER PRIMARY KEY, q TEXT, p TEXT);\n{}", street("p, q"));
    let found = between(&old, &new);
    assert_eq!(matches(&found), ["t.f1 → t.p", "t.f2 → t.q"], "{}", told(&found));
}

#[test]
fn what_evidence_adds_is_what_the_score_says() {
    let found = between(PERSON, &PERSON.replace("nickname", "nick_name").replace("initials", "short_name"));
    for one in &found.matches {
        let sum: f64 = one.evidence.iter().map(|e| e.weight).sum();
        assert!(
            sum <= one.score + 0.02 && one.evidence.iter().all(|e| e.sentence.ends_with('.')),
            "{}",
            told(&found)
        );
    }
    assert!(!found.matches.is_empty());
}
