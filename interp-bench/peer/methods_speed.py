#!/usr/bin/python3
"""Times attribution methods of Captum and pytorch-grad-cam, on two threads, and prints JSON.

One picture of 224 x 224 pixels, the nets of torch_speed.py with random weights, class 3. The
settings are those of the Java benchmark beside it, which hands them over as options. Captum and
pytorch-grad-cam are not in Debian: give the folders that hold them with --captum and --grad-cam
(checkouts of the tags that the README names).
"""

import argparse
import json
import statistics
import sys
import types
import warnings

import numpy as np
import torch
from torch import nn

import torch_speed
from torch_speed import SIDE, TARGET, THREADS, Fire, Residual, iteration, positive

GRID = 7  # segments a side


class FireApart(Fire):
    """Captum's hooks need a module for every use."""

    def __init__(self, channels, squeeze, expand):
        super().__init__(channels, squeeze, expand)
        self.relu1, self.relu2, self.relu3 = nn.ReLU(), nn.ReLU(), nn.ReLU()

    def forward(self, x):
        x = self.relu1(self.squeeze(x))
        return torch.cat([self.relu2(self.expand1x1(x)), self.relu3(self.expand3x3(x))], 1)


class ResidualApart(Residual):
    def __init__(self, channels, out, stride):
        super().__init__(channels, out, stride)
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()

    def forward(self, x):
        y = self.relu1(self.bn1(self.conv1(x)))
        return self.relu2(self.bn2(self.conv2(y)) + self.downsample(x))


class Flat(nn.Module):
    """The net with a function in the place of its Flatten, for which Captum's LRP has no rule."""

    def __init__(self, net):
        super().__init__()
        self.parts = nn.ModuleList(m for m in net if not isinstance(m, nn.Flatten))

    def forward(self, x):
        for part in self.parts:
            if isinstance(part, nn.Linear):
                x = x.flatten(1)
            x = part(x)
        return x.flatten(1)

    def __getitem__(self, index):
        return self.parts[index]


def build(name):
    torch_speed.Fire, torch_speed.Residual = FireApart, ResidualApart
    net = torch_speed.build(name)
    for module in net.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return Flat(net)


def last_spatial(name, net):
    """The tensor that Grad-CAM looks at: the last with spatial extent."""
    return net[{"squeezenet11": 14, "resnet18": 11, "vgg16": 29}[name]]


def middle(name, net):
    """A tensor in the middle, for the methods of layers."""
    return net[{"squeezenet11": 7, "resnet18": 7, "vgg16": 16}[name]]


def segments():
    side = SIDE // GRID
    rows = torch.arange(SIDE) // side
    return (rows[:, None] * GRID + rows[None, :])[None, None]


