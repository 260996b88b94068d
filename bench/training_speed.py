#!/usr/bin/env python3
"""Training speed of `sage-music train` beside a plain PyTorch loop, interleaved, on the same cores.

    python3 bench/training_speed.py --program build/train/bin/sage-music --data prepared

The plain loop trains the same model as one would write it with torch.nn: pre-norm decoder, RMSNorm, rotary
positions, SwiGLU, tied embeddings, AdamW with the gradient clipped, autocast to bfloat16. Its tokens are random,
since speed does not depend on them. Prints each round, then the medians, their ratio, and the largest memory of
each side. Needs
python3-torch; Debian's has the libtorch that the trainer is built with.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ModuleNotFoundError:
    sys.exit("needs PyTorch: apt-get install python3-torch, and call it with /usr/bin/python3")


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return self.weight * x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5)


class Attention(nn.Module):
    def __init__(self, width, heads, kv_heads):
        super().__init__()
        self.heads, self.kv_heads, self.dim = heads, kv_heads, width // heads
        self.q = nn.Linear(width, width, bias=False)
        self.k = nn.Linear(width, kv_heads * self.dim, bias=False)
        self.v = nn.Linear(width, kv_heads * self.dim, bias=False)
        self.o = nn.Linear(width, width, bias=False)

    def forward(self, x, cosine, sine, mask):
        batch, time_, width = x.shape

        def split(y, heads):
            return y.view(batch, time_, heads, self.dim).transpose(1, 2)

        def rotate(y):
            a, b = y.chunk(2, dim=-1)
            return torch.cat((a * cosine - b * sine, a * sine + b * cosine), dim=-1)

        share = self.heads // self.kv_heads
        q = rotate(split(self.q(x), self.heads))
        k = rotate(split(self.k(x), self.kv_heads)).repeat_interleave(share, dim=1)
        v = split(self.v(x), self.kv_heads).repeat_interleave(share, dim=1)
        if hasattr(F, "scaled_dot_product_attention"):
            out = F.scaled_dot_product_attention(q, k.to(q.dtype), v.to(q.dtype), is_causal=True)
        else:
            scores = q @ k.transpose(-2, -1) / self.dim**0.5
            out = scores.masked_fill(mask, float("-inf")).softmax(-1) @ v
        return self.o(out.transpose(1, 2).reshape(batch, time_, width))


class FeedForward(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.gate = nn.Linear(width, inner, bias=False)
        self.up = nn.Linear(width, inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Layer(nn.Module):
    def __init__(self, width, heads, kv_heads, inner):
        super().__init__()
        self.attention_norm, self.inner_norm = RmsNorm(width), RmsNorm(width)
        self.attention = Attention(width, heads, kv_heads)
        self.inner = FeedForward(width, inner)

    def forward(self, x, *positions):
        x = x + self.attention(self.attention_norm(x), *positions)
        return x + self.inner(self.inner_norm(x))


class Decoder(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.embed = nn.Embedding(a.vocabulary, a.d_model)
        self.layers = nn.ModuleList(
            Layer(a.d_model, a.heads, a.kv_heads, a.d_ff) for _ in range(a.layers))
        self.norm = RmsNorm(a.d_model)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)
        dim = a.d_model // a.heads
        frequency = 10_000.0 ** (-torch.arange(dim // 2) * 2 / dim)
        angle = torch.outer(torch.arange(a.context), frequency)
        self.register_buffer("cosine", angle.cos())
        self.register_buffer("sine", angle.sin())
        self.register_buffer("mask", torch.ones(a.context, a.context, dtype=torch.bool).triu(1))

    def forward(self, tokens):
        x = self.embed(tokens)
        for layer in self.layers:
            x = layer(x, self.cosine, self.sine, self.mask)
        return F.linear(self.norm(x), self.embed.weight)


def plain_loop(a):
    """Tokens a second: the median of the steps after two to warm up."""
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    model = Decoder(a)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)
    seconds = []
    for _ in range(a.steps):
        tokens = torch.randint(a.vocabulary, (a.batch, a.context + 1))
        begin = time.monotonic()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.type == "bf16"):
            logits = model(tokens[:, :-1])
        loss = F.cross_entropy(logits.float().view(-1, a.vocabulary), tokens[:, 1:].reshape(-1))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        seconds.append(time.monotonic() - begin)
    return a.batch * a.context / statistics.median(seconds[2:])


def run(command):
    """Output and largest memory in MB of a child."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)}: {output.strip()}")
    return output, usage.ru_maxrss / 1024


def run_plain(a):
    options = [f"--{name}={getattr(a, name.replace('-', '_'))}" for name in SHAPE]
    output, memory = run([sys.executable, __file__, "--plain", *options, "--type", a.type])
    return float(output), memory


def run_program(a):
    with tempfile.TemporaryDirectory() as folder:
        shape = [(name, getattr(a, name.replace("-", "_"))) for name in SHAPE
                 if name not in ("vocabulary", "steps")]
        options = [text for name, value in shape for text in (f"--{name}", str(value))]
        _, memory = run([a.program, "train", "--data", a.data, "-o", folder + "/run", *options,
                         "--attention", a.attention, "--steps", str(5 * a.steps), "--type", a.type,
                         "--validate-every", "0", "--validation-examples", "1"])
        with open(folder + "/run/metrics.jsonl", encoding="utf-8") as metrics:
            speeds = [line["tokens_per_second"] for line in map(json.loads, metrics)
                      if "tokens_per_second" in line]
    return statistics.median(speeds[1:]), memory


SHAPE = {"vocabulary": 700, "d-model": 256, "layers": 4, "heads": 4, "kv-heads": 1, "d-ff": 704,
         "context": 512, "batch": 16, "steps": 12, "threads": 2}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in SHAPE.items():
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--attention", default="mqa", help="of the program's model; mqa is the plain loop's")
    parser.add_argument("--type", choices=("bf16", "f32"), default="bf16")
    parser.add_argument("--program", default="build/train/bin/sage-music")
    parser.add_argument("--data", help="folder that `sage-music data prepare` wrote")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--plain", action="store_true", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.plain:
        print(plain_loop(a))
        return
    if not a.data:
        parser.error("--data is required")
    plain, ours = [], []
    for _ in range(a.rounds):
        plain.append(run_plain(a))
        ours.append(run_program(a))
        print(f"plain PyTorch {torch.__version__}: {plain[-1][0]:,.0f} tokens/s, {plain[-1][1]:,.0f} MB;  "
              f"sage-music: {ours[-1][0]:,.0f} tokens/s, {ours[-1][1]:,.0f} MB", flush=True)
    medians = [statistics.median(speed for speed, _ in side) for side in (plain, ours)]
    print(f"medians: {medians[0]:,.0f} and {medians[1]:,.0f} tokens/s, {medians[1] / medians[0]:.2f} times as fast")


if __name__ == "__main__":
    main()
