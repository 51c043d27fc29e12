//! Weights as safetensors, which PyTorch, JAX and others read.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};

use super::layout::{Layout, Parameter};
use super::weights::{Weights, WeightsError, io};

/// The key of the file's metadata under which the writer's own facts are.
const FACTS: &str = "prefsweep";

impl Weights {
    /// Writes a safetensors file: a 32-bit tensor `[rows, columns]` for each parameter, under its name, and `facts` as
    /// JSON under the key `prefsweep` of the metadata. Equal weights and facts give equal bytes.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_safetensors(
        &self,
        path: &Path,
        facts: &serde_json::Value,
    ) -> Result<(), WeightsError> {
        let bytes: Vec<Vec<u8>> = self
            .iter()
            .map(|(_, values)| values.iter().flat_map(|value| value.to_le_bytes()).collect())
            .collect();
        let tensors = self.iter().zip(&bytes).map(|((parameter, _), bytes)| {
            let Parameter { name, rows, cols, .. } = parameter;
            let view = TensorView::new(Dtype::F32, vec![*rows, *cols], bytes);
            (name, view.expect("as many values as the shape says"))
        });
        let metadata = HashMap::from([(FACTS.to_owned(), facts.to_string())]);
        let written = serialize(tensors, Some(metadata)).expect("names are distinct");
        std::fs::write(path, written).map_err(|source| io(path, source))
    }

    /// Reads what [`write_safetensors`](Self::write_safetensors) wrote, for the same layout.
    ///
    /// # Errors
    /// When the file cannot be read, or holds the weights of another layout.
    pub fn read_safetensors(layout: &Layout, path: &Path) -> Result<Self, WeightsError> {
        let bytes = std::fs::read(path).map_err(|source| io(path, source))?;
        let other = |found: String, expected: String| WeightsError::Mismatch {
            path: path.display().to_string(),
            found,
            expected,
        };
        let tensors = SafeTensors::deserialize(&bytes)
            .map_err(|_| other("something else".into(), "safetensors".into()))?;
        let expected = layout.iter().len();
        if tensors.len() != expected {
            let number = |count: usize| format!("{count} tensors");
            return Err(other(number(tensors.len()), number(expected)));
        }
        let values = layout.iter().map(|parameter| {
            let found = tensors.tensor(&parameter.name).ok().filter(|tensor| {
                tensor.dtype() == Dtype::F32 && tensor.shape() == [parameter.rows, parameter.cols]
            });
            let found =
                found.ok_or_else(|| other("other tensors".into(), parameter.to_string()))?;
            let floats = found.data().as_chunks::<4>().0;
            Ok(floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
        });
        let values = values.collect::<Result<_, WeightsError>>()?;
        Ok(Self::with(layout, values))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::parameters::Init;

    fn layout(columns: usize) -> Layout {
        let mut layout = Layout::default();
        layout.add("items", 3, columns, Init::Normal);
        layout.add("norm.gain", 1, columns, Init::Ones);
        layout
    }

    #[test]
    fn weights_come_back_to_the_bit_and_to_their_own_layout_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("final.safetensors");
        let (layout, other) = (layout(4), layout(5));
        let weights = Weights::initial(&layout, 7);
        weights.write_safetensors(&path, &json!({"step": 3, "run": "abc"})).unwrap();
        assert_eq!(Weights::read_safetensors(&layout, &path).unwrap(), weights);
        let refused = Weights::read_safetensors(&other, &path).unwrap_err().to_string();
        assert!(refused.ends_with("found other tensors, expected items [3, 5]"), "{refused}");
        let first = std::fs::read(&path).unwrap();
        weights.write_safetensors(&path, &json!({"step": 3, "run": "abc"})).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), first);
        std::fs::write(&path, &first[..first.len() - 1]).unwrap();
        let damaged = Weights::read_safetensors(&layout, &path).unwrap_err().to_string();
        assert!(damaged.ends_with("found something else, expected safetensors"), "{damaged}");
    }

    /// The format's own layout, read without the library: a length, a header, then the numbers.
    #[test]
    fn the_file_is_as_the_format_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let weights = Weights::initial(&layout(2), 1);
        weights.write_safetensors(&path, &json!({"step": 3})).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let (length, rest) = bytes.split_first_chunk::<8>().unwrap();
        let (header, numbers) = rest.split_at(u64::from_le_bytes(*length) as usize);
        let header: serde_json::Value = serde_json::from_slice(header).unwrap();
        assert_eq!(header["__metadata__"]["prefsweep"], r#"{"step":3}"#);
        assert_eq!(header["items"]["shape"], json!([3, 2]));
        assert_eq!(header["items"]["dtype"], "F32");
        let from = header["items"]["data_offsets"][0].as_u64().unwrap() as usize;
        let first = f32::from_le_bytes(numbers[from..from + 4].try_into().unwrap());
        let items = layout(2).handle("items").unwrap();
        assert_eq!(first, weights[items][0]);
    }
}
