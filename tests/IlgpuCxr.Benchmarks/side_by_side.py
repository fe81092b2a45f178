#!/usr/bin/env python3
"""Runs `cxr bench` and PyTorch in turn on one NVIDIA GPU and prints ours, theirs, the ratio and the share of the card's limit.

usage: side_by_side.py CXR [--batches 64,32,256] [--nets resnet18,vgg16] [--precisions tf32,bf16,fp32] [--modes eager,channels-last,compile]
                       [--steps 20] [--seconds 600] [--out DIR]

CXR is the published program (see run_on_gpu.sh). Needs PyTorch with CUDA. Writes steps.md, operators.md and results.json into DIR, after every
measurement; what results.json has already of the same program is not measured again, so that a second run goes on, perhaps with other modes. What matters most comes
first: the first batch on both sides, then the next; a run of ours that hangs takes 90 seconds at most. Nothing new is begun after --seconds.
Both sides are timed the same way: the host's clock around work and a synchronisation, median of many. An operator is thus timed with the
cost of its launch, about 10 us on either side, which matters for the smallest shapes only. In bf16 an operator of PyTorch is given all in
bfloat16, ours single-precision weights and the first layer's images, which it rounds each time.
"""
import argparse, gc, hashlib, json, os, re, shutil, statistics, subprocess, sys, threading, time

import torch
import torch.nn.functional as F
from torch import nn

# Dense limits of the card in Tflop/s and its memory in GB/s, from NVIDIA's data sheets (SXM; tf32 and bf16 without sparsity).
LIMITS = {"H100": (67, 495, 989, 3350), "H200": (67, 495, 989, 4800), "A100": (19.5, 156, 312, 2039)}
PRECISIONS = ("fp32", "tf32", "bf16")


def clock(work, steps, warm=0.0):
    """Median seconds of work, after three warm-up calls and so many seconds in which the GPU's clock rises."""
    for _ in range(3):
        work()
    torch.cuda.synchronize()
    start = time.perf_counter()
    while time.perf_counter() - start < warm:
        work()
        torch.cuda.synchronize()
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


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


def torch_step(name, batch, precision, mode, steps):
    """Median seconds and most bytes of PyTorch's training step: eager, channels-last or compiled (which is channels-last too)."""
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
    return clock(step, steps, warm=0.5), torch.cuda.max_memory_allocated()


def conv_numbers(shape):
    """n, h, w, c, p, q, k, r, s, stride, padding of 'n32 56x56x64 -> 56x56x64, 3x3 stride 1 padding 1'."""
    return [int(x) for x in re.findall(r"\d+", shape)]


def torch_operator(operator, shape, precision):
    """What PyTorch runs for one of our operators, or None where there is no counterpart."""
    set_precision(precision)
    half = torch.bfloat16 if precision == "bf16" else torch.float32
    new = lambda *size: torch.randn(*size, device="cuda").to(half)
    image = lambda *size: new(*size).to(memory_format=torch.channels_last)
    if operator.startswith("convolution"):
        n, h, w, c, p, q, k, r, s, stride, padding = conv_numbers(shape)
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


