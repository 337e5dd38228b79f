# Shared by the set-up scripts: where we are, how to stop with one sentence, where uv is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

stop() {
  echo "$*" >&2
  exit 1
}

# The first Python that Oralu supports, or nothing.
find_python() {
  local candidate
  for candidate in ${ORALU_PYTHON:-} python3.12 python3.11 python3 python; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
}

# Path of uv: the system's, else one of our own in build/bootstrap.
find_uv() {
  local python="$1" place=build/bootstrap
  if command -v uv; then return; fi
  if [ ! -x $place/bin/uv ]; then
    rm -rf $place
    if "$python" -m venv $place >/dev/null 2>&1; then
      $place/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1' >&2
    elif "$python" -m pip --version >/dev/null 2>&1; then
      rm -rf $place
      "$python" -m pip install --quiet --disable-pip-version-check --target $place 'uv>=0.9,<1' >&2
    else
      rm -rf $place
      stop "This Python ($python) can make no virtual environment: install its module (Debian: apt-get install python3-venv), then run \`make setup\` again."
    fi
  fi
  [ -x $place/bin/uv ] || stop "uv could not be installed: see the lines above."
  echo $place/bin/uv
}
