//! `holdfast diff --html`: the report as one page. It must be whole, need nothing from anywhere, and show names and values as text,
//! whatever they are made of.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Bench, HOLDFAST, Ran, database, run, write};

const OLD: &str = "
    CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, city TEXT);
    CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer(id) ON DELETE RESTRICT, total REAL);
    CREATE TABLE note (id INTEGER PRIMARY KEY, about INTEGER REFERENCES customer(id));
    CREATE TABLE same (id INTEGER PRIMARY KEY);
    CREATE VIEW totals AS SELECT sum(total) AS t FROM purchase;";
const NEW: &str = "
    PRAGMA user_version = 2;
    CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, email TEXT NOT NULL, address_id INTEGER REFERENCES address(id));
    CREATE TABLE address (id INTEGER PRIMARY KEY, city TEXT);
    CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer(id) ON DELETE CASCADE, total REAL);
    CREATE TABLE same (id INTEGER PRIMARY KEY);
    CREATE VIEW totals AS SELECT sum(total) AS t, count(*) AS n FROM purchase;";

/// Writes the page of two schemas given as SQL text.
fn page(bench: &Bench, old: &str, new: &str, more: &[&str]) -> String {
    write(&bench.path("old.sql"), old);
    write(&bench.path("new.sql"), new);
    diff(bench, &bench.path("old.sql"), &bench.path("new.sql"), more).1
}

fn diff(bench: &Bench, old: &Path, new: &Path, more: &[&str]) -> (Ran, String) {
    let out: PathBuf = bench.path("page.html");
    let ran = run(Command::new(HOLDFAST)
        .arg("diff")
        .arg(old)
        .arg(new)
        .arg("--html")
        .arg(&out)
        .args(more))
    .expect(0);
    (ran, fs::read_to_string(out).expect("the page"))
}

