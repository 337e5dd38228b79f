#!/usr/bin/env bash
# Brings .venv, node_modules and the compiled catalogues up to date. Each part is skipped while the files that decide
# about it are the same as when it was last finished.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

fingerprint() { cat "$@" | sha256sum | cut -d' ' -f1; }
fresh() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

python_parts() {
  local wanted python uv
  wanted="$(fingerprint requirements.lock pyproject.toml) $PWD"
  if .venv/bin/python -c '' 2>/dev/null && fresh .venv/oralu.stamp "$wanted"; then return; fi
  python="$(find_python)"
  [ -n "$python" ] || stop "Oralu needs Python 3.11 or 3.12, and none was found ($(python3 --version 2>&1 | head -1)): install one, or name it by ORALU_PYTHON=/path/to/python."
  uv="$(find_uv "$python")"
  echo "Installing Python packages into .venv…"
  rm -f .venv/oralu.stamp
  if ! .venv/bin/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
    rm -rf .venv
    "$uv" venv --quiet --python "$python" .venv
  fi
  "$uv" pip sync --quiet --python .venv/bin/python --require-hashes requirements.lock
  "$uv" pip install --quiet --python .venv/bin/python --no-deps --editable .
  echo "$wanted" >.venv/oralu.stamp
}

browser_parts() {
  local wanted
  wanted="$(fingerprint package-lock.json package.json)"
  if fresh node_modules/oralu.stamp "$wanted"; then return; fi
  command -v npm >/dev/null || stop "Node.js 18 or newer with npm is needed for the browser files: install it (Debian: apt-get install nodejs npm), then run \`make setup\` again."
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 18 ? 1 : 0)' || stop "Node.js 18 or newer is needed, this is $(node --version)."
  echo "Fetching browser files into node_modules…"
  npm ci --silent --no-fund --no-audit --ignore-scripts || stop "npm could not fetch the browser files: run \`npm ci\` to see why."
  echo "$wanted" >node_modules/oralu.stamp
}

python_parts
browser_parts
.venv/bin/python scripts/catalogues.py
