#!/usr/bin/env bash
# The journeys of the tests run in a real browser: Debian's Chromium, or any that is there.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Chromium…"
  export DEBIAN_FRONTEND=noninteractive
  if apt-get -qq update >/dev/null && apt-get -qq install -y --no-install-recommends chromium >/dev/null; then exit 0; fi
fi
stop "The tests need Chromium: install it (Debian: apt-get install chromium), then run \`make test\` again."
