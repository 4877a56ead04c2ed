//! Which update a program is to use, and whether it may. What lies behind or inside the program is its own; a file beside it, or one that was
//! named, could be anybody's, and must be signed by a key that the program pins.

use crate::bundle::Bundle;
use crate::bundle::container::{self, Place};
use crate::failure::{Failure, Reason, Result};
use crate::trust::Pins;
use std::path::Path;

/// The update of a program that carries none itself: for what is too large for a program, and for sticks with several.
const BESIDE: &str = "update.hfb";

/// Where an update may be.
pub struct Sources<'a> {
    /// The file that was named.
    pub named: Option<&'a Path>,
    /// The program that runs.
    pub program: &'a Path,
    /// The program as the person knows it.
    pub origin: &'a Path,
    /// The bundle that was built in, or nothing.
    pub embedded: &'static [u8],
}

impl Sources<'_> {
    /// The one that was named, else the one behind the program, else the one beside it, else the one inside it. Nothing of it but its
    /// footer is read before it is known whose it is.
    pub fn open(&self) -> Result<Bundle> {
        let pins = Pins::own()?;
        let place = self.find(&pins)?;
        pins.accept(&place)?;
        Bundle::open(place)
    }

    fn find(&self, pins: &Pins) -> Result<Place> {
        if let Some(file) = self.named {
            return foreign(file, pins);
        }
        if let Some(place) = container::find(self.program)? {
            return Ok(place);
        }
        let beside = self.origin.with_file_name(BESIDE);
        if beside.is_file() {
            return foreign(&beside, pins);
        }
        container::embedded(self.embedded)?.ok_or_else(|| missing("This program"))
    }
}

/// An update in a file that is not the program's own.
fn foreign(file: &Path, pins: &Pins) -> Result<Place> {
    let place = container::find(file)?.ok_or_else(|| missing(&format!("“{}”", file.display())))?;
    pins.demand(&place)?;
    Ok(place)
}

fn missing(what: &str) -> Failure {
    let message = format!(
        "{what} carries no update. Use the file that was delivered to you, lay “{BESIDE}” beside this program, or name one with --bundle."
    );
    Failure::new(Reason::BundleMissing, message)
}
