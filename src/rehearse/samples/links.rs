//! What became of which table, from the accounts of the update; and which old column a new one is, where a mapping says so.

use crate::bundle::Bundle;
use crate::failure::{Failure, Result};
use crate::rehearse::details::Details;
use crate::reshape::Mapping;
use crate::steps::{Kind, MAPPING};
use std::collections::{BTreeMap, BTreeSet};

/// The tables of one database.
#[derive(Default)]
pub struct Links {
    tables: BTreeMap<String, Link>,
    /// Old columns by the new table and column, in lower case.
    columns: BTreeMap<(String, String), String>,
}

/// What became of one table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Link {
    /// Its name now, if it lives on.
    pub now: Option<String>,
    /// Other tables in which its rows or values are.
    pub moved: BTreeSet<String>,
}

impl Links {
    /// Follows each table through the versions.
    pub fn new(database: &str, details: &Details, bundle: &Bundle) -> Result<Links> {
        let mut links = Links::default();
        let accounts: Vec<_> = details.accounts.iter().filter(|row| row.database == database).collect();
        let mut left = accounts.as_slice();
        while let Some(first) = left.first() {
            // In one version each table is accounted for once, but that a reshape divides a version.
            let mut seen = BTreeSet::new();
            let mut count = 0;
            while left
                .get(count)
                .is_some_and(|row| row.version == first.version && seen.insert(&row.account.table))
            {
                count += 1;
            }
            let (now, later) = left.split_at(count);
            let of = |name: &str| now.iter().map(|row| &row.account).find(|a| a.table == name);
            for account in now.iter().map(|row| &row.account) {
                let is_target = links
                    .tables
                    .values()
                    .any(|l| l.now.as_deref() == Some(&account.table) || l.moved.contains(&account.table));
                if !is_target {
                    links.tables.entry(account.table.clone()).or_insert_with(|| Link {
                        now: Some(account.table.clone()),
                        moved: BTreeSet::new(),
                    });
                }
            }
            for link in links.tables.values_mut() {
                let account = link.now.as_deref().and_then(of);
                let mut moved: BTreeSet<String> = link
                    .moved
                    .iter()
                    .filter_map(|name| of(name).map_or_else(|| Some(name.clone()), |a| a.now.clone()))
                    .collect();
                if let Some(account) = account {
                    moved.extend(account.moved_to.iter().cloned());
                    link.now.clone_from(&account.now);
                }
                link.moved = moved;
            }
            left = later;
        }
        links.read_mappings(database, bundle)?;
        Ok(links)
    }

    fn read_mappings(&mut self, database: &str, bundle: &Bundle) -> Result<()> {
        let steps = bundle.manifest.migrations.iter().flat_map(|m| &m.steps);
        for step in steps.filter(|s| s.database == database && Kind::of(&s.name) == Some(Kind::Reshape)) {
            let text = bundle.read(&format!("{}/{MAPPING}", step.entry))?;
            let mapping: Mapping = serde_json::from_slice(&text).map_err(|e| Failure::from(std::io::Error::from(e)))?;
            for (table, sources) in &mapping.tables {
                for (column, rule) in sources.iter().flat_map(|source| &source.columns) {
                    if let Some(from) = &rule.from {
                        self.columns.insert((table.to_lowercase(), column.to_lowercase()), from.clone());
                    }
                }
            }
        }
        Ok(())
    }

    /// What became of a table; of one of which no account knows, nothing.
    pub fn of(&self, table: &str) -> Link {
        self.tables.get(table).cloned().unwrap_or_else(|| Link {
            now: Some(table.to_owned()),
            moved: BTreeSet::new(),
        })
    }

    /// The old column that a mapping names for a new one.
    pub fn column(&self, table: &str, column: &str) -> Option<&str> {
        self.columns.get(&(table.to_lowercase(), column.to_lowercase())).map(String::as_str)
    }
}
