#!/usr/bin/env bash
# generated-is-fresh.sh NODE: whether the committed code of proto/ is what it makes. Generates in a copy, so that asking
# changes nothing.
set -euo pipefail
# shellcheck source=../lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/scripts"
cp -r "$ROOT/proto" "$ROOT/package.json" "$copy/"
cp "$ROOT/scripts/generate.ts" "$copy/scripts/"
ln -s "$ROOT/node_modules" "$copy/node_modules"
"$1" "$copy/scripts/generate.ts"
diff -r "$ROOT/shared/rpc/gen" "$copy/shared/rpc/gen" ||
  die "shared/rpc/gen is not what proto/ makes: run npm run generate."
