//! The pairs of schemas with their renames hidden: of what is found nearly nothing is wrong, of what is there nearly all is found, and the
//! rest is asked.

use crate::schema_cases::{Case, Rename};
use crate::sides::{between, told};
use holdfast::infer::{Inference, Shape};
use std::collections::BTreeSet;

/// Kind, new table (empty for tables and indexes), old name, new name.
type Renamed = (&'static str, String, String, String);

fn low(text: &str) -> String {
    text.to_ascii_lowercase()
}

fn labelled(case: &Case) -> BTreeSet<Renamed> {
    let one = |r: &Rename| match r.kind.as_str() {
        "table" => ("table", String::new(), low(&r.from), low(&r.to)),
        "index" => ("index", String::new(), low(&r.from), low(&r.to)),
        _ => ("column", new_table(case, &r.table), low(&r.from), low(&r.to)),
    };
    case.renames.iter().map(one).collect()
}

/// Some labels name the old table.
fn new_table(case: &Case, table: &str) -> String {
    let renamed = case.renames.iter().find(|r| r.kind == "table" && r.from == table);
    low(renamed.map_or(table, |r| &r.to))
}

/// What was found of the kinds that are labelled; anything else that is certain is wrong, since no case has it.
fn found(inference: &Inference) -> BTreeSet<Renamed> {
    let one = |shape: &Shape| match shape {
        Shape::TableRenamed { from, to } => Some(("table", String::new(), low(from), low(to))),
        Shape::IndexRenamed { from, to, .. } => Some(("index", String::new(), low(from), low(to))),
        Shape::ColumnRenamed { from, to } => Some(("column", low(&to.table), low(&from.name), low(&to.name))),
        Shape::Retyped { .. } => None,
        other => Some(("other", String::new(), format!("{other:?}"), String::new())),
    };
    let renamed = inference.matches.iter().filter_map(|m| one(&m.shape));
    renamed.filter(|r| r.2 != r.3).collect()
}

#[test]
fn renames_of_the_cases_are_found_or_asked_and_hardly_ever_wrong() {
    let cases = crate::schema_cases::all();
    let (mut right, mut wrong, mut asked, mut missed, mut all) = (0, 0, 0, 0, 0);
    for case in &cases {
        let old = case.current.iter().chain(&case.seed).map(|s| format!("{s};\n")).collect::<String>();
        let new = case.desired.iter().map(|s| format!("{s};\n")).collect::<String>();
        let inference = between(&old, &new);
        let (labels, found) = (labelled(case), found(&inference));
        all += labels.len();
        right += labels.intersection(&found).count();
        for rename in found.difference(&labels) {
            wrong += 1;
            println!("wrong: {} {rename:?}\n{}", case.id, told(&inference));
        }
        for rename in labels.difference(&found) {
            let candidates = inference.open.iter().flat_map(|o| &o.candidates).map(|c| &c.shape);
            let is_asked = candidates.clone().any(|shape| match shape {
                Shape::TableRenamed { from, to } => low(from) == rename.2 && low(to) == rename.3,
                Shape::ColumnRenamed { from, to } => low(&from.name) == rename.2 && low(&to.name) == rename.3,
                _ => false,
            });
            asked += usize::from(is_asked);
            missed += usize::from(!is_asked);
            println!(
                "{}: {} {rename:?}\n{}",
                if is_asked { "asked" } else { "missed" },
                case.id,
                told(&inference)
            );
        }
    }
    let precision = f64::from(right as u32) / f64::from((right + wrong) as u32);
    let recall = f64::from(right as u32) / f64::from(all as u32);
    println!("{all} renames: {right} found, {asked} asked, {missed} missed, {wrong} wrong; precision {precision:.3}, recall {recall:.3}");
    assert!(precision >= 0.98 && recall >= 0.90, "precision {precision:.3}, recall {recall:.3}");
    assert_eq!((wrong, missed), (0, 0));
}
