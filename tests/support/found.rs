//! Folders to begin from: as they were found, and fresh copies.

use super::matrix::Player;
use super::*;

/// A folder as it was found. A journal may hold absolute paths, so every history is played in the same place.
pub struct Found {
    folder: PathBuf,
    saved: PathBuf,
}

impl Found {
    /// Keeps it.
    pub fn keep(folder: &Path) -> Found {
        let name = folder.file_name().expect("a name").to_string_lossy();
        let saved = folder.with_file_name(format!("saved-{name}"));
        let _ = fs::remove_dir_all(&saved);
        fs::rename(folder, &saved).expect("saved");
        Found {
            folder: folder.to_owned(),
            saved,
        }
    }

    /// Makes it so again.
    pub fn again(&self) {
        let _ = fs::remove_dir_all(&self.folder);
        copy_tree(&self.saved, &self.folder);
    }

    /// Is done with it.
    pub fn remove(self) {
        fs::remove_dir_all(&self.folder)
            .and_then(|()| fs::remove_dir_all(&self.saved))
            .expect("removed");
    }
}

/// A fresh copy of a folder, where its player has one of that name.
pub fn copy_of(player: &dyn Player, master: &Path, name: &str) -> PathBuf {
    let to = player.place(name);
    let _ = fs::remove_dir_all(&to);
    copy_tree(master, &to);
    to
}
