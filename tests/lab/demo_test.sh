#!/bin/bash
# What the README shows works as it stands there: the demo, without a pause between its commands.
set -euo pipefail
DEMO_LAB="demo$$" "$SKEIN_ROOT/tools/demo" </dev/null
