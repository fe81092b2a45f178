#!/usr/bin/env python3
"""Runs `cxr bench` and PyTorch in turn on one NVIDIA GPU and prints ours, theirs, the ratio and the share of the card's limit.

usage: side_by_side.py CXR [--batches 64,32,256] [--nets resnet18,vgg16] [--precisions tf32,bf16,fp32] [--modes eager,channels-last,graph,compile]
                       [--steps 20] [--seconds 600] [--out DIR]

CXR is the published program (see run_on_gpu.sh). Needs PyTorch with CUDA. Writes steps.md, operators.md and results.json into DIR, after every
measurement; what results.json has already of the same program is not measured again, so that a second run goes on, perhaps with other modes. What matters most comes
first: the first batch on both sides, then the next; a run of ours that hangs takes 90 seconds at most. Nothing new is begun after --seconds.
Both sides' steps are timed the same way: the host's clock around work and a synchronisation, median of many. The mode "graph" is PyTorch's step as
one CUDA graph, in channels-last; with it ours is measured as one too. What is to be known of the operators' times stands below their table.
"""
import argparse, gc, hashlib, json, multiprocessing, os, re, shutil, statistics, subprocess, sys, threading, time
from concurrent.futures import ProcessPoolExecutor

import torch
import torch.nn.functional as F
from torch import nn

# Dense limits of the card in Tflop/s and its memory in GB/s, from NVIDIA's data sheets (SXM; tf32 and bf16 without sparsity).
LIMITS = {"H100": (67, 495, 989, 3350), "H200": (67, 495, 989, 4800), "A100": (19.5, 156, 312, 2039)}
PRECISIONS = ("fp32", "tf32", "bf16")

STEP_NOTES = """
A step of ours launched one by one stands beside the fastest of PyTorch's modes other than "graph", one launched as one graph beside "graph".
"""

OPERATOR_NOTES = """
Ours are timed call by call in training steps, by the host's clock with a synchronisation before and after, which adds some 10 us: most of a small
one's time. "theirs" is timed the same way, after a write of 256 MB; ours may find in the second-level cache what the operator before them left there.
"theirs, GPU" is the time between two events behind such a write: on PyTorch's side alone, it leaves out synchronisation and launch, which a step hides.

Batch norm: ours includes the residual's addition forward, and ReLU's mask and the residual's gradient backward, where the network has them,
PyTorch's only ReLU forward; `fusedstatistics` leaves the mean and variance to the convolution before it. Convolutions of VGG16 and linear layers: ours includes bias
and ReLU and their gradients, PyTorch's only a linear layer's bias forward. In bf16 all of PyTorch's tensors are bfloat16; ours are not for the
images, the classifier and the gradients of weights.
"""

# Here, so that a process of its own has it too.
torch.backends.cudnn.benchmark = True


def clock(work, steps):
    """Median seconds of work, after three warm-up calls and half a second in which the GPU's clock rises."""
    for _ in range(3):
        work()
    torch.cuda.synchronize()
    start = time.perf_counter()
    while time.perf_counter() - start < 0.5:
        work()
        torch.cuda.synchronize()
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def clock_operator(work, steps):
    """Median seconds of a call whose tensors are not in the second-level cache: by the host's clock, and by the GPU's.

    A call that is repeated would find its tensors in the cache's 50 or 60 MB; in a training step, where ours are timed, all others come between.
    The host's clock is how ours are timed, so the ratio is taken from it. But it counts the launch too, where PyTorch's host has more to do; events
    around the call alone do not, for the launch is hidden by what is written before.
    """
    scratch = torch.empty(256 << 20, dtype=torch.uint8, device="cuda")
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    for _ in range(3):
        work()
    host, gpu = [], []
    for _ in range(steps):
        scratch.zero_()
        torch.cuda.synchronize()
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        host.append(time.perf_counter() - start)
        scratch.zero_()
        begin.record()
        work()
        end.record()
        torch.cuda.synchronize()
        gpu.append(begin.elapsed_time(end) / 1e3)
    return statistics.median(host), statistics.median(gpu)


def set_precision(precision):
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision != "fp32"


# torchvision's networks, written out so that nothing but PyTorch is needed.
class Block(nn.Module):
    def __init__(self, c, k, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(c, k, 3, stride, 1, bias=False), nn.BatchNorm2d(k)
        self.conv2, self.bn2 = nn.Conv2d(k, k, 3, 1, 1, bias=False), nn.BatchNorm2d(k)
        self.down = nn.Sequential(nn.Conv2d(c, k, 1, stride, bias=False), nn.BatchNorm2d(k)) if stride > 1 or c != k else nn.Identity()

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(y)) + self.down(x), inplace=True)


