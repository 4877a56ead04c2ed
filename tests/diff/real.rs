//! Two real products, each two releases apart.

use super::*;
use std::path::PathBuf;

/// Eden's databases, unzipped.
fn eden(bench: &Bench, name: &str) -> PathBuf {
    let zip = project().join(format!("tests/fixtures/eden/{name}.zip"));
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&zip).expect("the fixture")).expect("a zip");
    archive.extract(bench.path("")).expect("unzipped");
    bench.path(name)
}

#[test]
fn eden_is_told_in_some_lines() {
    let bench = Bench::new();
    let (old, new) = (eden(&bench, "eden-old.db"), eden(&bench, "eden-expected.db"));
    let before = tree(&bench.path(""));
    let report: Value = serde_json::from_str(
        &diff([old.as_os_str(), new.as_os_str(), "--json".as_ref(), "--no-guess".as_ref()])
            .expect(0)
            .stdout,
    )
    .expect("JSON");
    let all = report["findings"].as_array().expect("findings");
    let number = |is: &dyn Fn(&Value) -> bool| all.iter().filter(|f| is(f)).count();
    let ends = |f: &Value, key: &str, end: &str| f[key].as_str().is_some_and(|t| t.ends_with(end));
    assert_eq!(number(&|f| f["by_site"] == true), 446);
    assert_eq!(
        number(&|f| f["kind"] == "foreign_key" && ends(f, "old", "ON DELETE RESTRICT") && ends(f, "new", "ON DELETE SET NULL")),
        892
    );
    assert_eq!(
        number(&|f| f["kind"] == "column" && f["change"] == "renamed" && f["level"] == "safe"),
        21
    );
    let found = findings(&report);
    for expected in [
        "safe type changed inv_warehouse.capacity",
        "safe type changed gis_layer_bing.type",
        "safe table added med_hospital",
    ] {
        assert!(found.iter().any(|f| f == expected), "{expected}");
    }
    let text = diff([old.as_os_str(), new.as_os_str(), "--no-guess".as_ref()]).expect(0).stdout;
    assert!(
        text.contains("446 × The default of … differs only in what each site makes for itself."),
        "{text}"
    );
    assert!(
        text.contains("892 × When the row to which … refers is deleted: SET NULL instead of RESTRICT."),
        "{text}"
    );
    assert!(text.lines().count() < 400, "{} lines", text.lines().count());
    let text = diff([&old, &new]).expect(0).stdout;
    let renamed = "The table “hms_hospital” is called “med_hospital” now.";
    assert!(
        text.contains(renamed) && text.contains("[table.med_hospital] from = \"hms_hospital\" (Guessed, "),
        "{text}"
    );
    assert_eq!(tree(&bench.path("")), before, "nothing is left beside the databases");
}

#[test]
fn vaultwarden_upgraded_is_what_a_new_one_is() {
    let folder = project().join("tests/fixtures/vaultwarden");
    let ran = diff([folder.join("vaultwarden-upgraded.db"), folder.join("vaultwarden-new-empty.db")]).expect(0);
    assert!(ran.stdout.contains("The schemas are the same."), "{}", ran.stdout);
}
