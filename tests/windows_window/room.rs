//! A room with one screen, one keyboard and one Windows, and a person in it who uses the updater's window. Pages are told apart by the
//! titles that they should have, and pressed through by the labels of their buttons; nothing here knows the updater's inside.

use crate::desk::{Desk, Screen, codes_in};
use crate::support::project;
use crate::support::wine::{Lent, Running, helper, until};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

/// A page with text has more colours than this: those of the edges of its letters.
const COLOURS: u32 = 20;

/// They turn a line of Arabic round; nobody reads them.
const MARKS: [char; 4] = ['\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}'];

/// A Windows with a screen. There is one keyboard for all windows, so one test at a time uses it.
pub struct Room {
    wine: Arc<Lent>,
    screen: Screen,
    page: PathBuf,
    used: Mutex<()>,
    // When this process ends, however it does, the pipe closes.
    _keeper: Child,
}

/// Ends a Windows and its screen when nobody holds the other end of its standard input any more: nothing is dropped at the end of a test
/// process, and a room is for all tests of the file.
const KEEPER: &str = r#"trap '' INT TERM HUP; cat >/dev/null; wineserver -k; wineserver -w; kill "$1"; rm -rf "$2""#;

impl Room {
    /// With pixels of the usual size.
    pub fn usual() -> &'static Room {
        static ROOM: OnceLock<Room> = OnceLock::new();
        ROOM.get_or_init(|| Room::new(None))
    }

    /// With smaller pixels: 144 of them in an inch. Two rooms are in use at a time, so tests that do not care are spread over both.
    pub fn fine() -> &'static Room {
        static ROOM: OnceLock<Room> = OnceLock::new();
        ROOM.get_or_init(|| Room::new(Some("144")))
    }

    fn new(dots_per_inch: Option<&str>) -> Room {
        let (wine, screen) = (Arc::new(Lent::alone()), Screen::new());
        wine.show_on(&screen.display);
        let drive = wine.drive_c();
        let root = drive.ancestors().nth(2).expect("a folder for the test");
        let keeper = wine
            .command("sh")
            .args(["-c", KEEPER, "sh", &screen.process().to_string()])
            .arg(root)
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell");
        // Windows that Wine itself draws and gives the keyboard to: there is no window manager.
        let key = r"HKCU\Software\Wine\X11 Driver";
        let mut lines = vec![format!("reg add \"{key}\" /v Managed /d N /f")];
        lines.extend(dots_per_inch.map(|n| format!("reg add \"HKCU\\Control Panel\\Desktop\" /v LogPixels /t REG_DWORD /d {n} /f")));
        wine.batch(&lines).expect(0);
        let page = helper("page.c", &wine.folder("tools"));
        let room = Room {
            wine,
            screen,
            page,
            used: Mutex::new(()),
            _keeper: keeper,
        };
        room.restarts();
        room
    }

    /// What stands on the screen, as `page.c` says it.
    fn said(&self) -> String {
        self.wine.run::<&str>(&self.page, &[]).expect(0).stdout
    }

    /// Ends every program and waits for the desktop. A program that comes before it has no window.
    fn restarts(&self) {
        self.wine.restart();
        until("the desktop", || self.said().contains("desktop").then_some(()));
    }

    /// Begins a test: a folder of its own, and the keyboard.
    pub fn enter(&'static self, test: &'static str) -> Person {
        let home = self.wine.home();
        let turn = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let pictures = project().join("target/windows/pictures");
        fs::create_dir_all(&pictures).expect("a folder");
        for old in fs::read_dir(&pictures).expect("a folder").flatten() {
            if old.file_name().to_string_lossy().starts_with(&format!("{test}-")) {
                fs::remove_file(old.path()).expect("an old picture");
            }
        }
        Person {
            desk: Desk::new(self.wine.clone(), &home.join(test).to_string_lossy()),
            room: self,
            test,
            pictures,
            taken: 0,
            began: Instant::now(),
            run: None,
            _turn: turn,
        }
    }
}

