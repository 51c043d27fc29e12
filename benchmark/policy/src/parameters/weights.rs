//! Weights: drawn on the host, kept in a fixed order, hashed and stored byte for byte.

use std::io::Read;
use std::path::Path;

use burn::Tensor;
use burn::tensor::{Device, TensorData};
use prefsweep_datasets::random::stream;
use rand_distr::{Distribution, Normal};

use crate::gradients::host;

/// Standard deviation of initial weights, as in SASRec and BERT.
const INITIAL_DEVIATION: f64 = 0.02;
const MAGIC: &[u8; 8] = b"psweepw1";

/// How a weight starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Init {
    Normal,
    Ones,
    Zeros,
}

/// One weight's name and shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Unique name, dotted.
    pub name: String,
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub cols: usize,
    pub(super) init: Init,
}

/// A model's weights on the host, in the order of its layout.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    parameters: Vec<Parameter>,
    values: Vec<Vec<f32>>,
}

/// Why weights cannot be read.
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
    #[error("{path}: not the weights of this model: found {found}, expected {expected}")]
    Mismatch {
        /// The file.
        path: String,
        /// What the file holds.
        found: String,
        /// What the model needs.
        expected: String,
    },
}

impl Weights {
    /// Initial weights for a layout; each weight has its own random stream.
    #[must_use]
    pub fn initial(layout: Vec<Parameter>, seed: u64) -> Self {
        let normal = Normal::new(0.0, INITIAL_DEVIATION).expect("a positive deviation");
        let values = layout
            .iter()
            .enumerate()
            .map(|(index, parameter)| {
                let length = parameter.rows * parameter.cols;
                match parameter.init {
                    Init::Ones => vec![1.0; length],
                    Init::Zeros => vec![0.0; length],
                    Init::Normal => {
                        let mut stream = stream(seed, "weights", &[index as u64]);
                        (0..length).map(|_| normal.sample(&mut stream) as f32).collect()
                    }
                }
            })
            .collect();
        Self { parameters: layout, values }
    }

    /// Copies weights from a device.
    #[must_use]
    pub fn from_tensors(layout: Vec<Parameter>, tensors: &[Tensor<2>]) -> Self {
        let values = tensors.iter().map(|tensor| host(tensor.clone())).collect();
        Self { parameters: layout, values }
    }

    /// Copies the weights to a device, without autodiff.
    #[must_use]
    pub fn to_tensors(&self, device: &Device) -> Vec<Tensor<2>> {
        self.parameters
            .iter()
            .zip(&self.values)
            .map(|(parameter, values)| {
                let shape = [parameter.rows, parameter.cols];
                Tensor::from_data(TensorData::new(values.clone(), shape), device)
            })
            .collect()
    }

    /// The values of the weight called `name`, row-major.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[f32]> {
        let index = self.parameters.iter().position(|parameter| parameter.name == name)?;
        Some(&self.values[index])
    }

    /// Number of scalars.
    #[must_use]
    pub fn count(&self) -> usize {
        self.values.iter().map(Vec::len).sum()
    }

    /// Writes the weights: magic, then each value as little-endian 32-bit float.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), WeightsError> {
        let mut bytes = MAGIC.to_vec();
        for values in &self.values {
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        std::fs::write(path, bytes).map_err(|source| io(path, source))
    }

    /// Reads what [`Weights::write`] wrote, for the same layout.
    ///
    /// # Errors
    /// When the file cannot be read, or holds another model's weights.
    pub fn read(layout: Vec<Parameter>, path: &Path) -> Result<Self, WeightsError> {
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .map_err(|source| io(path, source))?;
        let count: usize = layout.iter().map(|parameter| parameter.rows * parameter.cols).sum();
        let expected = MAGIC.len() + 4 * count;
        if bytes.len() != expected || !bytes.starts_with(MAGIC) {
            return Err(WeightsError::Mismatch {
                path: path.display().to_string(),
                found: format!("{} bytes", bytes.len()),
                expected: format!("{expected} bytes that start with the format's mark"),
            });
        }
        let mut rest = bytes[MAGIC.len()..]
            .chunks_exact(4)
            .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("chunks of four bytes")));
        let values = layout
            .iter()
            .map(|parameter| rest.by_ref().take(parameter.rows * parameter.cols).collect())
            .collect();
        Ok(Self { parameters: layout, values })
    }
}

fn io(path: &Path, source: std::io::Error) -> WeightsError {
    WeightsError::Io { path: path.display().to_string(), source }
}
