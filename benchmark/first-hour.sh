#!/usr/bin/env bash
# Times what a newcomer does first, as a new user of whom nothing is kept: git clone, the README's first command up to its
# table, then its second command.
#
#   benchmark/first-hour.sh [FOLDER]    everything lies in this new folder (default: a temporary one)
#
# The compiler is there already, and where cargo gets crates from is what this machine says. What is committed is cloned.
set -euo pipefail

repository=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
if [ -n "$(ls -A "$folder")" ]; then
  printf 'error: %s is not empty\n' "$folder" >&2
  exit 2
fi
mkdir "$folder/home" "$folder/cargo"
settings=${CARGO_HOME:-$HOME/.cargo}/config.toml
if [ -f "$settings" ]; then
  cp "$settings" "$folder/cargo/"
fi
export RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
export HOME=$folder/home CARGO_HOME=$folder/cargo CARGO_TARGET_DIR=$folder/target

TIMEFORMAT='%R s on the clock, %U + %S s of processor time'
step() {
  printf '\n== %s\n' "$*"
  time "$@"
}
step git clone --quiet "$repository" "$folder/prefsweep"
cd "$folder/prefsweep"
step cargo reproduce-collapse
step cargo test --release --no-default-features
printf '\n%s may be removed\n' "$folder"
