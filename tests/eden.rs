//! Sahana Eden at full size: 540 tables and more than 10,000 program files go from May 2020 to May 2022. Shown are that schema and rows
//! come out as the application's own people made them, and that a run which is killed at any moment leaves exactly one of the two pairs.

#[path = "eden/compare.rs"]
mod compare;
#[path = "eden/site.rs"]
mod site;
mod support;

use compare::{assert_same, lines, open, rows, structure, tables};
use site::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use support::*;

type Tree = BTreeMap<String, String>;

/// Where kills are counted from: the beginning, the end of the migration, and the first rename.
const STAGES: [&str; 3] = ["bundle", "verify", "swap"];

#[test]
fn schema_and_rows_come_out_as_the_applications_own_people_made_them() {
    let bench = Bench::new();
    let payload = eden_payload(&bench);
    let updater = bench.pack(&payload, "update");
    let site = eden_site(&bench, &payload, "site");
    unzipped("eden-old.db", &site.join(DATABASE));
    let before = tree(&site);
    let broken = lines(&open(&site.join(DATABASE)), "PRAGMA foreign_key_check");
    let started = Instant::now();
    update(&updater, &site, &[]).expect(0);
    println!("the update took {:.1} s", started.elapsed().as_secs_f64());

    unzipped("eden-expected.db", &bench.path("expected.db"));
    let (found, expected) = (open(&site.join(DATABASE)), open(&bench.path("expected.db")));
    assert_eq!(tables(&found).len(), 541);
    assert_same(&structure(&found), &structure(&expected));
    let random = fs::read_to_string(fixture("random-columns.txt")).expect("random-columns.txt");
    let random: Vec<&str> = random.lines().collect();
    let arrived = rows(&found, &random);
    assert_eq!(arrived.values().map(Vec::len).sum::<usize>(), 31_659);
    assert_same(&arrived, &rows(&expected, &random));
    assert_eq!(lines(&found, "PRAGMA foreign_key_check"), broken);
    assert_eq!(ask(&site.join(DATABASE), "PRAGMA integrity_check"), "ok");

    let after = tree(&site);
    assert!(!after.keys().any(|path| path.contains("compiled") || path.ends_with(".pyc")));
    let uploads = |tree: &Tree| {
        let uploads = tree.iter().filter(|(path, _)| path.contains("/uploads"));
        uploads.map(|(path, what)| (path.clone(), what.clone())).collect::<Tree>()
    };
    assert_eq!(uploads(&after), uploads(&before));
    assert!(uploads(&after).keys().any(|path| path.ends_with(&long_name())) && long_name().len() == 181);
    let config = fs::read_to_string(fixture("site/000_config.py")).expect("settings");
    let edited = config.replace("settings.base.cdn_hosts = True", "# settings.base.cdn_hosts went with 2022.05");
    assert_eq!(fs::read_to_string(site.join(CONFIG)).expect("settings"), edited);
    for (path, what) in tree(&payload.join("code")) {
        assert_eq!(after.get(&path), Some(&what), "{path}");
    }
}

/// A product, installed, with what its two pairs look like.
struct Target {
    updater: PathBuf,
    site: PathBuf,
    old: Tree,
    new_code: Tree,
    /// How long an update goes on from the beginning of a stage.
    lasts: RefCell<BTreeMap<&'static str, Duration>>,
}

/// What can be started.
#[derive(Debug, PartialEq, Clone, Copy)]
enum Pair {
    Old,
    New,
    Nothing,
}

/// When a kill comes: at which part of what follows a stage's beginning.
#[derive(Debug, Clone, Copy)]
struct Aim {
    from: &'static str,
    part: f64,
}

/// A silent run, with its log.
struct Run {
    child: Child,
    log: PathBuf,
}

impl Run {
    /// Waits until a stage begins; `None` if the run ends before.
    fn reaches(&mut self, stage: &str) -> Option<Instant> {
        let event = format!(r#""stage":"{stage}""#);
        while !fs::read_to_string(&self.log).unwrap_or_default().contains(&event) {
            self.goes_on()?;
        }
        Some(Instant::now())
    }

    fn goes_on(&mut self) -> Option<()> {
        let ended = self.child.try_wait().expect("it can be asked");
        std::thread::sleep(Duration::from_micros(300));
        ended.is_none().then_some(())
    }
}

impl Target {
    /// Measures a whole run, looks at the new pair, and goes back to the old one.
    fn new(updater: PathBuf, site: PathBuf) -> Target {
        let mut target = Target {
            updater,
            old: tree(&site),
            site,
            new_code: Tree::new(),
            lasts: RefCell::default(),
        };
        let mut run = target.start();
        let began = STAGES.map(|stage| (stage, run.reaches(stage).expect("it comes to every stage")));
        assert!(run.child.wait().expect("it ends").success());
        target.lasts = RefCell::new(began.map(|(stage, began)| (stage, began.elapsed())).into());
        target.new_code = tree(&target.site);
        target.new_code.remove(DATABASE);
        target.back_to_old();
        target
    }

    fn start(&self) -> Run {
        let log = self.site.with_extension("log");
        let _ = fs::remove_file(&log);
        let mut command = Command::new(&self.updater);
        let command = command.arg("--app").arg(&self.site).arg("--silent").arg("--log").arg(&log);
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().expect("it starts");
        Run { child, log }
    }

    fn back_to_old(&self) {
        verb(&self.updater, "rollback", &self.site, &["--discard-newer"]).expect(0);
        assert!(tree(&self.site) == self.old, "the rollback gave something else back");
    }

