//! Why a download failed.

use std::fmt::Write;
use std::path::PathBuf;

use crate::error::DataError;

/// A failure to download or verify a dataset.
///
/// Messages are in lower case and say what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// A file, a setting, or the loading of the dataset.
    #[error(transparent)]
    Data(#[from] DataError),

    /// The dataset cannot be downloaded by a program.
    #[error("{dataset} cannot be downloaded by prefsweep: {instruction}")]
    ByHand {
        /// The dataset.
        dataset: &'static str,
        /// What to do instead.
        instruction: String,
    },

    /// The download failed at every address.
    #[error("could not download {file}:{}\n{by_hand}", listed(.tried))]
    Unreachable {
        /// The publisher's file.
        file: String,
        /// Every address with the reason for its failure.
        tried: Vec<(String, String)>,
        /// How to install the file by hand.
        by_hand: String,
    },

    /// An existing file that differs from the recorded one.
    #[error(
        "{} exists, but {reason}; `prefsweep data fetch {dataset} --force` downloads it again and \
         replaces it",
        .path.display()
    )]
    Differs {
        /// The dataset.
        dataset: &'static str,
        /// The file.
        path: PathBuf,
        /// The difference.
        reason: String,
    },

    /// A file installed by hand that is not the publisher's.
    #[error("{} was not downloaded by prefsweep, and {reason}; delete it, and it is downloaded", .path.display())]
    WrongFile {
        /// The file.
        path: PathBuf,
        /// The difference.
        reason: String,
    },

    /// An archive that is damaged or unsafe to unpack.
    #[error("{}: {reason}; nothing was unpacked", .path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// Another process is writing the same file.
    #[error("{} is being written by another prefsweep process; wait for it, or stop it", .path.display())]
    Busy {
        /// The partial file.
        path: PathBuf,
    },

    /// The record of earlier downloads cannot be parsed.
    #[error("{} is damaged ({cause}); delete it, and downloads are recorded again", .path.display())]
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
