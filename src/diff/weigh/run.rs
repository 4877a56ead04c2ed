//! The reading: one pass over a table for all that is counted in it, one for each uniqueness, and a short one for the samples of what was found.

use super::question::{Alike, Answer, Count, Counted, Question};
use super::rows::Rows;
use super::shown::shown;
use crate::diff::report::Sample;
use crate::failure::{Failure, Result};
use crate::schema::explained;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, ErrorCode, Row};

/// So many rows are shown.
const SAMPLES: usize = 5;
/// So much is counted in one pass; SQLite takes 2,000 columns at most.
const COUNTS: usize = 500;

/// A table that is read.
pub struct Run<'a> {
    pub data: &'a Connection,
    pub rows: &'a Rows<'a>,
    pub side: &'a str,
    pub masked: bool,
}

/// An answer, or why there is none.
type Answered<T> = std::result::Result<T, String>;

/// Gives a connection enough memory to sort quickly, and not more: the rest goes into temporary files.
pub fn prepare(data: &Connection) -> rusqlite::Result<()> {
    data.execute_batch("PRAGMA cache_size=-32768")
}

/// A database that cannot be read; the table is named.
pub fn failed(error: &Error, side: &str, table: &str) -> Failure {
    let failure = explained(error, side.as_ref());
    match table {
        "" => failure,
        _ => failure.hint(&format!("It was met in the table “{table}”.")).with("table", table),
    }
}

/// Whether an error is the database's or the machine's, and not the question's.
fn is_grave(error: &Error) -> bool {
    use ErrorCode::*;
    matches!(
        error.sqlite_error_code(),
        Some(
            DatabaseCorrupt
                | NotADatabase
                | SystemIoFailure
                | OutOfMemory
                | DiskFull
                | DatabaseBusy
                | DatabaseLocked
                | CannotOpen
                | PermissionDenied
                | OperationInterrupted
        )
    )
}

fn why(error: &Error) -> String {
    match error {
        Error::SqlInputError { msg, .. } => msg.clone(),
        Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    }
}

