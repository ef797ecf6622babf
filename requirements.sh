#!/bin/sh
# Writes requirements.lock: every package that the project, its tests and its tools need, pinned and hashed.
# The project itself, torch and what only its builds for GPUs need are left out: torch has a lock of its own
# (torch.lock), because which build of it is right depends on the machine. newer-python.lock is added as it is.
# Called by `make lock`.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n 's/^\(torch==[^ ]*\).*/\1/p' torch.lock >"$work/torch.txt"

"$LOCK_WITH" --quiet --upgrade --extra discord --extra test --extra dev --constraint "$work/torch.txt" \
    --generate-hashes --allow-unsafe --strip-extras --no-annotate --no-header \
    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
    --output-file "$work/all.lock" pyproject.toml

{
    echo "# Made by \`make lock\`. Installed with --require-hashes; torch is in torch.lock."
    awk '/^[^ ]/ { keep = /^[a-z0-9.-]+==/ && !/^(torch|triton|pip|nvidia-[a-z0-9-]*|cuda-[a-z0-9-]*)==/ } keep && NF' \
        "$work/all.lock"
    cat newer-python.lock
} >requirements.lock
