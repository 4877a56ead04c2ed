//! Statements that fail where a reshape would stop: SQL has no other way to say so than a constraint that does not hold.

use super::Script;
use crate::sql::quoted;

/// The table of all guards. It is there only while one is asked.
const GUARD: &str = "must_hold";

/// Fails unless the query gives no row. `what` says why that must be.
pub fn nothing(script: &mut Script, what: &str, query: &str) {
    script.remark(what);
    script.say(&format!("CREATE TABLE {GUARD}(holds CHECK (holds))"));
    script.say(&format!("INSERT INTO {GUARD} SELECT NOT EXISTS ({query})"));
    script.say(&format!("DROP TABLE {GUARD}"));
}

/// Fails if one of the values that a query gives (as `value`) would become another one in a column of the declared type.
pub fn no_other_value(script: &mut Script, place: &str, declared: &str, query: &str) {
    script.remark(&format!("No value may become another one in {place}."));
    script.say(&format!("CREATE TABLE {GUARD}(was, \"is\" {declared})"));
    script.say(&format!("INSERT INTO {GUARD} SELECT value, value FROM ({query})"));
    let changed = "was IS NOT NULL AND CAST(was AS TEXT) IS NOT CAST(\"is\" AS TEXT) AND NOT (typeof(was) <> 'text' AND was = \"is\")";
    let holds = quoted(&format!("{GUARD}_2"));
    script.say(&format!("CREATE TABLE {holds}(holds CHECK (holds))"));
    script.say(&format!(
        "INSERT INTO {holds} SELECT NOT EXISTS (SELECT 1 FROM {GUARD} WHERE {changed})"
    ));
    script.say(&format!("DROP TABLE {holds}"));
    script.say(&format!("DROP TABLE {GUARD}"));
}
