//! Which table and column of the old schema is which of the new one: by name, in any case, and where inference says otherwise, by its word.

use crate::infer::{Inference, Match, Origin, Settled, Shape};
use crate::schema::{Definition, Table};
use std::collections::{HashMap, HashSet};

/// What belongs together, and what became of the rest.
pub struct Matching<'a> {
    /// Tables that are in both, in the new order.
    pub tables: Vec<(&'a Table, &'a Table)>,
    /// Tables that are only in the old schema.
    pub gone: Vec<&'a Table>,
    /// Tables that are only in the new schema.
    pub new: Vec<&'a Table>,
    /// Old table to new table, in lower case, where the name is another one.
    renamed: HashMap<String, String>,
    /// Old table and column to the new column, in lower case.
    columns: HashMap<(String, String), String>,
    /// What became of an old table, or of a column of it.
    fates: HashMap<(String, Option<String>), Vec<&'a Match>>,
    /// From where a new column gets its values.
    origins: HashMap<(String, String), Vec<&'a Match>>,
    inference: Option<&'a Inference>,
}

/// Below that a guess only confuses.
const WORTH_SAYING: f64 = 0.4;

/// How a match is known.
pub fn why(found: &Match) -> String {
    let best = found.evidence.iter().max_by(|a, b| a.weight.total_cmp(&b.weight));
    match (found.settled, best) {
        (Some(Settled::Annotation), _) => " (So says an annotation in the new schema.)".to_owned(),
        (Some(Settled::Hint | Settled::Answer), _) => " (So people have said.)".to_owned(),
        (None, Some(best)) => format!(" (Guessed, {:.2}: {})", found.score, best.sentence),
        (None, None) => String::new(),
    }
}

/// What became what, for a sentence.
fn ends(shape: &Shape) -> Option<(String, String)> {
    let column = |c: &crate::infer::Column| format!("{}.{}", c.table, c.name);
    Some(match shape {
        Shape::TableRenamed { from, to } | Shape::TableMerged { from, to } => (from.clone(), to.clone()),
        Shape::ColumnRenamed { from, to }
        | Shape::ColumnMoved { from, to, .. }
        | Shape::Flattened { from, to, .. }
        | Shape::Rekeyed { from, to, .. }
        | Shape::ValuesRenamed { from, to, .. }
        | Shape::Retyped { from, to } => (column(from), column(to)),
        Shape::Linked { from, table, .. } => (column(from), table.clone()),
        Shape::IndexRenamed { .. } | Shape::Dropped { .. } => return None,
    })
}

fn low(name: &str) -> String {
    name.to_ascii_lowercase()
}

