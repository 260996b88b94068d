#!/usr/bin/env bash
# Checks the house in seconds, without a build: format, cycles, headers, sources, walk, documents.
#   scripts/check.sh          formats the sources, then checks
#   scripts/check.sh --check  changes nothing; ./test begins with it
#   scripts/check.sh --tidy   and runs clang-tidy over the sources that differ from main (needs build/dev)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=()
step() {
  local name=$1 status=0
  shift
  "$@" >&2 || status=$?
  [[ $status -eq 0 || $status -eq 77 ]] || failed+=("$name")  # 77: a tool is not there, and it said so
}

if [[ ${1:-} == --check ]]; then
  step format scripts/format.sh --check
else
  step format scripts/format.sh
fi
for rule in cycles headers sources walk; do
  step "$rule" "tests/house/$rule.sh" "$PWD"
done
step documents python3 tests/house/docs.py "$PWD"
if [[ ${1:-} == --tidy ]]; then
  mapfile -t files < <(git diff --name-only --diff-filter=d main -- 'src/*.cc' 'apps/*.cc' | grep -v /isa/)
  [[ ${#files[@]} -eq 0 ]] || step tidy scripts/tidy.sh "${files[@]}"
fi

if [[ ${#failed[@]} -gt 0 ]]; then
  echo "check: failed: ${failed[*]}" >&2
  exit 1
fi
echo "check: all well" >&2
