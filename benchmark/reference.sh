#!/usr/bin/env bash
# Makes results/reference again, from one committed revision: runs what is not complete of every experiment
# there, and writes its report and its export. It can be stopped, and resumes where it stopped; the program is
# built once and kept in RESULTS/bin, so that commits made meanwhile do not mix revisions.
#
#   benchmark/reference.sh [RESULTS] [PAGES]
#
# RESULTS is `results` unless said otherwise; data are looked for in $PREFSWEEP_DATA_DIR or data. PAGES is a later
# program, which writes the pages of what the kept one ran and trains nothing: pages become better without hours of
# training. Left out, the kept one writes them.
set -euo pipefail
cd "$(dirname "$0")/.."
results=${1:-results}
program=$results/bin/prefsweep
if [ ! -x "$program" ]; then
  if [ -n "$(git status --porcelain --untracked-files=no)" ]; then
    printf 'there are uncommitted changes: commit them first\n' >&2
    exit 2
  fi
  cargo build --release --locked --package prefsweep
  mkdir -p "$results/bin"
  cp "${CARGO_TARGET_DIR:-target}/release/prefsweep" "$program"
  git rev-parse HEAD >"$results/bin/revision"
fi
pages=${2:-$program}
if [ "$pages" != "$program" ] && ! "$pages" --version | grep -qE '\([0-9a-f]+\)$'; then
  printf '%s was built from uncommitted changes, or outside a git checkout\n' "$pages" >&2
  exit 2
fi

# What is run: experiment, folder in results/reference, options of `run`, with which results have the folder's name.
# Small ones first, so that there is something to look at early.
all=(
  'collapse synthetic'
  'mechanism mechanism'
  'pools pools'
  'world-11 world-11'
  'world-12 world-12'
  'ml-100k ml-100k'
  'mechanism-ml-100k mechanism-ml-100k'
  'mechanism-rate mechanism-rate'
  'mechanism-rate-ml-100k mechanism-rate-ml-100k'
  'lastfm lastfm'
  'lastfm-s-dpo lastfm-s-dpo'
  'ml-1m ml-1m'
  'mechanism-ml-1m mechanism-ml-1m'
  'beauty beauty'
  'ten-epochs ten-epochs'
  'tuned tuned'
  'samplers samplers'
  'ablation-dynamic-po ablation-dynamic-po'
  'sensitivity-step sensitivity-step'
  'sensitivity-reference sensitivity-reference'
  'budgets budgets'
  'tuned-ml-100k tuned-ml-100k'
  'ten-epochs-ml-1m ten-epochs-ml-1m'
  'ml-1m-order ml-1m-order'
  'all-losses all-losses'
  'false-negatives false-negatives'
  'false-negatives false-negatives-ml-100k --set dataset.synthetic=null --set dataset.name=ml-100k'
  'false-negatives false-negatives-lastfm --set dataset.synthetic=null --set dataset.name=lastfm'
  'experts experts'
  'experts experts-ml-100k --set dataset.synthetic=null --set dataset.name=ml-100k'
  'titles-ml-100k titles-ml-100k'
  'titles-beauty titles-beauty'
  'features-ml-100k features-ml-100k'
  'features-beauty features-beauty'
  'features-beauty features-lastfm --set dataset.name=lastfm --set dataset.features.attributes=lastfm-s3rec-attributes.json'
  'transfer-to-films transfer-to-films'
  'transfer-to-films transfer-to-films-100 --set dataset.file.format.candidate_lists.also=[{"path":"ml-100k-cans20-train.json","users":100}]'
  'transfer-to-artists transfer-to-artists'
  'transfer-to-artists transfer-to-artists-100 --set dataset.file.format.candidate_lists.also=[{"path":"lastfm-cans20-train-users.json","users":100}]'
  'dmpo-study dmpo-study'
  'dmpo-study dmpo-study-beauty --set dataset.name=amazon-beauty --set evaluation.users=5000'
  'dmpo-study dmpo-study-video-games --set dataset.name=amazon-video-games --set evaluation.users=5000'
  'large large --workers 1 --threads 2'
)

# A report says which commit to check out: the experiment has to be there as it is run.
if [ ! -f "$results/bin/revision" ]; then
  printf '%s does not say from which commit it was built: remove %s\n' "$program" "$results/bin" >&2
  exit 2
fi
revision=$(<"$results/bin/revision")
for pair in "${all[@]}"; do
  file=experiments/${pair%% *}.yaml
  if ! git cat-file -e "$revision:$file" 2>/dev/null || ! git diff --quiet "$revision" -- "$file"; then
    printf '%s is not as in %s, from which %s was built: go back to that, or remove %s\n' \
      "$file" "$revision" "$program" "$results/bin" >&2
    exit 2
  fi
done

# Pages of a repository show the SVGs; the PNGs of all figures would be ten times as large.
without_png() {
  rm -f "$1"/plots/*.png
  sed -i 's|\](plots/\([a-z_0-9-]*\)\.png)|](plots/\1.svg)|' "$1/$2"
}

printf 'what is left of each experiment:\n'
for pair in "${all[@]}"; do
  read -r name folder options <<<"$pair"
  # Options are words without spaces.
  left=$("$program" plan "experiments/$name.yaml" $options --device flex --results "$results" | tail -1)
  printf '  %-24s %s\n' "$name" "$left"
done

for pair in "${all[@]}"; do
  read -r name folder options <<<"$pair"
  to=results/reference/$folder
  ran=$results/$name
  [ -z "$options" ] || ran=$results/$folder
  "$program" run "experiments/$name.yaml" $options ${options:+--name "$folder"} --device flex --results "$results" \
    --one-revision --quiet >/dev/null
  if [ "$pages" != "$program" ]; then
    left=$("$pages" plan "experiments/$name.yaml" $options --device flex --results "$results" | tail -1)
    if [ "$left" != 'nothing left to do' ]; then
      printf '%s would train again what %s ran of %s: %s\n' "$pages" "$program" "$folder" "$left" >&2
      exit 2
    fi
    # Keeps the index of the runs in its own form.
    "$pages" run "experiments/$name.yaml" $options ${options:+--name "$folder"} --device flex --results "$results" \
      --quiet >/dev/null
  fi
  "$pages" verify "$ran"
  rm -rf "$to"
  "$pages" report "$ran" --out "$to" >/dev/null
  rm "$to/report.html" "$to/report.tex" "$to/files.json" # they repeat report.md, and name its files
  without_png "$to" report.md
  "$pages" export "$ran" --to "$results/export" >/dev/null
  mv "$results"/export/*.parquet "$results/export/export.json" "$to/"
  rm -r "$results/export"
  printf '%s\n' "$to"
done
rm -rf results/reference/claims results/reference/leaderboard
# But for small or special worlds of the generator, which would pass for the main one since they have its name, for
# MovieLens 1M in another order, which would be counted as other data, and for one seed.
compared=$(ls results/reference/*/verdict.json | grep -vE '/(experts|false-negatives|large|ml-1m-order|titles-beauty)/')
"$pages" claims $compared --out results/reference/claims
# Losses are ranked for one kind of policy, trained in the domain in which it is tested.
"$pages" leaderboard $(grep -vE '/(titles|transfer)-' <<<"$compared") --out results/reference/leaderboard
rm results/reference/claims/claims.html results/reference/leaderboard/leaderboard.html
without_png results/reference/claims claims.md
without_png results/reference/leaderboard leaderboard.md
printf 'trained by %s\npages by %s\n' "$(<"$results/bin/revision")" "$("$pages" --version)" >results/reference/made-by.txt