/// What can be read on a page.
#[derive(Debug, Default)]
pub struct Page {
    pub title: String,
    /// Its sentences, with ` / ` where a line ends.
    pub text: String,
    pub buttons: Vec<String>,
    /// Buttons that cannot be pressed.
    pub grey: Vec<String>,
    /// What has the keyboard.
    pub focus: String,
}

impl Page {
    fn read(said: &str) -> Page {
        let mut page = Page::default();
        for (what, text) in said.lines().filter_map(|line| line.trim_end().split_once(": ")) {
            let text = text.replace(MARKS, "");
            // The second line of a button is a sentence like others.
            let (label, note) = text.split_once(" / ").unwrap_or((&text, ""));
            match what {
                "title" => page.title = text.clone(),
                "text" => page.text += &format!("{text}\n"),
                "button" => page.buttons.push(label.to_owned()),
                "grey" => page.grey.push(label.to_owned()),
                _ => page.focus = label.to_owned(),
            }
            if what == "button" && !note.is_empty() {
                page.text += &format!("{note}\n");
            }
        }
        page
    }

    fn has(&self, label: &str) -> bool {
        self.buttons.iter().any(|button| button == label)
    }

    /// Fails the test unless all of that stands on the page.
    #[track_caller]
    pub fn says(&self, parts: &[&str]) -> &Page {
        let missing: Vec<_> = parts.iter().filter(|part| !self.text.contains(**part)).collect();
        assert!(missing.is_empty(), "{missing:?} is not on {self:#?}");
        self
    }
}

/// Somebody in a room, who has at most one updater running.
pub struct Person {
    pub desk: Desk,
    room: &'static Room,
    test: &'static str,
    pictures: PathBuf,
    taken: u32,
    began: Instant,
    run: Option<Running>,
    _turn: MutexGuard<'static, ()>,
}

impl Person {
    /// Starts an updater with its window. Its exit code is one of our own.
    pub fn start(&mut self, updater: &Path, site: &Path, words: &[&str]) {
        self.start_with(updater, site, words, &[]);
    }

    /// The same with an environment.
    pub fn start_with(&mut self, updater: &Path, site: &Path, words: &[&str], environment: &[(&str, String)]) {
        let wine = &self.desk.wine;
        let mut command = wine.program(updater);
        command.args(words).args(["--app", &wine.seen(site), "--exit-codes", "own"]);
        self.run = Some(wine.start(command.envs(environment.iter().cloned())));
    }

    /// Starts it from a batch file, which sees what a deployment tool sees.
    pub fn start_from_batch(&mut self, updater: &Path, site: &Path, words: &str, environment: &[(&str, String)]) {
        let wine = &self.desk.wine;
        let text = format!(
            "@echo off\r\nstart \"\" /wait \"{}\" {words} --app \"{}\"\r\necho code=%ERRORLEVEL%\r\n",
            wine.seen(updater),
            wine.seen(site)
        );
        let file = self.desk.path("start.bat");
        fs::write(&file, text).expect("a batch file");
        let mut command = wine.program(Path::new("cmd"));
        command.args(["/c", &wine.seen(&file)]);
        self.run = Some(wine.start(command.envs(environment.iter().cloned())));
    }

    /// Waits for a page by a part of its title, takes its picture, and reads it.
    #[track_caller]
    pub fn sees(&mut self, title: &str, name: &str) -> Page {
        self.glimpses(title, name);
        self.reads_until(title, |page| page.title.contains(title))
    }

    /// Waits for a page that goes by, and takes its picture; gives what its title was.
    #[track_caller]
    pub fn glimpses(&mut self, title: &str, name: &str) -> String {
        let (window, title) = self.waits_for(title);
        self.taken += 1;
        let file = self.pictures.join(format!("{}-{:02}-{name}.png", self.test, self.taken));
        let picture = self.room.screen.picture(&window, &file);
        assert!(picture.colours > COLOURS, "{}: {} colours", file.display(), picture.colours);
        let [left, top, right, bottom] = picture.corners;
        let is_on_screen = left >= 0 && top >= 0 && right <= 1024 && bottom <= 768;
        assert!(is_on_screen, "{}: {:?}", file.display(), picture.corners);
        title
    }

