//! What became of what: found where names, structure and data say so, asked where they do not, and never wrong with a score above the
//! threshold. There is no command of its own; `diff` and `draft` stand on it.

#[path = "inference/cases.rs"]
mod cases;
#[path = "inference/eden.rs"]
mod eden;
#[path = "inference/properties.rs"]
mod properties;
#[path = "support/cases.rs"]
mod schema_cases;
#[path = "inference/settled.rs"]
mod settled;
#[path = "inference/shapes.rs"]
mod shapes;
#[path = "inference/sides.rs"]
mod sides;
#[path = "inference/vaultwarden.rs"]
mod vaultwarden;