def network(name):
    if name == "resnet18":
        layers, c = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)], 64
        for k, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
            layers += [Block(c, k, stride), Block(k, k, 1)]
            c = k
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 130), nn.ReLU(True), nn.Linear(130, 2))
    layers, c = [], 3
    for k in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
        layers += [nn.Conv2d(c, k, 3, padding=1), nn.ReLU(True)] if k else [nn.MaxPool2d(2, 2)]
        c = k or c
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7), nn.Flatten(), nn.Linear(25088, 130), nn.ReLU(True), nn.Linear(130, 2))


def captured(step, optimizer):
    """What replays a step as one CUDA graph, on the tensors that it is captured with.

    SGD needs no setting for it: it keeps nothing on the host, and its momentum's memory is there after the first step. Gradients are let go before,
    so that the backward pass allocates them in the graph's own memory and every replay writes them anew.
    """
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    optimizer.zero_grad(set_to_none=True)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def torch_step(name, batch, precision, mode, steps):
    """Median seconds and most bytes of PyTorch's training step: eager, channels-last, as one graph or compiled (which are channels-last too)."""
    set_precision(precision)
    gc.collect()
    model = network(name).cuda().train()
    images, targets = torch.randn(batch, 3, 224, 224, device="cuda"), torch.arange(batch, device="cuda") % 2
    if mode != "eager":
        model, images = model.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), 1e-3, momentum=0.9, foreach=True)
    forward = model
    if mode == "compile":
        # One model after the other in one process: without a reset the compiler takes other batches for dynamic ones, and after a few gives up silently.
        torch.compiler.reset()
        forward = torch.compile(model, dynamic=False)

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
            loss = F.cross_entropy(forward(images), targets)
        loss.backward()
        optimizer.step()

    # What cuDNN tries algorithms out with is not the step's.
    for _ in range(3):
        step()
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    return clock(captured(step, optimizer) if mode == "graph" else step, steps), torch.cuda.max_memory_allocated()


def torch_step_apart(*arguments):
    """The same in a process of its own: after a capture that fails, PyTorch refuses to draw random numbers in that process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(torch_step, *arguments).result()


def conv_numbers(shape):
    """n, h, w, c, p, q, k, r, s, stride, padding of 'n32 56x56x64 -> 56x56x64, 3x3 stride 1 padding 1'."""
    return [int(x) for x in re.findall(r"\d+", shape)]


def torch_linear(operator, x, dy, weight, bias):
    """A linear layer, which ours computes and calls a convolution of images of one pixel."""
    if operator == "convolution forward":
        return lambda: F.linear(x, weight, bias)
    if operator == "convolution backward data":
        return lambda: dy @ weight
    return lambda: dy.T @ x


def torch_operator(operator, shape, precision):
    """What PyTorch runs for one of our operators, or None where there is no counterpart."""
    set_precision(precision)
    half = torch.bfloat16 if precision == "bf16" else torch.float32
    new = lambda *size: torch.randn(*size, device="cuda").to(half)
    image = lambda *size: new(*size).to(memory_format=torch.channels_last)
    if operator.startswith("convolution"):
        n, h, w, c, p, q, k, r, s, stride, padding = conv_numbers(shape)
        if (h, w, p, q, r, s) == (1,) * 6:
            return torch_linear(operator, new(n, c), new(n, k), new(k, c), new(k))
        x, dy, weight = image(n, c, h, w), image(n, k, p, q), image(k, c, r, s)
        if operator == "convolution forward":
            return lambda: F.conv2d(x, weight, None, stride, padding)
        mask = (operator == "convolution backward data", operator == "convolution backward weights", False)
        return lambda: torch.ops.aten.convolution_backward(dy, x, weight, None, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1, mask)
    numbers = [int(x) for x in re.findall(r"\d+", shape)]
    if operator.startswith("batch norm") and len(numbers) == 4:
        n, h, w, c = numbers
        x, model = image(n, c, h, w), nn.BatchNorm2d(c).cuda()
        if operator == "batch norm forward":
            return lambda: F.relu(model(x), inplace=True)
        if operator == "batch norm backward":
            y, dy = model(x.requires_grad_()), torch.randn_like(x)
            return lambda: torch.autograd.grad(y, (x, model.weight, model.bias), dy, retain_graph=True)
    if operator.startswith("relu") and len(numbers) == 4:
        n, h, w, c = numbers
        x = new(n, h, w, c)
        return lambda: F.relu(x) if operator == "relu forward" else torch.ops.aten.threshold_backward(x, x, 0)
    return None


# Whether a run of ours failed; PyTorch's do not count.
failed = []


def ours(cxr, nets, batches, precision, steps, seconds, graphs):
    """The results of `cxr bench`, its steps launched one by one or as graphs, each as soon as it is measured; one process for all, because compiling the kernels takes longer than most measurements."""
    command = [cxr, "bench", "--device", "cuda", "--net", ",".join(nets), "--batch", ",".join(map(str, batches)), "--steps", str(steps), "--precision", precision, "--json"]
    environment = {"ILGPUCXR_GRAPHS": "1" if graphs else "0"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}) as run:
        watch = threading.Timer(max(seconds, 1), run.kill)
        watch.start()
        rest = ""
        for line in run.stdout:
            # Of several a line each, of one many lines.
            rest += line
            try:
                yield json.loads(rest)
                rest = ""
            except json.JSONDecodeError:
                continue
        watch.cancel()
    if run.returncode:
        failed.append(f"{' '.join(command)}, {environment}: exit code {run.returncode}")
        print(failed[-1], file=sys.stderr)


def reason(error):
    """The first line of an exception's text, if it has one."""
    return (str(error).splitlines() or [repr(error)])[0]


