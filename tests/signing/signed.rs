//! Signatures: by the right key, by another one, by two, and each byte of what they cover changed.

use super::*;
use holdfast::bundle::container::find;
use holdfast::trust::judge;
use serde_json::Value;

/// Changes a byte of the content of an entry.
fn spoil(bundle: &mut [u8]) {
    const NAME_AND_EXTRA_BYTES: usize = 30;
    let name = bundle.windows(10).position(|w| w == b"code/start").expect("an entry");
    bundle[name + NAME_AND_EXTRA_BYTES + 4] ^= 1;
}

#[test]
fn what_a_pinned_key_has_signed_is_taken_and_nothing_else() {
    let play = Play::new();
    let signed = play.update("signed", &[1], Some(1));
    play.taken(&signed, &[]);
    let unsigned = play.update("unsigned", &[1], None);
    let known = key(1).public().id();
    play.refused(&unsigned, &[], "BUNDLE:UNSIGNED", &["is not signed", &known]);
    // Who packs or signs with another key hears of it at the desk.
    let other = play.words(&[1], Some(2));
    let ran = play
        .pack(&play.bench.path("other"), &other.iter().map(String::as_str).collect::<Vec<_>>())
        .expect(20);
    says(&ran.stderr, &["BUNDLE:SIGNATURE", &key(2).public().id(), &known]);
    let before = fs::read(&unsigned).expect("bytes");
    let sign = |n: u8| holdfast(&["sign"], &[&unsigned, Path::new("--key"), &key_files(&play.bench, n)[0]]);
    says(&sign(2).expect(20).stderr, &["BUNDLE:SIGNATURE", &known]);
    assert!(fs::read(&unsigned).expect("bytes") == before);
    sign(1).expect(0);
    assert!(
        fs::read(&unsigned).expect("bytes") == fs::read(&signed).expect("bytes"),
        "the same update, however it was signed"
    );
    sign(1).expect(0);
    assert!(
        fs::read(&unsigned).expect("bytes") == fs::read(&signed).expect("bytes"),
        "and as often as it was"
    );
    play.taken(&unsigned, &[]);
}

#[test]
fn a_bundle_of_somebody_else_behind_the_same_program_is_refused() {
    let play = Play::new();
    let ours = parts(&play.update("ours", &[1], Some(1)));
    append(
        &play.bench.mini_payload(),
        "\n[[check]]\nname = \"theirs\"\nsql = \"SELECT 1\"\nexpect = 1\n",
    );
    let payload = play.bench.path("mini-payload");
    let theirs = |name: &str, words: &[String]| {
        let output = play.bench.path(name);
        let mut command = Command::new(HOLDFAST);
        run(command
            .arg("pack")
            .arg(&payload)
            .arg("-o")
            .arg(&output)
            .args(UNREHEARSED)
            .arg("--bundle-only")
            .args(words))
        .expect(0);
        fs::read(output).expect("a bundle")
    };
    let program = play.bench.path("replaced");
    joined(&[&ours[0], &theirs("signed", &play.words(&[], Some(2)))], &program);
    play.refused(&program, &[], "BUNDLE:SIGNATURE", &[&key(2).public().id(), &key(1).public().id()]);
    let unsigned = theirs("unsigned", &[]);
    joined(&[&ours[0], &unsigned], &program);
    play.refused(&program, &[], "BUNDLE:UNSIGNED", &[]);
    // The right key's signature of another update.
    let (body, foot) = unsigned.split_at(unsigned.len() - 64);
    let mut foot = foot.to_vec();
    foot[24..32].copy_from_slice(&ours[3][24..32]);
    joined(&[&ours[0], body, &ours[2], &foot], &program);
    play.refused(&program, &[], "BUNDLE:SIGNATURE", &["was changed after it was signed"]);
    let ran = holdfast(&["verify"], &[&program]).expect(20);
    says(&ran.stdout, &["BUNDLE:SIGNATURE", "and that signature does not fit"]);
    // A footer that says what the signature says, behind another manifest.
    joined(&[&ours[0], body, &ours[2], &[&foot[..32], &ours[3][32..]].concat()], &program);
    play.refused(&program, &[], "BUNDLE:DAMAGED", &["its manifest is not the one that was packed"]);
    // Packing behind our program keeps its pins, and the tool says what is left to do.
    let ran = play
        .pack(&program, &["--stub", &play.bench.path("ours").to_string_lossy()])
        .expect(0);
    says(&ran.stdout, &["holdfast sign"]);
    play.refused(&program, &[], "BUNDLE:UNSIGNED", &[]);
}

