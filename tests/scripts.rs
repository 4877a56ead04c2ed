//! Steps in JavaScript, through the library: what a script can do, what it is refused, and how each failure tells its reason and its line.

#[path = "scripts/access.rs"]
mod access;
#[path = "scripts/declared.rs"]
mod declared;
#[path = "scripts/errors.rs"]
mod errors;
#[path = "scripts/forms.rs"]
mod forms;
#[path = "scripts/functions.rs"]
mod functions;
#[path = "scripts/limits.rs"]
mod limits;
#[path = "scripts/room.rs"]
mod room;
#[path = "scripts/sandbox.rs"]
mod sandbox;
#[path = "scripts/values.rs"]
mod values;
