//! From what is open to questions that a person can answer: the evidence, the values in question, and every likely answer as a line that is
//! ready to be used.

use super::carried::{Carried, is};
use super::edit::{Place, Question};
use super::gaps::{Gap, Old, told};
use super::lines;
use super::offences::{KEPT, Offence, Why, column_of};
use super::resembling;
use crate::failure::Result;
use crate::infer::{Candidate, Inference, Open, Origin, Shape};
use crate::reshape::{Affinity, Mapping, Other, ValueRule, shown};
use crate::schema::Definition;
use crate::sql::quoted;
use std::collections::BTreeMap;

/// Everything that questions are made from.
pub struct Asker<'a> {
    /// The old side.
    pub old: Old<'a>,
    /// The new schema.
    pub new: &'a Definition,
    /// What is said so far.
    pub mapping: &'a Mapping,
    /// What was inferred.
    pub inference: &'a Inference,
}

/// The score from which a candidate is worth a person's time, and how many of them are.
const WORTH: f64 = 0.1;
const SHOWN: usize = 3;

/// What a thing may have become, as far as it is likely.
fn likely(open: Option<&Open>) -> impl Iterator<Item = &Candidate> {
    let all = open.into_iter().flat_map(|open| &open.candidates);
    all.filter(|candidate| candidate.score >= WORTH).take(SHOWN)
}

/// Rows of a table that are looked through for samples.
const LOOKED_THROUGH: u64 = 100_000;

