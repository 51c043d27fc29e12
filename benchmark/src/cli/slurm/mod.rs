//! `prefsweep slurm`.

mod command;
mod queue;
mod script;
mod status;
mod submit;

pub(crate) use command::run;
