//! Running a plan: jobs, worker processes, resuming from the store, forecasts, and the index of what
//! came of it.

mod entry;
mod estimate;
mod index;
mod job;
mod kept_policy;
mod kept_weights;
mod machine;
mod memory;
mod plan_file;
mod queue;
mod rescore;
mod revisions;
mod share;
mod tasks;
mod trainer;
mod worker;

pub(crate) use entry::{add_metrics, add_ranks, metrics_table, write_spec};
pub use estimate::{Estimate, estimate};
pub use index::{IndexContext, dropped, left_out, write_index};
pub use job::{Job, JobError, Named};
pub use kept_policy::{Kept, KeptPolicy, kept_policy};
pub use kept_weights::retire_without_weights;
pub use machine::{cpu, git_revision, os, peak_memory_mib};
pub use memory::{of_worker, workers_with_room};
pub use plan_file::{Element, PlanFile, program};
pub use queue::{Event, Failure, Runner, run};
pub use rescore::rescore;
pub use revisions::{Retired, committed_revision, other_revisions, retire, retrainable};
pub use share::{Shard, share};
pub use tasks::{Task, tasks};
pub use trainer::Trainer;
pub use worker::{ProcessRunner, WORKER_COMMAND, WorkerSettings, serve};
