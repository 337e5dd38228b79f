#!/usr/bin/env bash
# Chooses versions anew within the bounds of pyproject.toml and package.json. No lock names a registry's host.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
uv="$(find_uv .venv/bin/python)"
"$uv" pip compile pyproject.toml --quiet --upgrade --group dev --universal --generate-hashes --no-header \
  --no-emit-index-url --python-version 3.11 -o requirements.lock
"$uv" pip compile pyproject.toml --quiet --upgrade --group bench --universal --generate-hashes --no-header \
  --no-emit-index-url --python-version 3.11 --constraint requirements.lock -o bench/requirements.lock
"$uv" pip compile pyproject.toml --quiet --upgrade --group dev --extra spark --universal --generate-hashes --no-header \
  --no-emit-index-url --python-version 3.11 --constraint requirements.lock -o tests/lattice/spark.lock
npm install --silent --package-lock-only --ignore-scripts
if grep -n '"resolved"' package-lock.json; then stop "package-lock.json names a registry: see .npmrc."; fi
