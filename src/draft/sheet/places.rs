//! Where rules stand in a mapping's file, in all the forms in which TOML lets people write them.

use super::{ASKS, Place};
use crate::draft::answers::Subject;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike};

/// A key as the file writes it, whatever its case.
fn written(table: &dyn TableLike, name: &str) -> String {
    let found = table.iter().map(|(key, _)| key).find(|key| key.eq_ignore_ascii_case(name));
    found.unwrap_or(name).to_owned()
}

/// A source of a table, made if it is not there.
pub fn source_at<'d>(document: &'d mut DocumentMut, table: &str, n: usize) -> &'d mut Table {
    let tables = section(document.as_table_mut(), "table");
    let name = written(tables, table);
    let item = tables.entry(&name).or_insert_with(|| {
        // Its header is not written as long as only columns have something to say.
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    if !item.is_array_of_tables() && n > 0 {
        let mut list = ArrayOfTables::new();
        list.push(std::mem::take(item).into_table().unwrap_or_default());
        *item = Item::ArrayOfTables(list);
    }
    if !item.is_array_of_tables() && !item.is_table() {
        // An inline table holds no comments.
        *item = Item::Table(std::mem::take(item).into_table().unwrap_or_default());
    }
    match item {
        Item::ArrayOfTables(list) => {
            while list.len() <= n {
                list.push(Table::new());
            }
            list.iter_mut().nth(n)
        }
        item => item.as_table_mut(),
    }
    .unwrap_or_else(|| unreachable!("it was made above"))
}

/// A table below another that has no header of its own.
fn section<'t>(parent: &'t mut Table, name: &str) -> &'t mut Table {
    let item = parent.entry(name).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    if !item.is_table() {
        *item = Item::Table(std::mem::take(item).into_table().unwrap_or_default());
    }
    item.as_table_mut().unwrap_or_else(|| unreachable!("it was made above"))
}

/// The column rules of a source.
pub fn columns_of(source: &mut Table) -> &mut Table {
    section(source, "columns")
}

/// A section that asked, without the lines of the question: what people wrote into it stays.
pub struct Begun {
    /// Where it stands.
    pub place: Place,
    /// What it asked.
    pub ask: String,
    /// The evidence above it, a line each.
    pub notes: Vec<String>,
    /// All else of it.
    pub section: Table,
}

impl Begun {
    fn new(place: Place, mut section: Table) -> Begun {
        let ask = section.get("ask").and_then(Item::as_str).unwrap_or_default().to_owned();
        let notes = above(&section).lines().filter_map(|line| line.trim_start().strip_prefix(ASKS));
        let notes = notes.map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()).collect();
        unmarked(&mut section);
        Begun {
            place,
            ask,
            notes,
            section,
        }
    }

    /// What would be lost if it were not asked again: comments of people above it, and what was said of a loss.
    pub fn remarks(&self) -> Vec<String> {
        let comments = above(&self.section).lines().filter(|line| line.trim_start().starts_with('#'));
        let mut lines: Vec<String> = comments.map(str::to_owned).collect();
        if let Some(reason) = self.section.get("reason").and_then(Item::as_str) {
            lines.push(format!("# Of “{}” was said: {reason}", self.ask).replace(char::is_control, " "));
        }
        lines
    }
}

/// Takes the sections that ask out of a file.
#[derive(Default)]
pub struct Walk {
    /// Them.
    pub begun: Vec<Begun>,
}

impl Walk {
    /// All of a file.
    pub fn clear(&mut self, document: &mut DocumentMut) {
        if let Some(tables) = document.get_mut("table").and_then(Item::as_table_like_mut) {
            let names: Vec<String> = tables.iter().map(|(name, _)| name.to_owned()).collect();
            for name in names {
                if let Some(item) = tables.get_mut(&name)
                    && self.table(&name, item)
                {
                    tables.remove(&name);
                }
            }
        }
        if let Some(columns) = document.get_mut("column").and_then(Item::as_table_like_mut) {
            self.columns("", 0, columns);
        }
        if let Some(drops) = document.get_mut("drop").and_then(Item::as_array_of_tables_mut) {
            let asks: Vec<usize> = (0..drops.len())
                .filter(|n| drops.get(*n).is_some_and(|d| d.contains_key("ask")))
                .collect();
            let sections: Vec<Table> = asks.iter().filter_map(|n| drops.get(*n).cloned()).collect();
            let begun = sections
                .into_iter()
                .filter_map(|section| Some(Begun::new(drop_place(&section)?, section)));
            self.begun.extend(begun);
            asks.into_iter().rev().for_each(|n| drop(drops.remove(n)));
        }
        unmarked_table(document.as_table_mut());
    }

