//! The updater at a terminal: what a person is asked, which answers there are, and what is left on the screen. A small program in
//! Python stands for the person: it runs the updater in a pseudo-terminal, waits for words, types answers, and reads the screen.
#![cfg(unix)]

mod support;

use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use support::*;

/// Its words: a JSON list of [what to wait for, what to type], a file to hold open (“close” as an answer closes it), columns, the command.
const PERSON: &str = r#"
import fcntl, json, os, pty, re, select, signal, struct, sys, termios
steps, held, columns, command = json.loads(sys.argv[1]), sys.argv[2] and open(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    os.execv(command[0], command)
seen, at = b'', 0

def more():
    global seen
    if not select.select([terminal], [], [], 20)[0]:
        os.kill(child, signal.SIGKILL)
    try:
        part = os.read(terminal, 65536)
    except OSError:  # The other side has ended.
        return False
    seen += part
    return bool(part)

for words, answer in steps:
    words = words.encode()
    while seen.find(words, at) < 0 and more():
        pass
    at = max(at, seen.find(words, at) + len(words))
    held.close() if answer == 'close' else os.write(terminal, answer.encode())
while more():
    pass
lines, row, column, wraps = [''], 0, 0, 0
for control, kind, letter in re.findall(r'(\x1b\[[?\d;]*([A-Za-z])|\r|\n)|([^\r\n])', seen.decode()):
    count = int(re.sub(r'\D', '', control) or 1)
    if letter and column == columns:
        row, column, wraps = row + 1, 0, wraps + 1
    if control == '\n' or kind == 'B':
        row += count
    elif kind == 'A':
        row = max(0, row - count)
    elif control == '\r':
        column = 0
    lines += [''] * (row + 1 - len(lines))
    if letter:
        lines[row] = lines[row][:column].ljust(column) + letter + lines[row][column + 1:]
        column += 1
    elif kind == 'K':
        lines[row] = '' if control == '\x1b[2K' else lines[row][:column]
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps({'code': code, 'wraps': wraps, 'lines': [line.rstrip() for line in lines if line.rstrip()]}))
"#;

const ASKED: &str = "[c]ancel? ";
const NOT_REHEARSED: &str = "This update was not rehearsed: a test.";
const DONE: &str = "Mini 2.0 is in place, with all its data. This update was not rehearsed: a test.";

/// What a person sees in the end.
struct Screen(Value);

impl Screen {
    fn lines(&self) -> Vec<&str> {
        let lines = self.0["lines"].as_array().expect("lines");
        lines.iter().filter_map(Value::as_str).collect()
    }

    /// Fails unless the run ended so, with that line at the bottom, and with nothing left of the progress bar.
    #[track_caller]
    fn ends(&self, code: i32, line: &str) {
        let (lines, shown) = (self.lines(), &self.0);
        assert_eq!((&self.0["code"], lines.last()), (&json!(code), Some(&line)), "{shown:#}");
        let clean = |l: &&str| !l.contains(char::is_control) && !l.contains('%');
        assert!(lines.iter().all(clean), "{shown:#}");
    }

    fn count(&self, text: &str) -> usize {
        self.lines().iter().filter(|line| line.contains(text)).count()
    }
}

/// A site of the small product, with an updater.
struct Site {
    bench: Bench,
    folder: PathBuf,
}

impl Site {
    fn new() -> Site {
        let bench = Bench::new();
        let folder = bench.mini_site("site");
        bench.pack(&bench.mini_payload(), "update");
        Site { bench, folder }
    }

    /// Runs the updater for a person who types each answer when the words before it have appeared, and holds a file open.
    fn play(&self, columns: u32, words: &[&str], steps: &[(&str, &str)], held: &str) -> Screen {
        let mut person = Command::new("python3");
        let person = person.args(["-c", PERSON, &json!(steps).to_string(), held, &columns.to_string()]);
        let ran = run(person.arg(self.bench.path("update")).arg("--app").arg(&self.folder).args(words)).expect(0);
        Screen(serde_json::from_str(&ran.stdout).expect("JSON"))
    }

    fn log(&self) -> String {
        format!("The log is “{}”.", result(&self.folder)["request"]["log"].as_str().expect("a log"))
    }
}

#[test]
fn one_question_one_answer_one_sentence() {
    for (answer, columns) in [("u\n", 200), ("U\n", 120), (" update \n", 80)] {
        let site = Site::new();
        let screen = site.play(columns, &[], &[(ASKED, answer)], "");
        screen.ends(0, DONE);
        let question = format!("Mini in “{}” will be updated from 1.0 to 2.0.", site.folder.display());
        let choice = format!("[u]pdate, [t]ry on a copy, or [c]ancel? {}", answer.trim_end());
        assert_eq!(screen.lines(), [&question, NOT_REHEARSED, &choice, DONE]);
        assert_eq!(screen.0["wraps"], 0, "no line, nor the bar, is wider than {columns} columns");
        site.play(200, &[], &[], "").ends(
            10,
            "Mini 2.0 is already in place. There was nothing to do. This update was not rehearsed: a test.",
        );
    }
}

