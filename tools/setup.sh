#!/usr/bin/env bash
# Make the virtual environment and install specviz with the versions of constraints.txt.
#   tools/setup.sh app|dev [python]
# "dev" adds the tools of `make test` and `make check`. Run again after a change; what is there already is kept.
set -euo pipefail
cd "$(dirname "$0")/.."

what=${1:?app or dev}
venv=${VENV:-.venv}

fail() {
    printf '\nspecviz: %s\n\n' "$1" >&2
    exit 1
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    local candidate
    for candidate in "${2:-python3}" python3 python3.13 python3.12 python3.11; do
        if is_new_enough "$candidate"; then
            printf '%s' "$candidate"
            return
        fi
    done
    fail "needs Python 3.11 or newer; python3 here is: $(python3 --version 2>&1 || true). Name another one: make $1 PYTHON=/path/to/python3"
}

make_venv() {
    local python
    python=$(find_python "$@")
    echo "specviz: making $venv with $("$python" --version)"
    "$python" -m venv "$venv" || {
        rm -rf "$venv"
        fail "could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv, then try again."
    }
}

if [ -x "$venv/bin/python" ]; then
    is_new_enough "$venv/bin/python" || fail "$venv holds a Python older than 3.11; remove it (make clean-all) and try again."
else
    make_venv "$what" "${2:-python3}"
fi

extra=""
[ "$what" = dev ] && extra="[dev]"
pip=("$venv/bin/python" -m pip --disable-pip-version-check install -c constraints.txt)
[ -t 1 ] || pip+=(-qq) # pip's progress is for people; a log wants its errors alone
echo "specviz: installing packages, a few minutes the first time"
# torch alone and pinned: were it left to the resolver, another release or another build could be picked and fetched.
"${pip[@]}" "$(grep -m1 '^torch==' constraints.txt)" || fail "pip could not install torch; see its message above. Is the network there?"
"${pip[@]}" -e ".$extra" || fail "pip could not install the packages; see its message above. Is the network there?"
# JupyterLab asks on its first start whether it may fetch news; the answer here is no.
"$venv/bin/jupyter" labextension disable --level=sys_prefix "@jupyterlab/apputils-extension:announcements" >/dev/null 2>&1 || true
