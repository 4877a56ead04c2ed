//! Vaultwarden, whose database keeps a write-ahead log: rows that are in the log alone arrive with all others, and go back with it.

#[path = "eden/compare.rs"]
mod compare;
mod support;

use compare::{assert_same, open, rows, structure};
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use support::*;

const DATABASE: &str = "data/db.sqlite3";
const SIDES: [&str; 3] = ["-wal", "-shm", "-journal"];
const RANDOM: [&str; 1] = ["__diesel_schema_migrations.run_on"];
const EXTRA: usize = 30;

/// Rows of the old version: some users, each with a device and a cipher, every second of which is a favourite.
const OLD_ROWS: &str = "
INSERT INTO users (uuid, created_at, updated_at, email, name, password_hash, salt, password_iterations, key, security_stamp, equivalent_domains, excluded_globals)
  VALUES ('u' || ?1, '2020-05-01', '2020-05-02', 'extra' || ?1 || '@example.org', 'Zoë ' || ?1, x'00ff', x'01', 5000, 'key', 'stamp', '[]', '[]');
INSERT INTO devices (uuid, created_at, updated_at, user_uuid, name, type, refresh_token)
  VALUES ('d' || ?1, '2020-05-01', '2020-05-02', 'u' || ?1, 'phone', 1, 'token');
INSERT INTO ciphers (uuid, created_at, updated_at, user_uuid, type, name, data, favorite)
  VALUES ('c' || ?1, '2020-05-01', '2020-05-02', 'u' || ?1, 1, 'only in the log', '{}', ?1 % 2)";

/// The same rows as the new version has them.
const NEW_ROWS: &str = "
INSERT INTO users (uuid, created_at, updated_at, email, name, password_hash, salt, password_iterations, akey, security_stamp, equivalent_domains, excluded_globals)
  VALUES ('u' || ?1, '2020-05-01', '2020-05-02', 'extra' || ?1 || '@example.org', 'Zoë ' || ?1, x'00ff', x'01', 5000, 'key', 'stamp', '[]', '[]');
INSERT INTO devices (uuid, created_at, updated_at, user_uuid, name, atype, refresh_token)
  VALUES ('d' || ?1, '2020-05-01', '2020-05-02', 'u' || ?1, 'phone', 1, 'token');
INSERT INTO ciphers (uuid, created_at, updated_at, user_uuid, atype, name, data)
  VALUES ('c' || ?1, '2020-05-01', '2020-05-02', 'u' || ?1, 1, 'only in the log', '{}');
INSERT INTO favorites (user_uuid, cipher_uuid) SELECT 'u' || ?1, 'c' || ?1 WHERE ?1 % 2";

fn fixture(name: &str) -> PathBuf {
    project().join("tests/fixtures/vaultwarden").join(name)
}

/// The payload as it is, with a server and a web vault for both versions.
fn payload(bench: &Bench) -> PathBuf {
    let payload = bench.path("payload");
    copy_tree(&fixture("payload"), &payload);
    for (tree, version) in [("releases/10/code", "10"), ("code", "56")] {
        let code = payload.join(tree);
        write(&code.join("vaultwarden"), format!("#!/bin/sh\necho {version}\n"));
        executable(&code.join("vaultwarden"));
        write(&code.join("web-vault/index.html"), format!("<title>{version}</title>\n"));
        for n in 0..60 {
            write(
                &code.join(format!("web-vault/app/{version}.{n}.js")),
                format!("// {n} of {version}\n"),
            );
            write(&code.join(format!("web-vault/images/{n}.svg")), format!("<svg>{n}</svg>\n"));
        }
    }
    payload
}

fn insert(connection: &Connection, statements: &str) {
    for n in 0..EXTRA {
        for statement in statements.split(";\n") {
            connection.execute(statement, [n]).unwrap_or_else(|e| panic!("{statement}: {e}"));
        }
    }
}

