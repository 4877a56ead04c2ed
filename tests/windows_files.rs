//! Files under Windows: programs that hold them, scanners that refuse a rename for a moment or for good, attributes, long and strange
//! names, names that differ by case alone, redirected databases, and a site of full size. The updater runs under Wine; what Wine does
//! not show is injected. Whatever happens, the site is exactly the old one or exactly the new one.

mod support;

#[path = "windows_files/attributes.rs"]
mod attributes;
#[path = "windows_files/comes.rs"]
mod comes;
#[path = "windows_files/full_size.rs"]
mod full_size;
#[path = "windows_files/held.rs"]
mod held;
#[path = "windows_files/names.rs"]
mod names;
#[path = "windows_files/play.rs"]
mod play;
#[path = "windows_files/refused.rs"]
mod refused;
