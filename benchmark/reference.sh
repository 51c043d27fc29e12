#!/usr/bin/env bash
# Makes results/reference again: runs what is not complete of every experiment there, and writes its
# report, its export and the survey of all. It can be stopped, and resumes where it stopped.
#
#   benchmark/reference.sh [RESULTS]    default: results; data are looked for in $PREFSWEEP_DATA_DIR or data
set -euo pipefail
cd "$(dirname "$0")/.."
results=${1:-results}
read -r -a prefsweep <<<"${PREFSWEEP:-cargo --quiet prefsweep}"

# make EXPERIMENT FOLDER [PARTS...]: PARTS of the export are kept beside the report.
make() {
  local experiment=experiments/$1.yaml to=results/reference/$2
  "${prefsweep[@]}" run "$experiment" --device flex --results "$results" --quiet >/dev/null
  rm -rf "$to"
  "${prefsweep[@]}" report "$experiment" --results "$results" --out "$to" >/dev/null
  rm "$to/report.html" # repeats report.md
  shift 2
  if [ $# -gt 0 ]; then
    "${prefsweep[@]}" export "$experiment" --results "$results" --to "$results/export" >/dev/null
    for part in "$@"; do mv "$results/export/$part" "$to/"; done
    rm -r "$results/export"
  fi
  printf '%s\n' "$to"
}

all=(export.json metrics.parquet trajectories.parquet ranks.parquet)
make collapse synthetic "${all[@]}"
make ml-100k ml-100k "${all[@]}"
make lastfm lastfm "${all[@]}"
make beauty beauty metrics.parquet trajectories.parquet # the ranks of its users are 15 MB
for experiment in ablation-dynamic-po sensitivity-step sensitivity-reference samplers tuned budgets; do
  make "$experiment" "$experiment"
done
# 54 lines in a picture tell nothing.
rm -r results/reference/tuned/plots
sed -i '/(plots\//d' results/reference/tuned/report.md
"${prefsweep[@]}" survey results/reference/*/verdict.json --out results/reference/survey
rm results/reference/survey/survey.html
