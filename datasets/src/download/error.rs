//! Why a download failed.

use std::fmt::Write;
use std::path::PathBuf;

use crate::error::DataError;

/// A failure to download or verify a dataset.
///
/// Messages are lower-case and say what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The file system, a setting, or the loading of the dataset.
    #[error(transparent)]
    Data(#[from] DataError),

    /// There is nothing that a program could download.
    #[error("{dataset} cannot be downloaded by prefsweep: {instruction}")]
    ByHand {
        /// The dataset.
        dataset: &'static str,
        /// What to do instead.
        instruction: String,
    },

    /// No address gave the file.
    #[error("could not download {file}:{}\n{by_hand}", listed(.tried))]
    Unreachable {
        /// The publisher's file.
        file: String,
        /// Every address tried with the reason it failed.
        tried: Vec<(String, String)>,
        /// Which file to put where by hand.
        by_hand: String,
    },

    /// A file in the way that is not the one recorded.
    #[error(
        "{} is there, but {reason}; `prefsweep data fetch {dataset} --force` downloads it again and \
         replaces it",
        .path.display()
    )]
    Differs {
        /// The dataset.
        dataset: &'static str,
        /// The file.
        path: PathBuf,
        /// In what it differs.
        reason: String,
    },

    /// A file put there by hand that is not the publisher's.
    #[error("{} was put there by hand, but {reason}; delete it to have it downloaded", .path.display())]
    WrongFile {
        /// The file.
        path: PathBuf,
        /// In what it differs.
        reason: String,
    },

    /// An archive that cannot be unpacked, or that nobody should unpack.
    #[error("{}: {reason}; nothing was unpacked", .path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// Another process writes the same file.
    #[error("{} is being written by another prefsweep; wait for it, or stop it", .path.display())]
    Busy {
        /// The partial file.
        path: PathBuf,
    },

    /// The record of earlier downloads is not readable.
    #[error("{} is damaged ({cause}); delete it, and downloads are recorded anew", .path.display())]
    Records {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

impl FetchError {
    /// Whether the input is wrong, rather than the network or a server.
    #[must_use]
    pub fn is_user_error(&self) -> bool {
        match self {
            Self::Data(error) => error.is_user_error(),
            Self::ByHand { .. } | Self::WrongFile { .. } | Self::Records { .. } => true,
            _ => false,
        }
    }
}

fn listed(tried: &[(String, String)]) -> String {
    let mut text = String::new();
    for (address, reason) in tried {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n  {address}: {reason}");
    }
    text
}