/// Fails unless every tag is closed where it was opened. Tags that have no end are known; text that looks like a tag is none, since `<` in
/// text is escaped.
#[track_caller]
fn assert_well_formed(page: &str) {
    const EMPTY: [&str; 5] = ["meta", "input", "br", "hr", "img"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("the doctype");
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        let name = tag.trim_start_matches('/').split_whitespace().next().unwrap_or_default();
        rest = &rest[end + 1..];
        if tag.starts_with('/') {
            assert_eq!(
                open.pop(),
                Some(name),
                "closed, and not open: …{}",
                &rest.chars().take(80).collect::<String>()
            );
        } else if !EMPTY.contains(&name) {
            open.push(name);
            if name == "script" || name == "style" {
                rest = &rest[rest.find(&format!("</{name}>")).expect("script and style end")..];
            }
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

/// Fails if anything would be asked of a network, or any other file.
#[track_caller]
fn assert_self_contained(page: &str) {
    for word in ["src=", "<link", "<iframe", "@import", "url(h", "url(/", "fetch(", "href=\"h"] {
        assert!(!page.contains(word), "{word}");
    }
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("Content-Security-Policy\" content=\"default-src 'none';"));
}

#[test]
fn the_page_tells_what_to_do_first_and_shows_each_table() {
    let bench = Bench::new();
    let page = page(&bench, OLD, NEW, &[]);
    assert_well_formed(&page);
    assert_self_contained(&page);
    for part in [
        "What to do first",
        "nothing says what becomes of its rows",
        "id=\"table-customer\"",
        "COLLATE NOCASE</ins>",
        "ON DELETE <del>RESTRICT</del>",
        "<del>note</del> is gone",
        "address is new",
        "sum(total) AS <del>t</del> FROM purchase",
        "1 table is as it was",
        "The order, by what refers to what",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn the_picture_has_a_linked_box_for_each_table_that_changes_and_says_the_same_in_words() {
    let bench = Bench::new();
    let page = page(&bench, OLD, NEW, &[]);
    let picture = &page[page.find("<svg xmlns").expect("a picture")..page.find("The same in words").expect("words")];
    for table in ["customer", "purchase", "note", "address"] {
        assert!(picture.contains(&format!("<a href=\"#table-{table}\">")), "{table}");
    }
    assert!(!picture.contains("#table-same"));
    assert_eq!(picture.matches("class=\"edge is-new\"").count(), 1);
    assert_eq!(picture.matches("class=\"edge is-gone\"").count(), 1);
    assert!(page.contains(" refers to address (new)"));
}

#[test]
fn every_link_leads_to_something_on_the_page() {
    let bench = Bench::new();
    let page = page(&bench, OLD, NEW, &[]);
    let links: Vec<&str> = page.split("href=\"#").skip(1).filter_map(|s| s.split('"').next()).collect();
    assert!(links.len() > 10);
    for link in links {
        assert_eq!(page.matches(&format!("id=\"{link}\"")).count(), 1, "{link}");
    }
}

#[test]
fn names_and_values_are_text_whatever_they_are_made_of() {
    let bench = Bench::new();
    let evil = "</style><script>alert(1)</script><b x='\"\"'>&amp;";
    let old =
        format!("CREATE TABLE \"{evil}\" (id INTEGER PRIMARY KEY, \"{evil}\" TEXT DEFAULT '<img src=x onerror=alert(2)>', gone TEXT);");
    let new = format!(
        "CREATE TABLE \"{evil}\" (id INTEGER PRIMARY KEY, \"{evil}\" INTEGER DEFAULT '<img src=y>', more TEXT, CHECK(\"{evil}\" <> '<i>'));
         CREATE TABLE \"{evil}2\" (id INTEGER REFERENCES \"{evil}\");
         CREATE VIEW \"<u>\" AS SELECT '<s>';"
    );
    let page = page(&bench, &old, &new, &[]);
    assert_well_formed(&page);
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!page.contains("<img") && !page.contains("<i>") && !page.contains("<u>") && !page.contains("<s>") && !page.contains("<b x"));
    assert!(page.contains("&lt;/style&gt;&lt;script&gt;"));
}

#[test]
fn the_same_schemas_give_the_same_bytes_and_so_does_a_database() {
    let bench = Bench::new();
    assert_eq!(page(&bench, OLD, NEW, &[]), page(&bench, OLD, NEW, &[]));
    database(
        &bench.path("old.db"),
        &format!("{OLD} INSERT INTO customer(name, city) VALUES ('Ann', 'Bern'), ('Bo', 'Basel');"),
    );
    let (_, with_data) = diff(&bench, &bench.path("old.db"), &bench.path("new.sql"), &[]);
    assert!(with_data.contains("2 rows"));
    assert_eq!(with_data, diff(&bench, &bench.path("old.db"), &bench.path("new.sql"), &[]).1);
}

#[test]
fn nothing_that_differs_is_said_in_a_sentence() {
    let bench = Bench::new();
    let page = page(&bench, OLD, OLD, &[]);
    assert_well_formed(&page);
    assert!(page.contains("The schemas are the same."));
    assert!(!page.contains("What to do first"));
}

#[test]
fn a_level_leaves_out_what_is_less_grave_and_says_so() {
    let bench = Bench::new();
    let page = page(&bench, OLD, NEW, &["--level", "blocks"]);
    assert!(page.contains("differences are of the level that was asked for"));
    assert!(!page.contains("class=\"badge look\">"));
}

#[test]
fn safe_differences_that_are_alike_are_told_once() {
    let bench = Bench::new();
    let tables = |rule: &str| -> String {
        (0..60)
            .map(|n| format!("CREATE TABLE area{n}_t (id INTEGER PRIMARY KEY, up INTEGER REFERENCES area0_t(id) ON DELETE {rule});"))
            .collect()
    };
    let page = page(&bench, &tables("RESTRICT"), &tables("SET NULL"), &[]);
    assert_well_formed(&page);
    assert!(page.contains("Safe, and alike in many places"));
    assert!(page.contains("60 × When the row to which"));
    assert_eq!(page.matches("1 safe difference as in other tables").count(), 60);
}

#[test]
fn many_tables_are_drawn_in_groups() {
    let bench = Bench::new();
    let tables = |kind: &str| -> String {
        let table =
            |area: &str, n| format!("CREATE TABLE {area}_{n} (id INTEGER PRIMARY KEY, up INTEGER REFERENCES {area}_0(id), v {kind});");
        ["care", "stock", "staff"]
            .iter()
            .flat_map(|area| (0..20).map(|n| table(area, n)))
            .collect()
    };
    let page = page(&bench, &tables("TEXT"), &tables("INTEGER"), &[]);
    assert_well_formed(&page);
    for area in ["care", "stock", "staff"] {
        assert_eq!(page.matches(&format!("id=\"group-{area}\"")).count(), 1, "{area}");
    }
}

#[test]
fn a_page_that_cannot_be_written_is_named() {
    let bench = Bench::new();
    write(&bench.path("old.sql"), OLD);
    let ran = run(Command::new(HOLDFAST)
        .arg("diff")
        .arg(bench.path("old.sql"))
        .arg(bench.path("old.sql"))
        .arg("--html")
        .arg(bench.path("none/page.html")));
    let ran = ran.expect(20);
    assert!(ran.stderr.contains("page.html"), "{}", ran.stderr);
}
