//! `prefsweep data`: what it says, and that no test of it leaves this machine.

use std::process::Command;

use crate::place::{Ended, Workplace, slashed};
use crate::server::{Server, answer, whole};

/// Ratings of Amazon: six users with the same six items each.
fn ratings() -> String {
    (0..36).map(|row| format!("u{},i{},5.0,{}\n", row / 6, row % 6, 100 + row)).collect()
}

/// A command all of whose requests go to `proxy`, in whatever way a proxy may be named.
fn command(place: &Workplace, proxy: &Server, arguments: &[&str]) -> Command {
    let mut command = place.command(&[&["data"], arguments].concat());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(name, proxy.address("")).env(name.to_lowercase(), proxy.address(""));
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    command
}

fn run(place: &Workplace, proxy: &Server, arguments: &[&str]) -> Ended {
    command(place, proxy, arguments).output().unwrap().into()
}

/// What a command says, without what differs from run to run.
fn transcript(place: &Workplace, arguments: &[&str], ended: &Ended) -> String {
    // A folder for temporary files may be a link, as on macOS; Windows writes what it has followed in another way.
    let folder = place.path("");
    let folder = if cfg!(windows) { folder } else { folder.canonicalize().unwrap() };
    let folder = slashed(folder.display().to_string());
    format!(
        "$ prefsweep data {}\n{}{}exit code {:?}\n",
        arguments.join(" "),
        ended.stdout,
        ended.stderr,
        ended.code
    )
    .replace(folder.trim_end_matches(['/', '\\']), "FOLDER")
}

#[test]
fn the_way_of_a_dataset() {
    let place = Workplace::new();
    let proxy = Server::new(|_, request| {
        // A proxy is asked for tunnels.
        match request.line.as_str() {
            "CONNECT mirror.invalid:80 HTTP/1.1" => b"HTTP/1.1 200 OK\r\n\r\n".to_vec(),
            "GET /files/ratings_Beauty.csv HTTP/1.1" => whole(ratings().as_bytes()),
            _ => answer("403 Forbidden", "Content-Length: 0", b""),
        }
    });
    let mut text = String::new();
    for arguments in [
        vec!["list"],
        vec!["describe", "amazon-beauty"],
        vec!["fetch", "amazon-beauty", "--mirror", "http://mirror.invalid/files/"],
        vec!["fetch", "amazon-beauty"],
        vec!["verify", "amazon-beauty"],
        vec!["prepare", "amazon-beauty"],
        vec!["list"],
        vec!["fetch", "synthetic"],
        vec!["verify", "synthetic"],
    ] {
        text.push_str(&transcript(&place, &arguments, &run(&place, &proxy, &arguments)));
        text.push('\n');
    }
    insta::assert_snapshot!(text);
    assert_eq!(
        proxy.requests().len(),
        2,
        "only the fetch needs a network: a tunnel, and the file in it"
    );
}

#[test]
fn preparing_twice_finds_what_is_there() {
    let place = Workplace::new();
    let prepare = || place.run(&["data", "prepare", "synthetic"]).stdout;
    let (first, second) = (prepare(), prepare());
    assert!(first.contains("\nprepared: results/store/datasets/"), "{first}");
    assert!(second.contains("\nwas prepared before: results/store/datasets/"), "{second}");
    let entries = std::fs::read_dir(place.path("results/store/datasets")).unwrap();
    assert_eq!(entries.count(), 1);
}

