//! What is a site's own in a schema: literals that each installation made for itself, and the number by which an application knows its schema.

use super::carried::Carried;
use super::certain::Certain;
use super::edit::{Edit, Rule};
use crate::database::compile_mask;
use crate::schema::Side;

/// The form of a UUID.
const UUID: &str = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";

impl Certain<'_> {
    /// Masks and `user_version`.
    pub fn site(&mut self, old: &Side, new: &Side) {
        let mut masks: Vec<String> = old.masks.iter().chain(&new.masks).cloned().collect();
        let other = self.other_uuids();
        if other > 0 && masks.is_empty() {
            masks.push(UUID.to_owned());
        }
        masks.dedup();
        for mask in masks {
            if !self.mapping.masks.contains(&mask) {
                let notes = vec!["Literals in defaults that each site made for itself: a site keeps its own.".to_owned()];
                self.enter(Rule::Mask(mask), notes);
            }
        }
        let (was, is) = (old.definition.user_version, new.definition.user_version);
        // Schemas are often kept without the number; then the site keeps the one that it has.
        if is != was && is != 0 && self.mapping.user_version.is_none() {
            self.enter(Rule::UserVersion(is), vec![format!("It was {was}.")]);
        }
    }

    fn enter(&mut self, what: Rule, notes: Vec<String>) {
        what.enter(&mut self.mapping);
        self.edits.push(Edit { what, notes });
    }

    /// Columns whose defaults differ in nothing but a UUID.
    fn other_uuids(&self) -> usize {
        let Ok(uuid) = compile_mask(UUID) else { return 0 };
        let carried = Carried::read(self.old, self.new, &self.mapping);
        let sources = carried.targets.iter().filter_map(|t| t.sources.first());
        let defaults = sources
            .flat_map(|s| &s.values)
            .filter_map(|v| v.column.default.as_ref().zip(v.old?.default.as_ref()));
        let differs = |(a, b): &(&String, &String)| a != b && uuid.replace_all(a, "…") == uuid.replace_all(b, "…");
        defaults.filter(differs).count()
    }
}
