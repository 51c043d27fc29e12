//! Reading all files of an import.

use std::path::{Path, PathBuf};

use prefsweep_store::{ImportedFile, file_hash};

use super::candidates::{Asked, Texts};
use super::error::ImportError;
use super::mapping::{Mapping, RunFile};
use super::rank_rows;
use super::runs::Runs;
use crate::data::Split;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) runs: Runs,
    /// The files of the runs, as they are opened.
    pub(super) paths: Vec<PathBuf>,
    /// The same as the index names them.
    pub(super) files: Vec<ImportedFile>,
    /// Names of columns that say nothing.
    pub(super) unused: Vec<String>,
}

/// Reads a file, or the files of a folder that the mapping lists.
///
/// # Errors
/// When one of them cannot be read, or has something that cannot be.
pub(super) fn read(source: &Path, mapping: &Mapping) -> Result<Found, ImportError> {
    let mut found = Found::default();
    if mapping.runs.is_empty() {
        if source.is_dir() {
            let message =
                "is a folder; its mapping lists the files under `runs`, and there is none";
            return Err(ImportError::of(source, message));
        }
        let name = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
        found.add_file(source.to_owned(), name)?;
        found.unused = rank_rows::read(source, 0, mapping, None, &mut found.runs)?;
        return Ok(found);
    }
    if !source.is_dir() {
        let message = "the mapping lists files under `runs`; allowed the folder that they are in";
        return Err(ImportError::of(source, message));
    }
    let asked = mapping.candidates.as_ref().map(|files| Asked::read(source, files)).transpose()?;
    for (at, run) in mapping.runs.iter().enumerate() {
        match &asked {
            Some(asked) => found.add_answers(source, asked, mapping, run)?,
            None => found.add_table(source, mapping, (at, run))?,
        }
    }
    Ok(found)
}

impl Found {
    /// The position of a new file.
    fn add_file(&mut self, path: PathBuf, name: String) -> Result<usize, ImportError> {
        let (hash, _) = file_hash(&path).map_err(ImportError::read(&path))?;
        self.paths.push(path);
        self.files.push(ImportedFile { file: name, hash });
        Ok(self.files.len() - 1)
    }

    fn add_table(
        &mut self,
        folder: &Path,
        mapping: &Mapping,
        run: (usize, &RunFile),
    ) -> Result<(), ImportError> {
        let file = run.1.file.as_ref().expect("a checked mapping names the table of every run");
        let path = folder.join(file);
        let at = self.add_file(path.clone(), file.display().to_string())?;
        let unused = rank_rows::read(&path, at, mapping, Some(run), &mut self.runs)?;
        self.unused.extend(unused);
        Ok(())
    }

    fn add_answers(
        &mut self,
        folder: &Path,
        asked: &Asked,
        mapping: &Mapping,
        run: &RunFile,
    ) -> Result<(), ImportError> {
        let mut texts = Vec::new();
        // The run is of the file of its test.
        for (split, name) in [(Split::Test, &run.test), (Split::Validation, &run.validation)] {
            let Some(name) = name else { continue };
            let path = folder.join(name);
            let file = self.add_file(path.clone(), name.display().to_string())?;
            texts.push(Texts { split, file, path });
        }
        asked.add(mapping, run, &texts, &mut self.runs)
    }
}
