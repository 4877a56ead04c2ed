//! `holdfast export` and `holdfast import`: a database's rows as a zip in the payload's layout, and into a database again. What comes back is
//! what was there, value by value and type by type; what fails leaves the database byte for byte as it was.

#[path = "export_import/desk.rs"]
mod desk;
#[path = "export_import/exported.rs"]
mod exported;
#[path = "export_import/imported.rs"]
mod imported;
#[path = "export_import/refused.rs"]
mod refused;
#[path = "export_import/round_trips.rs"]
mod round_trips;
mod support;
