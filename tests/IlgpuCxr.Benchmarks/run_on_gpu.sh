#!/usr/bin/env bash
# All that a machine with an NVIDIA GPU can tell: checks, times, and PyTorch's times beside them.
# usage: run_on_gpu.sh CXR OUT [SECONDS] [checks|variants|compiled|study]
# CXR is what publish.sh made; it stops after SECONDS (570). "checks" is the default, and goes on to "variants" if time is left: what is off unless
# asked for, and steps as one CUDA graph on both sides (five minutes by itself); "compiled" (some four minutes) adds torch.compile to the tables;
# "study" (some four minutes) is an epoch of each row on 12,000 images of 1024x1024, beside an epoch of PyTorch.
# OUT gets few files, six of one run and eight of two, which are whole after every step, so that a run that is cut off still tells what it found:
#   MODE-summary.txt   a line for each step: exit code, seconds, images a second       MODE-all.txt   what every step printed
#   steps.md, operators.md, results.json   of side_by_side.py                          clocks.txt     the GPU's clocks, power and temperature
# All else goes to WORK, by default below /tmp.
set -uo pipefail
cxr=$(realpath "$1"); out=$2; limit=${3:-570}; what=${4:-checks}
here=$(cd "$(dirname "$0")" && pwd)
device=${ILGPUCXR_DEVICE:-cuda} # cpu rehearses the script where there is no GPU
work=${WORK:-${TMPDIR:-/tmp}/cxr-gpu}
mkdir -p "$out" "$work/cuda"; out=$(realpath "$out"); work=$(realpath "$work")
summary=$out/$what-summary.txt all=$out/$what-all.txt
# The single file unpacks its native libraries, decoded images and the driver's compiled kernels are kept: not in a home that such a machine may not have.
export DOTNET_BUNDLE_EXTRACT_BASE_DIR=$work/bundle XDG_CACHE_HOME=$work/cache CUDA_CACHE_PATH=$work/cuda CUDA_CACHE_MAXSIZE=4294967296
export TRITON_CACHE_DIR=$work/triton TORCHINDUCTOR_CACHE_DIR=$work/inductor
# What the driver's assembler says of a kernel that it refuses goes to standard error.
export DOTNET_gcConcurrent=0 DOTNET_DebugWriteToStdErr=1
end=$((SECONDS + limit))
no_time=75 # the exit code of a step that was not begun
step() { # NAME SECONDS COMMAND...
    local name=$1 most=$2; shift 2
    local left=$((end - SECONDS)) start=$SECONDS code
    [ "$left" -gt 5 ] || { echo "$name: no time left" | tee -a "$summary"; return $no_time; }
    # A kernel that hangs keeps its process from ending when it is asked to.
    timeout -k 5 $((left < most ? left : most)) "$@" > "$work/$name.txt" 2> "$work/$name.err"
    code=$?
    # The driver's words about a kernel are padded with zeros, which make a text binary to others.
    tr -d '\0' < "$work/$name.err" | tail -n 60 > "$work/$name.last"
    echo "$name: exit code $code, $((SECONDS - start)) s" | tee -a "$summary"
    grep -ahE "images/s( \(|$)|host takes|FAILED" "$work/$name.txt" | tee -a "$summary"
    { echo "=== $name: exit code $code"; tr -d '\0' < "$work/$name.txt"; cat "$work/$name.last"; } >> "$all"
    # The message stands before its trace.
    [ $code -eq 0 ] || { grep -m3 -E "[Ee]xception|[Ee]rror|There is" "$work/$name.last" || tail -n 3 "$work/$name.last"; } | cut -c1-400 | tee -a "$summary"
    return $code
}

# Whether something is to be left out, because its own checks or those of its precision hang.
hangs() { # NAME PRECISION
    [[ " ${hung[*]} " == *" ${1/bench/selftest} "* || " ${hung[*]} " == *" selftest-$2 "* ]] || return
    echo "$1: left out, because checks hang" | tee -a "$summary"
}

