//! Data loads: rows from files into tables, and a table's rows written out and loaded again.

#[path = "data_loads/carried.rs"]
mod carried;
#[path = "data_loads/desk.rs"]
mod desk;
#[path = "data_loads/endless.rs"]
mod endless;
#[path = "data_loads/files.rs"]
mod files;
#[path = "data_loads/large.rs"]
mod large;
#[path = "data_loads/plans.rs"]
mod plans;
#[path = "data_loads/references.rs"]
mod references;
#[path = "data_loads/round_trip.rs"]
mod round_trip;
#[path = "data_loads/rows.rs"]
mod rows;
#[path = "data_loads/values.rs"]
mod values;