    /// Kills a run. `None` if it had ended before; then it is known better how long it takes.
    fn kill(&self, aim: Aim) -> Option<()> {
        let mut run = self.start();
        let began = run.reaches(aim.from).expect("it comes to every stage");
        let delay = self.lasts.borrow()[aim.from].mul_f64(aim.part);
        while began.elapsed() < delay {
            if run.goes_on().is_none() {
                break;
            }
        }
        let _ = run.child.kill();
        match run.child.wait().expect("it ends").code() {
            None => Some(()),
            Some(code) => {
                assert_eq!(code, 0);
                self.lasts.borrow_mut().insert(aim.from, began.elapsed());
                None
            }
        }
    }

    /// What can be started, by hash. The new database is judged by its tables, since the steps make some of its values.
    fn pair(&self) -> Pair {
        let mut found = tree(&self.site);
        if !found.contains_key(ENTRY) {
            return Pair::Nothing;
        }
        if found == self.old {
            return Pair::Old;
        }
        found.retain(|path, _| path != DATABASE);
        assert!(
            found == self.new_code,
            "what can be started is neither the old pair nor the new code"
        );
        let tables = tables(&open(&self.site.join(DATABASE)));
        let has = |name: &str| tables.iter().any(|t| t == name);
        assert!(has("med_hospital") && !has("hms_hospital"), "the new code stands with the old data");
        Pair::New
    }

    /// The database is byte for byte what the run had verified, as its journal says.
    fn database_is_the_verified_one(&self) {
        let journals = fs::read_dir(self.site.join(".holdfast/history")).expect("history");
        let newest = journals
            .map(|e| e.expect("a journal").path())
            .max_by_key(|p| p.metadata().expect("metadata").modified().expect("time"));
        let text = fs::read_to_string(newest.expect("a journal")).expect("text");
        let mut records = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let armed = records.find(|line| line["record"]["phase"] == "armed").expect("armed");
        let live = hash(&fs::read(self.site.join(DATABASE)).expect("the database"));
        assert_eq!(armed["record"]["hashes"][DATABASE], live);
    }

    /// From the old pair through a kill and recovery to the old pair. `None` if the run had ended before it was killed.
    fn kill_and_recover(&self, aim: Aim) -> Option<(Pair, Pair)> {
        let killed = self.kill(aim);
        let before = self.pair();
        let code = verb(&self.updater, "recover", &self.site, &[]).code;
        assert!(matches!(code, Some(0 | 10)), "recover ended with {code:?}");
        let after = self.pair();
        assert!(
            after != Pair::Nothing && (before == after || before == Pair::Nothing),
            "{before:?} became {after:?}"
        );
        let work = self.site.join(".holdfast");
        for left_over in ["journal.jsonl", "plan.json", "new", "old"] {
            assert!(!work.join(left_over).exists(), "{left_over} is left over");
        }
        if after == Pair::New {
            self.database_is_the_verified_one();
            self.back_to_old();
        }
        killed.map(|()| (before, after))
    }
}

#[test]
fn a_run_killed_at_any_moment_leaves_exactly_one_of_the_two_pairs() {
    let bench = Bench::in_memory();
    let seed = std::env::var("HOLDFAST_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(20_220_522);
    println!("HOLDFAST_SEED={seed}");
    let payload = eden_payload(&bench);
    let (reshaped, quick) = (reshaped_payload(&bench, &payload), quick_payload(&bench, &payload));
    let pack = |payload, name| bench.pack(payload, &format!("{name}-update"));
    let mut chance = Lcg(seed);
    // Kills anywhere in the run, behind the migration, and from the swap on.
    let mut aims = |numbers: [usize; 3]| {
        let each = STAGES.into_iter().zip(numbers).flat_map(|(from, number)| [from].repeat(number));
        let mut draw = || chance.below(1000) as f64 / 1000.0;
        Mutex::new(each.map(|from| Aim { from, part: draw() }).collect::<Vec<_>>())
    };
    let products = [
        ("full", aims([2, 1, 1]), pack(&payload, "full"), &payload),
        ("reshaped", aims([9, 6, 6]), pack(&reshaped, "reshaped"), &reshaped),
        ("quick", aims([4, 6, 15]), pack(&quick, "quick"), &quick),
    ];
    let ends = Mutex::new(BTreeMap::new());
    let work = |worker: usize| {
        for (name, aims, updater, payload) in &products {
            let site = eden_site(&bench, payload, &format!("{name}-{worker}"));
            match *name {
                "quick" => database(&site.join(DATABASE), QUICK),
                _ => unzipped("eden-old.db", &site.join(DATABASE)),
            }
            let target = Target::new(updater.clone(), site);
            println!("{name}: a run takes, from a stage on, {:.2?}", target.lasts.borrow());
            let next = || aims.lock().expect("aims").pop();
            while let Some(aim) = next() {
                let (before, after) = one_kill(&target, aim);
                let end = format!("{name}: {before:?}, after recovery {after:?}");
                *ends.lock().expect("ends").entry(end).or_insert(0) += 1;
            }
        }
    };
    std::thread::scope(|scope| (0..2).for_each(|worker| drop(scope.spawn(move || work(worker)))));
    let ends = ends.into_inner().expect("ends");
    println!("{ends:#?}");
    assert_eq!(ends.values().sum::<i32>(), 50);
}

/// A run that was faster than the last one and had ended is no kill; the next one is aimed at earlier.
fn one_kill(target: &Target, aim: Aim) -> (Pair, Pair) {
    let earlier = |tried: i32| Aim {
        from: aim.from,
        part: aim.part * 0.85_f64.powi(tried),
    };
    let end = (0..20).find_map(|tried| target.kill_and_recover(earlier(tried)));
    end.unwrap_or_else(|| panic!("{aim:?}: twenty runs ended before they were killed"))
}
