#!/usr/bin/env bash
# All that a machine with an NVIDIA GPU can tell, in a single call: checks, times, and PyTorch's times beside them.
# usage: run_on_gpu.sh CXR OUT [SECONDS]     CXR is what publish.sh made; tables and logs go to OUT; stops after SECONDS (540)
# Every step writes its own file and none stops the others, so that a run that is cut off still tells what it found.
set -uo pipefail
cxr=$(realpath "$1"); out=$2; limit=${3:-540}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"; out=$(realpath "$out")
end=$((SECONDS + limit))
step() { # NAME SECONDS COMMAND...
    local name=$1 most=$2; shift 2
    local left=$((end - SECONDS))
    [ "$left" -gt 5 ] || { echo "$name: no time left" | tee -a "$out/summary.txt"; return; }
    timeout $((left < most ? left : most)) "$@" > "$out/$name.txt" 2> "$out/$name.err"
    echo "$name: exit code $?" | tee -a "$out/summary.txt"
}
: > "$out/summary.txt"
step gpu 20 nvidia-smi
step devices 60 "$cxr" devices
for precision in fp32 tf32 bf16; do
    step "selftest-$precision" 120 "$cxr" selftest --device cuda --precision $precision
done
for precision in fp32 tf32 bf16; do
    for net in resnet18 vgg16; do
        step "bench-$net-$precision" 60 "$cxr" bench --device cuda --net $net --batch 64 --steps 20 --precision $precision
    done
done
command -v python3 > /dev/null && step side-by-side "$limit" python3 "$here/side_by_side.py" "$cxr" --batches 64,32,256 --out "$out"
cat "$out/summary.txt"
tail -n +1 "$out"/selftest-*.txt "$out"/steps.md 2> /dev/null
