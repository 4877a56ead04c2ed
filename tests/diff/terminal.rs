//! What people read, and how scripts are answered.

use super::*;

#[track_caller]
fn text(old: &str, new: &str, more: &[&str], code: i32) -> String {
    let bench = Bench::new();
    write(&bench.path("old.sql"), old);
    write(&bench.path("new.sql"), new);
    let mut command = Command::new(HOLDFAST);
    command.current_dir(bench.path("")).args(["diff", "old.sql", "new.sql"]).args(more);
    run(&mut command).expect(code).stdout
}

const OLD: &str = "CREATE TABLE shop(id INTEGER PRIMARY KEY, name TEXT, owner TEXT); CREATE TABLE gone(a); INSERT INTO shop VALUES (1, 'a', 'b'), (2, 'c', 'd');";
const NEW: &str = "CREATE TABLE shop(id INTEGER PRIMARY KEY, name VARCHAR(9) NOT NULL); CREATE TABLE sale(shop REFERENCES shop, item REFERENCES item); CREATE TABLE item(sale REFERENCES sale);";

#[test]
fn a_report_reads_like_this() {
    let expected = "\
old  old.sql: 2 tables, 2 rows
new  new.sql: 3 tables

6 differences: 1 must be decided (blocks), 1 to look at, 4 safe.

shop
  blocks  The column “shop.owner” is gone, and nothing says what becomes of its values.
          All 2 rows have a value in “owner”.
            id = 1: “b”
            id = 2: “d”
          hint: Say what holds them now, [table.shop] columns.NEW = \"owner\", or that they go for good: [[drop]] table = \"shop\", column = \"owner\", reason = \"…\"
  safe    “shop.name” is VARCHAR(9) instead of TEXT: longer texts may be there. SQLite keeps them; the application may not.
          None of the 2 rows has more than 9 characters in “name”.
  safe    “shop.name” must not be NULL any more, and rows that are there may have no value.
          None of the 2 rows has NULL in “name”.

gone
  look    The table “gone” is gone, and nothing says what becomes of its rows.
          It is empty.
          hint: Say into which table they go, [table.NEW] from = \"gone\", or that they go for good: [[drop]] table = \"gone\", reason = \"…\"

item
  safe    The table “item” is new.

sale
  safe    The table “sale” is new.

order, by what refers to what
  drop    gone
  create  sale, item
  fill    shop, sale, item
  circle  sale, item: they refer to each other, so they are filled together, and checked at the end
";
    assert_eq!(text(OLD, NEW, &[], 0), expected);
}

#[test]
fn a_level_leaves_out_what_is_less_grave() {
    let said = text(OLD, NEW, &["--level", "look"], 0);
    assert!(
        said.contains("2 of 6 differences are of that level") && !said.contains("  safe  "),
        "{said}"
    );
    let json: Value = serde_json::from_str(&text(OLD, NEW, &["--level", "blocks", "--json"], 0)).expect("JSON");
    assert_eq!(findings(&json).len(), 1);
}

#[test]
fn what_is_alike_is_told_once() {
    let tables = |number: usize| (0..number).map(|n| format!("CREATE TABLE t{n}(a);")).collect::<String>();
    let said = text("", &tables(9), &[], 0);
    assert!(
        said.contains("9 × The table … is new.") && said.contains("t0, t1, t2, t3, t4 and 4 more"),
        "{said}"
    );
    assert!(!said.contains("“t8”"), "{said}");
    let said = text("", &tables(9), &["--all"], 0);
    assert!(said.contains("The table “t8” is new.") && !said.contains('×'), "{said}");
}

#[test]
fn the_exit_code_says_on_request_whether_anything_blocks() {
    text(OLD, NEW, &["--exit-code"], 1);
    text(OLD, NEW, &["--exit-code", "--level", "blocks", "--json"], 1);
    text("CREATE TABLE a(b)", "CREATE TABLE a(b, c)", &["--exit-code"], 0);
    text(OLD, NEW, &[], 0);
}

#[test]
fn what_is_alike_is_told_with_its_rows_the_most_first() {
    let table = |n: usize| format!("CREATE TABLE t{n}(a); INSERT INTO t{n} VALUES {};", vec!["(1)"; n].join(", "));
    let said = text(&(1..=26).map(table).collect::<String>(), "", &["--no-guess"], 0);
    assert!(
        said.contains("26 × The table … is gone, and nothing says what becomes of its rows. 351 rows in all."),
        "{said}"
    );
    assert!(
        said.contains("  t26 (26 rows), t25 (25 rows), ") && said.contains(", t1 (1 row)\n"),
        "{said}"
    );
    let empty: String = (0..26).map(|n| format!("CREATE TABLE t{n}(a);")).collect();
    let said = text(
        &format!("{empty} CREATE TABLE u(a); INSERT INTO u VALUES (1);"),
        "CREATE TABLE u(a);",
        &[],
        0,
    );
    assert!(said.contains("its rows. Here that affects no row."), "{said}");
}
