//! One file of a plan, made ready for its table and read row by row.

use super::datum::{Datum, Fitting};
use super::plan::{FilePlan, Format, LoadPlan, Mode, Scalar};
use super::reference::Reference;
use super::rows::{RowText, Shape, Values};
use super::rules::{Check, Placed, judge};
use super::table::{Key, Table};
use super::text::Text;
use super::trouble::{ASK, Complaint, RowPlace, Trouble, broken, named, shown, unfit};
use super::{Files, csv, json};
use crate::failure::{Failure, Reason, Result};
use rusqlite::Connection;

/// A file with its table.
pub struct Job<'a> {
    /// The plan that it is of.
    pub whole: &'a LoadPlan,
    /// What the plan says of it.
    pub plan: &'a FilePlan,
    /// Its name in the chosen context.
    pub name: String,
    /// The table.
    pub table: &'a Table,
    /// By what a row is found, or only named.
    pub key: Option<Key>,
    set: Values<'static>,
    rules: Vec<Placed<'a>>,
}

/// Takes a row: its number, its line, its values, and what is wrong with it.
pub type Take<'t> = dyn FnMut(u64, u64, &Values<'_>, Option<Trouble>) -> Result<()> + 't;

impl<'a> Job<'a> {
    /// Makes a file ready; what does not fit the table is found here.
    pub fn new(whole: &'a LoadPlan, plan: &'a FilePlan, name: String, table: &'a Table, context: Option<&str>) -> Result<Job<'a>> {
        let step = whole.step();
        let unfit = |why: String| unfit(step, why).with("table", table.name.as_str());
        let key = table.key(&plan.key).map_err(unfit)?;
        if key.is_none() && plan.mode != Mode::Insert {
            let why = format!("the table “{}” has no primary key: say key = [ … ] for “{}”", table.name, plan.file);
            return Err(unfit(why));
        }
        let own = |rule: &&super::rules::Rule| rule.table.eq_ignore_ascii_case(&table.name);
        let rules = whole.rules.iter().filter(own).map(|rule| {
            let column = table.expect(&rule.column).map_err(unfit)?;
            Ok(Placed { column, rule })
        });
        let mut job = Job {
            rules: rules.collect::<Result<_>>()?,
            set: table.columns.iter().map(|_| None).collect(),
            whole,
            plan,
            name,
            table,
            key,
        };
        for (column, value) in context.and_then(|name| whole.contexts.get(name)).into_iter().flatten() {
            job.set_column(column, value)
                .map_err(|why| unfit(format!("the context sets “{column}”, which {why}")))?;
        }
        Ok(job)
    }

    fn set_column(&mut self, name: &str, value: &Scalar) -> std::result::Result<(), String> {
        let Some(place) = self.table.column(name) else { return Ok(()) };
        // A row that is updated is found in its context, and not moved into it.
        if self.plan.mode == Mode::Update && !self.key.as_ref().is_some_and(|key| key.columns.contains(&place)) {
            return Ok(());
        }
        if self.table.columns[place].generated {
            return Err("is computed by the database".to_owned());
        }
        let fitting = Fitting {
            column: &self.table.columns[place],
            validated: true,
        };
        let fit = match (value, value.datum()) {
            (Scalar::Bool(truth), _) => fitting.truth(*truth),
            (_, Datum::Text(text)) => fitting.text(text),
            (_, Datum::Real(real)) => fitting.number(&format!("{real:?}")).map(|d| d.owned()),
            (_, number) => fitting.number(&shown(&number)).map(|d| d.owned()),
        };
        self.set[place] = Some(fit?.owned());
        Ok(())
    }

    /// Reads the file from its beginning.
    pub fn each_row(&self, connection: &Connection, files: &dyn Files, take: &mut Take<'_>) -> Result<()> {
        let (step, file) = (self.whole.step(), named(self.whole.step(), &self.name));
        let mut references: Vec<Option<Reference<'_>>> = self.table.columns.iter().map(|_| None).collect();
        for placed in &self.rules {
            if let Check::Reference(rule) = &placed.rule.check {
                references[placed.column] = Some(Reference::new(connection, step, rule, &self.table.name)?);
            }
        }
        let shape = Shape {
            table: self.table,
            validated: self.plan.validate,
            empty: self.plan.empty,
            set: self.set.clone(),
            references,
            header: Vec::new(),
        };
        // The header is learnt before the first row, and both hold the shape.
        let shape = std::cell::RefCell::new(shape);
        let mut number = 0;
        let mut sink = |line: u64, row: RowText<'_>| {
            number += 1;
            let (values, mut trouble) = shape.borrow_mut().values(row);
            if trouble.is_none() && self.plan.validate {
                let whole = self.plan.mode != Mode::Update;
                trouble = judge(&self.rules, self.table, &values, whole).map(Trouble::Row);
            }
            take(number, line, &values, trouble)
        };
        let mut text = Text::new(files.open(&self.name)?, &file);
        let read = match self.plan.format {
            Format::Json => json::array(&mut text, &mut sink),
            Format::Jsonl => json::lines(&mut text, &mut sink),
            Format::Csv => {
                let mut learn = |header: &csv::Record| {
                    let learnt = shape.borrow_mut().learn(header);
                    learnt.map_err(|why| {
                        broken(&file, Some(1), format!("is the header: {why}. {ASK}")).with("table", self.table.name.as_str())
                    })
                };
                csv::records(&mut text, self.plan.delimiter, &mut learn, &mut sink)
            }
        };
        read.map_err(|failure| self.placed(failure))
    }

    /// The step, where a failure of the file does not name it.
    fn placed(&self, failure: Failure) -> Failure {
        if failure.reason == Reason::Cancelled || failure.fields.contains_key("step") {
            return failure;
        }
        failure.with("step", self.whole.step()).with("file", self.name.as_str())
    }

    /// The failure of a row.
    pub fn rejects(&self, row: u64, line: u64, values: &Values<'_>, complaint: Complaint) -> Failure {
        let place = RowPlace {
            step: self.whole.step(),
            file: &self.name,
            table: &self.table.name,
            key: self.key.as_ref().and_then(|key| self.named_key(key, values)),
            row,
            line,
        };
        place.rejects(complaint)
    }

    fn named_key(&self, key: &Key, values: &Values<'_>) -> Option<String> {
        let parts = key.columns.iter().map(|n| {
            let value = values[*n].as_ref()?;
            Some(format!("{} = {}", self.table.columns[*n].name, shown(value)))
        });
        Some(parts.collect::<Option<Vec<_>>>()?.join(", "))
    }
}
