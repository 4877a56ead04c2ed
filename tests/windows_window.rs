//! The updater's window, as a person sees and uses it: the executable that ships runs under Wine on a screen that nobody looks at, keys
//! are pressed, and what stands on each page is read as a program for the blind reads it. A picture of every page is left in
//! `target/windows/pictures/`. Whatever the window says, this system's own view of the files decides what is true.

#[path = "support/desk.rs"]
mod desk;
mod support;

#[path = "windows_window/room.rs"]
mod room;
#[path = "windows_window/sites.rs"]
mod sites;
#[path = "windows_window/swap.rs"]
mod swap;
#[path = "windows_window/tongues.rs"]
mod tongues;
#[path = "windows_window/trouble.rs"]
mod trouble;
#[path = "windows_window/usual.rs"]
mod usual;
