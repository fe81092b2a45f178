#!/usr/bin/env bash
# Publishes cxr as one file that needs no .NET, for a machine that has a GPU and nothing else.
# usage: publish.sh [DIR]        then: run_on_gpu.sh DIR/cxr OUT   on that machine
# It builds from a copy, because publishing for a platform would write that platform into every packages.lock.json.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "${1:-$root/artifacts/gpu}"
out=$(realpath "${1:-$root/artifacts/gpu}")
copy=$(mktemp -d); trap 'rm -rf "$copy"' EXIT
(cd "$root" && tar -c --exclude=artifacts kernels src weights-import global.json .editorconfig ./*.props) | tar -x -C "$copy"
dotnet publish "$copy/src/IlgpuCxr.Cli" -c Release -r linux-x64 --self-contained -p:PublishSingleFile=true \
    -p:EnableCompressionInSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true -p:DebugType=none -o "$out"
ls -l "$out/cxr"
