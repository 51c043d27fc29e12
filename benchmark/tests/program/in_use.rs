//! Who may use a store at the same time, and what becomes of the place of a user who was killed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use crate::place::Workplace;
use crate::store::{run, two_experiments};

/// A file of a place among the drafts that says whose it is.
const OWNER: &str = "owner.json";

/// A worker process that waits for jobs: somebody who uses the store.
fn user(place: &Workplace) -> Child {
    let devices = "{\"backend\":\"flex\",\"adapter\":null}";
    let fixed =
        ["worker", "--store", "results/store", "--threads", "1", "--checkpoint-every", "10"];
    let arguments = [&fixed[..], &["--place", devices]].concat();
    let mut child = place
        .command(&arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = std::time::Instant::now();
    while owners(&place.path("results/store/drafts")) == 0 {
        if let Some(status) = child.try_wait().unwrap() {
            let said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
            panic!("the worker ended with {status}: {:?}", said.collect::<Vec<_>>());
        }
        assert!(started.elapsed().as_secs() < 60, "the worker took no place");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child
}

fn owners(drafts: &Path) -> usize {
    let Ok(entries) = fs::read_dir(drafts) else { return 0 };
    entries.flatten().filter(|entry| entry.path().join(OWNER).is_file()).count()
}

/// Two processes of one store: the second waits for the first, unless that is dead, whatever age anything has.
#[test]
fn a_store_in_use_is_neither_cleared_nor_moved_until_its_user_is_dead() {
    let place = two_experiments();
    fs::remove_dir_all(place.path("results/two")).unwrap();
    let mut user = user(&place);
    for arguments in [&["store", "gc", "--yes"][..], &["store", "move", "new"]] {
        let refused = place.run(arguments);
        assert_eq!(refused.code, Some(2), "{}", refused.stdout);
        let said = format!("process {} on ", user.id());
        assert!(refused.stderr.contains(&said), "{}", refused.stderr);
        assert!(refused.stderr.contains("wait for its end"), "{}", refused.stderr);
    }
    assert!(place.run(&["store", "list"]).stdout.contains("in use: process "));
    // Others may use it meanwhile, and leave its drafts alone, however old they look.
    let drafts = place.path("results/store/drafts");
    let owned = fs::read_dir(&drafts).unwrap().next().unwrap().unwrap().path();
    fs::create_dir(owned.join("draft")).unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(400_000);
    fs::File::open(owned.join(OWNER)).unwrap().set_modified(long_ago).unwrap();
    run(&place, &["one.yaml"]);
    assert!(owned.join("draft").is_dir());
    // SIGKILL: nothing is put in order.
    user.kill().unwrap();
    user.wait().unwrap();
    assert!(owned.is_dir());
    let gone = place.run(&["store", "gc", "--yes"]);
    assert_eq!(gone.code, Some(0), "{}", gone.stderr);
    assert!(gone.stdout.contains("its owner is gone"), "{}", gone.stdout);
    assert_eq!(fs::read_dir(&drafts).unwrap().count(), 0);
}
