//! Where tables went, in rounds: each knows more of what others refer to, and of how names changed.

use super::compete::{Judged, judge};
use super::data::Data;
use super::findings::{Shape, THRESHOLD};
use super::merges::{self, Merge};
use super::names;
use super::settled::Settlement;
use super::tables::{self as candidates, Pool, Weights, referrers};
use super::world::{Places, World};
use std::collections::BTreeMap;

/// How often tables are looked at anew with what is known of the others.
const ROUNDS: usize = 5;

/// What is known of the tables.
pub struct Tables {
    /// Where they went.
    pub places: Places,
    /// Every possible rename with its score.
    pub judged: Vec<Judged>,
    /// Every possible merge.
    pub merges: Vec<Merge>,
}

/// Where tables went. Each round knows more of what others refer to.
pub fn tables<'a>(world: &World<'a>, data: &Data<'a>, settled: &Settlement) -> Tables {
    let weights = Weights::of(world);
    let is_settled = |name: &str, is_old: bool| settled.has_table(name, is_old);
    let pool = Pool::new(world, &weights, &Places::default(), &is_settled);
    let mut fixed = settled.places.clone();
    for table in &world.old.tables {
        let is_open = pool.old.iter().any(|t| t.name == table.name) || settled.has_table(&table.name, true);
        if let (false, Some(new)) = (is_open, world.new.table(&table.name)) {
            fixed.insert(&table.name, &new.name);
        }
    }
    let (old_referrers, new_referrers) = (referrers(world.old), referrers(world.new));
    let (mut places, mut judged) = (fixed.clone(), Vec::new());
    for _ in 0..ROUNDS {
        let mut replaced: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for (old, new) in places.pairs(world) {
            if let Some(change) = names::replaced(&old.name, &new.name) {
                replaced.entry(change).or_default().push(old.name.clone());
            }
        }
        let looking = candidates::Looking {
            places: &places,
            weights: &weights,
            data,
            old_referrers: &old_referrers,
            new_referrers: &new_referrers,
            replaced: &replaced,
        };
        let mut possible = looking.possible(&pool);
        possible.retain(|p| !settled.apart.contains(&(p.from.clone(), p.to.clone())));
        judged = judge(possible);
        let mut next = fixed.clone();
        for one in judged.iter().filter(|j| j.score >= THRESHOLD) {
            if let Shape::TableRenamed { from, to } = &one.possible.shape {
                next.insert(from, to);
            }
        }
        if next == places {
            break;
        }
        places = next;
    }
    let looking = merges::Looking {
        world,
        places: &places,
        weights: &weights,
        data,
        apart: &settled.apart,
    };
    let merges = looking.possible(&pool, &judged);
    for merge in merges.iter().filter(|m| m.found.score >= THRESHOLD) {
        if let Shape::TableMerged { from, to } = &merge.found.shape
            && places.of(from).is_none()
        {
            places.insert(from, to);
        }
    }
    Tables { places, judged, merges }
}
