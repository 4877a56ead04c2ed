//! What is found from one schema to the other is found the other way round, added and removed swapped; over random pairs of schemas.

use super::*;
use std::collections::BTreeMap;

/// So many pairs; a failure names its seed.
const PAIRS: u64 = 60;

#[test]
fn both_ways_find_the_same() {
    for seed in 0..PAIRS {
        let mut chance = fastrand::Rng::with_seed(seed);
        let schema = Schema::random(&mut chance);
        let mut other = schema.clone();
        for _ in 0..chance.usize(0..6) {
            other.change(&mut chance);
        }
        let (a, b) = (schema.sql(), other.sql());
        let (forth, back) = (report(&a, &b), report(&b, &a));
        assert_eq!(subjects(&forth, false), subjects(&back, true), "seed {seed}\n{a}\n--\n{b}");
        assert_eq!(
            forth["order"]["drop"].as_array().map(Vec::len),
            back["order"]["create"].as_array().map(Vec::len),
            "seed {seed}"
        );
        let is_same = forth["old"]["fingerprint"] == forth["new"]["fingerprint"];
        assert!(
            is_same || !findings(&forth).is_empty(),
            "seed {seed}: the fingerprints differ, and nothing is found\n{a}\n--\n{b}"
        );
        assert_eq!(findings(&report(&a, &a)), Vec::<String>::new(), "seed {seed}\n{a}");
    }
}

/// What a report is about, without regard to the direction.
fn subjects(report: &Value, swap: bool) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for f in report["findings"].as_array().expect("findings") {
        let text = |v: &Value| v.as_str().unwrap_or_default().to_lowercase();
        let mut tables = [text(&f["subject"]["table"]), text(&f["subject"]["new_table"])];
        if tables[1].is_empty() {
            tables[1] = tables[0].clone();
        }
        tables.sort();
        let change = match (text(&f["change"]).as_str(), swap) {
            ("added", true) => "removed".to_owned(),
            ("removed", true) => "added".to_owned(),
            (change, _) => change.to_owned(),
        };
        let name = if change == "renamed" {
            let mut names = [text(&f["old"]), text(&f["new"])];
            names.sort();
            names.join("/")
        } else {
            let mut parts: Vec<String> = text(&f["subject"]["name"]).split(", ").map(str::to_owned).collect();
            parts.sort();
            parts.join(", ")
        };
        *found
            .entry(format!("{} {change} {} {name}", text(&f["kind"]), tables.join("/")))
            .or_insert(0) += 1;
    }
    found
}

#[derive(Clone)]
struct Schema {
    tables: Vec<Table>,
    user_version: u8,
}

#[derive(Clone)]
struct Table {
    name: String,
    columns: Vec<(String, String)>,
    constraints: Vec<String>,
    options: &'static str,
    others: Vec<String>,
}

impl Schema {
    fn random(chance: &mut fastrand::Rng) -> Schema {
        let mut schema = Schema {
            tables: Vec::new(),
            user_version: chance.u8(0..3),
        };
        for _ in 0..chance.usize(1..5) {
            schema.add(chance);
        }
        schema
    }

    fn add(&mut self, chance: &mut fastrand::Rng) {
        let name = format!("t{}", chance.u8(0..12));
        if self.tables.iter().any(|t| t.name.eq_ignore_ascii_case(&name)) {
            return;
        }
        let mut table = Table {
            name,
            columns: Vec::new(),
            constraints: Vec::new(),
            options: chance.choice(&["", "", "STRICT"]).expect("one"),
            others: Vec::new(),
        };
        for _ in 0..chance.usize(1..5) {
            table.column(chance);
        }
        for _ in 0..chance.usize(0..4) {
            table.more(chance);
        }
        self.tables.push(table);
    }