def captum_calls(options, net, x):
    from captum import attr

    zero = torch.zeros_like(x)
    layer = middle(options.net, net)
    mask = segments()
    batch = options.batch_size

    def with_gradient(run):
        return lambda: run(x.detach().clone().requires_grad_(True))

    calls = {
        "saliency": with_gradient(
            lambda v: attr.Saliency(net).attribute(v, target=TARGET)),
        "input-x-gradient": with_gradient(
            lambda v: attr.InputXGradient(net).attribute(v, target=TARGET)),
        "guided-backprop": with_gradient(
            lambda v: attr.GuidedBackprop(net).attribute(v, target=TARGET)),
        "deconvnet": with_gradient(
            lambda v: attr.Deconvolution(net).attribute(v, target=TARGET)),
        "integrated-gradients": lambda: attr.IntegratedGradients(net).attribute(
            x, zero, target=TARGET, n_steps=50, internal_batch_size=batch),
        "smoothgrad": lambda: attr.NoiseTunnel(attr.Saliency(net)).attribute(
            x, nt_samples=25, nt_samples_batch_size=batch, stdevs=0.15, target=TARGET, abs=False),
        "deep-lift": lambda: attr.DeepLift(net).attribute(x, zero, target=TARGET),
        "lrp-epsilon": lambda: lrp(attr, net, x),
        "guided-grad-cam": with_gradient(
            lambda v: attr.GuidedGradCam(net, last_spatial(options.net, net)).attribute(
                v, target=TARGET)),
        "occlusion": lambda: attr.Occlusion(net).attribute(
            x, sliding_window_shapes=(3, options.window, options.window),
            strides=(3, options.window // 2, options.window // 2), baselines=0, target=TARGET,
            perturbations_per_eval=batch),
        # Captum has no prediction difference; its part that is plain occlusion takes as many passes.
        "prediction-difference-analysis": lambda: attr.Occlusion(net).attribute(
            x, sliding_window_shapes=(3, 32, 32), strides=(3, 16, 16), baselines=0, target=TARGET,
            perturbations_per_eval=batch),
        "feature-ablation": lambda: attr.FeatureAblation(net).attribute(
            x, baselines=0, target=TARGET, feature_mask=mask, perturbations_per_eval=batch),
        "lime": lambda: attr.Lime(net).attribute(
            x, baselines=0, target=TARGET, feature_mask=mask, n_samples=200,
            perturbations_per_eval=batch),
        "kernel-shap": lambda: attr.KernelShap(net).attribute(
            x, baselines=0, target=TARGET, feature_mask=mask, n_samples=200,
            perturbations_per_eval=batch),
        "shapley-sampling": lambda: attr.ShapleyValueSampling(net).attribute(
            x, baselines=0, target=TARGET, feature_mask=mask, n_samples=4,
            perturbations_per_eval=batch),
        "conductance": lambda: attr.LayerConductance(net, layer).attribute(
            x, zero, target=TARGET, n_steps=20, internal_batch_size=batch),
        "internal-influence": lambda: attr.InternalInfluence(net, layer).attribute(
            x, zero, target=TARGET, n_steps=20, internal_batch_size=batch),
        "layer-integrated-gradients": lambda: attr.LayerIntegratedGradients(net, layer).attribute(
            x, zero, target=TARGET, n_steps=20, internal_batch_size=batch),
    }
    return calls


def lrp(attr, net, x):
    from captum.attr._utils.lrp_rules import EpsilonRule, IdentityRule

    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.rule = EpsilonRule(epsilon=0.25)
        elif isinstance(module, nn.Identity):
            module.rule = IdentityRule()
    return attr.LRP(net).attribute(x.detach().clone().requires_grad_(True), target=TARGET)


def grad_cam_calls(options, net, picture):
    # Only its test-time augmentation uses ttach, which Debian lacks.
    unused = type("Unused", (), {"__init__": lambda self, *a, **k: None})
    sys.modules.setdefault(
        "ttach", types.SimpleNamespace(Compose=unused, HorizontalFlip=unused, Multiply=unused))
    import pytorch_grad_cam as cams
    from pytorch_grad_cam import ablation_cam, score_cam

    for module in (ablation_cam, score_cam):
        module.tqdm.tqdm = lambda items, *a, **k: items  # no progress bars
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    def call(kind):
        def run():
            x = picture.detach().clone().requires_grad_(True)
            with kind(model=net, target_layers=[last_spatial(options.net, net)]) as cam:
                cam.batch_size = options.batch_size
                return cam(input_tensor=x, targets=[ClassifierOutputTarget(TARGET)])
        return run

    return {
        "grad-cam": call(cams.GradCAM),
        "grad-cam-plus-plus": call(cams.GradCAMPlusPlus),
        "hires-cam": call(cams.HiResCAM),
        "xgrad-cam": call(cams.XGradCAM),
        "layer-cam": call(cams.LayerCAM),
        "eigen-cam": call(cams.EigenCAM),
        "score-cam": call(cams.ScoreCAM),
        "ablation-cam": call(cams.AblationCAM),
        "full-grad": lambda: cams.FullGrad(model=net, target_layers=[])(
            input_tensor=picture, targets=[ClassifierOutputTarget(TARGET)]),
    }


def measure(options):
    torch.set_num_threads(THREADS)
    torch.manual_seed(1)
    warnings.filterwarnings("ignore")
    net = build(options.net)
    x = torch.randn(1, 3, SIDE, SIDE)
    versions = {"torch": torch.__version__}
    calls = {}
    if options.captum:
        sys.path.insert(0, options.captum)
        calls.update(captum_calls(options, net, x))
        import captum

        versions["captum"] = captum.__version__
    if options.grad_cam:
        sys.path.insert(0, options.grad_cam)
        found = grad_cam_calls(options, net, x)
        calls.update(found)
        versions["pytorch-grad-cam"] = options.grad_cam_version
    rows = []
    for method in options.methods.split(",") if options.methods else calls:
        if method not in calls:
            continue
        call = calls[method]
        try:
            call()
            times = [iteration(call, options.seconds) for _ in range(options.repeats)]
        except (RuntimeError, TypeError, AssertionError, ValueError, NotImplementedError) as problem:
            rows.append({"method": method, "failed": str(problem).splitlines()[0][:200]})
            print(f"{method} failed: {problem}", file=sys.stderr, flush=True)
            continue
        rows.append({"method": method, "iterations_ms": times,
                     "median_ms": statistics.median(times)})
        print(f"{method} {statistics.median(times):.1f}", file=sys.stderr, flush=True)
    return {"versions": versions, "threads": torch.get_num_threads(), "numpy": np.__version__,
            "net": options.net, "blas": torch_speed.blas(), "rows": rows}


def main():
    parser = argparse.ArgumentParser(description="Times attribution methods of PyTorch libraries.")
    parser.add_argument("--net", required=True, choices=sorted(torch_speed.NETS))
    parser.add_argument("--captum", help="folder that holds the package captum")
    parser.add_argument("--grad-cam", help="folder that holds the package pytorch_grad_cam")
    parser.add_argument("--grad-cam-version", default="084273b", help="commit of that folder")
    parser.add_argument("--methods", help="which, separated by commas (default all)")
    parser.add_argument("--batch-size", type=positive(int), default=8)
    parser.add_argument("--window", type=positive(int), default=32,
                        help="side of the occlusion window, which moves by half of it")
    parser.add_argument("--repeats", type=positive(int), default=3)
    parser.add_argument("--seconds", type=positive(float), default=1.0)
    json.dump(measure(parser.parse_args()), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
