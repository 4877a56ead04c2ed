//! What a volume promises is said before anything is changed: FAT is refused, a network share is warned of. What the system says of the
//! volume is injected, since not every machine has one of each.

mod support;

use std::process::Command;
use support::*;

#[test]
fn each_volume_is_handled_as_its_guarantees_allow() {
    let bench = Bench::new();
    let updater = bench.pack(&bench.mini_payload(), "update");
    for (k, (said, more, code, message)) in [
        ("FAT32", None, 20, "on a FAT volume (FAT32)"),
        ("exFAT", None, 20, "say --allow-fat to take the risk"),
        ("exFAT", Some("--allow-fat"), 0, "could have lost both versions"),
        ("NTFS:remote", None, 0, "on a network share (NTFS)"),
        ("NTFS", None, 0, ""),
    ]
    .into_iter()
    .enumerate()
    {
        let site = bench.mini_site(&format!("site{k}"));
        let before = tree(&site);
        let mut command = Command::new(&updater);
        command.arg("--silent").arg("--app").arg(&site).args(more);
        let ran = run(command.env("HOLDFAST_VOLUME", said)).expect(code);
        let heard = result(&site)["request"]["warnings"].to_string() + &ran.stderr;
        assert!(heard.contains(message), "{said}: {heard}");
        assert_eq!(heard.contains("power cut"), !message.is_empty(), "{said}: {heard}");
        if code != 0 {
            assert_eq!(reason(&site), "TARGET:VOLUME");
            assert_eq!(tree(&site), before);
        }
    }
}
