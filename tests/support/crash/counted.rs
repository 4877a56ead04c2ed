//! What the fault counter inside a program noted, as the calls that are seen from outside: both must be the same list, or something is
//! done behind the counter's back.

/// The operations of a note (`HOLDFAST_OPLOG`), as `call path` with the path below a folder.
pub fn counted(note: &str, folder: &str) -> Vec<String> {
    let calls = note.lines().map(|line| {
        let mut parts = line.splitn(3, '\t').skip(1);
        let (name, path) = (parts.next().expect("a name"), parts.next().expect("a path"));
        // A file is replaced by one of this name beside it.
        let end = if name == "replace" { ".partial" } else { "" };
        let path = path.strip_prefix(folder).unwrap_or(path).replace('\\', "/");
        format!("{} {}{end}", seen_as(name), path.trim_start_matches('/'))
    });
    calls.filter(|call| is_comparable(call)).collect()
}

/// The system call of an operation.
fn seen_as(operation: &str) -> &str {
    match operation {
        "create_dir" => "mkdir",
        "create" | "append" => "openat",
        "flush" | "flush_file" | "flush_dir" => "fsync",
        "flush_all" => "syncfs",
        "rename" => "renameat2",
        "replace" => "rename",
        "remove_file" => "unlink",
        "remove_dir" => "rmdir",
        "set_attributes" => "chmod",
        "truncate" => "ftruncate",
        other => other,
    }
}

/// SQLite writes and flushes its files by itself; a journal is opened for each record, and made once; the lock is nobody's data.
pub fn is_comparable(call: &str) -> bool {
    let Some((name, path)) = call.split_once(' ') else { return false };
    let is_sqlite = path.contains(".db") && !name.starts_with("rename") && name != "chmod";
    let is_opened = name == "openat" && (path.ends_with("journal.jsonl") || path.ends_with("barrier"));
    !is_sqlite && !is_opened && !path.ends_with(".holdfast/lock") && !path.ends_with("log.txt")
}
