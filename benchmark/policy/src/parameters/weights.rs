//! The values of parameters: drawn on the host, and stored with their names.

use std::fmt;
use std::ops::Index;
use std::path::Path;

use burn::tensor::Device;
use prefsweep_datasets::random::stream;
use rand_distr::{Distribution, Normal};
use serde::{Deserialize, Serialize};

use super::layout::{Handle, Init, Layout, Parameter};
use super::per_parameter::Parameters;
use crate::tensors::from_host;

/// Standard deviation of initial weights, as in BERT.
const INITIAL_DEVIATION: f64 = 0.02;
const MAGIC: &[u8; 8] = b"psweepw1";

/// The values of all parameters of a layout, on the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    layout: Layout,
    values: Vec<Vec<f32>>,
}

/// Why weights cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("{path}: not the weights of this policy: found {found}, expected {expected}")]
    Mismatch {
        /// The file.
        path: String,
        /// What the file holds.
        found: String,
        /// What the policy needs.
        expected: String,
    },
}

/// A parameter in a file's header.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stored {
    name: String,
    shape: [usize; 2],
}

impl From<&Parameter> for Stored {
    fn from(parameter: &Parameter) -> Self {
        Self { name: parameter.name.clone(), shape: [parameter.rows, parameter.cols] }
    }
}

impl fmt::Display for Stored {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {:?}", self.name, self.shape)
    }
}

impl Weights {
    /// Initial values; each parameter has its own random stream.
    #[must_use]
    pub fn initial(layout: &Layout, seed: u64) -> Self {
        let normal = Normal::new(0.0, INITIAL_DEVIATION).expect("a positive deviation");
        let values = layout
            .iter()
            .enumerate()
            .map(|(index, parameter)| {
                let length = parameter.count();
                match parameter.init {
                    Init::Ones => vec![1.0; length],
                    Init::Zeros | Init::Composed => vec![0.0; length],
                    Init::Normal => {
                        let mut stream = stream(seed, "weights", &[index as u64]);
                        (0..length).map(|_| normal.sample(&mut stream) as f32).collect()
                    }
                }
            })
            .collect();
        Self { layout: layout.clone(), values }
    }

    /// Copies values from a device.
    #[must_use]
    pub fn from_parameters(layout: &Layout, parameters: &Parameters) -> Self {
        Self { layout: layout.clone(), values: parameters.values() }
    }

    /// Copies the values to a device, without autodiff.
    #[must_use]
    pub fn to_parameters(&self, device: &Device) -> Parameters {
        self.layout
            .iter()
            .zip(&self.values)
            .map(|(parameter, values)| {
                from_host(values.clone(), [parameter.rows, parameter.cols], device)
            })
            .collect()
    }

    /// Values in the shapes of a layout.
    pub(super) fn with(layout: &Layout, values: Vec<Vec<f32>>) -> Self {
        Self { layout: layout.clone(), values }
    }

    /// Every parameter with its values, row-major, in the order of the layout.
    pub fn iter(&self) -> impl Iterator<Item = (&Parameter, &[f32])> {
        self.layout.iter().zip(self.values.iter().map(Vec::as_slice))
    }

    /// Number of scalars.
    #[must_use]
    pub fn count(&self) -> usize {
        self.values.iter().map(Vec::len).sum()
    }

    /// Writes the weights: a mark, the length of the header in bytes (32 bits, little-endian), the
    /// header (names and shapes as JSON), then each value as little-endian 32-bit float.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), WeightsError> {
        let header: Vec<Stored> = self.layout.iter().map(Stored::from).collect();
        let header = serde_json::to_vec(&header).expect("names and numbers are plain data");
        let length = u32::try_from(header.len()).expect("a header is short");
        let mut bytes = Vec::with_capacity(MAGIC.len() + 4 + header.len() + 4 * self.count());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&header);
        for values in &self.values {
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        std::fs::write(path, bytes).map_err(|source| io(path, source))
    }

    /// Reads what [`Weights::write`] wrote, for the same layout.
    ///
    /// # Errors
    /// When the file cannot be read, or holds the weights of another layout.
    pub fn read(layout: &Layout, path: &Path) -> Result<Self, WeightsError> {
        let bytes = std::fs::read(path).map_err(|source| io(path, source))?;
        let values = values_of(layout, &bytes).map_err(|Difference { found, expected }| {
            WeightsError::Mismatch { path: path.display().to_string(), found, expected }
        })?;
        let mut rest = values.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let values = layout
            .iter()
            .map(|parameter| rest.by_ref().take(parameter.count()).collect())
            .collect();
        Ok(Self { layout: layout.clone(), values })
    }
}