#[test]
fn no_byte_under_a_signature_can_be_changed() {
    let play = Play::new();
    let bundle = fs::read(play.bundle("bundle", Some(1))).expect("a bundle");
    let (mark, end) = (MARK_BYTES as usize, bundle.len());
    // Of the signature itself, and of the hash that it is about, each byte.
    let file = play.bench.path("changed");
    for at in (end - mark - SIGNATURE_BYTES..end - mark).chain(end - 32..end) {
        for bit in [0x01, 0x80] {
            let mut changed = bundle.clone();
            changed[at] ^= bit;
            write(&file, &changed);
            let place = find(&file).expect("readable").expect("a bundle");
            assert!(
                judge(&place)
                    .iter()
                    .all(|signature| !signature.right || signature.key != key(1).public()),
                "byte {at}"
            );
        }
    }
    // Of everything else some, by the program.
    let program = pinned(&play.bench, "pinned", &[1]);
    play.taken(&program, &["--bundle", &play.bench.path("bundle").to_string_lossy()]);
    let new = {
        let site = play.bench.mini_site("clean");
        update(&program, &site, &["--bundle", &play.bench.path("bundle").to_string_lossy()]).expect(0);
        fs::read(site.join("lib/one.txt")).expect("a file")
    };
    let (mut refused, places) = (0, 48);
    for n in 0..places {
        let at = (end - 1) * n / (places - 1);
        let mut changed = bundle.clone();
        changed[at] ^= 0x11;
        write(&file, &changed);
        let (site, result) = (play.bench.mini_site(&format!("site-{n}")), play.bench.path("result.json"));
        let before = tree(&site);
        let ran = update(
            &program,
            &site,
            &["--bundle", &file.to_string_lossy(), "--result", &result.to_string_lossy()],
        );
        match ran.code {
            // A date or an attribute in the zip, which nobody reads.
            Some(0) => assert_eq!(fs::read(site.join("lib/one.txt")).expect("a file"), new, "byte {at}"),
            _ => {
                let told: Value = serde_json::from_slice(&fs::read(result).expect("a result")).expect("JSON");
                let reason = told["failures"][0]["reason"].as_str().unwrap_or_default().to_owned();
                assert!(ran.code == Some(20) && reason.starts_with("BUNDLE:"), "byte {at}: {ran:?}");
                assert_eq!(tree(&site), before, "byte {at}");
                refused += 1;
            }
        }
    }
    assert!(refused * 2 > places, "{refused} of {places} were refused");
    for cut in [1, 63, 64, 65, 64 + 50, 64 + 96, 64 + 97, end / 2] {
        write(&file, &bundle[..end - cut]);
        play.refused(
            &program,
            &["--bundle", &file.to_string_lossy()],
            "BUNDLE:DAMAGED",
            &["its end is missing"],
        );
    }
}

#[test]
fn several_keys_may_be_pinned_and_several_may_sign() {
    let play = Play::new();
    for signer in [1, 2] {
        play.taken(&play.update("two-pins", &[1, 2], Some(signer)), &[]);
    }
    let bundle = play.bundle("bundle", Some(3));
    let named = ["--bundle", &*bundle.to_string_lossy()].map(str::to_owned);
    let words: Vec<&str> = named.iter().map(String::as_str).collect();
    let program = pinned(&play.bench, "pinned", &[1, 2]);
    play.refused(
        &program,
        &words,
        "BUNDLE:SIGNATURE",
        &["one of the keys", &key(1).public().id(), &key(2).public().id()],
    );
    holdfast(&["sign"], &[&bundle, Path::new("--key"), &key_files(&play.bench, 2)[0]]).expect(0);
    play.taken(&program, &words);
    play.taken(&pinned(&play.bench, "third", &[3]), &words);
    let shown: Value = serde_json::from_str(&holdfast(&["inspect", "--json"], &[&bundle]).expect(0).stdout).expect("JSON");
    let ids = [3, 2].map(|n| serde_json::json!({ "key": key(n).public().id(), "right": true, "pinned": false }));
    assert_eq!((&shown["signatures"], &shown["pins"]), (&serde_json::json!(ids), &Value::Null));
    // More keys than there is room for.
    let many: Vec<u8> = (1..=9).collect();
    let files: Vec<PathBuf> = many.iter().map(|n| key_files(&play.bench, *n)[1].clone()).collect();
    let keys = files.iter().flat_map(|file| ["--key".into(), file.clone().into_os_string()]);
    let ran = run(Command::new(HOLDFAST)
        .args(["pin", UPDATER, "-o"])
        .arg(play.bench.path("nine"))
        .args(keys))
    .expect(20);
    says(&ran.stderr, &["one key to 8", "9"]);
}

