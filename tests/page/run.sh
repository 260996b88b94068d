#!/usr/bin/env bash
# Runs a browser test of the page, or says why it cannot (exit code 77).
#   run.sh walk|keyboard|jam PROGRAM
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
skip() { echo "skipped: $1"; exit 77; }
command -v node >/dev/null || skip "no Node.js here (Debian package nodejs)"
[[ -d $root/web/node_modules/playwright-core ]] || skip "no playwright-core here (scripts/page.sh)"
[[ -f $root/build/page/index.html ]] || skip "the page is not built (scripts/page.sh)"
exec node "$root/web/tests/$1.mjs" "$2"
