//! The switches that administrators know from other installers on Windows, turned into ours. The letters' case does not matter; nothing that
//! begins with a slash is a path there.

use std::ffi::OsString;

/// Rewrites words that begin with a slash or are known from elsewhere; all others stay as they are.
pub fn translated(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut said: Vec<OsString> = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word.to_str().and_then(meaning) {
            Some(Meaning::Nothing) => {}
            Some(Meaning::Ours(ours)) => said.push(ours.into()),
            Some(Meaning::With(ours, value)) => said.extend([ours.into(), value.into()]),
            // Windows Installer's /l*v has its file in the next word.
            Some(Meaning::WithNext(ours)) => {
                said.push(ours.into());
                said.extend(words.next());
            }
            None => said.push(word),
        }
    }
    said
}

enum Meaning {
    Ours(&'static str),
    With(&'static str, String),
    WithNext(&'static str),
    Nothing,
}

fn meaning(word: &str) -> Option<Meaning> {
    let switch = word
        .strip_prefix('/')
        .or_else(|| word.strip_prefix('-').filter(|w| !w.starts_with('-')))?;
    let (name, value) = match switch.split_once(['=', ':']) {
        Some((name, value)) => (name, Some(value.trim_matches('"').to_owned())),
        None => (switch, None),
    };
    let name = name.to_ascii_lowercase();
    Some(match (name.as_str(), value) {
        ("s" | "verysilent" | "quiet" | "q" | "qn" | "qb-" | "qn+", None) => Meaning::Ours("--silent"),
        // Inno Setup's /SILENT shows its progress, and nothing else.
        ("silent" | "passive" | "qb" | "qr", None) => Meaning::Ours("--passive"),
        ("log" | "l" | "log_path", Some(file)) => Meaning::With("--log", file),
        ("l*v" | "lv" | "l*" | "l" | "l*vx" | "log", None) => Meaning::WithNext("--log"),
        ("dir" | "d" | "app" | "installfolder", Some(folder)) => Meaning::With("--app", folder),
        (
            "norestart"
            | "suppressmsgboxes"
            | "sp-"
            | "nocancel"
            | "restartexitcode"
            | "closeapplications"
            | "nocloseapplications"
            | "i"
            | "allusers"
            | "currentuser",
            _,
        ) => Meaning::Nothing,
        ("?" | "h" | "help", None) => Meaning::Ours("--help"),
        (_, _) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &[&str]) -> Vec<String> {
        let words = words.iter().map(OsString::from);
        translated(words).into_iter().map(|w| w.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn every_usual_spelling_of_silence_is_understood() {
        for word in ["/S", "/s", "/quiet", "/QUIET", "/qn", "/VERYSILENT", "/VerySilent", "-quiet", "/q"] {
            assert_eq!(said(&[word]), ["--silent"], "{word}");
        }
        for word in ["/passive", "/SILENT", "/qb"] {
            assert_eq!(said(&[word]), ["--passive"], "{word}");
        }
    }

    #[test]
    fn files_and_folders_come_with_their_switch() {
        assert_eq!(
            said(&["/LOG=C:\\a b.log", "/DIR=\"D:\\App\"", "/l*v", "x.log"]),
            ["--log", "C:\\a b.log", "--app", "D:\\App", "--log", "x.log"]
        );
    }

    #[test]
    fn our_own_words_and_what_nobody_knows_stay() {
        assert_eq!(
            said(&["--app", "/srv/app", "rollback", "/wrong"]),
            ["--app", "/srv/app", "rollback", "/wrong"]
        );
        assert_eq!(said(&["/norestart", "/SUPPRESSMSGBOXES"]), [""; 0]);
    }
}
