#!/usr/bin/env bash
# Times BERT-base on SecretFlow SPU (ABY3, 64 bits, three parties on this machine) for comparison
# with `ditto bench bert-base`. Installs spu into a virtual environment under target/ first.
#
#   tools/peers/run.sh [--seq 128] [--layers 12] [--runs 1]
#
# Prints one JSON object; bytes are those of one run and of all parties. Needs x86-64 Linux, about
# 700 MB of disk and 12 GB of memory. Tested with Python 3.11; a run takes two to three minutes.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
venv="${CARGO_TARGET_DIR:-$root/target}/peers-venv"

if [[ ! -x $venv/bin/python ]]; then
    "${PYTHON:-python3}" -m venv "$venv"
fi
if ! "$venv/bin/python" -c 'import spu; assert spu.__version__ == "0.9.5"' 2>/dev/null; then
    "$venv/bin/pip" install --quiet -r "$here/requirements.txt" >&2
fi
exec "$venv/bin/python" "$here/spu_bert.py" "$@"
