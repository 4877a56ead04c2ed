//! Brings the rows over, source by source, row by row: read from the old database, changed as the plan says, stored in the new one. The
//! first row that cannot be stored as it is ends the reshape, and is named.

mod rejected;

use super::mapping::OnMatch;
use super::plan::{Given, Plan, SourcePlan, TablePlan, ValuePlan};
use crate::failure::{Failure, Reason, Result};
use crate::report::{Event, Reporter, Stage};
use crate::sql::quoted;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, Statement};
use std::time::Instant;

/// What came of one source of one target table.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SourceReport {
    /// The target table.
    pub table: String,
    /// The old table; `None` for a query.
    pub from: Option<String>,
    /// Old rows read.
    pub read: u64,
    /// New rows made.
    pub written: u64,
    /// Rows of earlier sources that got values from this one.
    pub updated: u64,
    /// Old rows that found their row already there.
    pub matched: u64,
    /// How long it took.
    pub seconds: f64,
}

/// Copies everything that a plan names.
pub struct Copier<'a> {
    /// The old database.
    pub old: &'a Connection,
    /// The new one, with its tables and in a transaction.
    pub new: &'a Connection,
    /// The step, for messages.
    pub step: &'a str,
    /// Old rows in all, for the progress.
    pub total: u64,
    /// Whoever watches.
    pub reporter: &'a dyn Reporter,
}

/// How many rows pass between two looks at the cancel button.
const LOOK_EVERY: u64 = 1024;

impl Copier<'_> {
    /// Copies, and says what came of each source.
    pub fn all(&self, plan: &Plan<'_>) -> Result<Vec<SourceReport>> {
        if !plan.keyed.is_empty() {
            let keys = "CREATE TEMP TABLE holdfast_keys(target TEXT, source TEXT, old INTEGER, new INTEGER, PRIMARY KEY (target, source, old)) WITHOUT ROWID";
            self.new.execute_batch(keys).map_err(|e| self.told(&e))?;
        }
        let mut reports = Vec::new();
        let mut done = 0;
        for table in &plan.tables {
            let indexed = self.match_index(table).map_err(|e| self.told(&e))?;
            for source in &table.sources {
                let report = self.source(table, source, plan.keyed.contains(&table.target.name), done)?;
                done += report.read;
                reports.push(report);
            }
            if indexed {
                self.new
                    .execute_batch("DROP INDEX main.holdfast_match")
                    .map_err(|e| self.told(&e))?;
            }
        }
        Ok(reports)
    }

    /// Rows are matched by an index that is there only meanwhile.
    fn match_index(&self, table: &TablePlan<'_>) -> rusqlite::Result<bool> {
        let Some(source) = table.sources.iter().find(|s| !s.matching.is_empty()) else {
            return Ok(false);
        };
        let columns: Vec<String> = source.matching.iter().map(|n| quoted(&source.values[*n].column.name)).collect();
        let index = format!(
            "CREATE INDEX main.holdfast_match ON {}({})",
            quoted(&table.target.name),
            columns.join(", ")
        );
        self.new.execute_batch(&index)?;
        Ok(true)
    }

    fn source(&self, table: &TablePlan<'_>, source: &SourcePlan<'_>, keyed: bool, before: u64) -> Result<SourceReport> {
        let started = Instant::now();
        let mut report = SourceReport {
            table: table.target.name.clone(),
            from: source.from.map(|t| t.name.clone()),
            read: 0,
            written: 0,
            updated: 0,
            matched: 0,
            seconds: 0.0,
        };
        let mut store = Store::new(self, table, source, keyed).map_err(|e| self.told(&e))?;
        let mut select = self.old.prepare(&source.select).map_err(|e| self.told(&e))?;
        let mut rows = select.query([]).map_err(|e| self.told(&e))?;
        while let Some(row) = rows.next().map_err(|e| self.unreadable(&e, table, &report))? {
            report.read += 1;
            if report.read.is_multiple_of(LOOK_EVERY) {
                self.look(before + report.read)?;
            }
            store.row(row, &mut report)?;
        }
        report.seconds = started.elapsed().as_secs_f64();
        Ok(report)
    }

    fn look(&self, done: u64) -> Result<()> {
        if self.reporter.cancelled() {
            return Err(Failure::new(Reason::Cancelled, "The update was cancelled."));
        }
        self.reporter.event(&Event::Progress {
            stage: Stage::Migrate,
            done,
            total: self.total.max(done),
        });
        Ok(())
    }

    /// An error that is no row's.
    fn told(&self, error: &rusqlite::Error) -> Failure {
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => Failure::new(Reason::Cancelled, "The update was cancelled."),
            Some(ErrorCode::DiskFull) => Failure::new(
                Reason::SpaceShort,
                "There was no room left while the data was brought to the new version. Make room and run the update again.",
            ),
            _ => Failure::new(
                Reason::StepFailed,
                format!(
                    "The step {} failed: {error}. Ask those who made the update for a corrected one.",
                    self.step
                ),
            )
            .with("step", self.step),
        }
    }

    /// An expression that fails on a row, or a database that cannot be read on.
    fn unreadable(&self, error: &rusqlite::Error, table: &TablePlan<'_>, report: &SourceReport) -> Failure {
        let failure = self.told(error);
        if failure.reason != Reason::StepFailed {
            return failure;
        }
        let from = report.from.as_deref().unwrap_or("its query");
        let message = format!(
            "The step {} failed at row {} of {from}, which is to go to “{}”: {error}. Ask those who made the update for a corrected one.",
            self.step,
            report.read + 1,
            table.target.name
        );
        Failure { message, ..failure }.with("table", from)
    }
}

