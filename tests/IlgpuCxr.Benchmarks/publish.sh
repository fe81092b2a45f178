#!/usr/bin/env bash
# Publishes cxr as one file that needs no .NET, for a machine that has a GPU and nothing else.
# usage: publish.sh [DIR]        then: run_on_gpu.sh DIR/cxr OUT   on that machine
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:-$root/artifacts/gpu}
dotnet publish "$root/src/IlgpuCxr.Cli" -c Release -r linux-x64 --self-contained -p:PublishSingleFile=true \
    -p:EnableCompressionInSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true -o "$out"
ls -l "$out/cxr"
