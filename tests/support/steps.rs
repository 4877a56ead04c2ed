//! The small product whose migration has a step of every kind: a reshape, a data load of JSON and CSV, a script, and SQL. Its site and its
//! code are those of [`Bench::mini_payload`], so it is judged by the same oracles.

use super::matrix::*;
use super::*;

/// Where the reshape stands among the steps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reshape {
    /// It begins the migration, and reads the locked live database itself.
    First,
    /// It follows the load, and reads the working copy.
    Middle,
}

const SCHEMA: &str = "
CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, colour TEXT NOT NULL DEFAULT 'none', label TEXT);
CREATE INDEX item_name ON item (name);
";

const MAPPING: &str = r#"
[table.item]
from = "thing"
columns.colour = { sql = "CASE id WHEN 1 THEN 'red' ELSE 'none' END" }
[[table.kind]]
query = "SELECT 'furniture' AS name"
"#;

const LOAD: &str = r#"
[[file]]
file = "more.json"
table = "TABLE"
[[file]]
file = "names.csv"
table = "TABLE"
mode = "upsert"
"#;

const JSON: &str = r#"[{"id": 11, "name": "shelf"}, {"id": 12, "name": "Stühlchen"}]"#;
const CSV: &str = "id,name\n2,armchair\n13,\"desk, large\"\n";

const SCRIPT: &str = "export default function (db, ctx) {
  db.each('SELECT id, name FROM item', (row) => {
    db.run('UPDATE item SET label = ? WHERE id = ?', [row.name.toUpperCase() + ' ' + ctx.to, row.id]);
  });
}
";

const SQL: &str = "UPDATE item SET colour = 'green' WHERE label LIKE 'S%'; PRAGMA user_version = 2;\n";

/// What the ledger says of each step: its name, its kind, and the rows that were read and written, for each table that was filled.
const STEPS: &str = "
SELECT group_concat(step || ' ' || kind || ' ' || coalesce(coalesce(source, 'query') || '>' || table_name, '-') || ' ' ||
                    rows_read || '/' || (rows_inserted + rows_updated), '; ')
FROM (SELECT * FROM holdfast_ledger ORDER BY id)";

/// The rows to which all steps together lead.
const ITEMS: &str = "SELECT group_concat(id || ' ' || name || ' ' || colour || ' ' || label, '; ') FROM (SELECT * FROM item ORDER BY id)";

impl Reshape {
    /// The names of the reshape and of the load, and the table into which the load goes.
    fn names(self) -> [&'static str; 3] {
        match self {
            Reshape::First => ["10-item.reshape", "20-more.load", "item"],
            Reshape::Middle => ["20-item.reshape", "10-more.load", "thing"],
        }
    }
}

impl Bench {
    /// The payload of that product. 1.0 → 2.0.
    pub fn steps_payload(&self, reshape: Reshape) -> PathBuf {
        let payload = self.path("steps-payload");
        copy_tree(&self.mini_payload(), &payload);
        let steps = payload.join("migrations/2.0");
        fs::remove_dir_all(&steps).expect("the small product's own step");
        let [reshape, load, table] = reshape.names();
        let files = [
            (reshape, "schema.sql", SCHEMA),
            (reshape, "mapping.toml", MAPPING),
            (load, "load.toml", &LOAD.replace("TABLE", table)),
            (load, "more.json", JSON),
            (load, "names.csv", CSV),
            ("", "30-label.js", SCRIPT),
            ("", "40-version.sql", SQL),
        ];
        for (folder, file, text) in files {
            write(&steps.join(folder).join(file), text);
        }
        payload
    }
}