    fn change(&mut self, chance: &mut fastrand::Rng) {
        if self.tables.is_empty() || chance.u8(0..6) == 0 {
            return self.add(chance);
        }
        let n = chance.usize(0..self.tables.len());
        let table = &mut self.tables[n];
        match chance.u8(0..9) {
            0 => drop(self.tables.remove(n)),
            1 => table.name = table.name.to_uppercase(),
            2 => table.column(chance),
            3 => {
                let n = chance.usize(0..table.columns.len());
                table.columns[n].1 = declaration(chance);
            }
            4 => {
                let n = chance.usize(0..table.columns.len());
                table.columns[n].0 = table.columns[n].0.to_uppercase();
            }
            5 => chance.shuffle(&mut table.columns),
            6 => drop(table.constraints.pop()),
            7 => drop(table.others.pop()),
            _ => table.more(chance),
        }
        self.user_version = chance.u8(0..3);
    }

    fn sql(&self) -> String {
        let tables = self.tables.iter().map(|table| {
            let columns = table.columns.iter().map(|(name, text)| format!("{name} {text}"));
            let parts: Vec<String> = columns.chain(table.constraints.iter().cloned()).collect();
            let others: String = table.others.iter().map(|o| format!("{o};\n")).collect();
            format!("CREATE TABLE {}({}) {};\n{others}", table.name, parts.join(", "), table.options)
        });
        let tables: String = tables.collect();
        format!("{tables}PRAGMA user_version = {};", self.user_version)
    }
}

impl Table {
    /// The first column always stays, so that there is one for keys and indexes.
    fn column(&mut self, chance: &mut fastrand::Rng) {
        let name = if self.columns.is_empty() {
            "c".to_owned()
        } else {
            format!("c{}", chance.u8(0..9))
        };
        if !self.columns.iter().any(|(n, _)| n.eq_ignore_ascii_case(&name)) {
            self.columns.push((name, declaration(chance)));
        }
    }

    fn more(&mut self, chance: &mut fastrand::Rng) {
        let (table, number) = (self.name.clone(), chance.u8(0..5));
        let column = chance.choice(&self.columns).expect("one").0.clone();
        let action = *chance
            .choice(&["", "ON DELETE CASCADE", "ON UPDATE SET NULL", "DEFERRABLE INITIALLY DEFERRED"])
            .expect("one");
        let has_key = self.constraints.iter().any(|c| c.starts_with("PRIMARY"));
        match chance.u8(0..8) {
            0 => self.constraints.push(format!("UNIQUE ({column}, c)").replace("(c, c)", "(c)")),
            1 => self.constraints.push(format!("CHECK ({column} > {number})")),
            2 => self.constraints.push(format!("CONSTRAINT n{number} CHECK ({column} <> 'X')")),
            3 => self
                .constraints
                .push(format!("FOREIGN KEY ({column}) REFERENCES t{number} {action}")),
            4 if !has_key => self.constraints.push(format!("PRIMARY KEY ({column})")),
            5 => self.named(
                format!("{table}_i{number}"),
                &format!("INDEX {{}} ON {table}({column} DESC) WHERE c > {number}"),
            ),
            6 => self.named(
                format!("{table}_u{number}"),
                &format!("UNIQUE INDEX {{}} ON {table}(abs({column}), c COLLATE NOCASE)"),
            ),
            _ => self.named(
                format!("{table}_g{number}"),
                &format!("TRIGGER {{}} AFTER INSERT ON {table} BEGIN SELECT {number}; END"),
            ),
        }
        // No two constraints of one name, and no two that are the same.
        let mut seen = Vec::new();
        self.constraints.retain(|c| {
            let key: String = if c.starts_with("CONSTRAINT") {
                c.chars().take(14).collect()
            } else {
                c.to_lowercase()
            };
            let is_new = !seen.contains(&key);
            seen.push(key);
            is_new
        });
    }

    fn named(&mut self, name: String, text: &str) {
        let name = name.to_lowercase();
        if !self.others.iter().any(|o| o.contains(&format!(" {name} "))) {
            self.others.push(format!("CREATE {}", text.replace("{}", &name)));
        }
    }
}

fn declaration(chance: &mut fastrand::Rng) -> String {
    let types = ["INT", "INTEGER", "TEXT", "REAL", "BLOB"];
    let more = [
        "",
        "",
        "NOT NULL",
        "DEFAULT 'x'",
        "DEFAULT 'X'",
        "COLLATE NOCASE",
        "NOT NULL DEFAULT 1",
    ];
    format!("{} {}", chance.choice(&types).expect("one"), chance.choice(&more).expect("one"))
}
