//! Progress for programs: one JSON object a line. `docs/progress.md` describes the fields.

use std::time::Instant;

use serde_json::{Value, json};

use super::tally::Tally;

/// An event with the state of the sweep and fields of its own.
pub(super) fn event(name: &str, tally: &Tally, now: Instant, fields: Value) -> String {
    let running = tally.running().map(|running| {
        json!({
            "run": running.name,
            "step": running.steps.map(|steps| steps.done),
            "steps": running.steps.map(|steps| steps.of),
            "loss": running.steps.and_then(|steps| steps.loss),
            "seconds": seconds(now - running.since),
        })
    });
    let mut object = json!({
        "event": name,
        "done": tally.ended - tally.failed,
        "failed": tally.failed,
        "of": tally.of,
        "running": running.collect::<Vec<Value>>(),
        "seconds": seconds(now - tally.started),
        "seconds_left": tally.left(now).map(seconds),
    });
    if let (Value::Object(object), Value::Object(fields)) = (&mut object, fields) {
        object.extend(fields);
    }
    object.to_string()
}

/// To the tenth: more would only be noise.
pub(super) fn seconds(time: std::time::Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}