/// A site whose server was cut off: the newest rows stand in the log, and nowhere else.
fn site(bench: &Bench, payload: &Path) -> PathBuf {
    let site = bench.path("site");
    copy_tree(&payload.join("releases/10/code"), &site);
    write(&site.join(".env"), "DOMAIN=https://vault.example.org\n");
    write(&site.join("data/rsa_key.pem"), "a key\n");
    write(&site.join("data/attachments/c1/file"), "an attachment");
    let running = bench.path("running.db");
    fs::copy(fixture("vaultwarden-old.db"), &running).expect("a copy");
    let server = Connection::open(&running).expect("a database");
    server
        .execute_batch("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA wal_checkpoint(TRUNCATE);")
        .expect("a log");
    insert(&server, OLD_ROWS);
    fs::copy(&running, site.join(DATABASE)).expect("a copy");
    fs::copy(bench.path("running.db-wal"), beside(&site, "-wal")).expect("a copy");
    let without_log = fs::read(site.join(DATABASE)).expect("the database");
    assert!(!without_log.windows(15).any(|w| w == b"only in the log"));
    site
}

fn beside(site: &Path, suffix: &str) -> PathBuf {
    site.join(format!("{DATABASE}{suffix}"))
}

/// What the server's own scripts make of the old database, and the rows of the log as they should be.
fn expected(bench: &Bench) -> Connection {
    let path = bench.path("expected.db");
    fs::copy(fixture("vaultwarden-upgraded.db"), &path).expect("a copy");
    let connection = Connection::open(&path).expect("a database");
    connection.execute_batch("PRAGMA foreign_keys=OFF").expect("off");
    insert(&connection, NEW_ROWS);
    connection
}

#[test]
fn rows_that_are_in_the_log_alone_arrive_with_all_others() {
    let bench = Bench::new();
    let payload = payload(&bench);
    let updater = bench.pack(&payload, "update");
    let site = site(&bench, &payload);
    let before = tree(&site);
    let ran = update(&updater, &site, &[]).expect(0);
    assert!(ran.stdout.starts_with("Vaultwarden 56 is in place, with all its data."), "{ran:?}");

    assert!(SIDES.iter().all(|suffix| !beside(&site, suffix).exists()), "a side file is left");
    let header = fs::read(site.join(DATABASE)).expect("the database");
    assert_eq!(header[18..20], [2, 2], "it does not keep a log any more");
    assert_eq!(ask(&site.join(DATABASE), "PRAGMA journal_mode"), "wal");

    let (found, expected) = (open(&site.join(DATABASE)), expected(&bench));
    assert_same(&structure(&found), &structure(&expected));
    let arrived = rows(&found, &RANDOM);
    assert_same(&arrived, &rows(&expected, &RANDOM));
    let old = Connection::open(bench.path("running.db")).expect("a database");
    assert_eq!(arrived["users"].len(), rows(&old, &[])["users"].len());
    assert!(arrived["favorites"].iter().filter(|row| row.contains("\"c")).count() >= EXTRA / 2);
    assert_eq!(ask(&site.join(DATABASE), "PRAGMA integrity_check"), "ok");
    drop(found);

    let after = tree(&site);
    for kept in [".env", "data/rsa_key.pem", "data/attachments/c1/file"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    for (path, what) in tree(&payload.join("code")) {
        assert_eq!(after.get(&path), Some(&what), "{path}");
    }
    assert!(!after.contains_key("web-vault/app/10.0.js"));
}

#[test]
fn a_rollback_brings_the_log_back_with_its_database() {
    let bench = Bench::new();
    let payload = payload(&bench);
    let updater = bench.pack(&payload, "update");
    let site = site(&bench, &payload);
    let before = tree(&site);
    update(&updater, &site, &[]).expect(0);
    assert!(!tree(&site).contains_key("data/db.sqlite3-wal"));
    verb(&updater, "rollback", &site, &[]).expect(0);
    let mut back = tree(&site);
    // The index of the log is made by whoever looks, and holds no data.
    back.remove("data/db.sqlite3-shm");
    assert!(back == before, "something else came back");
    let count = format!("SELECT count(*) = {EXTRA} FROM ciphers WHERE name = 'only in the log'");
    assert_eq!(ask(&site.join(DATABASE), &count), "1");
}
