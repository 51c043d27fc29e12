#!/usr/bin/env bash
# Measures prefsweep on this machine's GPU and writes one page, docs/gpu.md.
#
#   benchmark/gpu.sh [options]
#     --device NAME        wgpu (default: the first GPU) or wgpu:N of `prefsweep devices`
#     --allow-software-gpu accept a software adapter, to try this script
#     --tiny               small sizes, to try this script; the figures mean nothing
#     --experiment FILE    default: experiments/ml-100k.yaml with its data, otherwise collapse.yaml
#     --data-dir DIR       downloaded datasets (default: data)
#     --at-once "R ..."    cells trained at once, one sweep for each (default: "1 4 16 64")
#     --runs N             repetitions of the same runs, for their spread (default: 3)
#     --torch-device NAME  cuda (default) or cpu
#     --skip STEP          leave a step out (may be repeated): devices steps cpu sweep at-once peers spread
#     --only STEP          do this step alone (may be repeated)
#     --features LIST      of cargo, as gpu-tuned
#     --built DIR          use the programs built there, as target/release, and build nothing
#     --work DIR           logs, results, finished steps (default: target/gpu)
#     --out FILE           the page (default: docs/gpu.md)
#
# Every step is a section of the page, kept in the work folder as soon as it is done: steps can be
# done in several calls, a step that fails says so there, and none of them needs another but `cpu`,
# with whose results those of `sweep` are compared.
set -euo pipefail
cd "$(dirname "$0")/.."

all_steps=(devices steps cpu sweep at-once peers spread)
device=wgpu software='' tiny='' experiment='' data=data at_once='1 4 16 64' runs=3 torch=cuda
features='' built='' work=target/gpu out=docs/gpu.md skip=() only=()

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; }
fail() { printf 'error: %s\n' "$1" >&2; exit 2; }
known_step() {
  case " ${all_steps[*]} " in *" $1 "*) ;; *) fail "found step $1, allowed ${all_steps[*]}" ;; esac
}
while [ $# -gt 0 ]; do
  case $1 in
    --allow-software-gpu) software=--allow-software-gpu; shift; continue ;;
    --tiny) tiny=yes; shift; continue ;;
    --help | -h) usage; exit 0 ;;
  esac
  [ $# -ge 2 ] || fail "found $1 without a value; see --help"
  case $1 in
    --device) device=$2 ;;
    --experiment) experiment=$2 ;;
    --data-dir) data=$2 ;;
    --at-once) at_once=$2 ;;
    --runs) runs=$2 ;;
    --torch-device) torch=$2 ;;
    --skip) known_step "$2"; skip+=("$2") ;;
    --only) known_step "$2"; only+=("$2") ;;
    --features) features=$2 ;;
    --built) built=$2 ;;
    --work) work=$2 ;;
    --out) out=$2 ;;
    *) fail "found $1; see --help" ;;
  esac
  shift 2
done
[[ $runs =~ ^[0-9]+$ ]] && [ "$runs" -ge 2 ] || fail "found --runs $runs, allowed 2 or more"
[[ $at_once =~ ^[0-9\ ]+$ ]] || fail "found --at-once $at_once, allowed numbers"
if [ -z "$experiment" ]; then
  experiment=experiments/collapse.yaml
  for file in "$data/ml-100k.inter" "$data/ml-100k/u.data" "$data/u.data" "$data/ml-100k/ml-100k.inter"; do
    if [ -f "$file" ]; then experiment=experiments/ml-100k.yaml; fi
  done
fi
[ -f "$experiment" ] || fail "$experiment: no such file"

# What a trial makes small.
sets=() step_count=20 negatives='1 5 20' spread_negatives=20
peer_arguments=(--rounds 5 --peers eager compile)
if [ -n "$tiny" ]; then
  sets=(--set 'model={dim: 8, blocks: 1, heads: 2, feed_forward: 8, max_len: 10}'
    --set reference.epochs=1 --set preference.steps=3 --set evaluation.every=3
    --set 'sweep.losses=[dpo, dmpo]' --set 'sweep.negatives=[3]' --set 'sweep.seeds=[1, 2]')
  step_count=1 negatives=1 spread_negatives=3
  peer_arguments=(--rounds 1 --attempts 1 --steps 1 --peers eager --losses dpo --negatives 1 --gemm 64)
fi

