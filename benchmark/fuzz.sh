#!/usr/bin/env bash
# Damaged inputs for all targets: benchmark/fuzz.sh MINUTES [SEED]. The time is shared among the targets; without a seed
# it is drawn from the clock. One line per target says how many inputs were tried.
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:-60}
tests=(cargo test --release --locked --lib --test fuzz -- targets:: --skip engine)
targets=$("${tests[@]}" --list 2>/dev/null | grep -c ': test$')
export PREFSWEEP_FUZZ_SECONDS=$((minutes * 60 / targets)) PREFSWEEP_FUZZ_SEED=${2:-$(date +%s)}
printf '%d targets, %d seconds each, seed %s\n' "$targets" "$PREFSWEEP_FUZZ_SECONDS" "$PREFSWEEP_FUZZ_SEED"
# --no-fail-fast: what one crate's tests find does not keep the others from running.
cargo test --release --locked --no-fail-fast --lib --test fuzz -- targets:: --skip engine --nocapture --test-threads=1 2>&1 |
  grep --line-buffered -E 'fuzzed |panicked|input [0-9]+ from|it lies in|test result: FAILED'
