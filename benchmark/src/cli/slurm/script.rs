//! What sbatch is given: the script of an element, and the options of an array.

use std::path::Path;

use crate::cli::args::Resources;

/// What the script of an element is written from; paths are absolute.
#[derive(Debug)]
pub(crate) struct Script<'a> {
    pub(crate) job_name: &'a str,
    pub(crate) program: &'a Path,
    pub(crate) plan: &'a Path,
    pub(crate) hash: &'a str,
    pub(crate) results: &'a Path,
    pub(crate) logs: &'a Path,
    pub(crate) workers: u16,
    pub(crate) threads: u16,
    pub(crate) resources: &'a Resources,
}

impl Script<'_> {
    /// The script, the same for every element: its number is the index in the array.
    pub(crate) fn text(&self) -> String {
        let asked = self.resources;
        let cpus = asked.cpus.unwrap_or(self.workers.saturating_mul(self.threads));
        let mut lines = vec![
            "#!/bin/bash".to_owned(),
            "# Written by `prefsweep slurm submit`: one element of the plan.".to_owned(),
            format!("#SBATCH --job-name={}", self.job_name),
            format!("#SBATCH --output=\"{}/%A_%a.txt\"", self.logs.display()),
            "#SBATCH --open-mode=append".to_owned(),
            "#SBATCH --nodes=1".to_owned(),
            "#SBATCH --ntasks=1".to_owned(),
            format!("#SBATCH --cpus-per-task={cpus}"),
        ];
        let options = [
            ("partition", &asked.partition),
            ("time", &asked.time),
            ("mem", &asked.mem),
            ("gpus", &asked.gpus),
        ];
        for (name, value) in options {
            lines.extend(value.iter().map(|value| format!("#SBATCH --{name}={value}")));
        }
        lines.extend(asked.sbatch.iter().map(|option| format!("#SBATCH {option}")));
        lines.extend(asked.modules.iter().map(|module| format!("module load {}", word(module))));
        lines.extend(asked.setup.iter().cloned());
        let path = |path: &Path| word(&path.display().to_string());
        lines.push(format!(
            "exec {} run-element {} --element \"$SLURM_ARRAY_TASK_ID\" --hash {} --results {} --workers {} \
             --threads {}",
            path(self.program),
            path(self.plan),
            self.hash,
            path(self.results),
            self.workers,
            self.threads,
        ));
        lines.join("\n") + "\n"
    }
}

/// As one word of a shell.
fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Numbers as Slurm takes them, as in `0-3,7`; they are in order.
pub(crate) fn ranges(numbers: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let text = |(first, last): &(usize, usize)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_asks_for_what_was_asked_for() {
        let resources = Resources {
            partition: Some("short".into()),
            time: Some("2:00:00".into()),
            mem: Some("4G".into()),
            cpus: None,
            gpus: Some("1".into()),
            modules: vec!["cuda/12".into()],
            sbatch: vec!["--account=lab".into()],
            setup: vec!["export A=1".into()],
        };
        let script = Script {
            job_name: "prefsweep-0123",
            program: Path::new("/opt/it's/prefsweep"),
            plan: Path::new("/r/e/slurm/plan.json"),
            hash: "0123",
            results: Path::new("/r"),
            logs: Path::new("/r/e/slurm/logs"),
            workers: 2,
            threads: 3,
            resources: &resources,
        };
        let expected = r#"#!/bin/bash
# Written by `prefsweep slurm submit`: one element of the plan.
#SBATCH --job-name=prefsweep-0123
#SBATCH --output="/r/e/slurm/logs/%A_%a.txt"
#SBATCH --open-mode=append
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=6
#SBATCH --partition=short
#SBATCH --time=2:00:00
#SBATCH --mem=4G
#SBATCH --gpus=1
#SBATCH --account=lab
module load 'cuda/12'
export A=1
exec '/opt/it'\''s/prefsweep' run-element '/r/e/slurm/plan.json' --element "$SLURM_ARRAY_TASK_ID" --hash 0123 --results '/r' --workers 2 --threads 3
"#;
        assert_eq!(script.text(), expected);
    }

    #[test]
    fn neighbours_are_one_range() {
        assert_eq!(ranges(&[0, 1, 2, 5, 7, 8]), "0-2,5,7-8");
        assert_eq!(ranges(&[3]), "3");
    }
}