    /// Waits for a page without stopping at it; gives its window and its title.
    #[track_caller]
    pub fn waits_for(&mut self, title: &str) -> (String, String) {
        self.until(title, |person| person.room.screen.find(title))
    }

    /// Reads again and again until the page is as it should be.
    #[track_caller]
    pub fn reads_until(&mut self, what: &str, is_right: impl Fn(&Page) -> bool) -> Page {
        // A window that is just changing has nothing to read.
        self.until(what, |person| Some(person.reads()).filter(&is_right))
    }

    /// Waits for something that an updater shows. One that has ended will not.
    #[track_caller]
    fn until<T>(&mut self, what: &str, mut look: impl FnMut(&Person) -> Option<T>) -> T {
        until(what, || {
            let has_ended = !self.is_running();
            let found = look(self);
            if has_ended && found.is_none() {
                let run = self.run.take().expect("an updater");
                panic!("{what}: the updater has ended: {:?}", run.finished());
            }
            found
        })
    }

    /// Reads the page that is shown.
    pub fn reads(&self) -> Page {
        Page::read(&self.room.said())
    }

    /// Presses keys.
    pub fn presses(&self, keys: &[&str]) {
        self.room.screen.press(keys);
    }

    /// Goes to a button with the keyboard alone, and presses it.
    #[track_caller]
    pub fn chooses(&mut self, label: &str) {
        let mut page = self.reads_until(label, |page| page.has(label));
        for _ in 0..page.buttons.len() + 4 {
            if page.focus == label {
                return self.presses(&["space"]);
            }
            self.presses(&["Tab"]);
            page = self.reads();
        }
        panic!("“{label}” is not reached: {page:#?}");
    }

    /// Presses Enter where it should mean that button.
    #[track_caller]
    pub fn enters(&mut self, label: &str) {
        let page = self.reads_until(label, |page| page.has(label));
        assert_eq!(page.focus, label, "{page:#?}");
        self.presses(&["Return"]);
    }

    /// Presses Enter where it means that button, and waits until another page looks different under the same title. Nothing is read in
    /// between: Wine's server may crash when the updater looks through all programs while one of them is starting.
    #[track_caller]
    pub fn enters_and_looks(&mut self, label: &str, title: &str) {
        let look = |person: &Person| {
            let (window, _) = person.room.screen.find(title)?;
            Some(person.room.screen.picture(&window, &person.desk.path("look.png")).pixels)
        };
        let before = self.until(title, look);
        self.enters(label);
        self.until("another page", |person| look(person).filter(|now| *now != before));
    }

    /// Whether the updater still runs.
    pub fn is_running(&mut self) -> bool {
        !self.run.as_mut().expect("an updater").has_ended()
    }

    /// Waits until the updater has ended: its exit code.
    pub fn ended(&mut self) -> Option<i32> {
        self.run.take().expect("an updater").ended().code
    }

    /// The exit code that a batch file saw.
    pub fn ended_in_batch(&mut self) -> Vec<u32> {
        codes_in(&self.run.take().expect("an updater").ended())
    }

    /// Says to all programs that Windows is being shut down: 0 if none of them objects, and then they have ended.
    pub fn shuts_down(&self) -> Option<i32> {
        let wine = &self.desk.wine;
        let code = wine.start(wine.command("wineboot").arg("-e")).ended().code;
        if code == Some(0) {
            self.room.restarts();
        }
        code
    }

    /// Waits until no window is shown.
    pub fn sees_nothing(&self) {
        until("the window has gone", || self.room.screen.windows().is_empty().then_some(()));
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        println!("{}: {} s", self.test, self.began.elapsed().as_secs());
        // A failed test leaves a window behind that would take the next one's keys.
        if let Some(mut run) = self.run.take() {
            run.kill();
            self.room.restarts();
        }
    }
}
