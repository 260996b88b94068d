#!/usr/bin/env bash
# Runs one file of tests: run.sh NAME. 77 where Python, or mma for set_test, is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command -v python3 >/dev/null || { echo "no python3: skipped"; exit 77; }
if [[ $1 == set_test ]] && ! command -v mma >/dev/null; then
  echo "no mma (scripts/install.sh music installs it): skipped"
  exit 77
fi
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=../../scripts exec python3 -m unittest -v "$1"
