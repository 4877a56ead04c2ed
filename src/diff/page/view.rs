//! A report arranged for the page: by table, and by what is alike. Each table has an anchor, so that people can send each other links.

use super::super::alike::likeness;
use super::super::matching::Matching;
use super::super::report::{Finding, Level, Report};
use crate::page::Tone;
use crate::schema::Table;
use maud::{Markup, html};
use std::collections::{HashMap, HashSet};

/// So many safe differences that are alike are told in one place, and only named at their tables.
const MANY: usize = 5;

/// What the parts of the page draw from.
pub struct View<'r> {
    /// What was found.
    pub report: &'r Report,
    /// A card for each table that either side has; the database itself comes first.
    pub cards: Vec<Card<'r>>,
    /// Findings that are alike, the gravest first, then those that touch most rows.
    pub alike: Vec<Alike<'r>>,
    /// Anchors by the old name of a table and by its new one, in lower case.
    places: HashMap<(bool, String), usize>,
}

/// A table with all that is said of it.
pub struct Card<'r> {
    /// Its name in the page's address.
    pub anchor: String,
    /// The table as it was.
    pub old: Option<&'r Table>,
    /// The table as it will be.
    pub new: Option<&'r Table>,
    /// What belongs to this table alone.
    pub own: Vec<&'r Finding>,
    /// What is alike at many tables.
    pub folded: Vec<&'r Finding>,
    /// Columns that stay, the old one first.
    pub columns: HashMap<String, String>,
}

/// Findings that differ in names alone.
pub struct Alike<'r> {
    /// How grave they are.
    pub level: Level,
    /// Their sentence without the names.
    pub sentence: String,
    /// All of them.
    pub findings: Vec<&'r Finding>,
    /// Whether tables only name them.
    pub is_folded: bool,
}

impl<'r> View<'r> {
    /// Arranges a report.
    pub fn of(report: &'r Report) -> View<'r> {
        let mut view = View {
            report,
            cards: Vec::new(),
            alike: alike(&report.findings),
            places: HashMap::new(),
        };
        view.lay_out();
        let folded: HashSet<*const Finding> = view
            .alike
            .iter()
            .filter(|a| a.is_folded)
            .flat_map(|a| a.findings.iter().map(|f| std::ptr::from_ref(*f)))
            .collect();
        for finding in &report.findings {
            let place = view.place(finding);
            let card = &mut view.cards[place];
            match folded.contains(&std::ptr::from_ref(finding)) {
                true => card.folded.push(finding),
                false => card.own.push(finding),
            }
        }
        view
    }

    /// A card for the database and for each table.
    fn lay_out(&mut self) {
        let matching = Matching::of(&self.report.old.schema, &self.report.new.schema, self.report.inference.as_ref());
        let pairs = matching.tables.iter().map(|(old, new)| (Some(*old), Some(*new)));
        let gone = matching.gone.iter().map(|old| (Some(*old), None));
        let came = matching.new.iter().map(|new| (None, Some(*new)));
        let mut tables: Vec<(Option<&'r Table>, Option<&'r Table>)> = gone.chain(came).chain(pairs).collect();
        tables.sort_by_cached_key(|(old, new)| new.or(*old).map(|t| t.name.to_ascii_lowercase()));
        tables.insert(0, (None, None));
        let mut taken: HashSet<String> = HashSet::new();
        for (old, new) in tables {
            let name = new.or(old).map_or("", |t| &t.name);
            let mut anchor = if name.is_empty() {
                "database".to_owned()
            } else {
                format!("table-{}", safe(name))
            };
            if !taken.insert(anchor.to_ascii_lowercase()) {
                // A table that goes, and another one that takes its name.
                anchor += "~old";
                taken.insert(anchor.to_ascii_lowercase());
            }
            for (is_old, table) in [(true, old), (false, new)] {
                if let Some(table) = table {
                    self.places.insert((is_old, table.name.to_ascii_lowercase()), self.cards.len());
                }
            }
            self.cards.push(Card {
                anchor,
                old,
                new,
                own: Vec::new(),
                folded: Vec::new(),
                columns: old.map_or_else(HashMap::new, |old| kept(&matching, old)),
            });
        }
    }

    /// The card to which a finding belongs.
    fn place(&self, finding: &Finding) -> usize {
        let subject = &finding.subject;
        let low = subject.table.to_ascii_lowercase();
        let found = match &subject.new_table {
            Some(new) => self.places.get(&(false, new.to_ascii_lowercase())),
            None => {
                let (old, new) = (self.places.get(&(true, low.clone())), self.places.get(&(false, low)));
                // Of two tables that had and have this name, a finding of one side is of that side's.
                let is_new = finding.old.is_none() && finding.new.is_some();
                if is_new { new.or(old) } else { old.or(new) }
            }
        };
        found.copied().unwrap_or(0)
    }

    /// The card of a table, by its old or its new name.
    pub fn card(&self, is_old: bool, table: &str) -> Option<usize> {
        self.places.get(&(is_old, table.to_ascii_lowercase())).copied()
    }

    /// A table's name as a link to its card.
    pub fn link(&self, is_old: bool, table: &str, text: &str) -> Markup {
        match self.card(is_old, table).map(|n| &self.cards[n]) {
            Some(card) => html! { a href={ "#" (card.anchor) } { (text) } },
            None => html! { (text) },
        }
    }

    /// What a finding is about, as a link to its card.
    pub fn subject(&self, finding: &Finding) -> Markup {
        let card = &self.cards[self.place(finding)];
        let table = card.new.or(card.old).map_or("", |t| &t.name);
        let text = match (&finding.subject.name, table) {
            (Some(name), "") => name.clone(),
            (Some(name), table) => format!("{table}.{name}"),
            (None, "") => "the database".to_owned(),
            (None, table) => table.to_owned(),
        };
        html! { a href={ "#" (card.anchor) } { (text) } }
    }
}

impl Card<'_> {
    /// Its name: the one that it will have.
    pub fn name(&self) -> &str {
        self.new.or(self.old).map_or("The database", |t| &t.name)
    }