/// Every step ran and did its work, as the ledger and the rows say; `more` are rows of the old database beside the small product's two.
#[track_caller]
pub fn assert_every_step_ran(database: &Path, reshape: Reshape, more: &[(u64, &str)]) {
    let [name, load, table] = reshape.names();
    let (old, all) = (2 + more.len(), 5 + more.len());
    let reshaped = if reshape == Reshape::First { old } else { all };
    let mut steps = [
        format!("{name} reshape - 0/0; {name} reshape query>kind 1/1; {name} reshape thing>item {reshaped}/{reshaped}"),
        format!("{load} load - 0/0; {load} load more.json>{table} 2/2; {load} load names.csv>{table} 2/2"),
        format!("30-label.js script - {all}/{all}"),
        "40-version.sql sql - 0/2".to_owned(),
    ];
    steps[..2].sort();
    assert_eq!(ask(database, STEPS), steps.join("; "));
    let row = |(id, name): &(u64, &str)| format!("{id} {name} none {} 2.0; ", name.to_uppercase());
    let more: String = more.iter().map(row).collect();
    let loaded = "11 shelf green SHELF 2.0; 12 Stühlchen green STÜHLCHEN 2.0; 13 desk, large none DESK, LARGE 2.0";
    let items = format!("1 lamp red LAMP 2.0; 2 armchair none ARMCHAIR 2.0; {more}{loaded}");
    assert_eq!(ask(database, ITEMS), items);
    assert_eq!(ask(database, "SELECT group_concat(name) FROM kind"), "furniture");
}

/// Which operations are played.
#[derive(Clone, Copy)]
pub struct Sample {
    /// Those that come from the steps all are; of the others, which every update has, each so-manieth.
    pub others_every: usize,
    /// Of all these each so-manieth is refused.
    pub errors_every: usize,
}

/// A site of that product, and what its crash matrix is made of.
pub struct SiteOfSteps {
    reshape: Reshape,
    master: PathBuf,
    database: &'static str,
    more: &'static [(u64, &'static str)],
}

impl SiteOfSteps {
    /// Where the live database is what a reshape reads, a row of it stands in its log alone.
    pub fn new(bench: &Bench, reshape: Reshape) -> SiteOfSteps {
        let (master, database, more): (_, _, &[_]) = match reshape {
            Reshape::First => (outside_with_log(bench), "elsewhere/mini.db", &[(3, "only in the log")]),
            Reshape::Middle => (inside(bench), "site/data/mini.db", &[]),
        };
        SiteOfSteps {
            reshape,
            master,
            database,
            more,
        }
    }

    /// The update of it. Every step has run in the world to which it leads.
    pub fn scenario<'p>(&self, player: &'p dyn Player) -> Scenario<'p> {
        let scenario = Scenario::of(player, self.master.clone(), self.database, "update");
        assert_every_step_ran(&scenario.expected_database(), self.reshape, self.more);
        scenario
    }

    /// Ends the update at every operation that matters, with a spread of cuts of the recoveries, and refuses each operation, with one
    /// error after the other.
    pub fn play(&self, player: &dyn Player, name: &str, sample: Sample, errors: &[Errors], environment: &[(&str, String)]) -> Vec<String> {
        let scenario = self.scenario(player);
        let operations = scenario.operations();
        let chosen = |n: &u64| {
            let n = *n as usize;
            let around = &operations[n.saturating_sub(2)..n];
            n.is_multiple_of(sample.others_every) || around.iter().any(|o| is_of_the_steps(o))
        };
        let numbers: Vec<u64> = distinct(&operations).into_iter().filter(chosen).collect();
        let (_, mut wrong) = sweep(player, &format!("{name}, cut"), numbers.clone(), |n| {
            scenario.cut_at("crash", n, QUICK, &[])
        });
        let deep = Depth {
            recovery_every: 9,
            twice: true,
        };
        let spread = numbers.iter().copied().skip(5).step_by(18);
        let (_, twice) = sweep(player, &format!("{name}, cut twice"), spread, |n| {
            scenario.cut_at("crash", n, deep, &[])
        });
        let all: Vec<u64> = (1..=operations.len() as u64).filter(chosen).step_by(sample.errors_every).collect();
        let (_, refused) = sweep(player, &format!("{name}, error"), Refusal::all(&all, errors), |refusal| {
            scenario.error_at(refusal, environment)
        });
        wrong.extend(twice.into_iter().chain(refused));
        wrong
    }
}

/// Whether an operation would not be there without the steps: it makes or takes away data of a load, or the copy of the database.
fn is_of_the_steps(operation: &str) -> bool {
    let path = operation.replace('\\', "/");
    let is_copy = ["/mini.db", "/mini.db-reshaped"].iter().any(|end| path.ends_with(end)) && path.contains("/new/");
    is_copy || path.contains("/.holdfast-load")
}