impl Asker<'_> {
    /// The questions for all that is open.
    pub fn all(&self, gaps: &[Gap], offences: &[Offence]) -> Result<Vec<Question>> {
        let mut questions = Vec::new();
        let mut empty = Vec::new();
        for gap in gaps {
            match gap {
                Gap::Rows { table, rows: Some(0) } if likely(self.about_table(table)).next().is_none() => {
                    empty.push(table.clone());
                }
                Gap::Rows { table, rows } => questions.push(self.rows(table, *rows)),
                Gap::Columns { table, held, empty } => self.columns(table, held, empty, &mut questions)?,
                Gap::Unfilled {
                    table,
                    source,
                    column,
                    from,
                    rows,
                    is_key,
                } => {
                    questions.push(self.unfilled((table, *source, column), from, *rows, *is_key));
                }
            }
        }
        questions.extend(Self::empty_tables(empty));
        let mut places: Vec<(&str, usize, &str)> = Vec::new();
        for offence in offences {
            let place = (offence.table.as_str(), offence.source, offence.column.as_str());
            if !places.contains(&place) {
                places.push(place);
            }
        }
        for place in places {
            let here: Vec<&Offence> = offences
                .iter()
                .filter(|o| (o.table.as_str(), o.source, o.column.as_str()) == place)
                .collect();
            questions.push(self.values(place, &here));
        }
        Ok(questions)
    }

    fn open(&self, about: impl Fn(&Origin) -> bool) -> Option<&Open> {
        self.inference.open.iter().find(|open| about(&open.origin))
    }

    fn about_table(&self, table: &str) -> Option<&Open> {
        self.open(|o| matches!(o, Origin::OldTable { table: t } if is(t, table)))
    }

    /// Tables that hold nothing here and may have become nothing are asked for together.
    fn empty_tables(tables: Vec<String>) -> Option<Question> {
        let one = tables.first().filter(|_| tables.len() == 1).cloned();
        let notes = "No row is in them in this database; at other sites there may be some. One that lives on is taken out of the list.";
        match (one, tables.len()) {
            (_, 0) => None,
            (Some(table), _) => {
                let note = format!(
                    "The table “{table}” has no place in the new schema. It is empty in this database; at other sites it may hold rows."
                );
                let ask = format!("May rows of “{table}” go for good, wherever there are any?");
                let place = Place::Drop {
                    table,
                    columns: Vec::new(),
                };
                Some(Question::new(place, ask, vec![note]))
            }
            (None, n) => {
                let note = format!("{n} tables have no place in the new schema. {notes}");
                let ask = format!("May rows of {} go for good, wherever there are any?", lines::listed(&tables));
                Some(Question::new(Place::Tables(tables), ask, vec![note]))
            }
        }
    }

    fn rows(&self, table: &str, rows: Option<u64>) -> Question {
        let open = self.about_table(table);
        let count = rows.map_or_else(|| "Its rows".to_owned(), |n| format!("Its {}", lines::counted(n, "row")));
        let mut notes = vec![match rows {
            Some(0) => format!(
                "The table “{table}” has no place in the new schema. It is empty in this database; at other sites it may hold rows."
            ),
            _ => format!("The table “{table}” has no place in the new schema. {count} would be lost."),
        }];
        for candidate in likely(open) {
            notes.extend(lines::candidate(candidate, self.mapping));
        }
        if likely(open).next().is_none()
            && let Some(gone) = self.old.definition.table(table)
        {
            notes.extend(resembling::notes(gone, self.old.definition, self.new, self.mapping));
        }
        let ask = match rows {
            Some(0) => format!("May rows of “{table}” go for good, wherever there are any?"),
            _ => format!("Where do the rows of “{table}” go?"),
        };
        Question::new(
            Place::Drop {
                table: table.to_owned(),
                columns: Vec::new(),
            },
            ask,
            notes,
        )
    }

    fn columns(&self, table: &str, held: &[(String, Option<u64>)], empty: &[String], questions: &mut Vec<Question>) -> Result<()> {
        let open = |column: &str| self.open(|o| matches!(o, Origin::OldColumn(c) if is(&c.table, table) && is(&c.name, column)));
        let has_candidates = |column: &str| likely(open(column)).next().is_some();
        let (alone, together): (Vec<_>, Vec<_>) = held.iter().partition(|(column, count)| count.is_some() || has_candidates(column));
        for (column, count) in alone {
            let count = count.map_or_else(|| "Its values".to_owned(), |n| format!("Its {}", lines::counted(n, "value")));
            let mut notes = vec![format!(
                "The column “{table}.{column}” has no place in the new schema. {count} would be lost."
            )];
            notes.extend(self.samples(table, column, open(column))?);
            for candidate in likely(open(column)) {
                notes.extend(lines::candidate(candidate, self.mapping));
            }
            let place = Place::Drop {
                table: table.to_owned(),
                columns: vec![column.clone()],
            };
            questions.push(Question::new(
                place,
                format!("Where do the values of “{table}.{column}” go?"),
                notes,
            ));
        }
        let is_known = self.old.data.is_some();
        let rest: Vec<String> = together
            .into_iter()
            .map(|(column, _)| column.clone())
            .chain(empty.iter().cloned())
            .collect();
        if rest.is_empty() {
            return Ok(());
        }
        let first = match is_known {
            true => format!(
                "These columns of “{table}” have no place in the new schema. No row of this database holds a value in them; at other sites some may."
            ),
            false => format!(
                "These columns of “{table}” have no place in the new schema, and there is no data to say whether they hold anything."
            ),
        };
        let mut notes = vec![first];
        for column in &rest {
            for candidate in likely(open(column)) {
                notes.extend(lines::candidate(candidate, self.mapping));
            }
        }
        let ask = format!(
            "May what “{table}” holds in {} go for good, wherever there is any?",
            lines::listed(&rest)
        );
        questions.push(Question::new(
            Place::Drop {
                table: table.to_owned(),
                columns: rest,
            },
            ask,
            notes,
        ));
        Ok(())
    }

    /// Some values with their counts, the most frequent first; of a large table only its first rows are looked at.
    fn samples(&self, table: &str, column: &str, open: Option<&Open>) -> Result<Option<String>> {
        if let Some(open) = open.filter(|o| !o.samples.is_empty()) {
            return Ok(Some(lines::samples(
                open.samples.iter().map(|(value, count)| (value.as_str(), *count)),
            )));
        }
        let Some(data) = self.old.data else { return Ok(None) };
        let (table, column) = (quoted(table), quoted(column));
        let query = format!(
            "SELECT c, count(*) FROM (SELECT {column} AS c FROM main.{table} WHERE {column} IS NOT NULL LIMIT {LOOKED_THROUGH}) GROUP BY c ORDER BY 2 DESC LIMIT 10"
        );
        let mut statement = data.prepare(&query).map_err(|e| told(&e))?;
        let rows = statement
            .query_map([], |r| Ok((r.get_ref(0).map(shown)?, r.get::<_, u64>(1)?)))
            .map_err(|e| told(&e))?;
        let found = rows.collect::<rusqlite::Result<Vec<_>>>().map_err(|e| told(&e))?;
        Ok((!found.is_empty()).then(|| lines::samples(found.iter().map(|(v, n)| (v.as_str(), *n)))))
    }

    fn unfilled(&self, (table, source, column): (&str, usize, &str), from: &str, rows: Option<u64>, is_key: bool) -> Question {
        let waiting = rows.map_or_else(|| "The rows".to_owned(), |n| lines::capital(&lines::counted(n, "row")));
        let mut notes = vec![match is_key {
            true => format!("“{table}.{column}” is the key of its table, and “{from}” has no column for it."),
            false => format!("“{table}.{column}” must not be NULL and has no default. {waiting} of “{from}” have no value for it."),
        }];
        if is_key {
            notes.push("new_key = true   # SQLite chooses one".to_owned());
        }
        let new = self.open(|o| matches!(o, Origin::NewColumn(c) if is(&c.table, table) && is(&c.name, column)));
        let mut names: Vec<String> = Vec::new();
        for open in new.into_iter().chain(&self.inference.open) {
            for candidate in likely(Some(open)) {
                if let Shape::ColumnRenamed { from, to } = &candidate.shape
                    && is(&to.table, table)
                    && is(&to.name, column)
                    && !names.contains(&from.name)
                {
                    notes.push(format!("from = {}   # {}", lines::text(&from.name), lines::why(candidate)));
                    names.push(from.name.clone());
                }
            }
        }
        let declared = self.new.table(table).and_then(|t| t.column(column)).map_or("", |c| &c.declared);
        let empty = if Affinity::of(declared, false) == Affinity::Text {
            "\"\""
        } else {
            "0"
        };
        notes.push(format!("value = {empty}"));
        notes.push("sql = \"…\"   # an expression over the old row, called old".to_owned());
        let place = Place::Column {
            table: table.to_owned(),
            source,
            column: column.to_owned(),
        };
        Question::new(place, format!("What is “{table}.{column}” in rows that come from “{from}”?"), notes)
    }

    /// All that is wrong with the values of one column.
    fn values(&self, (table, n, column): (&str, usize, &str), offences: &[&Offence]) -> Question {
        let carried = Carried::read(self.old.definition, self.new, self.mapping);
        let target = carried.target(table);
        let source = target.and_then(|t| t.sources.iter().find(|s| s.n == n));
        let old = source.and_then(|s| column_of(s, column));
        let given = source.and_then(|s| s.values.iter().find(|v| is(&v.column.name, column)));
        let mut rule = given.and_then(|g| g.rule.clone()).unwrap_or_default();
        if old.is_some_and(|old| is(&old.name, column)) {
            rule.from = None;
        }
        let is_numeric = target
            .and_then(|t| t.table.column(column))
            .is_some_and(|c| !matches!(Affinity::of(&c.declared, false), Affinity::Text));
        let mut question = Question::new(
            Place::Column {
                table: table.to_owned(),
                source: n,
                column: column.to_owned(),
            },
            String::new(),
            Vec::new(),
        );
        let place = old.map_or_else(
            || format!("“{table}.{column}”"),
            |old| format!("“{}.{}”", offences[0].from, old.name),
        );
        for offence in offences {
            self.offence(offence, &place, is_numeric, &mut rule, &mut question);
        }
        let ask = match &offences[0].why {
            Why::Same(columns) => format!(
                "Which rows of “{}” stay, where several have the same {}?",
                offences[0].from,
                lines::listed(columns)
            ),
            Why::Reference(parent) => format!("What becomes of values of {place} that name no row of “{parent}”?"),
            Why::Null => format!("What becomes of NULL in {place}?"),
            _ => format!("What becomes of the values of {place} that “{table}.{column}” does not take as they are?"),
        };
        let is_of_type = offences.iter().any(|offence| matches!(offence.why, Why::Type(_)));
        if !rule.map.is_empty() {
            rule.other = rule.other.or(Some(Other::Keep));
        } else if is_of_type && !question.unmapped.is_empty() {
            // Numbers may be among the words.
            let keep = "other = \"keep\"   # beside a map: what it does not know stays as it is";
            question.notes.push(keep.to_owned());
        }
        Question { ask, rule, ..question }
    }

    fn offence(&self, offence: &Offence, place: &str, is_numeric: bool, rule: &mut ValueRule, question: &mut Question) {
        let (of, verb) = match offence.why {
            Why::Same(_) => (format!("“{}”", offence.from), "has"),
            Why::Reference(_) => (place.to_owned(), "names"),
            _ => (place.to_owned(), "holds"),
        };
        let rows = lines::rows(offence.rows, &of, verb);
        let samples = |question: &mut Question| {
            let mut values: Vec<(&str, u64)> = offence.values.iter().map(|(v, n)| (v.as_str(), *n)).collect();
            values.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
            question.notes.push(lines::samples(values.into_iter().take(10)));
        };
        match &offence.why {
            Why::Null => {
                question
                    .notes
                    .push(format!("{rows} NULL, which “{}.{}” refuses.", offence.table, offence.column));
                question
                    .notes
                    .push(format!("when_null = {}", if is_numeric { "0" } else { "\"\"" }));
            }
            Why::Type(declared) => {
                question.notes.push(format!(
                    "{rows} a value that is not of the type {declared}, or would become another one.",
                ));
                question
                    .notes
                    .push("convert = true   # takes what SQLite makes of a value, wherever it is".to_owned());
                question.notes.push(format!(
                    "sql = \"nullif(old.{}, '')\"   # the empty text becomes NULL",
                    quoted(&offence.column).replace('"', "\\\"")
                ));
                self.map(offence, is_numeric, rule, question);
            }
            Why::Unmapped => {
                question.notes.push(format!("{rows} a value that the map does not know.",));
                self.map(offence, is_numeric, rule, question);
            }
            Why::Check(check) => {
                question.notes.push(format!(
                    "{rows} a value against CHECK ({}).",
                    check.split_whitespace().collect::<Vec<_>>().join(" ")
                ));
                self.map(offence, is_numeric, rule, question);
            }
            Why::Same(columns) => {
                question.notes.push(format!(
                    "{rows} the same {} as others, and “{}” wants them to differ:",
                    lines::listed(columns),
                    offence.table
                ));
                samples(question);
                let keys: Vec<String> = columns.iter().map(|c| lines::text(c)).collect();
                question.notes.push(format!(
                    "sql = \"…\"   # or, under the table itself, match = [{}] and on_match = \"keep\": the first row stays",
                    keys.join(", ")
                ));
            }
            Why::Reference(parent) => {
                question.notes.push(format!("{rows} no row of “{parent}”:"));
                samples(question);
                question
                    .notes
                    .push("sql = \"…\"   # an expression over the old row, called old, that gives NULL or a key that is there".to_owned());
            }
        }
    }

    /// Fills in a value map: what is plainly meant, and what holds as it is; the rest is left to people.
    fn map(&self, offence: &Offence, is_numeric: bool, rule: &mut ValueRule, question: &mut Question) {
        if offence.values.len() + offence.fine.len() > KEPT || offence.more {
            question
                .notes
                .push(format!("There are more than {KEPT} values; these are some of them:"));
            question
                .notes
                .push(lines::samples(offence.values.iter().map(|(v, n)| (v.as_str(), *n)).take(10)));
            return;
        }
        for (value, count) in &offence.fine {
            rule.map.insert(value.clone(), typed(value, is_numeric));
            question.beside.push((value.clone(), lines::counted(*count, "row")));
        }
        let unmapped: BTreeMap<&String, &u64> = offence.values.iter().collect();
        for (value, count) in unmapped {
            let plain = value
                .trim()
                .parse::<i64>()
                .ok()
                .filter(|_| is_numeric && matches!(offence.why, Why::Type(_)));
            match plain {
                Some(number) => {
                    rule.map.insert(value.clone(), number.into());
                    question.beside.push((value.clone(), lines::counted(*count, "row")));
                }
                None => question.unmapped.push((value.clone(), lines::counted(*count, "row"))),
            }
        }
    }
}

fn typed(value: &str, is_numeric: bool) -> serde_json::Value {
    match value.parse::<i64>() {
        Ok(number) if is_numeric => number.into(),
        _ => value.into(),
    }
}

impl Question {
    fn new(place: Place, ask: String, notes: Vec<String>) -> Question {
        Question {
            place,
            ask,
            notes,
            rule: ValueRule::default(),
            beside: Vec::new(),
            unmapped: Vec::new(),
        }
    }
}