wanted() {
  local step
  for step in ${skip[@]+"${skip[@]}"}; do [ "$step" != "$1" ] || return 1; done
  [ ${#only[@]} -gt 0 ] || return 0
  for step in "${only[@]}"; do [ "$step" != "$1" ] || return 0; done
  return 1
}

mkdir -p "$work/sections"
work=$(cd "$work" && pwd)
if [ -z "$built" ]; then
  cargo build --profile dist --locked --package prefsweep --bins --examples ${features:+--features "$features"}
  built=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/dist
fi
prefsweep=$built/prefsweep peer=$built/examples/peer spread=$built/examples/spread
for program in "$prefsweep" "$peer" "$spread"; do
  [ -x "$program" ] || fail "$program: no such program"
done
# shellcheck disable=SC2206 # words, on purpose
place=(--device "$device" $software)

now() { date +%s.%N; }
since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f", to - from }'; }
median() { tr -d '[]' | tr ',' '\n' | sort -g | awk '{ v[NR] = $1 } END { if (NR) printf "%.2f", 1000 * v[int((NR + 1) / 2)] }'; }

# sweep RESULTS ARGUMENTS...: a whole sweep from nothing; its seconds go to $seconds.
sweep() {
  local results=$1 start
  shift
  rm -rf "$results"
  start=$(now)
  "$prefsweep" run "$experiment" --name sweep --data-dir "$data" --results "$results" \
    ${sets[@]+"${sets[@]}"} "$@" --quiet >"$results.log" 2>&1 || {
    printf '`prefsweep run %s` failed:\n\n```\n' "$*"
    tail -n 5 "$results.log"
    printf '```\n'
    return 1
  }
  seconds=$(since "$start")
}
count_runs() { find "$1/store/cells" "$1/store/references" -mindepth 1 -maxdepth 1 -type d | wc -l; }

step_devices() {
  printf '```\n'
  "$prefsweep" devices 2>/dev/null || return
  printf '```\n\n| | |\n| :-- | :-- |\n'
  printf '| prefsweep | %s%s |\n' "$(git describe --always --dirty 2>/dev/null || "$prefsweep" --version)" \
    "${features:+, features $features}"
  printf '| system | %s |\n' "$(uname -sr)"
  printf '| processor | %s, %s cores |\n' \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)" "$(getconf _NPROCESSORS_ONLN)"
  printf '| measured | %s |\n' "$(date -u '+%Y-%m-%d %H:%M UTC')"
  if command -v nvidia-smi >/dev/null; then
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader |
      while read -r card; do printf '| `nvidia-smi` | %s |\n' "$card"; done
  fi
}

# Medians of one process: its device's name, then those of all cells, in milliseconds.
times() {
  { for cell in "${cells[@]}"; do printf '%s 2\n%s %s\n' "$cell" "$cell" "$step_count"; done; } |
    RAYON_NUM_THREADS=1 "$peer" serve "$@" | awk 'NR % 2 == 0' |
    while read -r line; do printf '%s\n' "$line" | median; printf '\n'; done
}
step_steps() {
  local cells=('cross_entropy 0 0.2') loss k
  for loss in dpo s_dpo dmpo dynamic_po; do
    for k in $negatives; do cells+=("$loss $k 0"); done
  done
  times flex >"$work/flex.times" || return
  # shellcheck disable=SC2086 # an optional word
  times "$device" $software >"$work/wgpu.times" || return
  printf 'Milliseconds per training step: 128 windows of 50 items, 1,682 items, the default model; median\n'
  printf 'of %s. flex with one thread, wgpu until the device has finished. A step of `ro_dpo` is one of\n' "$step_count"
  printf '`dpo`, beside the drawing of its negatives.\n\n'
  printf '| step | K | flex | wgpu | flex / wgpu |\n| :-- | --: | --: | --: | --: |\n'
  paste <(printf '%s\n' "${cells[@]}") "$work/flex.times" "$work/wgpu.times" |
    awk '{ printf "| %s%s | %s | %s | %s | %.2f |\n", $1, ($3 > 0 ? ", dropout " $3 : ""), ($2 > 0 ? $2 : ""), $4, $5, $4 / $5 }'
}

step_cpu() {
  sweep "$work/cpu" --device flex || return
  printf '`%s` on flex, one worker per core: %s runs in %s s.\n' \
    "$experiment" "$(count_runs "$work/cpu")" "$seconds"
}

step_sweep() {
  sweep "$work/sweep" "${place[@]}" || return
  printf '`%s` on %s, one worker: %s runs in %s s.\n' \
    "$experiment" "$device" "$(count_runs "$work/sweep")" "$seconds"
  if [ -f "$work/cpu/sweep/index.json" ]; then
    printf '\nAgainst the same on flex (`prefsweep compare`; A is flex, B %s):\n\n' "$device"
    "$prefsweep" compare "$work/cpu/sweep" "$work/sweep/sweep" | awk '/^\| (loss|:--)/ || /full \| NDCG@10/'
  fi
}

step_at-once() {
  local cells base='' per
  printf '`%s` on %s, R cells trained at once (`--at-once R`).\n\n' "$experiment" "$device"
  printf '| R | seconds | runs per minute | times as fast as the first |\n| --: | --: | --: | --: |\n'
  for cells in $at_once; do
    # A failure is a row's; the others go on.
    if sweep "$work/at-once-$cells" "${place[@]}" --at-once "$cells" >"$work/at-once-$cells.failed"; then
      base=${base:-$seconds}
      per=$(count_runs "$work/at-once-$cells")
      awk -v r="$cells" -v s="$seconds" -v n="$per" -v b="$base" \
        'BEGIN { printf "| %s | %s | %.1f | %.2f |\n", r, s, 60 * n / s, b / s }'
    else
      printf '| %s | failed: %s | | |\n' "$cells" "$(tail -n 1 "$work/at-once-$cells.log" | cut -c 1-200)"
    fi
  done
}

step_peers() {
  local python="${XDG_CACHE_HOME:-$HOME/.cache}/prefsweep/peers/bin/python" exported=$work/exported
  [ -x "$python" ] || python=python3
  if ! "$python" -c 'import numpy, torch' 2>/dev/null; then
    printf 'Not measured: no PyTorch here. `bash benchmark/peers/run --check` makes an environment with it.\n'
    return
  fi
  if [ "$torch" = cuda ] && ! "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
    printf 'Not measured: PyTorch finds no GPU here.\n'
    return
  fi
  rm -rf "$exported"
  "$peer" export "$exported" || return
  # shellcheck disable=SC2086 # an optional word
  PYTHONDONTWRITEBYTECODE=1 TORCHINDUCTOR_CACHE_DIR=$work/inductor "$python" benchmark/peers/bench.py \
    --prefsweep "$peer" --exported "$exported" --device "$torch" --prefsweep-device "$device" $software \
    --threads 1 "${peer_arguments[@]}" >"$work/peers.md" || return
  # Its headings are one level higher.
  sed '1,2d; s/^## /### /' "$work/peers.md"
}

step_spread() {
  local run folders=()
  for run in $(seq "$runs"); do
    sweep "$work/spread-$run" "${place[@]}" --set "sweep.negatives=[$spread_negatives]" || return
    folders+=("$work/spread-$run/sweep")
  done
  printf '`%s` with K = %s, %s times: how much the end of training differs between runs of the same\n' \
    "$experiment" "$spread_negatives" "$runs"
  printf 'seed, beside how much it differs between seeds (standard deviations within a group).\n\n'
  "$spread" "${folders[@]}"
}

title() {
  case $1 in
    devices) echo 'Devices' ;;
    steps) echo 'Training steps' ;;
    cpu) echo 'A whole sweep on the CPU' ;;
    sweep) echo 'The same on the GPU' ;;
    at-once) echo 'Several cells at once' ;;
    peers) echo 'Beside PyTorch on the same card' ;;
    spread) echo 'From run to run' ;;
  esac
}

failed=()
for step in "${all_steps[@]}"; do
  wanted "$step" || continue
  printf '== %s (%s)\n' "$step" "$(date -u +%H:%M:%S)" >&2
  section=$work/sections/$step.md
  if ! "step_$step" >"$section.new" 2>"$work/$step.log"; then
    printf '\nThis step failed.\n' >>"$section.new"
    failed+=("$step")
    tail -n 5 "$work/$step.log" >&2
  fi
  mv "$section.new" "$section"
done

{
  printf '# prefsweep on a GPU\n\n'
  printf 'Written by `just bench-gpu` (`benchmark/gpu.sh`), on wgpu%s.\n' \
    "${features:+, built with the features $features}"
  if [ -n "$tiny" ]; then printf '\n**A trial at tiny sizes: the figures mean nothing.**\n'; fi
  for step in "${all_steps[@]}"; do
    [ -f "$work/sections/$step.md" ] || continue
    printf '\n## %s\n\n' "$(title "$step")"
    cat "$work/sections/$step.md"
  done
} >"$out"
printf '%s\n' "$out" >&2
[ ${#failed[@]} -eq 0 ] || { printf 'failed: %s\n' "${failed[*]}" >&2; exit 1; }
