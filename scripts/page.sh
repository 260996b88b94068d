#!/usr/bin/env bash
# Builds the page (web/) into build/page, where `sage-music serve` finds it. Silent when nothing changed.
# Without npm it says so and leaves the page out: serve then explains how to build it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v npm >/dev/null; then
  echo "page: npm is not here, so the page is not built (Debian packages nodejs, npm)" >&2
  exit 0
fi
sources=(web/package.json web/package-lock.json web/tsconfig.json web/vite.config.ts web/index.html web/src web/public)
state=$(find "${sources[@]}" -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
stamp=build/page.stamp
[[ ! -f build/page/index.html || ! -f $stamp || $(<"$stamp") != "$state" ]] || exit 0

mkdir -p build
log=build/page.log
echo "page: building build/page" >&2
# No package may run a script of its own. Without a network the page is left out.
if ! (cd web && npm ci --ignore-scripts --no-audit --no-fund) >"$log" 2>&1; then
  echo "page: npm cannot fetch the packages, so the page is not built ($log)" >&2
  exit 0
fi
if ! (cd web && npm run build) >>"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "page: the build failed; its log is $log" >&2
  exit 1
fi
echo "$state" >"$stamp"