impl Index<Handle> for Weights {
    type Output = [f32];

    /// A parameter's values, row-major.
    fn index(&self, handle: Handle) -> &[f32] {
        &self.values[handle.index]
    }
}

/// Where a file first differs from what is needed.
struct Difference {
    found: String,
    expected: String,
}

/// The bytes of the values behind the header, if they are those of `layout`.
fn values_of<'a>(layout: &Layout, bytes: &'a [u8]) -> Result<&'a [u8], Difference> {
    let differ = |found: String, expected: String| Difference { found, expected };
    let header = || {
        let (length, rest) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<4>()?;
        let (header, values) =
            rest.split_at_checked(u32::from_le_bytes(*length).try_into().ok()?)?;
        Some((serde_json::from_slice::<Vec<Stored>>(header).ok()?, values))
    };
    let (stored, values) = header().ok_or_else(|| {
        let mark = String::from_utf8_lossy(MAGIC);
        differ(
            format!("{} bytes without the names of weights", bytes.len()),
            format!("a file that starts with `{mark}` and a header"),
        )
    })?;
    let needed: Vec<Stored> = layout.iter().map(Stored::from).collect();
    if stored != needed {
        let at = stored.iter().zip(&needed).take_while(|(stored, needed)| stored == needed).count();
        let name =
            |list: &[Stored]| list.get(at).map_or_else(|| "nothing more".into(), Stored::to_string);
        return Err(differ(name(&stored), name(&needed)));
    }
    let count: usize = layout.iter().map(Parameter::count).sum();
    if values.len() != 4 * count {
        let found = format!("{} bytes behind the header", values.len());
        return Err(differ(found, format!("{} bytes, 4 for each value", 4 * count)));
    }
    Ok(values)
}

pub(super) fn io(path: &Path, source: std::io::Error) -> WeightsError {
    WeightsError::Io { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(names: &[&str]) -> Layout {
        let mut layout = Layout::default();
        for (rows, name) in (2..).zip(names) {
            let _ = layout.add(*name, rows, 3, Init::Normal);
        }
        layout
    }

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.bin");
        let weights = Weights::initial(&layout(&["items", "norm.gain"]), 7);
        weights.write(&path).unwrap();
        assert_eq!(Weights::read(&layout(&["items", "norm.gain"]), &path).unwrap(), weights);
    }

    #[test]
    fn a_file_of_another_layout_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.bin");
        Weights::initial(&layout(&["items", "norm.gain"]), 7).write(&path).unwrap();
        let message = |names: &[&str]| {
            let error = Weights::read(&layout(names), &path).unwrap_err().to_string();
            error.rsplit_once(": ").expect("a path and a message").1.to_owned()
        };
        assert_eq!(
            message(&["items", "norm.bias"]),
            "found norm.gain [3, 3], expected norm.bias [3, 3]"
        );
        assert_eq!(message(&["items"]), "found norm.gain [3, 3], expected nothing more");
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 4]).unwrap();
        assert_eq!(
            message(&["items", "norm.gain"]),
            "found 56 bytes behind the header, expected 60 bytes, 4 for each value"
        );
        std::fs::write(&path, b"psweepw1\xff\xff\xff\xff").unwrap();
        assert!(message(&["items"]).starts_with("found 12 bytes without the names"));
    }

    #[test]
    #[should_panic(expected = "a second parameter called items")]
    fn names_are_unique() {
        let _ = layout(&["items", "items"]);
    }
}
