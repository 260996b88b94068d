#!/usr/bin/env bash
# LV2's own tools find the plug-in and read what it says of itself: lv2.sh FOLDER_OF_BUNDLES
set -euo pipefail
command -v lv2info >/dev/null || { echo "no lv2info here (Debian package lilv-utils)"; exit 77; }
LV2_PATH=$(realpath "$1")
export LV2_PATH
[[ $(lv2ls) == urn:sage-music:player ]] || { echo "lv2ls found: $(lv2ls)"; exit 1; }
info=$(lv2info urn:sage-music:player 2>&1)
for words in "Events Input" "Events Output" "Surprise" "state#interface" "X11UI"; do
  grep -qF "$words" <<<"$info" || { echo "lv2info does not name '$words':"; echo "$info"; exit 1; }
done
! grep -i "error\|warning" <<<"$info" || exit 1
echo "LV2's tools read the plug-in"