selftest() { # NAME [VARIABLE=VALUE...] PRECISION
    local name=$1 precision=${*: -1}
    local -a environment=("${@:2:$#-2}")
    local code
    hangs "$name" "$precision" && return
    # The first one of a precision compiles its kernels.
    local most=120
    [[ "$tested" == *" $precision "* ]] || most=180
    tested+="$precision "
    step "$name" "$most" env "${environment[@]}" "$cxr" selftest --verbose --device "$device" --precision "$precision" && return
    code=$?
    [ $code -ne $no_time ] || return
    # What hangs would hang again, and so would its benchmark.
    [ $code -ne 124 ] && [ $code -ne 137 ] || { hung+=("$name"); return; }
    # Wrong numbers, and kernels that the driver refuses, tell all that they can. A fault is told where it happens if each launch is waited for.
    grep -aq "checks failed" "$work/$name.txt" && ! grep -aq "answers no more" "$work/$name.txt" && return
    step "$name-blocking" 60 env CUDA_LAUNCH_BLOCKING=1 "${environment[@]}" "$cxr" selftest --verbose --device "$device" --precision "$precision"
}

# The losses of the first epoch of the same training, on the CPU and on the GPU: in single precision, and on the GPU in bf16 if its checks do not hang.
compare_losses() { # ["DEVICE PRECISION"...]
    local code=0 run on precision
    "$cxr" data phantom --out "$work/small" --part 1 --train 200 --held 20 --size 64 --quiet || return
    for run in "$device fp32" "cpu fp32" "$@"; do
        read -r on precision <<< "$run"
        rm -rf "$work/losses-$on-$precision"
        "$cxr" train --verbose --device "$on" --precision "$precision" --net resnet18 --data "$work/small" --task binary --weights random \
            --size 64 --batch 16 --epochs 1 --lr 0.01 --seed 1 --out "$work/losses-$on-$precision" --quiet > /dev/null || code=$?
        echo "$on $precision"; cat "$work/losses-$on-$precision/log.csv"
    done
    return $code
}

bench() { # NAME [VARIABLE=VALUE...] PRECISION
    local name=$1 precision=${*: -1}
    hangs "$name" "$precision" && return
    step "$name" 60 env "${@:2:$#-2}" "$cxr" bench --verbose --device "$device" --net resnet18,vgg16 --batch "${BATCH:-64}" --steps "${STEPS:-20}" --size "${BENCH_SIZE:-224}" --precision "$precision"
}

side_by_side() { # NAME SECONDS OPTIONS...
    local name=$1 most=$2; shift 2
    has_torch || { echo "$name: no PyTorch here" | tee -a "$summary"; return; }
    local left=$((end - SECONDS))
    [ -n "${*: -1}" ] || { echo "$name: left out, because the checks of all precisions hang" | tee -a "$summary"; return; }
    [ "$left" -gt 30 ] || { echo "$name: no time left" | tee -a "$summary"; return; }
    step "$name" "$most" python3 "$here/side_by_side.py" "$cxr" --out "$out" --seconds $(((left < most ? left : most) - 10)) "$@"
}

# On a machine that has just started, reading PyTorch takes a minute: begun at once, beside the checks.
find_torch() { command -v python3 > /dev/null && timeout 180 python3 -c "import torch" 2> /dev/null; }
has_torch() { wait "$finding" 2> /dev/null; }

# Precisions whose checks do not hang, joined by commas.
sound() {
    local list=
    for precision in "$@"; do
        [[ " ${hung[*]} " == *" selftest-$precision "* ]] || list+=,$precision
    done
    echo "${list#,}"
}

# What tells most comes first: whether it is right, its times beside PyTorch's, and only then what is off unless asked for.
checks() {
    step gpu 20 nvidia-smi
    step devices 60 "$cxr" devices
    for precision in ${PRECISIONS:-tf32 bf16 fp32}; do selftest "selftest-$precision" "$precision"; done
    local -a more=()
    [[ "$device $(sound ${PRECISIONS:-tf32 bf16 fp32})" == cuda*bf16* ]] && more=("cuda bf16")
    step losses 100 bash -c 'compare_losses "$@"' compare_losses "${more[@]}"
    if has_torch; then
        side_by_side side-by-side 150 --modes eager,channels-last --batches 64 --precisions "$(sound ${PRECISIONS:-tf32 bf16 fp32})"
    else
        echo "no PyTorch here: times of cxr alone" | tee -a "$summary"
        for precision in ${PRECISIONS:-tf32 bf16 fp32}; do bench "bench-$precision" "$precision"; done
    fi
    variants
}