impl<'a> Matching<'a> {
    /// Matches two schemas.
    pub fn of(old: &'a Definition, new: &'a Definition, inference: Option<&'a Inference>) -> Matching<'a> {
        let mut matching = Matching {
            tables: Vec::new(),
            gone: Vec::new(),
            new: Vec::new(),
            renamed: HashMap::new(),
            columns: HashMap::new(),
            fates: HashMap::new(),
            origins: HashMap::new(),
            inference,
        };
        let mut taken: HashMap<String, &Table> = HashMap::new();
        for found in inference.iter().flat_map(|i| &i.matches) {
            matching.note(found);
            if let Shape::TableRenamed { from, to } = &found.shape
                && let (Some(from), Some(to)) = (old.table(from), new.table(to))
                && !matching.renamed.contains_key(&low(&from.name))
                && !taken.contains_key(&low(&to.name))
            {
                matching.renamed.insert(low(&from.name), low(&to.name));
                taken.insert(low(&to.name), from);
            }
        }
        for table in &new.tables {
            let by_name = || old.table(&table.name).filter(|t| !matching.renamed.contains_key(&low(&t.name)));
            match taken.get(&low(&table.name)).copied().or_else(by_name) {
                Some(from) => matching.tables.push((from, table)),
                None => matching.new.push(table),
            }
        }
        let kept: HashSet<&str> = matching.tables.iter().map(|(old, _)| old.name.as_str()).collect();
        matching.gone = old.tables.iter().filter(|t| !kept.contains(t.name.as_str())).collect();
        matching.match_columns(inference);
        matching
    }

    /// Enters what a match says of things that have no other name in the same place.
    fn note(&mut self, found: &'a Match) {
        let (from, to) = match &found.shape {
            Shape::TableRenamed { .. }
            | Shape::ColumnRenamed { .. }
            | Shape::ValuesRenamed { .. }
            | Shape::IndexRenamed { .. }
            | Shape::Retyped { .. } => return,
            Shape::TableMerged { from, .. } => ((low(from), None), None),
            Shape::ColumnMoved { from, to, .. } | Shape::Flattened { from, to, .. } | Shape::Rekeyed { from, to, .. } => {
                ((low(&from.table), Some(low(&from.name))), Some((low(&to.table), low(&to.name))))
            }
            Shape::Linked { from, .. } => ((low(&from.table), Some(low(&from.name))), None),
            Shape::Dropped { table, column, .. } => ((low(table), column.as_deref().map(low)), None),
        };
        self.fates.entry(from).or_default().push(found);
        if let Some(to) = to {
            self.origins.entry(to).or_default().push(found);
        }
    }

    fn match_columns(&mut self, inference: Option<&'a Inference>) {
        let pairs: HashMap<String, (&Table, &Table)> = self.tables.iter().map(|(old, new)| (low(&old.name), (*old, *new))).collect();
        let mut taken: HashSet<(String, String)> = HashSet::new();
        for found in inference.iter().flat_map(|i| &i.matches) {
            let (Shape::ColumnRenamed { from, to } | Shape::ValuesRenamed { from, to, .. } | Shape::Retyped { from, to }) = &found.shape
            else {
                continue;
            };
            let Some((old, new)) = pairs.get(&low(&from.table)) else { continue };
            let here = new.name.eq_ignore_ascii_case(&to.table) && old.column(&from.name).is_some() && new.column(&to.name).is_some();
            let key = (low(&from.table), low(&from.name));
            if here && !self.columns.contains_key(&key) && taken.insert((low(&to.table), low(&to.name))) {
                self.columns.insert(key, low(&to.name));
            }
        }
        for (old, new) in &self.tables {
            for column in &old.columns {
                let key = (low(&old.name), low(&column.name));
                let is_free = !taken.contains(&(low(&new.name), low(&column.name)));
                if is_free && !self.columns.contains_key(&key) && new.column(&column.name).is_some() && !self.has_left(&key, new) {
                    self.columns.insert(key, low(&column.name));
                }
            }
        }
    }

    /// Whether inference says that a column became something else, and that the one of its name gets its values from elsewhere.
    fn has_left(&self, key: &(String, String), new: &Table) -> bool {
        let fates = self.fates.get(&(key.0.clone(), Some(key.1.clone())));
        let is_given = self.origins.contains_key(&(low(&new.name), key.1.clone()));
        is_given && fates.is_some()
    }

    /// The name in lower case that an old table has in the new schema, if it is there.
    pub fn table(&self, old: &str) -> String {
        let old = low(old);
        self.renamed.get(&old).cloned().unwrap_or(old)
    }

    /// The name in lower case that an old column has in the new schema; its own if it is not there.
    pub fn column(&self, table: &str, column: &str) -> String {
        let key = (low(table), low(column));
        self.columns.get(&key).cloned().unwrap_or(key.1)
    }

    /// Whether an old column is in the new schema.
    pub fn is_kept(&self, table: &str, column: &str) -> bool {
        self.columns.contains_key(&(low(table), low(column)))
    }

    /// What became of an old table, or of a column of it.
    pub fn fates(&self, table: &str, column: Option<&str>) -> &[&'a Match] {
        self.fates.get(&(low(table), column.map(low))).map_or(&[], Vec::as_slice)
    }

    /// From where a new column gets its values.
    pub fn origins(&self, table: &str, column: &str) -> &[&'a Match] {
        self.origins.get(&(low(table), low(column))).map_or(&[], Vec::as_slice)
    }

    /// How it is known that a table, or a column of it, has another name.
    pub fn why_renamed(&self, table: &str, column: Option<&str>) -> String {
        let is_it = |m: &&Match| match (&m.shape, column) {
            (Shape::TableRenamed { from, .. }, None) => from.eq_ignore_ascii_case(table),
            (Shape::ColumnRenamed { from, .. } | Shape::ValuesRenamed { from, .. } | Shape::Retyped { from, .. }, Some(column)) => {
                from.table.eq_ignore_ascii_case(table) && from.name.eq_ignore_ascii_case(column)
            }
            _ => false,
        };
        let found = self.inference.and_then(|i| i.matches.iter().find(is_it));
        found.map_or_else(String::new, why)
    }

    /// What something without a certain place may have become, or come from: the likeliest, as a sentence.
    pub fn perhaps(&self, origin: &Origin) -> Option<String> {
        let open = self.inference?.open.iter().find(|o| o.origin == *origin)?;
        let best = open.candidates.first().filter(|c| c.score >= WORTH_SAYING)?;
        let (from, to) = ends(&best.shape)?;
        let other = if matches!(origin, Origin::NewColumn(_)) { from } else { to };
        Some(format!(" Perhaps it is “{other}” ({:.2}).", best.score))
    }

    /// All other names, old to new, in lower case: of tables, and of columns.
    pub fn other_names(&self) -> HashMap<&str, &str> {
        let columns = self
            .columns
            .iter()
            .filter(|((_, old), new)| old != *new)
            .map(|((_, old), new)| (old.as_str(), new.as_str()));
        columns
            .chain(self.renamed.iter().map(|(old, new)| (old.as_str(), new.as_str())))
            .collect()
    }
}