/// Everything that stores the rows of one source.
struct Store<'p, 'c> {
    copier: &'p Copier<'c>,
    table: &'p TablePlan<'p>,
    source: &'p SourcePlan<'p>,
    keyed: bool,
    insert: Statement<'c>,
    find: Option<Statement<'c>>,
    change: Option<Statement<'c>>,
    key: Option<Statement<'c>>,
    note: Option<Statement<'c>>,
}

/// A value between two databases: as it was read, or another.
enum Passing<'r> {
    Read(ValueRef<'r>),
    Made(Value),
}

impl Passing<'_> {
    fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Passing::Read(value) => *value,
            Passing::Made(value) => value.into(),
        }
    }
}

impl<'p, 'c> Store<'p, 'c> {
    fn new(copier: &'p Copier<'c>, table: &'p TablePlan<'p>, source: &'p SourcePlan<'p>, keyed: bool) -> rusqlite::Result<Self> {
        let target = format!("main.{}", quoted(&table.target.name));
        let names: Vec<String> = source.values.iter().map(|v| quoted(&v.column.name)).collect();
        let rowid = table.target.rowid().unwrap_or("rowid");
        let all: Vec<String> = source
            .carries_rowid
            .then(|| rowid.to_owned())
            .into_iter()
            .chain(names.clone())
            .collect();
        // OR ABORT: `ON CONFLICT IGNORE` or `REPLACE` of a constraint would lose rows in silence.
        let insert = match all.len() {
            0 => format!("INSERT OR ABORT INTO {target} DEFAULT VALUES"),
            n => format!(
                "INSERT OR ABORT INTO {target}({}) VALUES ({})",
                all.join(", "),
                vec!["?"; n].join(", ")
            ),
        };
        let is_matched = |n: &usize| source.matching.contains(n);
        let condition: Vec<String> = source.matching.iter().map(|n| format!("{} IS ?{}", names[*n], n + 1)).collect();
        let condition = condition.join(" AND ");
        let found = if table.target.rowid().is_some() { rowid } else { "1" };
        let find = (!condition.is_empty()).then(|| format!("SELECT {found} FROM {target} WHERE {condition} LIMIT 1"));
        let others: Vec<usize> = (0..names.len()).filter(|n| !is_matched(n)).collect();
        let set = others.iter().map(|n| match source.on_match {
            OnMatch::Fill => format!("{0} = coalesce({0}, ?{1})", names[*n], n + 1),
            _ => format!("{} = ?{}", names[*n], n + 1),
        });
        let set: Vec<String> = set.collect();
        let changes = matches!(source.on_match, OnMatch::Update | OnMatch::Fill) && !condition.is_empty() && !set.is_empty();
        let change = changes.then(|| format!("UPDATE OR ABORT {target} SET {} WHERE {condition}", set.join(", ")));
        let asks = source.values.iter().any(|v| matches!(v.given, Given::KeyOf { .. }));
        let prepare = |sql: Option<&str>| sql.map(|sql| copier.new.prepare(sql)).transpose();
        Ok(Store {
            insert: copier.new.prepare(&insert)?,
            find: prepare(find.as_deref())?,
            change: prepare(change.as_deref())?,
            key: prepare(asks.then_some("SELECT new FROM temp.holdfast_keys WHERE target = ?1 AND source = ?2 AND old = ?3"))?,
            note: prepare(keyed.then_some("INSERT OR IGNORE INTO temp.holdfast_keys VALUES (?1, ?2, ?3, ?4)"))?,
            copier,
            table,
            source,
            keyed,
        })
    }

