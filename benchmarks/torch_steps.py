"""Steps of PyTorch's `nn.Transformer` in `training_step.py`."""

import math
import resource
import time

import torch
from step_settings import PRESETS

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def peak_megabytes():
    """Returns the peak memory of the GPU, or of the process without one."""
    if DEVICE == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def eager(settings):
    return torch_step(settings, compiles=False)


def compiled(settings):
    return torch_step(settings, compiles=True)


def torch_step(settings, compiles):
    """Returns a function that runs steps of PyTorch's `nn.Transformer` with a tied output."""
    if settings.threads:
        torch.set_num_threads(settings.threads)
    torch.set_float32_matmul_precision("high" if settings.precision == "tf32" else "highest")
    num_layers, width, inner, heads = PRESETS[settings.preset]

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = torch.nn.Embedding(settings.vocabulary_size, width)
            torch.nn.init.normal_(self.embedding.weight, std=width**-0.5)
            self.transformer = torch.nn.Transformer(
                width, heads, num_layers, num_layers, inner, settings.dropout, batch_first=True
            )
            self.dropout = torch.nn.Dropout(settings.dropout)
            angles = torch.arange(settings.length)[:, None] / 10000 ** (torch.arange(0, width, 2) / width)
            self.register_buffer("positions", torch.stack([angles.sin(), angles.cos()], dim=2).reshape(-1, width))
            self.register_buffer("mask", torch.nn.Transformer.generate_square_subsequent_mask(settings.length))

        def embed(self, ids):
            return self.dropout(self.embedding(ids) * math.sqrt(width) + self.positions)

        def forward(self, source_ids, target_ids):
            x = self.transformer(self.embed(source_ids), self.embed(target_ids), tgt_mask=self.mask, tgt_is_causal=True)
            return torch.nn.functional.linear(x, self.embedding.weight)

    model = Model().to(DEVICE).train()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)
    source_ids, target_ids, labels = (torch.tensor(part).long().to(DEVICE) for part in settings.batch())

    def loss_of_batch(source_ids, target_ids, labels):
        with torch.autocast(DEVICE, torch.bfloat16, enabled=settings.precision == "bfloat16"):
            logits = model(source_ids, target_ids)
        flat = logits.float().reshape(-1, settings.vocabulary_size)
        return torch.nn.functional.cross_entropy(flat, labels.reshape(-1), label_smoothing=0.1)

    loss_of_batch = torch.compile(loss_of_batch) if compiles else loss_of_batch

    def steps(count):
        milliseconds = []
        for _ in range(count):
            start = time.perf_counter()
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of_batch(source_ids, target_ids, labels)
            loss.backward()
            optimizer.step()
            if DEVICE == "cuda":
                torch.cuda.synchronize()
            milliseconds.append(1000 * (time.perf_counter() - start))
        return milliseconds

    return steps
