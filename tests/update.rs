//! An update that works: the sample product from each of its old versions, by the real commands.

mod support;

use std::fs;
use support::*;

#[test]
fn the_sample_product_goes_from_each_old_version_to_the_new_one() {
    let bench = Bench::new();
    let updater = bench.pack(&bench.relief_payload(), "update");
    for version in ["1.0", "1.1"] {
        let site = bench.relief_site(version, version);
        let people = ask(&site.join("data/relief.db"), "SELECT count(*) FROM person");
        let ran = update(&updater, &site, &[]).expect(0);
        assert!(
            ran.stdout.starts_with("Relief Register 2.0 is in place, with all its data."),
            "{ran:?}"
        );
        assert_eq!(fs::read_to_string(site.join("VERSION")).expect("VERSION").trim(), "2.0");
        assert_eq!(ask(&site.join("data/relief.db"), "PRAGMA user_version"), "200");
        assert_eq!(ask(&site.join("data/relief.db"), "SELECT count(*) FROM person"), people);
        assert_eq!(ask(&site.join("data/relief.db"), "PRAGMA integrity_check"), "ok");
        assert_eq!(
            ask(&site.join("data/relief.db"), "SELECT count(*) FROM pragma_foreign_key_check"),
            "0"
        );
        assert!(!site.join("help").exists() && site.join("web/guía.html").exists());
        assert_eq!(fs::read_to_string(site.join("uploads/photo.txt")).expect("kept"), "a photograph\n");
        let result = result(&site);
        assert_eq!(
            (result["request"]["state"].as_str(), result["request"]["database_version"].as_str()),
            (Some("done"), Some("2.0"))
        );
        update(&updater, &site, &[]).expect(10);
    }
}
