//! TensorBoard's event files: records framed as in TensorFlow's `record_writer.h`, each an `Event`
//! message of `event.proto` in the protocol-buffer wire format.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use prefsweep_store::{
    CellKey, Index, METRICS_FILE, PROVENANCE_FILE, Provenance, RunKey, TRAJECTORY_COLUMNS,
    axis_values,
};

use super::run::Run;
use crate::error::ReportError;
use crate::files::read_json;
use crate::tables::{metrics_of_file, read_trajectory};

/// Writes one folder per cell, with the training quantities and the test and validation metrics of
/// every evaluation.
pub(super) fn write(index: &Index, runs: &[Run], dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let mut files = Vec::new();
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for run in runs {
        let Some(RunKey::Cell(key)) = &run.key else {
            continue;
        };
        let mut name = folder_name(key);
        // Losses that were trained elsewhere may differ in what no folder can be called alone.
        let so_far = taken.entry(name.clone()).or_default();
        *so_far += 1;
        if *so_far > 1 {
            name += &format!("_{so_far}");
        }
        let folder = dir.join(name);
        fs::create_dir_all(&folder).map_err(ReportError::write(&folder))?;
        let provenance = run.dir.join(PROVENANCE_FILE);
        // The same results give the same file: the time is that of the training.
        let started = match provenance.is_file() {
            true => read_json::<Provenance>(&provenance)?.started_unix,
            false => 0,
        };
        let file = folder.join(format!("events.out.tfevents.{started:010}.prefsweep"));
        fs::write(&file, events(index, run, started as f64)?).map_err(ReportError::write(&file))?;
        files.push(file);
    }
    Ok(files)
}

/// What no folder may be called on one system or another.
const FORBIDDEN: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

/// `dmpo,beta=0.5,K=3,seed=2`, without what a folder cannot be called.
fn folder_name(key: &CellKey) -> String {
    let numbers = [format!("K={}", key.negatives), format!("seed={}", key.seed)];
    let parts = std::iter::once(key.loss.to_string()).chain(axis_values(&key.axes)).chain(numbers);
    parts.collect::<Vec<_>>().join(",").replace(FORBIDDEN, "_")
}

fn events(index: &Index, run: &Run, time: f64) -> Result<Vec<u8>, ReportError> {
    let mut bytes = record(&version(time));
    let trajectory = read_trajectory(&run.dir)?;
    let step = trajectory.column("step").and_then(|column| column.u32()).map(|c| c.to_vec());
    for (row, step) in step.into_iter().flatten().enumerate() {
        for name in TRAJECTORY_COLUMNS.into_iter().filter(|name| *name != "step") {
            let column = trajectory.column(name).and_then(|column| column.f64());
            if let (Some(step), Some(value)) =
                (step, column.ok().and_then(|column| column.get(row)))
            {
                bytes.extend(record(&scalar(time, step, &format!("training/{name}"), value)));
            }
        }
    }
    for ((step, measure), value) in metrics_of_file(&run.dir.join(METRICS_FILE), &index.metrics)? {
        let tag =
            format!("{}_{}/{}", measure.split, measure.protocol, measure.name(&index.metrics));
        bytes.extend(record(&scalar(time, step, &tag, value)));
    }
    Ok(bytes)
}

/// Length, its checksum, the message, its checksum; little-endian.
fn record(message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u64).to_le_bytes();
    let mut bytes = length.to_vec();
    bytes.extend(masked(crc32c(&length)).to_le_bytes());
    bytes.extend(message);
    bytes.extend(masked(crc32c(message)).to_le_bytes());
    bytes
}

/// `crc32c::Mask`: rotated and shifted, since a checksum of data that hold checksums is weak.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), four bits at a time.
fn crc32c(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = {
        let mut table = [0_u32; 16];
        let mut index = 0;
        while index < 16 {
            let mut value = index as u32;
            let mut bit = 0;
            while bit < 4 {
                value = if value & 1 == 1 { (value >> 1) ^ 0x82f6_3b78 } else { value >> 1 };
                bit += 1;
            }
            table[index] = value;
            index += 1;
        }
        table
    };
    let mut crc = !0_u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        crc = (crc >> 4) ^ TABLE[(crc & 15) as usize];
        crc = (crc >> 4) ^ TABLE[(crc & 15) as usize];
    }
    !crc
}

/// `Event {wall_time = 1: double, file_version = 3: string}`, the first record of a file.
fn version(time: f64) -> Vec<u8> {
    let mut event = fixed64(1, time);
    event.extend(delimited(3, b"brain.Event:2"));
    event
}

/// `Event {wall_time = 1, step = 2: int64, summary = 5: Summary {value = 1: Value {tag = 1: string,
/// simple_value = 2: float}}}`.
fn scalar(time: f64, step: u32, tag: &str, value: f64) -> Vec<u8> {
    let mut inner = delimited(1, tag.as_bytes());
    inner.push(2 << 3 | 5);
    inner.extend((value as f32).to_le_bytes());
    let mut event = fixed64(1, time);
    event.push(2 << 3);
    event.extend(varint(u64::from(step)));
    event.extend(delimited(5, &delimited(1, &inner)));
    event
}

fn fixed64(field: u8, value: f64) -> Vec<u8> {
    let mut bytes = vec![field << 3 | 1];
    bytes.extend(value.to_le_bytes());
    bytes
}

fn delimited(field: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![field << 3 | 2];
    bytes.extend(varint(content.len() as u64));
    bytes.extend(content);
    bytes
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 128 {
        bytes.push(value as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test vectors of RFC 3720, appendix B.4.
    #[test]
    fn checksums_of_the_standard() {
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(&(0..32).collect::<Vec<u8>>()), 0x46dd_794e);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    /// Bytes written out by hand from the wire format.
    #[test]
    fn a_scalar_event_is_the_bytes_of_its_definition() {
        let event = scalar(1.0, 300, "a/b", 0.5);
        let expected = [
            &[0x09][..],
            &[0, 0, 0, 0, 0, 0, 0xf0, 0x3f], // wall_time = 1.0
            &[0x10, 0xac, 0x02],             // step = 300
            &[0x2a, 12, 0x0a, 10],           // summary, value
            &[0x0a, 3, b'a', b'/', b'b'],    // tag
            &[0x15, 0, 0, 0, 0x3f],          // simple_value = 0.5
        ]
        .concat();
        assert_eq!(event, expected);
    }
}
