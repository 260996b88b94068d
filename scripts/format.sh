#!/usr/bin/env bash
# Formats every source file with clang-format, or with --check only lists those that it would change.
# Exit status: 0 all well, 1 files to format, 77 no clang-format here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if ! command -v clang-format >/dev/null; then
  echo "format: clang-format is not installed (Debian package clang-format)" >&2
  exit 77
fi
# The sources, ended by zero bytes.
sources() {
  find . -path ./build -prune -o \( -path './src/*' -o -path './apps/*' -o -path './tests/*' \
    -o -path './bench/*' -o -path './fuzz/*' -o -path './examples/*' -o -path './include/*' \
    -o -path './python/*' -o -path './plugin/*' \) \( -name '*.h' -o -name '*.hpp' -o -name '*.cc' -o -name '*.c' \) -print0
}

if [[ ${1:-} != --check ]]; then
  sources | xargs -0 -r -n 16 -P "$(nproc)" clang-format -i
  exit
fi
unformatted=$(sources | xargs -0 -r -n 16 -P "$(nproc)" clang-format --dry-run 2>&1 |
  sed -n 's/^\([^ :]*\):[0-9].*warning: code should be clang-formatted.*/\1/p' | sort -u)
[[ -n $unformatted ]] || exit 0
echo "$unformatted"
echo "format: run scripts/format.sh" >&2
exit 1
