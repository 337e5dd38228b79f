#!/usr/bin/env bash
# Brings build/bench up to date: Oralu with the peers of the benchmark, apart from .venv, which stays light.
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"
place=build/bench
wanted="$(cat bench/requirements.lock pyproject.toml | sha256sum | cut -d' ' -f1) $PWD"
if $place/bin/python -c '' 2>/dev/null && [ "$(cat $place/oralu.stamp 2>/dev/null)" = "$wanted" ]; then exit 0; fi
uv="$(find_uv .venv/bin/python)"
echo "Installing the peers of the benchmark into $place…"
mkdir -p build
"$uv" venv --quiet --clear --python .venv/bin/python $place
"$uv" pip sync --quiet --python $place/bin/python --require-hashes bench/requirements.lock
"$uv" pip install --quiet --python $place/bin/python --no-deps --editable .
echo "$wanted" >$place/oralu.stamp
