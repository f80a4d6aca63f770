#!/usr/bin/python3
"""Times a network in PyTorch, on two threads of the CPU, and prints the times as JSON.

For SqueezeNet 1.1, ResNet-18 and VGG-16 at 224 x 224 pixels, random weights, evaluation mode:
  forward           logits of a batch, in inference mode
  forward-backward  logits, then the gradient of the summed logit of class 3 at the input;
                    parameters ask for no gradient
Both are timed with channels first ("nchw") and with channels last ("channels_last": weights and
input converted before the clock starts). After the warm-up each of --repeats iterations calls the
network for --seconds and counts the mean time of a call; the statistic is the median of these means.
"""

import argparse
import json
import statistics
import sys
import time

import torch
from torch import nn

THREADS = 2
CLASSES = 1000
SIDE = 224
TARGET = 3


class Fire(nn.Module):
    def __init__(self, channels, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.relu(self.squeeze(x))
        return torch.cat([self.relu(self.expand1x1(x)), self.relu(self.expand3x3(x))], 1)


def squeezenet11():
    return nn.Sequential(
        nn.Conv2d(3, 64, 3, stride=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
        Fire(64, 16, 64), Fire(128, 16, 64), nn.MaxPool2d(3, 2),
        Fire(128, 32, 128), Fire(256, 32, 128), nn.MaxPool2d(3, 2),
        Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256),
        nn.Conv2d(512, CLASSES, 1), nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Residual(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = nn.Identity() if stride == 1 else nn.Sequential(
            nn.Conv2d(channels, out, 1, stride=stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += self.downsample(x)
        return self.relu(y)


def resnet18():
    layers = [nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(64),
              nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, padding=1)]
    channels = 64
    for out in (64, 128, 256, 512):
        layers += [Residual(channels, out, 1 if out == 64 else 2), Residual(out, out, 1)]
        channels = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, CLASSES))


def vgg16():
    layers = []
    channels = 3
    for out, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            layers += [nn.Conv2d(channels, out, 3, padding=1), nn.ReLU(inplace=True)]
            channels = out
        layers.append(nn.MaxPool2d(2, 2))
    return nn.Sequential(
        *layers, nn.Flatten(),
        nn.Linear(512 * 7 * 7, 4096), nn.ReLU(inplace=True),
        nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Linear(4096, CLASSES))


# Each with its number of parameters, so that a slip in a definition above cannot pass as a time.
NETS = {
    "squeezenet11": (squeezenet11, 1_235_496),
    "resnet18": (resnet18, 11_689_512),
    "vgg16": (vgg16, 138_357_544),
}


def build(name):
    make, parameters = NETS[name]
    torch.manual_seed(7)
    net = make()
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight)
    count = sum(p.numel() for p in net.parameters())
    if count != parameters:
        raise AssertionError(f"{name} must have {parameters} parameters, has {count}")
    return net.eval().requires_grad_(False)


def forward(net, x):
    with torch.inference_mode():
        return net(x)


def forward_backward(net, x):
    x = x.detach().requires_grad_(True)
    return torch.autograd.grad(net(x)[:, TARGET].sum(), x)[0]


PASSES = {"forward": forward, "forward-backward": forward_backward}
LAYOUTS = {"nchw": torch.contiguous_format, "channels_last": torch.channels_last}


def iteration(call, seconds):
    """Mean milliseconds of a call over at least so many seconds and at least one call."""
    calls = 0
    start = time.perf_counter()
    while True:
        call()
        calls += 1
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return 1000 * elapsed / calls


def blas():
    """File names of the BLAS libraries that this process has loaded."""
    if not sys.platform.startswith("linux"):
        return "unknown"
    with open("/proc/self/maps", encoding="utf-8") as maps:
        files = {line.rsplit("/", 1)[-1].strip() for line in maps if "/" in line}
    return " over ".join(sorted((f for f in files if "blas" in f), reverse=True))


def measure(options):
    torch.set_num_threads(THREADS)
    net = build(options.net)
    x = torch.randn(options.batch, 3, SIDE, SIDE)
    rows = []
    for layout, memory_format in LAYOUTS.items():
        net = net.to(memory_format=memory_format)
        x = x.contiguous(memory_format=memory_format)
        for name, run in PASSES.items():
            for _ in range(options.warmups):
                iteration(lambda: run(net, x), options.seconds)
            times = [iteration(lambda: run(net, x), options.seconds)
                     for _ in range(options.repeats)]
            rows.append({"pass": name, "layout": layout, "iterations_ms": times,
                         "median_ms": statistics.median(times), "min_ms": min(times)})
    best = {name: min((r for r in rows if r["pass"] == name), key=lambda r: r["median_ms"])["layout"]
            for name in PASSES}
    return {"torch": torch.__version__, "threads": torch.get_num_threads(), "blas": blas(),
            "net": options.net, "batch": options.batch, "rows": rows, "best": best}


def export(options):
    """Writes the network for ONNX Runtime, which takes batches of any size."""
    axes = {"x": {0: "batch"}, "y": {0: "batch"}}
    torch.onnx.export(build(options.net), torch.randn(1, 3, SIDE, SIDE), options.onnx,
                      input_names=["x"], output_names=["y"], dynamic_axes=axes, opset_version=13)


def positive(kind):
    def parse(text):
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError(f"must be above 0, was {text}")
        return value
    return parse


def main():
    parser = argparse.ArgumentParser(description="Times a network in PyTorch.")
    parser.add_argument("--net", required=True, choices=sorted(NETS))
    parser.add_argument("--batch", required=True, type=positive(int))
    parser.add_argument("--repeats", type=positive(int), default=3, help="iterations (default 3)")
    parser.add_argument("--warmups", type=int, default=2,
                        help="iterations before them that do not count (default 2)")
    parser.add_argument("--seconds", type=positive(float), default=1.0,
                        help="length of an iteration (default 1)")
    parser.add_argument("--onnx", metavar="FILE", help="write the network there, time nothing")
    options = parser.parse_args()
    if options.onnx:
        export(options)
        return
    json.dump(measure(options), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