#[test]
fn failures_say_what_to_do() {
    let place = Workplace::new();
    let proxy = Server::new(|_, _| answer("403 Forbidden", "Content-Length: 0", b""));
    let mut text = String::new();
    for arguments in [
        vec!["fetch", "ml-10k"],
        vec!["fetch", "file"],
        vec!["prepare", "file"],
        vec!["prepare", "steam"],
        vec!["verify", "steam"],
        vec!["fetch", "ml-100k", "--mirror", "http://mirror.invalid/ml-100k.zip"],
    ] {
        let ended = run(&place, &proxy, &arguments);
        let network = arguments.contains(&"ml-100k");
        assert_eq!(ended.code, Some(if network { 1 } else { 2 }), "{}", ended.stderr);
        text.push_str(&transcript(&place, &arguments, &ended));
        text.push('\n');
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_changed_file_fails_the_verification() {
    let place = Workplace::new();
    let file = place.path("data/amazon-beauty/ratings_Beauty.csv");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, ratings()).unwrap();
    let verify = |more: &[&str]| place.run(&[&["data", "verify", "amazon-beauty"], more].concat());
    assert!(verify(&[]).stdout.contains("unknown  amazon-beauty/ratings_Beauty.csv"));
    assert_eq!(verify(&["--record"]).code, Some(0));
    assert!(verify(&[]).stdout.contains("ok       amazon-beauty/ratings_Beauty.csv"));
    std::fs::write(&file, ratings().replace("u0", "u9")).unwrap();
    let ended = verify(&[]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains("differs  amazon-beauty/ratings_Beauty.csv"), "{}", ended.stdout);
}

#[test]
fn a_description_for_programs() {
    let place = Workplace::new();
    let described = |name: &str| -> serde_json::Value {
        let ended = place.run(&["data", "describe", name, "--json"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        serde_json::from_str(&ended.stdout).unwrap()
    };
    let synthetic = described("synthetic");
    let statistics = &synthetic["description"]["statistics"];
    assert_eq!(statistics["users"], 800);
    assert_eq!(synthetic["fingerprint"], synthetic["page"]["generated"]["fingerprint"]);
    for (bins, count) in [("lengths", "users"), ("popularity", "items")] {
        let bins = synthetic["description"][bins].as_array().unwrap();
        let sum: u64 = bins.iter().map(|bin| bin["count"].as_u64().unwrap()).sum();
        assert_eq!(sum, statistics[count].as_u64().unwrap());
    }
    let absent = described("ml-1m");
    assert!(absent["description"].is_null());
    assert_eq!(absent["page"]["publisher"], "GroupLens");
}

#[test]
fn a_description_says_what_was_left_out() {
    let place = Workplace::new();
    let file = place.path("data/amazon-beauty/ratings_Beauty.csv");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let rows: String = (0..6).map(|more| ratings().replace(",i", &format!(",i{more}"))).collect();
    std::fs::write(&file, format!("{rows}u0,i0,5.0,noon\n")).unwrap();
    let text = place.run(&["data", "describe", "amazon-beauty"]).stdout;
    let said = "1 of 217 rows left out: line 217 \"u0,i0,5.0,noon\": ";
    assert!(text.contains(&format!("\nmalformed    {said}")), "{text}");
    let json = place.run(&["data", "describe", "amazon-beauty", "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["left_out"]["rows"], 1, "{json}");
}

/// A killed download leaves what it has, and the next one goes on from there. Windows has no command that sends Ctrl-C.
#[cfg(unix)]
#[test]
fn an_interrupted_download_goes_on() {
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use crate::server::honest;

    let place = Workplace::new();
    let (content, open) = (ratings(), Arc::new(AtomicBool::new(false)));
    let opened = Arc::clone(&open);
    let server = Server::new(move |number, request| {
        if number == 0 {
            let mut bytes = honest(request, content.as_bytes(), "\"1\"");
            bytes.truncate(bytes.len() - (content.len() - 100));
            return bytes;
        }
        // So that the first download does not end before it is stopped.
        if !opened.load(Ordering::SeqCst) {
            return answer("503 Service Unavailable", "Content-Length: 0", b"");
        }
        honest(request, content.as_bytes(), "\"1\"")
    });
    let mirror = server.address("ratings_Beauty.csv");
    let part = place.path("data/amazon-beauty/ratings_Beauty.csv.part");
    let arguments = ["data", "fetch", "amazon-beauty", "--mirror", &mirror];
    let mut child = place.command(&arguments).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let complete = |path: &Path| std::fs::metadata(path).is_ok_and(|data| data.len() >= 100);
    for _ in 0..500 {
        if complete(&part) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(complete(&part));
    open.store(true, Ordering::SeqCst);
    let list = place.run(&["data", "list"]).stdout;
    assert!(list.contains("partly fetched"), "{list}");
    let ended = place.run(&arguments);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("resuming after 100 bytes"), "{}", ended.stderr);
    let fetched = std::fs::read_to_string(place.path("data/amazon-beauty/ratings_Beauty.csv"));
    assert_eq!(fetched.unwrap(), ratings());
    assert!(!part.exists());
}

#[test]
fn an_unchanged_file_is_not_read_again() {
    let place = Workplace::new();
    let file = place.path("data/amazon-beauty/ratings_Beauty.csv");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, ratings()).unwrap();
    let prepare = || place.run(&["data", "prepare", "amazon-beauty"]).stdout;
    let (first, second) = (prepare(), prepare());
    assert!(first.contains("\nprepared: "), "{first}");
    assert!(second.contains("from the same content, not read again"), "{second}");
    let counts = |text: &str| text.lines().take(4).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(counts(&first), counts(&second));
    std::fs::write(&file, ratings().replace("u0", "u9")).unwrap();
    assert!(!prepare().contains("not read again"));
}

#[test]
fn a_description_with_pictures() {
    let place = Workplace::new();
    let ended = place.run(&["data", "describe", "synthetic", "--plots", "pictures"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for name in ["lengths.svg", "lengths.png", "popularity.svg", "popularity.png"] {
        assert!(place.path("pictures").join(name).metadata().unwrap().len() > 1000, "{name}");
    }
    let ended = place.run(&["data", "describe", "ml-1m", "--plots", "pictures"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
}

/// The results of a split by shares hold together: ranks, metrics, index.
#[test]
fn a_split_by_shares_runs_and_verifies() {
    let place = Workplace::new();
    place.file(
        "shares.yaml",
        "
title: shares
dataset:
  name: synthetic
  synthetic: {users: 40, items: 80, min_length: 6, max_length: 14}
  split: {ratio: [8, 1, 1], by: interactions}
model: {dim: 8, blocks: 1, heads: 1, feed_forward: 8, max_len: 10}
reference: {epochs: 1}
preference: {steps: 2}
sweep: {losses: [dmpo], negatives: [2], seeds: [1]}
evaluation: {every: 1}
",
    );
    let ended = place.run(&["run", "shares.yaml", "-q"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let index = std::fs::read_to_string(place.path("results/shares/index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    // Users with fewer than ten interactions are not evaluated.
    let evaluated = index["dataset"]["evaluated"]["test"].as_u64().unwrap();
    assert!(evaluated > 0 && evaluated < 40, "{evaluated}");
    let ended = place.run(&["verify", "shares.yaml"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
}
