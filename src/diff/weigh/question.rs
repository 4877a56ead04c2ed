//! What is asked of a table's rows for one finding, and how the answer is said.

use super::ask::Asker;
use super::references::{self, Parents};
use super::rows::Rows;
use super::{Stop, columns, sets};
use crate::diff::report::{Change, Finding, Kind, Level, Sample};
use crate::page::number;

/// What is asked for one finding.
pub struct Question {
    /// Rows that are counted; each of them has a sentence of its own.
    pub counts: Vec<Count>,
    /// Rows that must not be alike.
    pub alike: Option<Alike>,
    /// How grave the finding is if no row is affected.
    pub otherwise: Level,
}

/// Rows to which something applies.
pub struct Count {
    /// What must be true of a row, in SQL.
    pub condition: String,
    /// What is said of one row: `has NULL in “name”`.
    pub one: String,
    /// What is said of several: `have NULL in “name”`.
    pub many: String,
    /// How grave it is.
    pub level: Level,
    /// What is shown of a row: names and SQL. Of several values those that are NULL are left out.
    pub show: Vec<(String, String)>,
    /// What would become of the value, in SQL.
    pub becomes: Option<String>,
}

/// Rows that are alike in something, so that all but the first of them would be refused.
pub struct Alike {
    /// In what, in SQL, with the collation.
    pub parts: Vec<String>,
    /// The condition of a partial index.
    pub filter: Option<String>,
    /// What is shown of a row.
    pub show: Vec<(String, String)>,
    /// In what, in words.
    pub named: String,
    /// How grave it is.
    pub level: Level,
}

/// What was found.
pub struct Answer {
    pub level: Level,
    pub rows: u64,
    pub of: u64,
    pub sentence: String,
    pub samples: Vec<Sample>,
}

impl Question {
    /// A question with one count.
    pub fn one(count: Count) -> Question {
        Question {
            counts: vec![count],
            alike: None,
            otherwise: Level::Safe,
        }
    }
}

impl Count {
    /// Rows that hold a value of a kind.
    pub fn new(level: Level, condition: String, what: &str) -> Count {
        Count {
            condition,
            one: format!("has {what}"),
            many: format!("have {what}"),
            level,
            show: Vec::new(),
            becomes: None,
        }
    }

    /// Adds what is shown.
    #[must_use]
    pub fn show(mut self, name: &str, sql: String) -> Count {
        self.show.push((name.to_owned(), sql));
        self
    }
}

impl Alike {
    fn one(&self) -> String {
        format!("repeats {} of another", self.named)
    }

    fn many(&self) -> String {
        format!("repeat {} of another", self.named)
    }
}

/// What is to be asked for a finding; `None` if rows have nothing to do with it.
pub fn of(finding: &Finding, rows: &Rows<'_>, asker: &mut Asker<'_>, parents: &mut Parents<'_>) -> Result<Option<Question>, Stop> {
    match (finding.kind, finding.change) {
        (Kind::Table, Change::Changed) => Ok(columns::table(finding, rows, asker)),
        (Kind::Column, Change::Added) => Ok(columns::added(finding, rows)),
        (Kind::Column, Change::Removed) => columns::removed(finding, rows),
        (Kind::Nullability, _) => Ok(columns::not_null(finding, rows)),
        (Kind::Type, _) => columns::retyped(finding, rows, asker),
        (Kind::Generated, _) => columns::generated(finding, rows, asker),
        (Kind::Key, Change::Added | Change::Changed) => sets::key(finding, rows, asker),
        (Kind::Unique, Change::Added | Change::Changed) => sets::unique(finding, rows, asker),
        (Kind::Index, Change::Added | Change::Changed) => sets::index(finding, rows, asker),
        (Kind::Check, Change::Added | Change::Changed) => sets::check(finding, rows, asker),
        (Kind::ForeignKey, _) if finding.level == Level::Blocks => references::question(finding, rows, asker, parents),
        _ => Ok(None),
    }
}

/// So many rows of a table.
pub struct Counted<'q> {
    pub question: &'q Question,
    pub of: u64,
    /// One for each count.
    pub counts: Vec<u64>,
    /// How many rows are not the first of their kind.
    pub alike: u64,
}

impl Counted<'_> {
    /// The level that these numbers give the finding.
    pub fn level(&self) -> Level {
        let counts = self.question.counts.iter().zip(&self.counts).filter(|(_, n)| **n > 0);
        let alike = self.question.alike.iter().filter(|_| self.alike > 0).map(|a| a.level);
        counts.map(|(c, _)| c.level).chain(alike).max().unwrap_or(self.question.otherwise)
    }

    /// The rows that give it this level.
    pub fn rows(&self) -> u64 {
        let level = self.level();
        let counts = self.question.counts.iter().zip(&self.counts).filter(|(c, _)| c.level == level);
        let alike = self.question.alike.iter().filter(|a| a.level == level).map(|_| self.alike);
        counts.map(|(_, n)| *n).chain(alike).sum::<u64>().min(self.of)
    }

    /// All of it in words.
    pub fn sentence(&self) -> String {
        if self.of == 0 {
            return "There are no rows.".to_owned();
        }
        let counts = self.question.counts.iter().zip(&self.counts);
        let mut parts: Vec<(u64, String, String)> = counts.map(|(c, n)| (*n, c.one.clone(), c.many.clone())).collect();
        parts.extend(self.question.alike.iter().map(|a| (self.alike, a.one(), a.many())));
        let said: Vec<String> = parts
            .iter()
            .filter(|(n, ..)| *n > 0)
            .map(|(n, one, many)| self.said(*n, one, many))
            .collect();
        if !said.is_empty() {
            return said.join(" ");
        }
        let none: Vec<&str> = parts.iter().map(|(_, one, _)| one.as_str()).collect();
        match self.of {
            1 => format!("It is not so that the only row {}.", none.join(" or ")),
            of => format!("None of the {} rows {}.", number(of), none.join(" or ")),
        }
    }

    fn said(&self, rows: u64, one: &str, many: &str) -> String {
        match (rows, self.of) {
            (1, 1) => format!("The only row {one}."),
            (1, of) => format!("1 of the {} rows {one}.", number(of)),
            (rows, of) if rows == of => format!("All {} rows {many}.", number(of)),
            (rows, of) => format!("{} of the {} rows {many}.", number(rows), number(of)),
        }
    }
}
