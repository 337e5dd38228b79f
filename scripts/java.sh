#!/usr/bin/env bash
# Spark runs on Java: that of the machine, or Debian's where it may be installed.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
if command -v java >/dev/null; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Java…" >&2
  export DEBIAN_FRONTEND=noninteractive
  if apt-get -qq update >/dev/null && apt-get -qq install -y --no-install-recommends default-jre-headless >/dev/null; then exit 0; fi
fi
stop "Spark needs Java: install it (Debian: apt-get install default-jre-headless), then run \`make test-spark\` again."
