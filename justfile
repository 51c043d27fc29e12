# Everything here is a plain cargo command; just is a convenience (`cargo install just`).

# List the recipes
default:
    @just --list --unsorted

# The main experiment: the collapse curve on synthetic data, with its report
[group('science')]
reproduce-collapse *ARGS:
    cargo prefsweep run experiments/collapse.yaml {{ARGS}}

# Run any experiment: just run experiments/ml-100k.yaml --data-dir ~/data
[group('science')]
run EXPERIMENT *ARGS:
    cargo prefsweep run {{EXPERIMENT}} {{ARGS}}

# The main results table, for pasting: just table experiments/collapse.yaml --format latex
[group('science')]
table EXPERIMENT='experiments/collapse.yaml' *ARGS:
    @cargo --quiet prefsweep table {{EXPERIMENT}} {{ARGS}}

# Write the report of stored results
[group('science')]
report EXPERIMENT='experiments/collapse.yaml' *ARGS:
    @cargo --quiet prefsweep report {{EXPERIMENT}} {{ARGS}}

# Make everything in results/reference again (needs the datasets; ten hours on two cores)
[group('science')]
reference *ARGS:
    bash benchmark/reference.sh {{ARGS}}

# Download a dataset: just data ml-100k
[group('science')]
data NAME *ARGS:
    cargo prefsweep data fetch {{NAME}} {{ARGS}}

# All tests, with all backends
[group('development')]
test *ARGS:
    cargo test --release {{ARGS}}

# Tests on real data: the folder in PREFSWEEP_DATA_DIR, or ../shared/datasets; a missing file fails
[group('development')]
test-data *ARGS:
    cargo test --release --workspace --test real --test program -- --ignored --skip soak:: {{ARGS}}

# 2,000 small cells with kills in between, some minutes: nothing left over, memory flat
[group('development')]
soak:
    cargo test --release --test program -- --ignored --nocapture soak::

# Damaged inputs for everything that is read, for an hour in all: just fuzz 60 (minutes; a seed may follow)
[group('development')]
fuzz MINUTES='60' SEED='':
    bash benchmark/fuzz.sh {{MINUTES}} {{SEED}}

# Formatting, lints and documentation, without changing anything
[group('development')]
lint:
    cargo fmt --all --check
    cargo clippy --release --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS='-D warnings' cargo doc --release --workspace --no-deps

# Criterion benchmarks
[group('development')]
bench *ARGS:
    cargo bench {{ARGS}}

# Write docs/growth.md again: how the time of a step and the memory of a run grow
[group('development')]
growth:
    cargo --quiet run --release --example growth > docs/growth.md

# Time training steps beside PyTorch's and JAX's, after a check that all compute the same (needs Python)
[group('development')]
bench-peers *ARGS:
    bash benchmark/peers/run {{ARGS}}

# The Python wheel: build it, install it into a new virtual environment and test it there (needs Python)
[group('development')]
wheel:
    bash benchmark/python/run

# Execute docs/notebook.ipynb with the wheel (needs Python)
[group('development')]
notebook:
    bash benchmark/python/run --notebook

# Everything about this machine's GPU, on one page (docs/gpu.md); --help lists the options
[group('development')]
bench-gpu *ARGS:
    bash benchmark/gpu.sh {{ARGS}}

# Write the JSON schema of experiment files again
[group('development')]
schema:
    cargo --quiet prefsweep schema > experiments/schema.json

# Write the page of errors again, from the program's answers
[group('development')]
errors:
    PREFSWEEP_WRITE_DOCS=1 cargo --quiet test --release --locked --test program -- errors::

# Write the tables of README and docs/findings.md again, from the committed results
[group('development')]
findings:
    PREFSWEEP_WRITE_DOCS=1 cargo --quiet test --release --locked --test reports -- pages::

# What continuous integration runs
[group('development')]
ci:
    bash .ci/run

# What runs every night: the main experiment, verified and compared with the reference results
[group('development')]
nightly: reproduce-collapse
    cargo --quiet prefsweep verify results/collapse
    if [ -d results/reference/synthetic ]; then cargo --quiet prefsweep compare results/reference/synthetic results/collapse --fail-on-drift; else echo 'no results/reference/synthetic: not compared'; fi
