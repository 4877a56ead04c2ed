//! A Windows program that was started: whether it has ended, how, and what it said. Nobody may take an end without a word for an answer:
//! now and then a program ends under Wine before its first line, with 0, 1 or 127, and that says nothing about the program.

use super::{ENDED, until};
use crate::support::Ran;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// One that is still there after so long waits for somebody.
const PATIENCE: Duration = Duration::from_secs(180);

/// A program, and the files to which its output goes.
pub struct Running {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Running {
    /// Starts it; both files are made.
    pub fn start(command: &mut Command, out: PathBuf, err: PathBuf) -> Running {
        let file = |path: &PathBuf| File::create(path).expect("a file");
        let child = command.stdout(file(&out)).stderr(file(&err)).spawn().expect("wine starts");
        Running { child, out, err }
    }

    /// What it has said until now.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.out).unwrap_or_default()).into_owned()
    }

    /// Waits until it has said one of these, and gives all that it has said.
    #[track_caller]
    pub fn says(&mut self, one_of: &[&str]) -> String {
        until(&format!("a program says one of {one_of:?}"), || {
            let has_ended = self.has_ended();
            let said = self.said();
            assert!(
                !(has_ended && said.is_empty()),
                "Wine lost a run, which was to say one of {one_of:?}"
            );
            one_of.iter().any(|word| said.contains(word)).then_some(said)
        })
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a process of ours").is_some()
    }

    /// Ends it, if it has not ended.
    pub fn kill(&mut self) {
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }

    /// Waits for its end.
    pub fn wait(&mut self) {
        let _ = self.child.wait();
    }

    /// Waits for its end, for as long at most. `None` if it was still there, and was ended.
    pub fn within(mut self, limit: Duration) -> Option<Ran> {
        let deadline = Instant::now() + limit;
        let code = loop {
            match self.child.try_wait().expect("a process of ours") {
                Some(status) => break status.code(),
                None if Instant::now() > deadline => {
                    self.kill();
                    return None;
                }
                None => sleep(Duration::from_millis(5)),
            }
        };
        let stderr = String::from_utf8_lossy(&fs::read(&self.err).unwrap_or_default()).into_owned();
        let stdout = self.said();
        Some(Ran { code, stdout, stderr })
    }

    /// How it ended, whether it said something or not. One that does not end fails the test.
    #[track_caller]
    pub fn ended(self) -> Ran {
        let ended = self.within(PATIENCE);
        ended.unwrap_or_else(|| panic!("Wine lost a program, or it waits for somebody: it did not end"))
    }

    /// The same of a program that never ends without a word.
    #[track_caller]
    pub fn finished(self) -> Ran {
        let ran = self.ended();
        assert!(!is_lost(&ran), "Wine lost a run, which ended with {:?}", ran.code);
        ran
    }
}

/// Whether nothing came of a run of a program that always says something. Only a fault ends ours without a word.
pub fn is_lost(ran: &Ran) -> bool {
    let is_silent = ran.stdout.is_empty() && ran.stderr.is_empty();
    let loader_failed = ["wineserver crashed", "Inconsistency detected by ld.so"]
        .iter()
        .any(|said| ran.stderr.contains(said));
    loader_failed || (is_silent && ran.code != Some(ENDED))
}

/// What stands for a run that was lost, with words by which CI knows it.
pub fn lost() -> Ran {
    Ran {
        code: Some(-1),
        stdout: String::new(),
        stderr: "Wine lost a run".to_owned(),
    }
}
