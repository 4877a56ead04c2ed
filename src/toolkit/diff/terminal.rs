//! A report for the terminal: a summary, what differs by table, the gravest first, and the order of a migration. Differences that are alike are
//! told once, with their number.

use crate::diff::{Finding, Level, Order, Report, SideFacts, likeness};
use crate::draft::counted;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write;

/// So many alike are told once: what is safe soon, what somebody has to do only when nobody would read it all.
const fn many(level: Level) -> usize {
    match level {
        Level::Safe => 5,
        Level::Look | Level::Blocks => 25,
    }
}

/// So many names stand beside a number.
const fn named_at_most(level: Level) -> usize {
    match level {
        Level::Safe => 5,
        Level::Look | Level::Blocks => 100,
    }
}

/// So many rows stand below a finding.
const SAMPLES: usize = 3;

/// The whole text. `number` is how many differences there are, of which the report may hold the gravest alone.
pub fn text(report: &Report, number: usize, all: bool, has_colour: bool) -> String {
    let mut page = Page {
        text: String::new(),
        has_colour,
    };
    page.summary(report, number);
    let groups = Groups::of(&report.findings, all);
    for (table, findings) in &groups.tables {
        page.line("");
        page.line(&page.bold(table));
        findings.iter().for_each(|f| page.finding(f));
    }
    if !groups.folded.is_empty() {
        page.line("");
        page.line(&page.bold("alike"));
        groups.folded.iter().for_each(|alike| page.alike(alike));
    }
    page.order(&report.order, all);
    page.text
}

/// Findings as they are told.
struct Groups<'r> {
    /// By table, the one with the gravest first.
    tables: Vec<(String, Vec<&'r Finding>)>,
    /// Those of which there are many.
    folded: Vec<Vec<&'r Finding>>,
}

impl<'r> Groups<'r> {
    fn of(findings: &'r [Finding], all: bool) -> Groups<'r> {
        let mut alike: HashMap<_, Vec<&Finding>> = HashMap::new();
        for finding in findings {
            alike.entry(likeness(finding)).or_default().push(finding);
        }
        let mut groups = Groups {
            tables: Vec::new(),
            folded: Vec::new(),
        };
        let mut places: HashMap<String, usize> = HashMap::new();
        for finding in findings {
            let key = likeness(finding);
            let number = alike.get(&key).map_or(0, Vec::len);
            if !all && number >= many(finding.level) {
                // The first of them stands for all.
                if alike.get(&key).is_some_and(|a| std::ptr::eq(a[0], finding)) {
                    groups.folded.extend(alike.get(&key).cloned());
                }
                continue;
            }
            let table = heading(finding);
            let place = *places.entry(table.to_ascii_lowercase()).or_insert_with(|| {
                groups.tables.push((table, Vec::new()));
                groups.tables.len() - 1
            });
            groups.tables[place].1.push(finding);
        }
        groups
    }
}

fn heading(finding: &Finding) -> String {
    let subject = &finding.subject;
    match (&subject.new_table, subject.table.as_str()) {
        (Some(new), old) => format!("{old} → {new}"),
        (None, "") => "the database".to_owned(),
        (None, table) => table.to_owned(),
    }
}

/// `table.column`, or the table.
fn named(finding: &Finding) -> String {
    let subject = &finding.subject;
    match (&subject.name, subject.table.as_str()) {
        (Some(name), "") => name.clone(),
        (Some(name), table) => format!("{table}.{name}"),
        (None, table) => table.to_owned(),
    }
}

struct Page {
    text: String,
    has_colour: bool,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text += line;
        self.text.push('\n');
    }

