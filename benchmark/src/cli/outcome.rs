//! How a command ended, as an exit code.

use std::io::ErrorKind;
use std::process::ExitCode;

use prefsweep::data::ObtainError;
use prefsweep::experiment::ConfigError;
use prefsweep::import::ImportError;
use prefsweep::sweep::JobError;
use prefsweep_datasets::{DataError, FetchError};
use prefsweep_policy::device::DeviceError;
use prefsweep_report::ReportError;
use prefsweep_store::StoreError;

/// The exit codes, documented in `prefsweep --help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is done.
    Done,
    /// Something failed that the user cannot have caused, or some cells have no result.
    Failed,
    /// The input is wrong.
    UserError,
    /// Ctrl-C.
    Interrupted,
}

impl Outcome {
    pub(crate) fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::UserError => 2,
            Self::Interrupted => 130,
        })
    }

    /// Whose fault an error is.
    pub(crate) fn of_error(error: &anyhow::Error) -> Self {
        let user = error.is::<ConfigError>()
            || error.is::<ImportError>()
            || error.is::<DeviceError>()
            || error.downcast_ref::<DataError>().is_some_and(DataError::is_user_error)
            || matches!(error.downcast_ref(), Some(JobError::Data(data)) if data.is_user_error())
            || matches!(error.downcast_ref(), Some(ObtainError::Data(data)) if data.is_user_error())
            || matches!(error.downcast_ref(), Some(ObtainError::Store(error)) if is_wrong_place(&error.cause))
            || error.downcast_ref::<FetchError>().is_some_and(FetchError::is_user_error)
            || error.downcast_ref::<std::io::Error>().is_some_and(is_wrong_place)
            || error.downcast_ref::<StoreError>().is_some_and(|error| is_wrong_place(&error.cause))
            || error.downcast_ref::<ReportError>().is_some_and(is_about_input);
        if user { Self::UserError } else { Self::Failed }
    }
}

/// Whether a report failed because of what it was given to read, or told to write to.
fn is_about_input(error: &ReportError) -> bool {
    match error {
        ReportError::Write { cause, .. } => is_wrong_place(cause),
        ReportError::Grouping { .. } | ReportError::Plot { .. } => false,
        _ => true,
    }
}

/// Whether a folder cannot be what it was given for: a file is where a folder should be or the reverse, nobody may
/// write there, or it is of a newer version or in use.
fn is_wrong_place(cause: &std::io::Error) -> bool {
    use ErrorKind::{
        AlreadyExists, IsADirectory, NotADirectory, PermissionDenied, ReadOnlyFilesystem,
        ResourceBusy, Unsupported,
    };
    matches!(
        cause.kind(),
        AlreadyExists
            | IsADirectory
            | NotADirectory
            | PermissionDenied
            | ReadOnlyFilesystem
            | ResourceBusy
            | Unsupported
    )
}