# Each held against the default; first what is likeliest to become it.
variants() {
    [ "$device" = cuda ] || { echo "variants: left out, because they need a GPU" | tee -a "$summary"; return; }
    # The step as one CUDA graph: most to be had in bf16, which has more launches and less to do.
    selftest selftest-graph ILGPUCXR_GRAPHS=1 bf16
    bench bench-graph ILGPUCXR_GRAPHS=1 bf16
    bench bench-launched bf16
    hangs side-by-side-graph graph || side_by_side side-by-side-graph 120 --modes graph --batches 64 --precisions "$(sound bf16 tf32)"
    # Batch norm that reads its statistics itself.
    bench bench-unfused ILGPUCXR_ALGORITHMS=batchnorm=quad bf16
    # One tile for all: its operators' times beside the default's tell whether the tiles are well chosen.
    for tile in large small; do bench "bench-tile-$tile" "ILGPUCXR_ALGORITHMS=tile=$tile" bf16; done
    # By warpgroups, where the GPU has them (sm_90).
    for precision in tf32 bf16; do
        selftest "selftest-warpgroup-$precision" "ILGPUCXR_ALGORITHMS=convolution=warpgroup$precision" "$precision"
        bench "bench-warpgroup-$precision" "ILGPUCXR_ALGORITHMS=convolution=warpgroup$precision" "$precision"
    done
    # Single precision by Winograd wherever a shape allows it, and by tiles alone; the default chooses by counting.
    selftest selftest-winograd ILGPUCXR_ALGORITHMS=convolution=tiledwinograd4 fp32
    bench bench-chosen fp32
    bench bench-direct ILGPUCXR_ALGORITHMS=convolution=tiled fp32
    side_by_side side-by-side-batches "$limit" --modes eager,channels-last --batches 64,32,256 --precisions "$(sound ${PRECISIONS:-tf32 bf16 fp32})"
}

# A compiled model takes most of a minute each time. What OUT has of "checks" is not measured again.
compiled() {
    side_by_side side-by-side-compiled "$limit" --modes compile --batches 64 --precisions bf16,tf32,fp32
}

# 600 phantoms of each part, each under 20 names: twelve thousand files to decode, in a twentieth of the time that drawing them takes.
draw_study() {
    "$cxr" data phantom --out "$work/drawn" --train "${DRAWN:-480}" --held "$((${DRAWN:-480} / 8))" --size "${SIDE:-1024}" --quiet || return
    python3 - "$work/drawn" "$work/images" "${COPIES:-20}" << 'PYTHON'
import os, pathlib, sys
drawn, images, copies = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
count = 0
for file in sorted(drawn.rglob("*.png")):
    folder = images / file.parent.relative_to(drawn)
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(copies):
        name = folder / f"{file.stem}-{i}.png"
        if not name.exists():
            os.link(file, name)
        count += 1
print(count, "files")
PYTHON
}

study() {
    df -h "$work" /dev/shm 2> /dev/null | tee -a "$summary"
    step draw 100 bash -c draw_study
    # PyTorch keeps a minute for itself, which is an epoch of its faster network at least.
    local most=$((end - SECONDS - 70))
    step study $((most > 30 ? most : 30)) "$cxr" reproduce --verbose --device "$device" --part1 "$work/images/part1" --part2 "$work/images/part2" --weights random --epochs 1 --out "$work/study"
    for log in $(find "$work/study" -name log.csv | sort); do echo "${log#"$work"/study/}"; cat "$log"; done | tee -a "$all"
    has_torch || { echo "no PyTorch here" | tee -a "$summary"; return; }
    step pytorch-epoch "$limit" python3 -u "$here/pytorch_epoch.py" "$work/images/part1/train"
}

: > "$summary"; : > "$all"
chmod +x "$cxr" 2> /dev/null
hung=() # self-tests that were stopped
tested=" " # precisions that one was run of
export cxr work device
export -f compare_losses draw_study
clocks=
if command -v nvidia-smi > /dev/null; then
    # It also keeps the driver awake between the steps.
    stdbuf -oL nvidia-smi dmon -s pc -d 5 -o T >> "$out/clocks.txt" 2>&1 & clocks=$!
fi
find_torch & finding=$!
"$what"
[ -z "$clocks" ] || { kill "$clocks"; wait "$clocks" 2> /dev/null; }
cat "$out/operators.md" "$out/steps.md" 2> /dev/null
grep -ah -A9 "=== losses" "$all"
cat "$summary"
