//! File systems of a test's own, small enough to be full. A test that mounts runs once more in a mount namespace of its own: whatever it
//! mounts, and each loop device below it, is gone with its processes, however they end. Nothing is ever mounted for the rest of the machine.

use super::*;
use rustix::fs::{FallocateFlags, fallocate, statvfs};

/// Set where the test runs in its own namespace; its value is the test's name.
const ALONE: &str = "HOLDFAST_TEST_ALONE";
/// What all file systems here allocate at least, in bytes.
pub const BLOCK: u64 = 4096;

/// Runs the body of a test where it may mount, with the name by which the test is known. Where nothing may be mounted it says that nothing
/// was tried, and why.
pub fn alone(test: &str, body: impl FnOnce()) {
    if std::env::var(ALONE).is_ok_and(|name| name == test) {
        return body();
    }
    if let Some(why) = forbidden() {
        println!("{test}: 0 tried, because {why}; 0 wrong");
        return;
    }
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--propagation", "private"]);
    let program = std::env::current_exe().expect("this test");
    unshare.arg(program).args(["--exact", test, "--nocapture", "--test-threads=2"]);
    let ran = run(unshare.env(ALONE, test));
    for line in ran.stdout.lines().filter(|line| line.contains(" wrong")) {
        println!("{line}");
    }
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("1 passed"), "there is no test “{test}”: {}", ran.stdout);
}

/// Why nothing may be mounted here, if so.
fn forbidden() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("only root may mount".to_owned());
    }
    let mut attempt = Command::new("unshare");
    attempt.args(["--mount", "--propagation", "private", "mount", "-t", "tmpfs", "tmpfs", "/tmp"]);
    let ran = run(&mut attempt);
    (ran.code != Some(0)).then(|| format!("nothing may be mounted: {}", ran.stderr.trim()))
}

/// Why a kind of file system cannot be tried here, if it cannot.
pub fn lacking(kind: &str) -> Option<String> {
    let known = fs::read_to_string("/proc/filesystems").unwrap_or_default();
    if !known.split_whitespace().any(|word| word == kind) {
        return Some(format!("this kernel has no {kind}"));
    }
    if kind == "tmpfs" {
        return None;
    }
    let tool = format!("mkfs.{kind}");
    match Command::new(&tool).arg("-V").output() {
        Ok(_) if !Path::new("/dev/loop-control").exists() => Some("there are no loop devices".to_owned()),
        Ok(_) => None,
        Err(e) => Some(format!("{tool}: {e}")),
    }
}

/// Runs a tool, and fails with what it says.
pub fn tool(program: &str, words: &[&str]) -> Result<(), String> {
    let ran = run(Command::new(program).args(words));
    match ran.code {
        Some(0) => Ok(()),
        _ => Err(format!("{program} {}: {}{}", words.join(" "), ran.stdout, ran.stderr)),
    }
}

/// A file system in its place, until it is dropped.
pub struct Mounted {
    at: PathBuf,
}

impl Mounted {
    /// One in memory, with so many bytes.
    pub fn in_memory(at: &Path, bytes: u64) -> Mounted {
        fs::create_dir_all(at).expect("a folder");
        let size = format!("size={bytes}");
        tool("mount", &["-t", "tmpfs", "-o", &size, "tmpfs", text(at)]).expect("a file system in memory");
        Mounted { at: at.to_owned() }
    }

    /// The one in an image, by a loop device that goes with it.
    pub fn image(kind: &str, image: &Path, at: &Path, options: &str) -> Result<Mounted, String> {
        fs::create_dir_all(at).expect("a folder");
        let options = format!("loop{options}");
        tool("mount", &["-t", kind, "-o", &options, text(image), text(at)])?;
        Ok(Mounted { at: at.to_owned() })
    }

    /// Takes it away, with all that was written to it on its disk.
    pub fn unmount(self) -> Result<(), String> {
        tool("umount", &[text(&self.at)])?;
        std::mem::forget(self);
        Ok(())
    }

    pub fn free_bytes(&self) -> u64 {
        let space = statvfs(&self.at).expect("a file system");
        space.f_bavail * space.f_frsize
    }

    /// Takes the space away, but for so many bytes, until the result is dropped. Where the file system keeps blocks to itself, or rounds,
    /// a little less may be left.
    pub fn fill_but(&self, bytes: u64) -> Filler {
        let path = self.at.join("filler");
        let file = fs::File::create(&path).expect("a file");
        let (mut length, mut piece) = (0, u64::MAX);
        while piece >= BLOCK {
            let excess = self.free_bytes().saturating_sub(bytes);
            piece = piece.min(excess) / BLOCK * BLOCK;
            if piece == 0 {
                break;
            }
            match fallocate(&file, FallocateFlags::empty(), length, piece) {
                Ok(()) => length += piece,
                Err(rustix::io::Errno::NOSPC) => piece /= 2,
                Err(e) => panic!("{}: {e}", path.display()),
            }
        }
        Filler { path }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // A test that failed may leave something open; the namespace takes the rest away.
        let _ = tool("umount", &["--lazy", text(&self.at)]);
    }
}

/// A file that takes up space, until it is dropped.
pub struct Filler {
    path: PathBuf,
}

impl Drop for Filler {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// A path of a test, which is always text.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("Unicode")
}
