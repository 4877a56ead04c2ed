//! The steps by which an empty database comes to the new version.

use super::{Body, Step};
use crate::bundle::manifest::Fresh;
use crate::failure::{Failure, Reason, Result};
use crate::reshape::Mapping;

/// Chooses from all steps of a database. A reshape that begins with nothing has nothing to map.
pub fn fresh_steps(how: Fresh, mut all: Vec<Step>) -> Result<Vec<Step>> {
    if how == Fresh::Chain {
        return Ok(all);
    }
    let last = all
        .iter()
        .rposition(|step| matches!(step.body, Body::Reshape { .. }))
        .ok_or_else(|| {
            let message = "A database with fresh = \"reshape\" has no reshape among its steps. Say “chain”, or add one.";
            Failure::new(Reason::PayloadInvalid, message)
        })?;
    let mut steps = all.split_off(last);
    if let Some(Body::Reshape { mapping, .. }) = steps.first_mut().map(|step| &mut step.body) {
        **mapping = Mapping::default();
    }
    Ok(steps)
}
