//! A password server's database, from its tenth migration to its last: the same column is renamed in several tables, which says more than each.

use crate::sides::{between_files, matches, open, told};
use std::path::{Path, PathBuf};

fn fixture(folder: &Path, name: &str) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/vaultwarden").join(name);
    let to = folder.join(name);
    std::fs::copy(from, &to).expect(name);
    to
}

#[test]
fn what_changes_its_name_everywhere_is_found_in_each_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let [old, new] = ["vaultwarden-old.db", "vaultwarden-new-empty.db"].map(|name| fixture(folder.path(), name));
    let found = between_files(&old, &new);
    let tables = ["ciphers", "devices", "twofactor", "users_organizations"];
    let mut wanted = tables.map(|table| format!("{table}.type → {table}.atype")).to_vec();
    wanted.sort();
    let mut renamed: Vec<String> = matches(&found).into_iter().filter(|said| said.contains(" → ")).collect();
    renamed.sort();
    assert_eq!(renamed, wanted, "{}", told(&found));
    // Two of each are too few to be sure; a list that became a table of its own is a question.
    let asked = open(&found);
    for column in ["users.key", "users_organizations.key", "ciphers.favorite"] {
        assert!(asked.iter().any(|said| said.contains(column)), "{column}: {asked:?}");
    }
}