#[test]
fn verify_says_who_signed_and_whether_somebody_believes_it() {
    let play = Play::new();
    let ids = [1, 2].map(|n| key(n).public().id());
    let verify = |file: &Path, keys: &[u8], code| {
        let keys = keys
            .iter()
            .flat_map(|n| ["--key".into(), key_files(&play.bench, *n)[1].clone().into_os_string()]);
        run(Command::new(HOLDFAST).arg("verify").arg(file).args(keys)).expect(code).stdout
    };
    let update = play.update("update", &[1], Some(1));
    says(
        &verify(&update, &[], 0),
        &[
            "Mini 2.0",
            "each as it was packed",
            &ids[0],
            "which this program pins",
            "not rehearsed: a test",
        ],
    );
    verify(&update, &[1], 0);
    verify(&update, &[2, 1], 0);
    says(&verify(&update, &[2], 20), &["BUNDLE:SIGNATURE", "no right signature by", &ids[1]]);
    let bundle = play.bundle("bundle", Some(2));
    says(&verify(&bundle, &[], 20), &["BUNDLE:UNPINNED", "--key NAME.pub", &ids[1]]);
    verify(&bundle, &[2], 0);
    let plain = play.packed("plain", &[]);
    says(&verify(&plain, &[], 20), &["BUNDLE:UNSIGNED", "pins      none", "holdfast sign"]);
    says(&verify(&plain, &[1], 20), &["BUNDLE:UNSIGNED"]);
    let json: Value = serde_json::from_str(&holdfast(&["verify", "--json"], &[&update]).expect(0).stdout).expect("JSON");
    assert_eq!(
        (&json["exit_code"], &json["pins"]),
        (&serde_json::json!(0), &serde_json::json!([ids[0]]))
    );
    assert_eq!(
        (&json["signatures"][0]["right"], &json["unrehearsed"]),
        (&serde_json::json!(true), &serde_json::json!("a test"))
    );

    let mut bytes = fs::read(&update).expect("bytes");
    spoil(&mut bytes);
    write(&update, &bytes);
    says(&holdfast(&["verify"], &[&update]).expect(20).stderr, &["BUNDLE:DAMAGED"]);
    says(
        &holdfast(&["verify"], &[&play.bench.path("mini-payload")]).expect(2).stderr,
        &["--app", "is a payload"],
    );
    says(
        &holdfast(&["verify"], &[Path::new(UPDATER)]).expect(20).stderr,
        &["carries no update", "BUNDLE:MISSING"],
    );
}

#[test]
fn what_is_not_whole_is_not_signed() {
    let play = Play::new();
    let bundle = play.bundle("bundle", None);
    let mut bytes = fs::read(&bundle).expect("bytes");
    spoil(&mut bytes);
    write(&bundle, &bytes);
    let [secret, _] = key_files(&play.bench, 1);
    says(
        &holdfast(&["sign"], &[&bundle, Path::new("--key"), &secret]).expect(20).stderr,
        &["BUNDLE:DAMAGED"],
    );
    assert!(fs::read(&bundle).expect("bytes") == bytes);
    let ran = holdfast(&["sign"], &[Path::new(UPDATER), Path::new("--key"), &secret]).expect(20);
    says(&ran.stderr, &["carries no update", "holdfast pack"]);
    // With -o the file that was given stays.
    let (good, signed) = (play.bundle("good", None), play.bench.path("signed"));
    let before = fs::read(&good).expect("bytes");
    holdfast(&["sign"], &[&good, Path::new("--key"), &secret, Path::new("-o"), &signed]).expect(0);
    assert!(fs::read(&good).expect("bytes") == before && fs::read(&signed).expect("bytes").len() == before.len() + SIGNATURE_BYTES);
}
