//! What becomes of results that nobody reads, and of those that cannot be written.

use crate::place::{EXPERIMENT, Ended, Workplace};

const COMMANDS: [&[&str]; 3] = [&["schema"], &["data", "list"], &["plan", "experiment.yaml"]];

fn place() -> Workplace {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    place
}

/// As by `prefsweep … | true`.
#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let place = place();
    for arguments in COMMANDS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended: Ended = place.command(arguments).stdout(writer).output().unwrap().into();
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

/// As by `prefsweep … >&-`, and on a full disk, which Linux has as `/dev/full`.
#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let place = place();
    for arguments in COMMANDS {
        for (to, said) in [("&-", "it is closed"), ("/dev/full", "no space left on device")] {
            let program = place.command(arguments);
            let ended: Ended = std::process::Command::new("sh")
                .current_dir(place.path(""))
                .args(["-c", &format!("exec \"$0\" \"$@\" >{to}")])
                .arg(program.get_program())
                .args(arguments)
                .output()
                .unwrap()
                .into();
            assert_eq!(ended.code, Some(1), "{arguments:?} >{to}");
            assert_eq!(ended.stderr, format!("error: standard output: {said}\n"));
        }
    }
    // What is thrown away by wish is no error.
    let ended = place.command(&["schema"]).stdout(std::process::Stdio::null()).status().unwrap();
    assert_eq!(ended.code(), Some(0));
}

/// As by `prefsweep … 2>&1 | true`: the exit code says what the message would have.
#[test]
fn an_error_that_nobody_reads_is_no_panic() {
    let place = place();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended: Ended =
        place.command(&["plan", "missing.yaml"]).stderr(writer).output().unwrap().into();
    assert_eq!(ended.code, Some(2));
}