def step_lines(results):
    """A line for each network, batch, precision and way of launching: ours, and the fastest of PyTorch's modes that launch that way."""
    key = lambda row: (row["network"], str(row["batch"]), row["precision"])
    for kind, launched in (("ours", "one by one"), ("recorded", "as one graph")):
        theirs = [row for row in results["theirs"] if (row["mode"] == "graph") == (kind == "recorded")]
        for name in dict.fromkeys(map(key, results[kind] + theirs)):
            mine = next((row for row in results[kind] if key(row) == name), None)
            other = min((row for row in theirs if key(row) == name), key=lambda row: row["seconds"], default=None)
            cells = [*name, launched, f"{mine['imagesPerSecond']:.0f}" if mine else ""]
            cells += [f"{other['batch'] / other['seconds']:.0f}", other["mode"]] if other else ["", ""]
            cells += [f"{other['seconds'] / mine['medianSeconds']:.2f}" if mine and other else ""]
            cells += [f"{mine['fastest'] * 1e3:.1f} to {mine['slowest'] * 1e3:.1f} ms" if mine else ""]
            cells += [f"{mine['deviceBytes'] / 1e6:.0f}" if mine else "", f"{other['bytes'] / 1e6:.0f}" if other else ""]
            yield f"| {' | '.join(cells)} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cxr")
    parser.add_argument("--batches", default="64,32,256")
    parser.add_argument("--nets", default="resnet18,vgg16")
    parser.add_argument("--precisions", default="tf32,bf16,fp32")
    parser.add_argument("--modes", default="eager,channels-last,graph,compile")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--out", default=".")
    args = parser.parse_args()
    nets, batches, precisions = args.nets.split(","), [int(batch) for batch in args.batches.split(",")], args.precisions.split(",")
    modes = args.modes.split(",")
    kinds = ["ours"] * (modes != ["graph"]) + ["recorded"] * ("graph" in modes)
    end = time.monotonic() + args.seconds
    os.makedirs(args.out, exist_ok=True)
    card = torch.cuda.get_device_name()
    limits = next((value for name, value in LIMITS.items() if name in card), None)
    query = ["nvidia-smi", "--query-gpu=clocks.sm,clocks.max.sm,power.draw,temperature.gpu", "--format=csv,noheader"]
    clocks = subprocess.run(query, capture_output=True, text=True).stdout.strip() if shutil.which(query[0]) else "unknown"
    head = f"{card}, PyTorch {torch.__version__}, CUDA {torch.version.cuda}, {time.strftime('%Y-%m-%d')}, clocks (now, most), power, temperature: {clocks}\n\n"
    path = os.path.join(args.out, "results.json")
    with open(args.cxr, "rb") as cxr, open(__file__, "rb") as script:
        program = hashlib.sha256(cxr.read() + script.read()).hexdigest()
    results = {"card": card, "torch": torch.__version__, "date": time.strftime("%Y-%m-%d"), "program": program, "ours": [], "recorded": [], "theirs": [], "operators": []}
    if os.path.exists(path):
        with open(path) as file:
            before = json.load(file)
        if before.get("program") != program:
            # Another program's times are not this one's, nor are those that another version of this script took.
            before.update(program=program, ours=[], recorded=[], operators=[])
        results.update(before)

    def find(rows, **key):
        return next((row for row in rows if all(row[name] == value for name, value in key.items())), None)

    def write(name, text):
        with open(os.path.join(args.out, name + ".new"), "w") as file:
            file.write(text)
        os.replace(os.path.join(args.out, name + ".new"), os.path.join(args.out, name))

    def save():
        # After every measurement, so that a run that is cut off loses nothing.
        write("results.json", json.dumps(results, indent=1))
        header = "| network | batch | precision | launched | ours, images/s | theirs, best | which | ours / theirs | spread of ours | memory, MB: ours | theirs |\n|---|---|---|---|---|---|---|---|---|---|---|"
        write("steps.md", "\n".join([head + header, *step_lines(results)]) + "\n" + STEP_NOTES)
        lines = [head + "| operator | shape | precision | algorithm | ours, us | theirs, us | theirs, GPU, us | theirs / ours | share of the limit |\n|---|---|---|---|---|---|---|---|---|"]
        for row in results["operators"]:
            other = f"{row['theirs'] * 1e6:.0f} | {row['gpu'] * 1e6:.0f} | {row['theirs'] / row['ours']:.2f}" if row["theirs"] else " |  | "
            lines.append(f"| {row['operator']} | {row['shape']} | {row['precision']} | {row['algorithm']} | {row['ours'] * 1e6:.0f} | {other} | {row['share']} |")
        write("operators.md", "\n".join(lines) + "\n" + OPERATOR_NOTES)

    def left():
        return end - time.monotonic()

    save()

    def share(timing, precision, seconds):
        """Of the card's arithmetic or memory bandwidth, whichever an operator comes closer to, in percent."""
        if not limits:
            return ""
        multiplies = timing["operator"].startswith(("convolution", "linear"))
        arithmetic = timing["flops"] / timing["calls"] / ((limits[PRECISIONS.index(precision)] if multiplies else limits[0]) * 1e12)
        return f"{100 * max(arithmetic, timing['bytes'] / timing['calls'] / (limits[3] * 1e9)) / seconds:.0f} %"

    for batch in batches:
        for precision in precisions:
            for kind in kinds:
                missing = [net for net in nets if not find(results[kind], network=net, batch=batch, precision=precision)]
                if missing and left() > 0:
                    # The driver compiles every kernel that a process is the first to use.
                    for result in ours(args.cxr, missing, [batch], precision, args.steps, min(left(), 90), kind == "recorded"):
                        results[kind].append(result)
                        save()
            for net in nets:
                for mode in modes:
                    if left() <= 0 or find(results["theirs"], network=net, batch=batch, precision=precision, mode=mode):
                        continue
                    try:
                        measure = torch_step_apart if mode == "graph" else torch_step
                        seconds, size = measure(net, batch, precision, mode, args.steps)
                        results["theirs"].append({"network": net, "batch": batch, "precision": precision, "mode": mode, "seconds": seconds, "bytes": size})
                    except Exception as error:
                        print(f"PyTorch {net} {batch} {precision} {mode}: {reason(error)}", file=sys.stderr)
                    torch.cuda.empty_cache()
                    save()

    for result in [row for row in results["ours"] if row["batch"] == batches[0]]:
        for timing in result["operators"]:
            key = {"operator": timing["operator"], "shape": timing["shape"], "precision": result["precision"], "algorithm": timing["algorithm"]}
            if left() <= 0 or not timing["calls"] or find(results["operators"], **key):
                continue
            mine, other, gpu = timing["seconds"] / timing["calls"], None, None
            try:
                work = torch_operator(timing["operator"], timing["shape"], result["precision"])
                other, gpu = clock_operator(work, args.steps) if work else (None, None)
            except Exception as error:
                print(f"{key}: {reason(error)}", file=sys.stderr)
            results["operators"].append({**key, "ours": mine, "theirs": other, "gpu": gpu, "share": share(timing, result["precision"], mine)})
            save()
    for name in ("operators.md", "steps.md"):
        if os.path.exists(os.path.join(args.out, name)):
            with open(os.path.join(args.out, name)) as file:
                print(file.read())
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
