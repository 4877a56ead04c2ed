//! The rules that the release manager adds to what the table declares. They judge values; they never change one.

use super::datum::Datum;
use super::plan::ReferenceRule;
use super::plan::{RuleSource, Scalar};
use super::rows::Values;
use super::table::Table;
use super::trouble::{Complaint, shown};
use regex_lite::Regex;
use std::cmp::Ordering;

/// One rule for one column.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The table, as the plan names it.
    pub table: String,
    /// The column, as the plan names it.
    pub column: String,
    /// What must hold.
    pub(super) check: Check,
}

/// What must hold.
#[derive(Debug, Clone)]
pub(super) enum Check {
    Required,
    Pattern { written: String, regex: Regex },
    Range { min: Option<Scalar>, max: Option<Scalar> },
    OneOf(Vec<Scalar>),
    Reference(ReferenceRule),
}

impl Rule {
    /// As it is written; says what is wrong with it.
    pub fn of(source: RuleSource) -> Result<Rule, String> {
        let place = format!("the [[rule]] for “{}” of “{}”", source.column, source.table);
        let mut checks = Vec::new();
        match source.required {
            Some(true) => checks.push(Check::Required),
            Some(false) => {
                return Err(format!(
                    "{place} says required = false, which is what holds without it: leave it out"
                ));
            }
            None => {}
        }
        if let Some(written) = source.pattern {
            // A pattern is for the whole value: that is what people mean, and a part that fits by chance is what they overlook.
            let regex = Regex::new(&format!("^(?:{written})$")).map_err(|e| format!("{place} has a pattern that is none: {e}"))?;
            checks.push(Check::Pattern { written, regex });
        }
        if source.min.is_some() || source.max.is_some() {
            let (min, max) = (source.min, source.max);
            if let (Some(min), Some(max)) = (&min, &max)
                && !matches!(compare(&min.datum(), &max.datum()), Some(Ordering::Less | Ordering::Equal))
            {
                return Err(format!("{place} has a min that is not below its max"));
            }
            checks.push(Check::Range { min, max });
        }
        checks.extend(source.one_of.map(Check::OneOf));
        checks.extend(source.reference.map(Check::Reference));
        match <[Check; 1]>::try_from(checks) {
            Ok([check]) => Ok(Rule {
                table: source.table,
                column: source.column,
                check,
            }),
            Err(_) => Err(format!(
                "{place} needs exactly one of required, pattern, min or max, one_of, and reference"
            )),
        }
    }
}

/// A rule at its place in a table.
#[derive(Debug)]
pub struct Placed<'p> {
    /// The place of the column.
    pub column: usize,
    /// The rule.
    pub rule: &'p Rule,
}

/// Judges a row. `whole`: the row may become a new one, so what is required must be named.
pub fn judge(rules: &[Placed<'_>], table: &Table, values: &Values<'_>, whole: bool) -> Option<Complaint> {
    rules.iter().find_map(|placed| {
        let name = &table.columns[placed.column].name;
        let value = values[placed.column].as_ref();
        let complaint = |why: String| Some(Complaint::of(name, value.map(shown), why));
        match (&placed.rule.check, value) {
            (Check::Required, None) if whole => complaint("must not be empty, and the row does not name it".to_owned()),
            (Check::Required, Some(Datum::Null)) => complaint("must not be empty".to_owned()),
            (Check::Required, Some(Datum::Text(text))) if text.trim().is_empty() => complaint("must not be empty".to_owned()),
            (_, None | Some(Datum::Null)) | (Check::Required | Check::Reference(_), _) => None,
            (Check::Pattern { written, regex }, Some(value)) => match value {
                Datum::Blob(_) | Datum::Bytes(_) => complaint("must be text".to_owned()),
                Datum::Text(text) if regex.is_match(text) => None,
                Datum::Text(_) => complaint(format!("does not fit the pattern {written}: {}", shown(value))),
                number => {
                    let text = shown(number);
                    if regex.is_match(&text) {
                        None
                    } else {
                        complaint(format!("does not fit the pattern {written}: {text}"))
                    }
                }
            },
            (Check::Range { min, max }, Some(value)) => outside(min.as_ref(), max.as_ref(), value).and_then(complaint),
            (Check::OneOf(all), Some(value)) => {
                if all.iter().any(|one| compare(&one.datum(), value) == Some(Ordering::Equal)) {
                    return None;
                }
                let few: Vec<String> = all.iter().take(10).map(|one| shown(&one.datum())).collect();
                let rest = if all.len() > few.len() { ", …" } else { "" };
                complaint(format!("is {}, and must be one of {}{rest}", shown(value), few.join(", ")))
            }
        }
    })
}

fn outside(min: Option<&Scalar>, max: Option<&Scalar>, value: &Datum<'_>) -> Option<String> {
    let sides = [(min, Ordering::Less, "less"), (max, Ordering::Greater, "more")];
    sides.into_iter().find_map(|(bound, wrong, word)| {
        let bound = bound?.datum();
        match compare(value, &bound) {
            Some(order) if order == wrong => Some(format!("is {}, and must not be {word} than {}", shown(value), shown(&bound))),
            Some(_) => None,
            None => Some(format!("cannot be compared with {}", shown(&bound))),
        }
    })
}

/// Numbers by value, texts by their characters; nothing else can be compared.
fn compare(a: &Datum<'_>, b: &Datum<'_>) -> Option<Ordering> {
    match (a, b) {
        (Datum::Int(a), Datum::Int(b)) => Some(a.cmp(b)),
        (Datum::Int(a), Datum::Real(b)) => (*a as f64).partial_cmp(b),
        (Datum::Real(a), Datum::Int(b)) => a.partial_cmp(&(*b as f64)),
        (Datum::Real(a), Datum::Real(b)) => a.partial_cmp(b),
        (Datum::Text(a), Datum::Text(b)) => Some(a.cmp(b)),
        _ => None,
    }
}
