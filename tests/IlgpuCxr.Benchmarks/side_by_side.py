#!/usr/bin/env python3
"""Runs PyTorch and `cxr bench` in turn on one NVIDIA GPU and prints ours, theirs, the ratio and the share of the card's limit.

usage: side_by_side.py CXR [--batches 32,64,256] [--nets resnet18,vgg16] [--precisions fp32,tf32,bf16] [--steps 20] [--out DIR]

CXR is the published program (see run_on_gpu.sh). Needs PyTorch with CUDA. Writes steps.md, operators.md and results.json into DIR.
Both sides are timed the same way: the host's clock around work and a synchronisation, median of many. An operator is thus timed with the
cost of its launch, about 10 us on either side, which matters for the smallest shapes only.
"""
import argparse, json, os, platform, re, statistics, subprocess, sys, time

import torch
import torch.nn.functional as F
from torch import nn

# Dense limits of the card in Tflop/s and its memory in GB/s, from NVIDIA's data sheets (SXM; tf32 and bf16 without sparsity).
LIMITS = {"H100": (67, 495, 989, 3350), "H200": (67, 495, 989, 4800), "A100": (19.5, 156, 312, 2039)}
PRECISIONS = ("fp32", "tf32", "bf16")


def clock(work, steps):
    """Median seconds of work, after three warm-up calls."""
    for _ in range(3):
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
    """Median seconds of PyTorch's training step: eager, channels-last or compiled (which is channels-last too)."""
    set_precision(precision)
    model = network(name).cuda().train()
    images, targets = torch.randn(batch, 3, 224, 224, device="cuda"), torch.arange(batch, device="cuda") % 2
    if mode != "eager":
        model, images = model.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), 1e-3, momentum=0.9, foreach=True)
    forward = torch.compile(model) if mode == "compile" else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
            loss = F.cross_entropy(forward(images), targets)
        loss.backward()
        optimizer.step()

    return clock(step, steps)


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
        x, model = torch.randn(n, c, h, w, device="cuda").to(memory_format=torch.channels_last), nn.BatchNorm2d(c).cuda()
        if operator == "batch norm forward":
            return lambda: F.relu(model(x), inplace=True)
        if operator == "batch norm backward":
            y, dy = model(x.requires_grad_()), torch.randn_like(x)
            return lambda: torch.autograd.grad(y, (x, model.weight, model.bias), dy, retain_graph=True)
    if operator.startswith("relu") and len(numbers) == 4:
        n, h, w, c = numbers
        x = torch.randn(n, h, w, c, device="cuda")
        return lambda: F.relu(x) if operator == "relu forward" else torch.ops.aten.threshold_backward(x, x, 0)
    return None


def ours(cxr, net, batch, precision, steps):
    command = [cxr, "bench", "--device", "cuda", "--net", net, "--batch", str(batch), "--steps", str(steps), "--precision", precision, "--json"]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        print(f"{' '.join(command)}: {run.stderr.strip()}", file=sys.stderr)
        return None
    return json.loads(run.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cxr")
    parser.add_argument("--batches", default="32,64,256")
    parser.add_argument("--nets", default="resnet18,vgg16")
    parser.add_argument("--precisions", default="fp32,tf32,bf16")
    parser.add_argument("--modes", default="eager,channels-last,compile")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--out", default=".")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    card = torch.cuda.get_device_name()
    limits = next((value for name, value in LIMITS.items() if name in card), None)
    clocks = subprocess.run(["nvidia-smi", "--query-gpu=clocks.sm,clocks.max.sm,power.draw,temperature.gpu", "--format=csv,noheader"],
                            capture_output=True, text=True).stdout.strip()
    head = f"{card}, PyTorch {torch.__version__}, CUDA {torch.version.cuda}, {time.strftime('%Y-%m-%d')}, clocks (now, most), power, temperature: {clocks}\n\n"
    results = {"card": card, "torch": torch.__version__, "date": time.strftime("%Y-%m-%d"), "steps": [], "operators": []}

    def save():
        # After every measurement, so that a run that is cut off loses nothing.
        with open(os.path.join(args.out, "results.json"), "w") as file:
            json.dump(results, file, indent=1)
        with open(os.path.join(args.out, "steps.md"), "w") as file:
            file.write(head + "| network | batch | precision | ours, images/s | theirs, best | which | ours / theirs | spread of ours |\n|---|---|---|---|---|---|---|---|\n")
            for row in results["steps"]:
                best = min(row["theirs"], key=row["theirs"].get) if row["theirs"] else ""
                theirs = row["batch"] / row["theirs"][best] if best else float("nan")
                mine = row["batch"] / row["ours"] if row["ours"] else float("nan")
                file.write(f"| {row['net']} | {row['batch']} | {row['precision']} | {mine:.0f} | {theirs:.0f} | {best} | {mine / theirs:.2f} | {row['spread']} |\n")
        with open(os.path.join(args.out, "operators.md"), "w") as file:
            file.write(head + "| operator | shape | precision | algorithm | ours, us | theirs, us | theirs / ours | share of the limit |\n|---|---|---|---|---|---|---|---|\n")
            for row in results["operators"]:
                theirs = f"{row['theirs'] * 1e6:.0f} | {row['theirs'] / row['ours']:.2f}" if row["theirs"] else "|"
                file.write(f"| {row['operator']} | {row['shape']} | {row['precision']} | {row['algorithm']} | {row['ours'] * 1e6:.0f} | {theirs} | {row['share']} |\n")

    seen = set()
    for net in args.nets.split(","):
        for batch in map(int, args.batches.split(",")):
            for precision in args.precisions.split(","):
                result = ours(args.cxr, net, batch, precision, args.steps)
                theirs = {}
                for mode in args.modes.split(","):
                    try:
                        theirs[mode] = torch_step(net, batch, precision, mode, args.steps)
                    except Exception as error:
                        print(f"PyTorch {net} {batch} {precision} {mode}: {str(error).splitlines()[0]}", file=sys.stderr)
                    torch.cuda.empty_cache()
                spread = f"{result['fastest'] * 1e3:.1f} to {result['slowest'] * 1e3:.1f} ms" if result else "failed"
                results["steps"].append({"net": net, "batch": batch, "precision": precision, "ours": result and result["medianSeconds"], "theirs": theirs, "spread": spread})
                save()
                for timing in result["operators"] if result and batch == 64 else []:
                    key = (timing["operator"], timing["shape"], precision)
                    if key in seen or not timing["calls"]:
                        continue
                    seen.add(key)
                    mine = timing["seconds"] / timing["calls"]
                    try:
                        work = torch_operator(timing["operator"], timing["shape"], precision)
                        other = clock(work, args.steps) if work else None
                    except Exception as error:
                        print(f"{key}: {str(error).splitlines()[0]}", file=sys.stderr)
                        other = None
                    share = ""
                    if limits:
                        peak = limits[PRECISIONS.index(precision)] * 1e12 if timing["operator"].startswith(("convolution", "linear")) else limits[0] * 1e12
                        share = f"{100 * max(timing['flops'] / timing['calls'] / peak, timing['bytes'] / timing['calls'] / (limits[3] * 1e9)) / mine:.0f} %"
                    results["operators"].append({"operator": timing["operator"], "shape": timing["shape"], "precision": precision,
                                                 "algorithm": timing["algorithm"], "ours": mine, "theirs": other, "share": share})
                    save()
    for name in ("steps.md", "operators.md"):
        with open(os.path.join(args.out, name)) as file:
            print(file.read())


if __name__ == "__main__":
    main()