def ours(cxr, nets, batches, precision, steps, seconds):
    """The results of `cxr bench`, each as soon as it is measured; one process for all, because compiling the kernels takes longer than most measurements."""
    command = [cxr, "bench", "--device", "cuda", "--net", ",".join(nets), "--batch", ",".join(map(str, batches)), "--steps", str(steps), "--precision", precision, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
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
        failed.append(f"{' '.join(command)}: exit code {run.returncode}")
        print(failed[-1], file=sys.stderr)


def reason(error):
    """The first line of an exception's text, if it has one."""
    return (str(error).splitlines() or [repr(error)])[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cxr")
    parser.add_argument("--batches", default="64,32,256")
    parser.add_argument("--nets", default="resnet18,vgg16")
    parser.add_argument("--precisions", default="tf32,bf16,fp32")
    parser.add_argument("--modes", default="eager,channels-last,compile")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--out", default=".")
    args = parser.parse_args()
    nets, batches, precisions = args.nets.split(","), [int(batch) for batch in args.batches.split(",")], args.precisions.split(",")
    end = time.monotonic() + args.seconds
    os.makedirs(args.out, exist_ok=True)
    torch.backends.cudnn.benchmark = True
    card = torch.cuda.get_device_name()
    limits = next((value for name, value in LIMITS.items() if name in card), None)
    query = ["nvidia-smi", "--query-gpu=clocks.sm,clocks.max.sm,power.draw,temperature.gpu", "--format=csv,noheader"]
    clocks = subprocess.run(query, capture_output=True, text=True).stdout.strip() if shutil.which(query[0]) else "unknown"
    head = f"{card}, PyTorch {torch.__version__}, CUDA {torch.version.cuda}, {time.strftime('%Y-%m-%d')}, clocks (now, most), power, temperature: {clocks}\n\n"
    path = os.path.join(args.out, "results.json")
    with open(args.cxr, "rb") as file:
        program = hashlib.sha256(file.read()).hexdigest()
    results = {"card": card, "torch": torch.__version__, "date": time.strftime("%Y-%m-%d"), "program": program, "ours": [], "theirs": [], "operators": []}
    if os.path.exists(path):
        with open(path) as file:
            before = json.load(file)
        if before.get("program") != program:
            # Another program's times are not this one's.
            before.update(program=program, ours=[], operators=[])
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
        lines = [head + "| network | batch | precision | ours, images/s | theirs, best | which | ours / theirs | spread of ours | memory, MB: ours | theirs |\n|---|---|---|---|---|---|---|---|---|---|"]
        alone = [row for row in results["theirs"] if not any(all(row[name] == mine[name] for name in ("network", "batch", "precision")) for mine in results["ours"])]
        for row in alone:
            lines.append(f"| {row['network']} | {row['batch']} | {row['precision']} |  | {row['batch'] / row['seconds']:.0f} | {row['mode']} |  |  |  | {row['bytes'] / 1e6:.0f} |")
        for mine in results["ours"]:
            key = {name: mine[name] for name in ("network", "batch", "precision")}
            theirs = min((row for row in results["theirs"] if all(row[name] == value for name, value in key.items())), key=lambda row: row["seconds"], default=None)
            other = f"{mine['batch'] / theirs['seconds']:.0f} | {theirs['mode']} | {theirs['seconds'] / mine['medianSeconds']:.2f}" if theirs else " |  | "
            memory = f"{mine['deviceBytes'] / 1e6:.0f} | {theirs['bytes'] / 1e6:.0f}" if theirs else f"{mine['deviceBytes'] / 1e6:.0f} | "
            spread = f"{mine['fastest'] * 1e3:.1f} to {mine['slowest'] * 1e3:.1f} ms"
            lines.append(f"| {mine['network']} | {mine['batch']} | {mine['precision']} | {mine['imagesPerSecond']:.0f} | {other} | {spread} | {memory} |")
        write("steps.md", "\n".join(lines) + "\n")
        lines = [head + "| operator | shape | precision | algorithm | ours, us | theirs, us | theirs / ours | share of the limit |\n|---|---|---|---|---|---|---|---|"]
        for row in results["operators"]:
            other = f"{row['theirs'] * 1e6:.0f} | {row['theirs'] / row['ours']:.2f}" if row["theirs"] else " | "
            lines.append(f"| {row['operator']} | {row['shape']} | {row['precision']} | {row['algorithm']} | {row['ours'] * 1e6:.0f} | {other} | {row['share']} |")
        write("operators.md", "\n".join(lines) + "\n")

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
            missing = [net for net in nets if not find(results["ours"], network=net, batch=batch, precision=precision)]
            if missing and left() > 0:
                # The driver compiles every kernel that a process is the first to use.
                for result in ours(args.cxr, missing, [batch], precision, args.steps, min(left(), 90)):
                    results["ours"].append(result)
                    save()
            for net in nets:
                for mode in args.modes.split(","):
                    if left() <= 0 or find(results["theirs"], network=net, batch=batch, precision=precision, mode=mode):
                        continue
                    try:
                        seconds, size = torch_step(net, batch, precision, mode, args.steps)
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
            mine, other = timing["seconds"] / timing["calls"], None
            try:
                work = torch_operator(timing["operator"], timing["shape"], result["precision"])
                other = clock(work, args.steps) if work else None
            except Exception as error:
                print(f"{key}: {reason(error)}", file=sys.stderr)
            results["operators"].append({**key, "ours": mine, "theirs": other, "share": share(timing, result["precision"], mine)})
            save()
    for name in ("operators.md", "steps.md"):
        if os.path.exists(os.path.join(args.out, name)):
            with open(os.path.join(args.out, name)) as file:
                print(file.read())
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
