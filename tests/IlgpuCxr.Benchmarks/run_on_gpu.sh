#!/usr/bin/env bash
# All that a machine with an NVIDIA GPU can tell: checks, times, and PyTorch's times beside them.
# usage: run_on_gpu.sh CXR OUT [SECONDS] [checks|study]
# CXR is what publish.sh made; tables and logs go to OUT; it stops after SECONDS (540). "checks" is the default and fits one call of ten
# minutes, "study" another: an epoch of each row on 12,000 images of 1024x1024.
# Every step writes its own file and none stops the others, so that a run that is cut off still tells what it found.
set -uo pipefail
cxr=$(realpath "$1"); out=$2; limit=${3:-540}; what=${4:-checks}
here=$(cd "$(dirname "$0")" && pwd)
device=${ILGPUCXR_DEVICE:-cuda} # cpu rehearses the script where there is no GPU
mkdir -p "$out"; out=$(realpath "$out")
# The single file unpacks its native libraries, and decoded images are kept: not in a home that such a machine may not have.
export DOTNET_BUNDLE_EXTRACT_BASE_DIR=${DOTNET_BUNDLE_EXTRACT_BASE_DIR:-${TMPDIR:-/tmp}/cxr-bundle} XDG_CACHE_HOME=${XDG_CACHE_HOME:-${TMPDIR:-/tmp}/cxr-cache}
end=$((SECONDS + limit))
step() { # NAME SECONDS COMMAND...
    local name=$1 most=$2; shift 2
    local left=$((end - SECONDS)) start=$SECONDS code
    [ "$left" -gt 5 ] || { echo "$name: no time left" | tee -a "$out/summary.txt"; return; }
    timeout $((left < most ? left : most)) "$@" > "$out/$name.txt" 2> "$out/$name.err"
    code=$?
    echo "$name: exit code $code, $((SECONDS - start)) s" | tee -a "$out/summary.txt"
    [ $code -eq 0 ] || tail -n 3 "$out/$name.err" | tee -a "$out/summary.txt"
}

# The losses of the first epoch of the same training, on the CPU and on the GPU.
compare_losses() {
    "$cxr" data phantom --out "$out/small" --part 1 --train 200 --held 20 --size 64 --quiet
    for on in cpu "$device"; do
        rm -rf "$out/losses-$on"
        "$cxr" train --device "$on" --precision fp32 --net resnet18 --data "$out/small" --task binary --weights random \
            --size 64 --batch 16 --epochs 1 --lr 0.01 --seed 1 --out "$out/losses-$on" --quiet
        echo "$on"; cat "$out/losses-$on/log.csv"
    done
}

checks() {
    step gpu 20 nvidia-smi
    step devices 60 "$cxr" devices
    for precision in fp32 tf32 bf16; do
        step "selftest-$precision" 90 "$cxr" selftest --device "$device" --precision $precision
    done
    # By warpgroups, where the GPU has them (sm_90).
    for precision in tf32 bf16; do
        step "selftest-warpgroup-$precision" 60 env ILGPUCXR_ALGORITHMS=convolution=warpgroup$precision "$cxr" selftest --device "$device" --precision $precision
    done
    step losses 60 bash -c compare_losses
    for precision in tf32 fp32 bf16; do
        for net in resnet18 vgg16; do
            step "bench-$net-$precision" 60 "$cxr" bench --device "$device" --net $net --batch "${BATCH:-64}" --steps "${STEPS:-20}" --precision $precision
        done
    done
    for precision in tf32 bf16; do
        for net in resnet18 vgg16; do
            step "bench-$net-warpgroup-$precision" 60 env ILGPUCXR_ALGORITHMS=convolution=warpgroup$precision \
                "$cxr" bench --device "$device" --net $net --batch "${BATCH:-64}" --steps "${STEPS:-20}" --precision $precision
        done
    done
    # The step as one CUDA graph.
    for net in resnet18 vgg16; do
        step "bench-$net-graph" 60 env ILGPUCXR_GRAPHS=1 "$cxr" bench --device "$device" --net $net --batch "${BATCH:-64}" --steps "${STEPS:-20}"
    done
    command -v python3 > /dev/null && step side-by-side "$limit" python3 "$here/side_by_side.py" "$cxr" --batches 64,32,256 --out "$out"
    tail -n +1 "$out"/selftest-*.txt "$out"/losses.txt "$out"/steps.md 2> /dev/null
}

# 600 phantoms of each part, each under 20 names: twelve thousand files to decode, in a twentieth of the time that drawing them takes.
draw_study() {
    set -e
    "$cxr" data phantom --out "$out/drawn" --train "${DRAWN:-480}" --held "$((${DRAWN:-480} / 8))" --size "${SIDE:-1024}" --quiet
    (cd "$out/drawn" && find . -name '*.png') | while read -r file; do
        mkdir -p "$out/images/$(dirname "$file")"
        for i in $(seq "${COPIES:-20}"); do ln -f "$out/drawn/$file" "$out/images/${file%.png}-$i.png"; done
    done
    find "$out/images" -name '*.png' | wc -l
}

study() {
    step draw 240 bash -c draw_study
    step pytorch-epoch 120 python3 "$here/pytorch_epoch.py" "$out/images/part1/train"
    step study "$limit" "$cxr" reproduce --device "$device" --part1 "$out/images/part1" --part2 "$out/images/part2" --weights random --epochs 1 --out "$out/study"
    cat "$out"/pytorch-epoch.txt
    for log in $(find "$out/study" -name log.csv | sort); do echo "${log#"$out"/study/}"; cat "$log"; done
}

: > "$out/summary.txt"
export cxr out device
export -f compare_losses draw_study
"$what"
cat "$out/summary.txt"
