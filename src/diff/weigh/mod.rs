//! Weighs findings on the rows of a live database: how many rows each of them affects, some of these rows, and how grave it is here.
//!
//! It reads each table that differs once for all that is asked of it, and once more for each uniqueness; what does not fit into memory is
//! SQLite's to sort in a temporary file. What SQLite would make of a value is never guessed: SQLite is asked ([`ask`]). What cannot be asked
//! is said to be so, and keeps its level. It never writes to the database.

mod ask;
mod columns;
mod fate;
mod question;
mod references;
mod rows;
mod run;
mod sets;
mod shown;

use super::compare::sort;
use super::matching::Matching;
use super::report::{Change, Finding, Kind, Level, Report, Subject, Weight};
use crate::failure::{Failure, Result};
use crate::page::number;
use crate::schema::{Side, Table, TableKind};
use crate::sql::quoted;
use ask::Asker;
use question::Question;
use references::Parents;
use rows::Rows;
use run::Run;
use rusqlite::Connection;

/// How findings are weighed.
#[derive(Debug, Clone, Copy, Default)]
pub struct WeighOptions {
    /// Show the form of values instead of the values.
    pub masked: bool,
}

/// Why a finding is not weighed.
enum Stop {
    /// It cannot be known; a sentence without its full stop.
    Unknown(String),
    /// The database cannot be read.
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        Stop::Failed(failure)
    }
}

/// Weighs the findings of a report on the old side's data, and puts their levels right. Without data nothing is changed.
pub fn weigh(report: &mut Report, old: &Side, new: &Side, options: &WeighOptions) -> Result<()> {
    let Some(data) = &old.data else { return Ok(()) };
    let inference = report.inference.take();
    let matching = Matching::of(&old.definition, &new.definition, inference.as_ref());
    let weigher = Weigher {
        data,
        matching: &matching,
        side: &old.name,
        masked: options.masked,
    };
    let weighed = weigher.all(&mut report.findings);
    sort(&mut report.findings);
    report.inference = inference;
    weighed
}

struct Weigher<'a> {
    data: &'a Connection,
    matching: &'a Matching<'a>,
    side: &'a str,
    masked: bool,
}

impl Weigher<'_> {
    fn all(&self, findings: &mut [Finding]) -> Result<()> {
        run::prepare(self.data).map_err(|e| run::failed(&e, self.side, ""))?;
        for table in &self.matching.gone {
            let is_it = |f: &&mut Finding| (f.kind, f.change, f.subject.table.as_str()) == (Kind::Table, Change::Removed, &table.name);
            if let Some(finding) = findings.iter_mut().find(is_it) {
                self.gone(table, finding)?;
            }
        }
        let mut parents = Parents::new(self.data, self.matching, self.side);
        for (old, new) in &self.matching.tables {
            let own = |f: &Finding| is_of_data(f) && f.subject == Subject::of(old, new, f.subject.name.as_deref());
            let own: Vec<&mut Finding> = findings.iter_mut().filter(|f| own(f)).collect();
            if !own.is_empty() {
                self.pair(old, new, own, &mut parents)?;
            }
        }
        Ok(())
    }

    /// A table that is gone has nothing but its rows to ask for. Those of a module may be an index of other tables only.
    fn gone(&self, table: &Table, finding: &mut Finding) -> Result<()> {
        if table.kind != TableKind::Ordinary {
            return Ok(());
        }
        let query = format!("SELECT count(*) FROM main.{}", quoted(&table.name));
        let count = self.data.query_row(&query, [], |r| r.get(0));
        let rows: u64 = count.map_err(|e| run::failed(&e, self.side, &table.name))?;
        let sentence = match rows {
            0 => "It is empty.".to_owned(),
            1 => "It has 1 row.".to_owned(),
            _ => format!("It has {} rows.", number(rows)),
        };
        // At another site there may be some.
        let level = if rows > 0 { finding.level } else { Level::Look };
        settle(finding, level, rows, rows, sentence);
        Ok(())
    }

    fn pair(&self, old: &Table, new: &Table, mut own: Vec<&mut Finding>, parents: &mut Parents<'_>) -> Result<()> {
        let rows = Rows::new(self.matching, old, new);
        let mut asker = Asker::new(new);
        let mut questions: Vec<(usize, Question)> = Vec::new();
        for (place, finding) in own.iter_mut().enumerate() {
            match question::of(finding, &rows, &mut asker, parents) {
                Ok(Some(question)) => questions.push((place, question)),
                Ok(None) => {}
                Err(Stop::Unknown(why)) => not_weighed(finding, &why),
                Err(Stop::Failed(failure)) => return Err(failure),
            }
        }
        let run = Run {
            data: self.data,
            rows: &rows,
            side: self.side,
            masked: self.masked,
        };
        asker.lend(self.data, parents.shared()).map_err(|e| run.failed(&e))?;
        let answered = run.answer(&questions.iter().map(|(_, q)| q).collect::<Vec<_>>());
        ask::take_back(self.data).map_err(|e| run.failed(&e))?;
        for ((place, _), answer) in questions.iter().zip(answered?) {
            let finding = &mut *own[*place];
            match answer {
                Ok(answer) => {
                    settle(finding, answer.level, answer.rows, answer.of, answer.sentence);
                    if let Some(weight) = &mut finding.weight {
                        weight.samples = answer.samples;
                    }
                }
                Err(why) => not_weighed(finding, &why),
            }
        }
        Ok(())
    }
}

/// Whether rows can have anything to do with it.
fn is_of_data(finding: &Finding) -> bool {
    finding.level != Level::Safe && !finding.by_site && finding.change != Change::Renamed
}

fn settle(finding: &mut Finding, level: Level, rows: u64, of: u64, sentence: String) {
    finding.level = level;
    if level == Level::Safe {
        finding.advice = None;
    }
    finding.weight = Some(Weight {
        rows,
        of,
        sentence,
        samples: Vec::new(),
    });
}

fn not_weighed(finding: &mut Finding, why: &str) {
    finding.sentence += &format!(" It was not weighed on the data: {why}.");
}