    /// Whether nothing is left of a table's section.
    fn table(&mut self, name: &str, item: &mut Item) -> bool {
        if let Some(list) = item.as_array_of_tables_mut() {
            for (n, source) in list.iter_mut().enumerate() {
                self.source(name, n, source);
            }
            return false;
        }
        let Some(source) = item.as_table_mut() else { return false };
        self.source(name, 0, source) && source.is_empty()
    }

    /// Whether it asked.
    fn source(&mut self, name: &str, n: usize, source: &mut Table) -> bool {
        let mut asked = source.remove("ask").is_some();
        if let Some(columns) = source.get_mut("columns").and_then(Item::as_table_like_mut) {
            asked |= self.columns(name, n, columns);
            if columns.is_empty() {
                source.remove("columns");
            }
        }
        asked
    }

    fn columns(&mut self, table: &str, source: usize, columns: &mut dyn TableLike) -> bool {
        let asks = |item: &Item| item.as_table_like().is_some_and(|rule| rule.contains_key("ask"));
        let names: Vec<String> = columns
            .iter()
            .filter(|(_, item)| asks(item))
            .map(|(name, _)| name.to_owned())
            .collect();
        for column in &names {
            let section = columns.remove(column).and_then(|item| item.into_table().ok());
            let place = Place::Column {
                table: table.to_owned(),
                source,
                column: column.clone(),
            };
            self.begun.extend(section.map(|section| Begun::new(place, section)));
        }
        !names.is_empty()
    }
}

/// What stands above the header of a section.
fn above(section: &Table) -> &str {
    section.decor().prefix().and_then(|p| p.as_str()).unwrap_or_default()
}

/// What a section says of a loss is about.
fn drop_place(section: &Table) -> Option<Place> {
    let list = |key: &str| -> Option<Vec<String>> {
        let names = section.get(key)?.as_array()?.iter();
        Some(names.filter_map(|name| name.as_str()).map(str::to_owned).collect())
    };
    let name = |key: &str| section.get(key).and_then(Item::as_str).map(str::to_owned);
    match (list("tables"), name("table")) {
        (Some(tables), _) => Some(Place::Tables(tables)),
        (_, Some(table)) => {
            let columns = list("columns").or_else(|| Some(vec![name("column")?])).unwrap_or_default();
            Some(Place::Drop { table, columns })
        }
        _ => None,
    }
}

/// Takes the lines of questions away from what is answered now.
fn unmarked_table(table: &mut Table) {
    unmarked(table);
    for (_, item) in table.iter_mut() {
        match item {
            Item::Table(table) => unmarked_table(table),
            Item::ArrayOfTables(list) => list.iter_mut().for_each(unmarked_table),
            _ => {}
        }
    }
}

fn unmarked(section: &mut Table) {
    if above(section).contains(ASKS) {
        let lines = above(section).split_inclusive('\n');
        let kept: String = lines.filter(|line| !line.trim_start().starts_with(ASKS)).collect();
        section.decor_mut().set_prefix(kept);
    }
}

/// Takes a rule out of the file, as text.
pub fn rule_at(document: &mut DocumentMut, subject: &Subject) -> Option<String> {
    match subject {
        Subject::Table(table) => {
            let tables = document.get_mut("table")?.as_table_like_mut()?;
            let name = written(tables, table);
            let item = tables.remove(&name)?;
            Some(below("table", &name, item))
        }
        Subject::Source(table, n) => {
            let tables = document.get_mut("table")?.as_table_like_mut()?;
            let name = written(tables, table);
            match tables.get_mut(&name)?.as_array_of_tables_mut() {
                Some(list) if list.len() > 1 => {
                    let one = list.get(*n)?.clone();
                    list.remove(*n);
                    let mut alone = ArrayOfTables::new();
                    alone.push(one);
                    Some(below("table", &name, Item::ArrayOfTables(alone)))
                }
                _ => Some(below("table", &name, tables.remove(&name)?)),
            }
        }
        Subject::Column(table, n, column) => {
            let columns = columns_of(source_at(document, table, *n));
            let name = written(columns, column);
            let item = columns.remove(&name)?;
            Some(below(&format!("table.{table}.columns"), &name, item))
        }
        Subject::Everywhere(column) => {
            let columns = document.get_mut("column")?.as_table_like_mut()?;
            let name = written(columns, column);
            Some(below("column", &name, columns.remove(&name)?))
        }
        Subject::Drop(n) => {
            let drops = document.get_mut("drop")?.as_array_of_tables_mut()?;
            let one = drops.get(*n)?.clone();
            drops.remove(*n);
            Some(format!("[[drop]]\n{one}"))
        }
    }
}

/// An item as it would stand in a file of its own.
fn below(parent: &str, name: &str, item: Item) -> String {
    let mut document = DocumentMut::new();
    let mut at = document.as_table_mut();
    for part in parent.split('.') {
        at = section(at, part);
    }
    at.insert(name, item);
    document.to_string()
}
