#!/usr/bin/env python3
"""Times an epoch of PyTorch with its data loader on a folder of images, as the study trains: what `cxr reproduce` is compared with.

usage: pytorch_epoch.py DIR [--batch 32] [--size 224] [--workers 16] [--precision tf32]

DIR has a folder of images for each class. Needs PyTorch with CUDA, torchvision and Pillow. The first epoch reads all files for the first time.
"""
import argparse, time

import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms


def head(features):
    return nn.Sequential(nn.Linear(features, 130), nn.ReLU(inplace=True), nn.Linear(130, 2))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--precision", default="tf32", choices=("fp32", "tf32", "bf16"))
    args = parser.parse_args()
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = args.precision != "fp32"
    torch.backends.cudnn.benchmark = True
    augmented = transforms.Compose([
        transforms.RandomRotation(30), transforms.RandomResizedCrop(args.size), transforms.RandomHorizontalFlip(), transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    data = torchvision.datasets.ImageFolder(args.directory, augmented)
    loader = DataLoader(data, args.batch, shuffle=True, num_workers=args.workers, pin_memory=True, persistent_workers=True)
    for name in ("resnet18", "vgg16"):
        model = getattr(torchvision.models, name)()
        # The study's head.
        if name == "resnet18":
            model.fc = head(512)
        else:
            model.classifier = head(25088)
        model = model.cuda().to(memory_format=torch.channels_last).train()
        optimizer = torch.optim.SGD(model.parameters(), 1e-4, momentum=0.9, foreach=True)
        for epoch in range(2):
            torch.cuda.synchronize()
            start = time.perf_counter()
            for images, targets in loader:
                images = images.cuda(non_blocking=True).to(memory_format=torch.channels_last)
                optimizer.zero_grad(set_to_none=True)
                with torch.autocast("cuda", torch.bfloat16, enabled=args.precision == "bf16"):
                    loss = F.cross_entropy(model(images), targets.cuda(non_blocking=True))
                loss.backward()
                optimizer.step()
            torch.cuda.synchronize()
            seconds = time.perf_counter() - start
            print(f"{name} {args.precision} epoch {epoch}: {seconds:.1f} s, {len(data) / seconds:.0f} images/s", flush=True)


if __name__ == "__main__":
    main()
