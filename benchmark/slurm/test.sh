#!/usr/bin/env bash
# An experiment through a real Slurm of one node: whole; an element cancelled, one out of time, a node drained and
# resumed. After each fault the same command submits what is missing, and the results equal a plain run's to the
# last rank.   test.sh [PREFSWEEP]   (default: target/release/prefsweep); about five minutes; as root
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
prefsweep=$(realpath "${1:-${CARGO_TARGET_DIR:-$here/../../target}/release/prefsweep}")
[ -x "$prefsweep" ] || { echo "there is no $prefsweep; build it first" >&2; exit 2; }
work=$(mktemp -d "${XDG_STATE_HOME:-/var/lib}/prefsweep-slurm.XXXXXX")
finish() { bash "$here/one-node.sh" stop "$work/slurm"; rm -rf "$work"; }
trap finish EXIT

code=0
started=$(bash "$here/one-node.sh" start "$work/slurm") || code=$?
if [ "$code" = 3 ]; then
  echo '=================================================='
  echo 'SKIPPED: no Slurm here; nothing of it was tested'
  echo '=================================================='
  exit 0
fi
[ "$code" = 0 ] || exit 1
eval "$started"
node=$(hostname -s)
cd "$work"

cat >exp.yaml <<'YAML'
title: Through Slurm
dataset: {name: synthetic, synthetic: {users: 120, items: 150}}
model: {dim: 16, blocks: 1, heads: 2, feed_forward: 16, max_len: 20}
reference: {epochs: 3}
preference: {steps: 6, batch_size: 64}
sweep: {losses: [dpo, s_dpo, dmpo], negatives: [1, 3, 10], seeds: [1, 2]}
evaluation: {every: 3, cutoffs: [1, 10]}
YAML
device=(--device flex)
fail() { echo "FAILED: $*" >&2; for log in results/*/slurm/logs/*; do echo "-- $log"; tail -n 3 "$log"; done >&2; squeue --states=all >&2; exit 1; }
submit() { "$prefsweep" slurm submit exp.yaml "${device[@]}" --cells-per-element 3 --name "$@"; }
status() { "$prefsweep" slurm status exp.yaml --name "$1" || true; }
# Waits until a command says what is wanted.
until_says() { # PATTERN COMMAND...
  local pattern=$1; shift
  for _ in $(seq 240); do
    if "$@" 2>/dev/null | grep -qE "$pattern"; then return; fi
    sleep 0.5
  done
  fail "$* never said $pattern, but: $("$@")"
}
# Nothing runs or waits.
settled() { until_says 'running 0, waiting 0' status "$1"; }
live() { squeue --noheader --array --format='%F_%K %T' --states=RUNNING,PENDING; }
complete_and_equal() {
  settled "$1"
  "$prefsweep" slurm status exp.yaml --name "$1" || fail "$1 is not complete"
  submit "$1" | grep -q '^nothing to submit' || fail "$1: something was submitted after all was complete"
  "$prefsweep" run exp.yaml "${device[@]}" --quiet --name "$1" >"$work/$1.out" 2>&1 || fail "run of $1"
  "$prefsweep" verify "results/$1" >/dev/null || fail "verify of $1"
  "$prefsweep" compare plain/exp "results/$1" --fail-on-drift --exact >/dev/null || fail "$1 differs from a plain run"
  echo "ok: $1: complete, equal to a plain run"
}
# Every experiment from an empty store.
fresh() { rm -rf results; echo "== $1"; }

"$prefsweep" run exp.yaml "${device[@]}" --quiet --results plain >/dev/null 2>&1

fresh 'the whole through the array'
submit whole
complete_and_equal whole

fresh 'an element cancelled while it runs'
submit cancelled --setup 'sleep 15'
until_says RUNNING live
victim=$(live | awk '$2 == "RUNNING" {print $1; exit}')
scancel "$victim"
settled cancelled
status cancelled
status cancelled | grep -q 'CANCELLED' || fail 'the cancelled element is not shown'
status cancelled | grep -qE 'done [1-9]' || fail 'the others did not run'
submit cancelled
complete_and_equal cancelled

fresh 'an element out of time'
# Longer than a minute, which is Slurm's shortest limit, in one element alone.
submit timeout --time 1 --setup '[ "$SLURM_ARRAY_TASK_ID" != 1 ] || sleep 600'
settled timeout
status timeout
status timeout | grep -q 'TIMEOUT' || fail 'the element out of time is not shown'
submit timeout
complete_and_equal timeout

fresh 'the node drained, then resumed'
submit drained --setup 'sleep 5'
until_says RUNNING live
scontrol update nodename="$node" state=drain reason=test
until_says 'running 0' status drained
status drained
status drained | grep -qE 'waiting [1-9]' || fail 'nothing waits for the node'
submit drained | grep -q 'nothing to submit: the rest is in the queue' || fail 'what waits was submitted twice'
scontrol update nodename="$node" state=resume
complete_and_equal drained

fresh 'another program, other data, another plan'
submit refused --dry-run
plan=results/refused/slurm/plan.json
element() { "$prefsweep" run-element "$1" --element 0 "${@:2}" 2>&1; }
refused() { # WHAT COMMAND...
  local what=$1 code=0 said; shift
  said=$("$@") || code=$?
  [ "$code" = 2 ] && grep -q "the $what is not the one.*found.*expected" <<<"$said" || fail "$what: $code $said"
  echo "ok: refused with exit code 2: $said"
}
refused plan element "$plan" --hash 0000000000000000
sed 's/"program": "[^"]*"/"program": "0.0.0 other"/' "$plan" >other.json
refused program element other.json
mv results/store/datasets away
refused dataset element "$plan"
echo 'all passed'