    /// Whether anything is said of it.
    pub fn is_changed(&self) -> bool {
        !self.own.is_empty() || !self.folded.is_empty()
    }

    /// How grave the gravest is.
    pub fn level(&self) -> Option<Level> {
        self.own.iter().chain(&self.folded).map(|f| f.level).max()
    }

    /// How many of its own are of a level.
    pub fn number(&self, level: Level) -> usize {
        self.own.iter().chain(&self.folded).filter(|f| f.level == level).count()
    }
}

impl Alike<'_> {
    /// Rows that are affected, as far as they were counted.
    pub fn rows(&self) -> u64 {
        self.findings.iter().filter_map(|f| f.weight.as_ref()).map(|w| w.rows).sum()
    }
}

fn alike(findings: &[Finding]) -> Vec<Alike<'_>> {
    let mut groups: Vec<Alike<'_>> = Vec::new();
    let mut places: HashMap<(Level, String), usize> = HashMap::new();
    for finding in findings {
        let key = likeness(finding);
        let place = *places.entry(key.clone()).or_insert_with(|| {
            groups.push(Alike {
                level: key.0,
                sentence: key.1,
                findings: Vec::new(),
                is_folded: false,
            });
            groups.len() - 1
        });
        groups[place].findings.push(finding);
    }
    for group in &mut groups {
        group.is_folded = group.level == Level::Safe && group.findings.len() >= MANY && group.rows() == 0;
    }
    groups.sort_by_cached_key(|g| std::cmp::Reverse((g.level, g.rows(), g.findings.len())));
    groups
}

/// The columns of an old table that are in the new one: old name to new name, in lower case.
fn kept(matching: &Matching<'_>, old: &Table) -> HashMap<String, String> {
    let kept = old.columns.iter().filter(|c| matching.is_kept(&old.name, &c.name));
    kept.map(|c| (c.name.to_ascii_lowercase(), matching.column(&old.name, &c.name)))
        .collect()
}

/// A name as part of an address: letters, digits and the like stay.
pub fn safe(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        match c.is_alphanumeric() || matches!(c, '_' | '-' | '.') {
            true => text.push(c),
            false => text += &format!("~{:x}", c as u32),
        }
    }
    text
}

/// A level's colour and word.
pub fn toned(level: Level) -> (Tone, &'static str) {
    match level {
        Level::Safe => (Tone::Good, "safe"),
        Level::Look => (Tone::Look, "look"),
        Level::Blocks => (Tone::Bad, "blocks"),
    }
}