    fn bold(&self, text: &str) -> String {
        if self.has_colour {
            format!("\x1b[1m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// A level's word, as wide as the widest.
    fn level(&self, level: Level) -> String {
        let (word, colour) = match level {
            Level::Safe => ("safe  ", 32),
            Level::Look => ("look  ", 33),
            Level::Blocks => ("blocks", 31),
        };
        if self.has_colour {
            format!("\x1b[{colour}m{word}\x1b[0m")
        } else {
            word.to_owned()
        }
    }

    fn summary(&mut self, report: &Report, number: usize) {
        for (word, side) in [("old", &report.old), ("new", &report.new)] {
            self.line(&format!("{word}  {}: {}", side.name, facts(side)));
        }
        self.line("");
        let of = |level| report.findings.iter().filter(|f| f.level == level).count();
        let levels = || {
            format!(
                "{} must be decided (blocks), {} to look at, {} safe.",
                of(Level::Blocks),
                of(Level::Look),
                of(Level::Safe)
            )
        };
        let said = match (number, report.findings.len()) {
            (0, _) if report.old.fingerprint == report.new.fingerprint => "The schemas are the same.".to_owned(),
            (0, _) => "The schemas mean the same. (Their fingerprints differ: a name is written in another case.)".to_owned(),
            (1, 1) => format!("1 difference: {}", levels()),
            (all, shown) if all == shown => format!("{all} differences: {}", levels()),
            (all, shown) => format!("{shown} of {all} differences are of that level: {}", levels()),
        };
        self.line(&said);
    }

    fn finding(&mut self, finding: &Finding) {
        self.line(&format!("  {}  {}", self.level(finding.level), finding.sentence));
        if let Some(weight) = &finding.weight {
            self.line(&format!("          {}", weight.sentence));
            for sample in weight.samples.iter().take(SAMPLES) {
                let becomes = sample.becomes.as_ref().map_or_else(String::new, |b| format!(" → {b}"));
                self.line(&format!("            {}: {}{becomes}", sample.key, sample.value));
            }
        }
        if let Some(advice) = &finding.advice {
            self.line(&format!("          hint: {advice}"));
        }
    }

    fn alike(&mut self, alike: &[&Finding]) {
        let rows = |finding: &Finding| finding.weight.as_ref().map_or(0, |weight| weight.rows);
        let mut alike = alike.to_vec();
        // Where most rows are affected first.
        alike.sort_by_key(|finding| Reverse(rows(finding)));
        let Some(first) = alike.first() else { return };
        let all = match alike.iter().map(|finding| rows(finding)).sum::<u64>() {
            0 if alike.iter().all(|finding| finding.weight.is_some()) => " Here that affects no row.".to_owned(),
            0 => String::new(),
            sum => format!(" {} in all.", counted(sum, "row")),
        };
        self.line(&format!(
            "  {}  {} × {}{all}",
            self.level(first.level),
            alike.len(),
            likeness(first).1
        ));
        let with_rows = |finding: &&Finding| match rows(finding) {
            0 => named(finding),
            rows => format!("{} ({})", named(finding), counted(rows, "row")),
        };
        let names: Vec<String> = alike.iter().take(named_at_most(first.level)).map(with_rows).collect();
        let more = alike.len() - names.len();
        let more = if more > 0 {
            format!(" and {more} more (--all names them)")
        } else {
            String::new()
        };
        self.line(&format!("          {}{more}", names.join(", ")));
        if let Some(advice) = &first.advice {
            self.line(&format!("          hint, for the first: {advice}"));
        }
    }

    fn order(&mut self, order: &Order, all: bool) {
        let lists = [("drop", &order.drop), ("create", &order.create), ("fill", &order.fill)];
        if order.drop.is_empty() && order.create.is_empty() && order.circles.is_empty() && !all {
            return;
        }
        self.line("");
        self.line(&self.bold("order, by what refers to what"));
        for (word, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            self.line(&format!("  {word:<6}  {}", shortened(list, all)));
        }
        for circle in &order.circles {
            self.line(&format!(
                "  circle  {}: they refer to each other, so they are filled together, and checked at the end",
                shortened(circle, all)
            ));
        }
    }
}

fn facts(side: &SideFacts) -> String {
    let mut text = match side.schema.tables.len() {
        1 => "1 table".to_owned(),
        number => format!("{number} tables"),
    };
    let rows: u64 = side.rows.iter().map(|(_, number)| number).sum();
    if rows > 0 {
        let _ = write!(text, ", {rows} rows");
    }
    if let Some(bytes) = side.bytes {
        let _ = write!(text, ", {:.1} MB", bytes as f64 / 1e6);
    }
    text
}

fn shortened(names: &[String], all: bool) -> String {
    const SHOWN: usize = 12;
    if all || names.len() <= SHOWN {
        return names.join(", ");
    }
    format!(
        "{} … and {} more (--all names them)",
        names[..SHOWN].join(", "),
        names.len() - SHOWN
    )
}
