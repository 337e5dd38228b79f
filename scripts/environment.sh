#!/usr/bin/env bash
# environment.sh NAME LOCK: brings build/NAME up to date, an environment with Oralu and what LOCK names, apart from .venv,
# which stays light.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
place="build/$1"
wanted="$(cat "$2" pyproject.toml | sha256sum | cut -d' ' -f1) $PWD"
if "$place/bin/python" -c '' 2>/dev/null && [ "$(cat "$place/oralu.stamp" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
uv="$(find_uv .venv/bin/python)"
echo "Installing Python packages into $place…" >&2
mkdir -p build
"$uv" venv --quiet --clear --python .venv/bin/python "$place"
"$uv" pip sync --quiet --python "$place" --require-hashes "$2"
"$uv" pip install --quiet --python "$place" --no-deps --editable .
echo "$wanted" >"$place/oralu.stamp"