    fn row(&mut self, row: &Row<'_>, report: &mut SourceReport) -> Result<()> {
        let mut values = Vec::with_capacity(self.source.values.len());
        for n in 0..self.source.values.len() {
            values.push(self.value(row, n)?);
        }
        if let Some(key) = self.found(row, &values)? {
            report.matched += 1;
            if self.source.on_match == OnMatch::Stop {
                let column = &self.source.values[self.source.matching[0]];
                return Err(self.rejected(
                    row,
                    Some(column),
                    None,
                    "another row has the same values, and nothing says what becomes of two",
                ));
            }
            if let Some(change) = &mut self.change {
                let asked = change.parameter_count();
                let done = (|| {
                    for (n, value) in values.iter().enumerate().take(asked) {
                        change.raw_bind_parameter(n + 1, ToSqlOutput::Borrowed(value.as_ref()))?;
                    }
                    change.raw_execute()
                })();
                report.updated += done.map_err(|e| self.refused(row, &e))? as u64;
            }
            return self.noted(row, key);
        }
        let first = usize::from(self.source.carries_rowid);
        let stored = (|| {
            if self.source.carries_rowid {
                self.insert.raw_bind_parameter(1, ToSqlOutput::Borrowed(row.get_ref(0)?))?;
            }
            for (n, value) in values.iter().enumerate() {
                self.insert
                    .raw_bind_parameter(first + n + 1, ToSqlOutput::Borrowed(value.as_ref()))?;
            }
            self.insert.raw_execute()
        })();
        stored.map_err(|e| self.refused(row, &e))?;
        report.written += 1;
        match self.keyed {
            true => self.noted(row, self.copier.new.last_insert_rowid()),
            false => Ok(()),
        }
    }

    /// The key, or 1, of the row that is this one already.
    fn found(&mut self, row: &Row<'_>, values: &[Passing<'_>]) -> Result<Option<i64>> {
        let Some(find) = &mut self.find else { return Ok(None) };
        let mut ask = || {
            for n in &self.source.matching {
                find.raw_bind_parameter(n + 1, ToSqlOutput::Borrowed(values[*n].as_ref()))?;
            }
            find.raw_query().next()?.map(|r| r.get(0)).transpose()
        };
        ask().map_err(|e: rusqlite::Error| self.refused(row, &e))
    }

    /// Notes which new row came from an old one.
    fn noted(&mut self, row: &Row<'_>, new: i64) -> Result<()> {
        let (Some(note), Some(from), true) = (&mut self.note, self.source.from, self.source.rowid) else {
            return Ok(());
        };
        let noted = row
            .get::<_, i64>(0)
            .and_then(|old| note.execute((&self.table.target.name, &from.name, old, new)));
        noted.map(|_| ()).map_err(|e| self.copier.told(&e))
    }

    fn value<'r>(&mut self, row: &'r Row<'_>, n: usize) -> Result<Passing<'r>> {
        let source = self.source;
        let plan = &source.values[n];
        let read = match &plan.given {
            Given::Constant(value) => return Ok(Passing::Made(value.clone())),
            Given::Selected(at) | Given::KeyOf { selected: at, .. } => row.get_ref(*at).map_err(|e| self.copier.told(&e))?,
        };
        let read = match &plan.given {
            Given::KeyOf { table, of_table, .. } if read != ValueRef::Null => {
                let key = self.key_of(table, of_table, read).map_err(|e| self.copier.told(&e))?;
                return key.map(|key| Passing::Made(Value::Integer(key))).ok_or_else(|| {
                    self.rejected(
                        row,
                        Some(plan),
                        Some(read),
                        &format!("no row of “{table}” came from that row of “{of_table}”"),
                    )
                });
            }
            _ => read,
        };
        match plan.change.apply(read) {
            Ok(Some(value)) => Ok(Passing::Made(value.clone())),
            // SQLite would choose a key where the old row has none.
            Ok(None) if read == ValueRef::Null && source.from.is_some() && plan.from.is_some() && self.is_rowid(plan) => Err(self
                .rejected(
                    row,
                    Some(plan),
                    Some(read),
                    "NULL cannot be a key; say in the mapping what it is to become",
                )),
            Ok(None) if plan.guard.is_some_and(|guard| guard.would_change(read)) => {
                let reason = format!(
                    "the column's type {} would make another value of it; say in the mapping what it is to become",
                    plan.column.declared
                );
                Err(self.rejected(row, Some(plan), Some(read), &reason))
            }
            Ok(None) => Ok(Passing::Read(read)),
            Err(reason) => Err(self.rejected(row, Some(plan), Some(read), reason)),
        }
    }

    fn is_rowid(&self, plan: &ValuePlan<'_>) -> bool {
        self.table.target.rowid_column.as_deref() == Some(&plan.column.name)
    }

    fn key_of(&mut self, table: &str, of_table: &str, old: ValueRef<'_>) -> rusqlite::Result<Option<i64>> {
        let Some(key) = &mut self.key else { return Ok(None) };
        let old = ToSqlOutput::Borrowed(old);
        key.query_row((table, of_table, old), |r| r.get(0)).optional()
    }
}
