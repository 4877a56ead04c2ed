//! Two real revisions of Sahana Eden, and nothing else: every rename and split of tables that hold rows is found, and nothing that is wrong.

use crate::sides::{between_files, matches, open, said, told};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

fn database(name: &str, folder: &Path) -> PathBuf {
    let zip = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/fixtures/eden/{name}.db.zip"));
    let mut zip = zip::ZipArchive::new(std::fs::File::open(zip).expect("zip")).expect("zip");
    let mut bytes = Vec::new();
    zip.by_index(0).expect("one file").read_to_end(&mut bytes).expect("bytes");
    let path = folder.join(format!("{name}.db"));
    std::fs::write(&path, bytes).expect("database");
    path
}

/// What really happened, read in the project's history, to tables that hold rows.
const MUST: &[&str] = &[
    "hms_hospital → med_hospital",
    "req_req → inv_req",
    "req_req_item → inv_req_item",
    "pr_person.initials moved to pr_person_details.initials by person_id = old.\"id\"",
    "pr_person.preferred_name moved to pr_person_details.preferred_name by person_id = old.\"id\"",
    "pr_person.local_name moved to pr_person_details.local_name by person_id = old.\"id\"",
    "pr_person.missing moved to pr_person_details.missing by person_id = old.\"id\"",
    "cr_shelter.capacity_day moved to cr_shelter_details.capacity_day by site_id = old.\"site_id\"",
    "cr_shelter.capacity_night moved to cr_shelter_details.capacity_night by site_id = old.\"site_id\"",
    "cr_shelter.available_capacity_day moved to cr_shelter_details.available_capacity_day by site_id = old.\"site_id\"",
    "cr_shelter.available_capacity_night moved to cr_shelter_details.available_capacity_night by site_id = old.\"site_id\"",
    "cr_shelter.population moved to cr_shelter_details.population by site_id = old.\"site_id\"",
    "cr_shelter.population_day moved to cr_shelter_details.population_day by site_id = old.\"site_id\"",
    "cr_shelter.population_night moved to cr_shelter_details.population_night by site_id = old.\"site_id\"",
    "cr_shelter.status moved to cr_shelter_details.status by site_id = old.\"site_id\"",
    "cr_shelter_unit.shelter_id rekeyed to cr_shelter_unit.site_id through cr_shelter(id, site_id)",
    "supply_item.brand_id flattened to supply_item.brand from supply_brand.name",
    "org_organisation.region_id linked in org_organisation_region(organisation_id, region_id)",
    "values of pr_pentity.instance_type: hms_hospital → med_hospital",
    "values of doc_entity.instance_type: hms_hospital → med_hospital, req_req → inv_req",
    "values of org_site.instance_type: hms_hospital → med_hospital",
    "values of auth_group.uuid: HMS_ADMIN → MED_ADMIN",
    "gis_location.L0 → gis_location.l0",
    "gis_location.L1 → gis_location.l1",
    "gis_location.L2 → gis_location.l2",
    "gis_location.L3 → gis_location.l3",
    "gis_location.L4 → gis_location.l4",
    "gis_location.L5 → gis_location.l5",
    "gis_hierarchy.L1 → gis_hierarchy.l1",
    "gis_hierarchy.L2 → gis_hierarchy.l2",
    "gis_hierarchy.L3 → gis_hierarchy.l3",
    "gis_hierarchy.L4 → gis_hierarchy.l4",
    "gis_hierarchy.L5 → gis_hierarchy.l5",
    "gis_hierarchy.edit_L1 → gis_hierarchy.edit_l1",
    "gis_hierarchy.edit_L2 → gis_hierarchy.edit_l2",
    "gis_hierarchy.edit_L3 → gis_hierarchy.edit_l3",
    "gis_hierarchy.edit_L4 → gis_hierarchy.edit_l4",
    "gis_hierarchy.edit_L5 → gis_hierarchy.edit_l5",
    "gis_projection.maxExtent → gis_projection.maxextent",
];

/// What happened to tables without rows; found as well, or asked.
const MAY: &[&str] = &[
    "hms_activity → med_hospital_activity",
    "hms_bed_capacity → med_bed_capacity",
    "hms_ctc → med_ctc",
    "hms_resources → med_hospital_resources",
    "hms_services → med_hospital_services",
    "hms_status → med_hospital_status",
    "req_commit → inv_commit",
    "req_commit_item → inv_commit_item",
    "req_job → inv_req_job",
    "req_req_tag → inv_req_tag",
    "req_req_item_category → inv_req_item_category",
    "org_room → org_site_layout",
    // The same three columns that no other table has, under another module's name.
    "hrm_event_target → dc_target_event",
    "asset_log.datetime → asset_log.date",
    "asset_log.datetime_until → asset_log.date_until",
    "asset_log.room_id → asset_log.layout_id",
    "gis_layer_wfs.featureType → gis_layer_wfs.featuretype",
    "gis_layer_wfs.featureNS → gis_layer_wfs.featurens",
    "gis_layer_wfs.geometryName → gis_layer_wfs.geometryname",
    "project_drrpp.L1 → project_drrpp.l1",
    "cr_shelter_allocation.shelter_id rekeyed to cr_shelter_allocation.site_id through cr_shelter(id, site_id)",
    "cr_shelter_registration.shelter_id rekeyed to cr_shelter_registration.site_id through cr_shelter(id, site_id)",
    "cr_shelter_registration_history.shelter_id rekeyed to cr_shelter_registration_history.site_id through cr_shelter(id, site_id)",
    "cr_shelter.shelter_service_id linked in cr_shelter_service_shelter(site_id, service_id)",
    // Controllers of the module are called so, too; the new database has no `hms` any more.
    "values of s3_permission.controller: hms → med",
    "values of gis_layer_feature.controller: hms → med",
];

#[test]
fn eden_is_understood_from_its_two_databases() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (database("eden-old", folder.path()), database("eden-new", folder.path()));
    let inference = between_files(&old, &new);
    let found: BTreeSet<String> = matches(&inference).into_iter().collect();
    let missed: Vec<&&str> = MUST.iter().filter(|m| !found.contains(**m)).collect();
    let wrong: Vec<&String> = found
        .iter()
        .filter(|f| !MUST.contains(&f.as_str()) && !MAY.contains(&f.as_str()))
        .collect();
    let questions = open(&inference);
    println!(
        "Eden: {} found, {} missed, {} wrong, {} asked",
        found.len(),
        missed.len(),
        wrong.len(),
        questions.len()
    );
    assert!(
        missed.is_empty() && wrong.is_empty(),
        "missed {missed:#?}, wrong {wrong:#?}\n{}",
        told(&inference)
    );
    // What holds data and has no place is asked, with how much hangs on it.
    for (wanted, rows) in [("supply_brand?", 3), ("pr_person.opt_in?", 1188), ("req_req.type?", 25)] {
        let question = inference.open.iter().find(|o| crate::sides::origin(&o.origin) == wanted);
        assert_eq!(question.and_then(|o| o.rows), Some(rows), "{wanted}");
    }
    // Nothing is passed over: what happened to tables without rows is a question or among the candidates if it is not found.
    for other in MAY.iter().filter(|m| !found.contains(**m)) {
        let from = other.split(' ').next().unwrap_or_default();
        assert!(questions.contains(&format!("{from}?")), "{other} is neither found nor asked");
    }
    let certain = inference
        .open
        .iter()
        .flat_map(|o| &o.candidates)
        .filter(|c| c.score >= holdfast::infer::THRESHOLD);
    assert_eq!(certain.map(|c| said(&c.shape)).collect::<Vec<_>>(), Vec::<String>::new());
}