#[test]
fn cancelling_changes_nothing() {
    let site = Site::new();
    let before = tree(&site.folder);
    for answer in ["c\n", "cancel\n", "\u{4}", "\u{3}"] {
        let screen = site.play(200, &[], &[(ASKED, answer)], "");
        screen.ends(60, &site.log());
        assert_eq!(screen.count("The update was cancelled. Nothing was changed."), 1);
        assert_eq!((reason(&site.folder).as_str(), &tree(&site.folder)), ("CANCELLED", &before));
    }
}

#[test]
fn an_answer_that_is_none_of_them_is_asked_for_again() {
    let site = Site::new();
    let screen = site.play(200, &[], &["x\n", "\n", "updated\n", "y\n", "u\n"].map(|a| (ASKED, a)), "");
    screen.ends(0, DONE);
    assert_eq!(screen.count(ASKED.trim()), 5, "{:#}", screen.0);
}

#[test]
fn trying_on_a_copy_changes_nothing() {
    let site = Site::new();
    let (before, test) = (tree(&site.folder), site.folder.join(".holdfast/test"));
    let copy = format!(
        "with a copy of the data is ready to be tried in “{}”. {NOT_REHEARSED}",
        test.display()
    );
    site.play(300, &[], &[(ASKED, "t\n")], "")
        .ends(0, &format!("Nothing was changed. Mini 2.0 {copy}"));
    assert_eq!((tree(&site.folder), test.join("start").is_file()), (before, true));
}

#[test]
fn a_running_application_is_named_and_waited_for() {
    let site = Site::new();
    let (before, held) = (tree(&site.folder), format!("{}/lib/one.txt", site.folder.display()));
    let screen = site.play(300, &[], &[(ASKED, "u\n"), (ASKED, "r\n"), (ASKED, "c\n")], &held);
    screen.ends(50, &site.log());
    assert_eq!((reason(&site.folder).as_str(), tree(&site.folder)), ("APPLICATION:RUNNING", before));
    let counts = ["[r]etry or [c]ancel?", "Mini is in use by “python"].map(|text| screen.count(text));
    assert_eq!(counts, [2, 3], "{:#}", screen.0);
    let screen = site.play(300, &[], &[(ASKED, "u\n"), ("[r]etry or", "close"), (ASKED, "r\n")], &held);
    screen.ends(0, DONE);
    assert_eq!(screen.count("[r]etry or [c]ancel?"), 1, "{:#}", screen.0);
}

#[test]
fn details_are_shown_only_when_they_are_asked_for() {
    let site = Site::new();
    let screen = site.play(200, &["--details"], &[(ASKED, "u\n")], "");
    screen.ends(0, DONE);
    let counts = ["step 2.0/10_item.sql", "moved start "].map(|text| screen.count(text));
    assert_eq!(counts, [1, 2], "{:#}", screen.0);
    assert_eq!(site.play(300, &["rollback"], &[], "").lines().len(), 1);
}

#[test]
fn going_back_asks_only_when_rows_would_go() {
    let site = Site::new();
    let before = tree(&site.folder);
    let _ = update(&site.bench.path("update"), &site.folder, &[]).expect(0);
    let database = site.folder.join("data/mini.db");
    support::database(&database, "INSERT INTO item VALUES (7, 'a', 'b'), (8, 'c', 'd')");
    let new = tree(&site.folder);
    for (answer, code) in [("y\n", 0), ("n\n", 60), ("\u{4}", 60)].into_iter().rev() {
        assert_eq!(tree(&site.folder), new);
        let screen = site.play(300, &["rollback"], &[("or [n]o? ", answer)], "");
        assert_eq!(screen.0["code"], code, "{:#}", screen.0);
        assert!(screen.count("item: 2") > 0 && screen.count("Go back?") == 1, "{:#}", screen.0);
    }
    assert_eq!(tree(&site.folder), before);
}

/// A pipe whose reader has gone.
fn nobody() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_who_has_gone_ends_nothing() {
    let bench = Bench::new();
    let payload = bench.mini_payload();
    let updater = bench.pack(&payload, "update");
    for (n, words) in [&["--silent"][..], &["--silent", "--details"], &["--silent", "--json"]]
        .iter()
        .enumerate()
    {
        let site = bench.mini_site(&format!("site-{n}"));
        let mut command = Command::new(&updater);
        let command = command
            .arg("--app")
            .arg(&site)
            .args(*words)
            .stdin(Stdio::null())
            .stdout(nobody())
            .stderr(nobody());
        assert_eq!(command.status().expect("it starts").code(), Some(0), "{words:?}");
        assert_eq!(result(&site)["request"]["state"], "done", "{words:?}");
    }
    for words in [&["inspect"][..], &["inspect", "--json"]] {
        let mut command = Command::new(HOLDFAST);
        let command = command.args(words).arg(&updater).stdout(nobody()).stderr(nobody());
        assert_eq!(command.status().expect("it starts").code(), Some(0), "{words:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_does_not_fit_where_it_is_printed_is_said() {
    let bench = Bench::new();
    let updater = bench.pack(&bench.mini_payload(), "update");
    for command in ["inspect", "completion", "man"] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("a full disk");
        let mut holdfast = Command::new(HOLDFAST);
        let holdfast = holdfast.arg(command).stdout(full);
        let given = match command {
            "inspect" => holdfast.arg(&updater),
            "completion" => holdfast.arg("bash"),
            _ => holdfast,
        };
        let output = given.stderr(Stdio::piped()).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(20), "{command}: {said}");
        assert!(said.contains("Not everything could be printed"), "{command}: {said}");
    }
}
