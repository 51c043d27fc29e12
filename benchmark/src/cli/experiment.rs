//! From the arguments to a plan on prepared data.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, Result};
use prefsweep::data::{Obtained, Prepared, in_words, keep_as, leaks, obtain};
use prefsweep::experiment::{Experiment, Plan, placed, read};
use prefsweep::sweep::{dropped, left_out, of_worker, workers_with_room};
use prefsweep_datasets::FeatureKind;
use prefsweep_policy::device::{Place, Probe, resolve};
use prefsweep_store::{IndexSource, Store, slashed};

use super::args::SweepArgs;
use super::notices::Notices;
use super::owner;
use super::results_name::{default_name, results_name};
use super::units::counted;

/// An experiment that is ready to run.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) name: String,
    /// What gives the same results elsewhere.
    pub(crate) command: String,
    pub(crate) experiment: Experiment,
    pub(crate) place: Place,
    pub(crate) data: Prepared,
    pub(crate) plan: Plan,
    pub(crate) store: Store,
    /// The folder of this experiment's index and report.
    pub(crate) folder: PathBuf,
    /// The experiment, as the index names it.
    pub(crate) source: IndexSource,
}

impl Ready {
    pub(crate) fn new(args: &SweepArgs, notices: &mut Notices) -> Result<Self> {
        let experiment = read(&args.experiment, &args.overrides)?;
        let name = results_name(args.name.as_deref(), &args.experiment, &args.overrides)?;
        let program = std::env::current_exe().context("failed to find this program's own file")?;
        let device = args.device.unwrap_or(experiment.device);
        let (place, notice) = resolve(device, &Probe::new(program), args.allow_software_gpu)?;
        if let Some(notice) = notice {
            notices.warn(&notice);
        }
        let store = Store::open(&args.results.store())?;
        let Obtained { dataset, is_renamed, .. } =
            obtain(&store, &experiment.dataset, &args.data_dir)?;
        if is_renamed {
            notices.tell(
                "the store already has the same sequences under other ids of users or items, and `prefsweep recommend` \
                 will write those; for the new ids give another folder with --results",
            );
        }
        if let Some(left_out) = left_out(&dataset) {
            notices.warn(&format!("warning: {left_out}"));
        }
        if let Some(dropped) = dropped(&dataset, &experiment.dataset) {
            notices.tell(&dropped.to_string());
        }
        for leak in leaks(&dataset) {
            // The report counts it.
            notices.tell(&format!("warning: {leak}"));
        }
        let data = Prepared::new(dataset, &experiment.dataset, experiment.model.max_len())?
            .evaluating(experiment.evaluation.users);
        let plan = Plan::new(&experiment, &data, place.backend)
            .map_err(|error| placed(error, &args.experiment, &args.overrides))?;
        for fingerprint in plan.more_data() {
            keep_as(&store, &data.dataset, fingerprint)?;
        }
        tell_features(&plan, &data, notices);
        let folder = args.results.dir.join(&name);
        let command = command(args, &place, &name);
        let source = owner::source(&args.experiment, &args.overrides, &experiment, &folder)?;
        if let Some(notice) = owner::check(&folder, &source)? {
            notices.warn(&notice);
        }
        Ok(Self { name, command, experiment, place, data, plan, store, folder, source })
    }

    /// Makes the folder of the index and the report.
    pub(crate) fn make_folder(&self) -> Result<()> {
        std::fs::create_dir_all(&self.folder).with_context(|| self.folder.display().to_string())
    }

    /// Worker processes to use.
    pub(crate) fn workers(&self, args: &SweepArgs) -> usize {
        match args.workers {
            Some(workers) => workers.into(),
            None if self.place.backend.is_cpu() => self.by_cores(args).min(self.by_memory()),
            None => 1,
        }
    }

    /// What a user should know of workers and memory, where they are too many for it or fewer than cores.
    pub(crate) fn memory_notice(&self, args: &SweepArgs) -> Option<String> {
        let room = self.by_memory();
        let each = of_worker(&self.plan, &self.data) as f64 / f64::from(1 << 30);
        let said = format!("a worker takes about {each:.1} GiB, and there is room for {room}");
        match args.workers {
            Some(workers) if usize::from(workers) > room => {
                Some(format!("--workers {workers}: {said}"))
            }
            None if self.place.backend.is_cpu() && room < self.by_cores(args) => {
                Some(format!("{}: {said}", counted(room, "worker")))
            }
            _ => None,
        }
    }

    fn by_cores(&self, args: &SweepArgs) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        (cores / usize::from(args.threads)).max(1)
    }

    fn by_memory(&self) -> usize {
        workers_with_room(&self.plan, &self.data)
    }
}

/// Says what is known of the items whose features some policy reads.
fn tell_features(plan: &Plan, data: &Prepared, notices: &mut Notices) {
    let kinds = plan.references.iter().flat_map(|reference| reference.spec.model.features());
    let kinds: BTreeSet<FeatureKind> = kinds.collect();
    for feature in data.features().iter().filter(|feature| kinds.contains(&feature.kind)) {
        notices.tell(&in_words(feature, data.dataset.n_items));
    }
}

/// The command that gives the same results, with the device that was used, and without folders of
/// this machine.
fn command(args: &SweepArgs, place: &Place, name: &str) -> String {
    let file = if args.experiment.is_absolute() {
        args.experiment.file_name().unwrap_or_default().to_owned()
    } else {
        slashed(&args.experiment)
    };
    let device = place.backend.name();
    let mut command =
        format!("cargo prefsweep run {} --device {device}", quoted(&file.to_string_lossy()));
    if place.adapter.as_ref().is_some_and(|(_, adapter)| !adapter.is_gpu()) {
        command.push_str(" --allow-software-gpu");
    }
    for text in &args.overrides {
        command.push_str(&format!(" --set {}", quoted(text)));
    }
    if name != default_name(&args.experiment, &args.overrides) {
        command.push_str(&format!(" --name {}", quoted(name)));
    }
    command
}

/// As one word of a shell.
pub(crate) fn quoted(text: &str) -> String {
    if text.chars().all(|c| c.is_alphanumeric() || "._=/-+".contains(c)) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_shell_are_quoted_where_needed() {
        assert_eq!(quoted("preference.beta=0.5"), "preference.beta=0.5");
        assert_eq!(quoted("sweep.seeds=[1, 2]"), "'sweep.seeds=[1, 2]'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
    }
}