impl Run<'_> {
    /// A failure while this table is read.
    pub fn failed(&self, error: &Error) -> Failure {
        failed(error, self.side, &self.rows.old.name)
    }

    /// What is an answer to the question stays one.
    fn judged<T>(&self, result: rusqlite::Result<T>) -> Result<Answered<T>> {
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(e) if is_grave(&e) => Err(self.failed(&e)),
            Err(e) => Ok(Err(why(&e))),
        }
    }

    /// Answers all questions about the table.
    pub fn answer(&self, questions: &[&Question]) -> Result<Vec<Answered<Answer>>> {
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        let conditions: Vec<&str> = questions.iter().flat_map(|q| &q.counts).map(|c| c.condition.as_str()).collect();
        let (of, counted) = self.counted(&conditions)?;
        let mut counted = counted.into_iter();
        let mut answers = Vec::new();
        for question in questions {
            let counts: Answered<Vec<u64>> = counted.by_ref().take(question.counts.len()).collect();
            answers.push(match counts {
                Ok(counts) => self.complete(question, of, counts)?,
                Err(why) => Err(why),
            });
        }
        Ok(answers)
    }

    fn complete(&self, question: &Question, of: u64, counts: Vec<u64>) -> Result<Answered<Answer>> {
        let mut samples = Vec::new();
        let mut alike = 0;
        if let Some(set) = question.alike.as_ref().filter(|_| of > 1) {
            match self.judged(self.alike(set, &mut samples))? {
                Ok(rows) => alike = rows,
                Err(why) => return Ok(Err(why)),
            }
        }
        let counted = Counted {
            question,
            of,
            counts,
            alike,
        };
        // That all rows are alike in something needs no example.
        let is_worth = |(count, n): &(&Count, &u64)| **n > 0 && (**n < of || !count.show.is_empty());
        let found = question.counts.iter().zip(&counted.counts).filter(is_worth);
        let mut found: Vec<&Count> = found.map(|(count, _)| count).collect();
        found.sort_by_key(|c| std::cmp::Reverse(c.level));
        for count in found {
            if samples.len() < SAMPLES {
                self.samples(count, &mut samples).map_err(|e| self.failed(&e))?;
            }
        }
        Ok(Ok(Answer {
            level: counted.level(),
            rows: counted.rows(),
            of,
            sentence: counted.sentence(),
            samples,
        }))
    }

    /// How many rows there are, and to how many of them each condition applies. A condition that cannot be asked takes no other with it.
    fn counted(&self, conditions: &[&str]) -> Result<(u64, Vec<Answered<u64>>)> {
        let mut counted = Vec::new();
        for conditions in conditions.chunks(COUNTS) {
            counted.extend(self.counted_at_once(conditions)?);
        }
        let of = match self.of(&[])? {
            Ok(numbers) => numbers.first().copied().unwrap_or_default(),
            // Nobody can read what a module keeps that is not there.
            Err(why) => return Ok((0, conditions.iter().map(|_| Err(why.clone())).collect())),
        };
        Ok((of, counted))
    }

    fn counted_at_once(&self, conditions: &[&str]) -> Result<Vec<Answered<u64>>> {
        if let Ok(numbers) = self.of(conditions)? {
            return Ok(numbers.into_iter().skip(1).map(Ok).collect());
        }
        let alone = |condition: &&str| Ok(self.of(&[condition])?.map(|numbers| numbers.get(1).copied().unwrap_or_default()));
        conditions.iter().map(alone).collect()
    }

    fn of(&self, conditions: &[&str]) -> Result<Answered<Vec<u64>>> {
        let counts: String = conditions.iter().map(|c| format!(", count(*) FILTER (WHERE {c})")).collect();
        let query = format!("SELECT count(*){counts} FROM {}", self.rows.from());
        let read = |row: &Row<'_>| (0..=conditions.len()).map(|n| row.get(n)).collect();
        self.judged(self.data.query_row(&query, [], read))
    }

    /// Rows that are not the first of their kind, with some of them.
    fn alike(&self, set: &Alike, samples: &mut Vec<Sample>) -> rusqlite::Result<u64> {
        let key = self.rows.key(self.masked);
        let mut columns = vec!["count(*)".to_owned()];
        // With max() SQLite takes the other columns from the row in which the greatest is.
        columns.extend(key.iter().take(1).map(|(_, sql)| format!("max({sql})")));
        columns.extend(key.iter().chain(&set.show).map(|(_, sql)| sql.clone()));
        let mut conditions: Vec<String> = set.parts.iter().map(|part| format!("{part} IS NOT NULL")).collect();
        conditions.extend(set.filter.clone());
        let query = format!(
            "SELECT {} FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1",
            columns.join(", "),
            self.rows.from(),
            conditions.join(" AND "),
            set.parts.join(", ")
        );
        let mut statement = self.data.prepare(&query)?;
        let mut groups = statement.query([])?;
        let mut rows = 0;
        let first = 1 + key.len().min(1);
        while let Some(group) = groups.next()? {
            let number: u64 = group.get(0)?;
            rows += number - 1;
            if samples.len() < SAMPLES {
                let value = self.values(group, &set.show, first + key.len())?;
                samples.push(Sample {
                    key: self.named(group, &key, first)?,
                    value: format!("{value}, in {number} rows"),
                    becomes: None,
                });
            }
        }
        Ok(rows)
    }

    fn samples(&self, count: &Count, samples: &mut Vec<Sample>) -> rusqlite::Result<()> {
        let key = self.rows.key(self.masked);
        let mut columns: Vec<&str> = key.iter().chain(&count.show).map(|(_, sql)| sql.as_str()).collect();
        columns.extend(count.becomes.as_deref());
        if columns.is_empty() {
            return Ok(());
        }
        let query = format!(
            "SELECT {} FROM {} WHERE {} LIMIT {}",
            columns.join(", "),
            self.rows.from(),
            count.condition,
            SAMPLES - samples.len()
        );
        let mut statement = self.data.prepare(&query)?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let becomes = count.becomes.as_ref().map(|_| row.get_ref(key.len() + count.show.len()));
            samples.push(Sample {
                key: self.named(row, &key, 0)?,
                value: match count.show.is_empty() {
                    true => "NULL".to_owned(),
                    false => self.values(row, &count.show, key.len())?,
                },
                becomes: becomes.transpose()?.map(|value| shown(value, self.masked)),
            });
        }
        Ok(())
    }

    /// `id = 7`. A number is shown as it is, because without it nobody finds the row.
    fn named(&self, row: &Row<'_>, key: &[(String, String)], from: usize) -> rusqlite::Result<String> {
        let mut parts = Vec::new();
        for (n, (name, _)) in key.iter().enumerate() {
            let value = row.get_ref(from + n)?;
            let masked = self.masked && !matches!(value, ValueRef::Integer(_));
            parts.push(format!("{name} = {}", shown(value, masked)));
        }
        Ok(if parts.is_empty() { "a row".to_owned() } else { parts.join(", ") })
    }

    fn values(&self, row: &Row<'_>, show: &[(String, String)], from: usize) -> rusqlite::Result<String> {
        if show.len() == 1 {
            return Ok(shown(row.get_ref(from)?, self.masked));
        }
        let mut parts = Vec::new();
        for (n, (name, _)) in show.iter().enumerate() {
            let value = row.get_ref(from + n)?;
            if value != ValueRef::Null {
                parts.push(format!("{name} = {}", shown(value, self.masked)));
            }
        }
        Ok(if parts.is_empty() { "NULL".to_owned() } else { parts.join(", ") })
    }
}
