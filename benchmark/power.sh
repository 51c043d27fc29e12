#!/usr/bin/env bash
# The minimum detectable effect on NDCG@10 for several sizes of the synthetic world, on seeds that no result
# uses: how the size of the main experiment was chosen. Writes the table of docs/power.md.
#
#   benchmark/power.sh [RESULTS]    default: results
set -euo pipefail
cd "$(dirname "$0")/.."
results=${1:-results}
read -r -a prefsweep <<<"${PREFSWEEP:-cargo --quiet prefsweep}"
reports=()
for users in 800 2000 5000 10000; do
  size=(--set "dataset.synthetic.users=$users")
  "${prefsweep[@]}" run experiments/power.yaml "${size[@]}" \
    --device flex --results "$results/power-$users" --quiet >/dev/null
  reports+=("$(dirname "$(find "$results/power-$users" -name verdict.json | head -1)")")
done
cargo --quiet run --release --package prefsweep --example power -- "${reports[@]}"
