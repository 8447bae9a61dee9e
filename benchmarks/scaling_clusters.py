"""What the formula of `scaling_model.py` expects of 8 H200 in a machine and of 64 hosts. Predicted, not measured."""

import dataclasses
import math

from mesh_costs import MeshCosts

import keras_transformer as kt


@dataclasses.dataclass(frozen=True)
class Cluster:
    """Devices, links and input of a cluster. The defaults are assumptions, not measurements.

    Args:
        name: the words for the table.
        hosts: number of machines.
        devices_per_host: number of GPUs of a machine.
        rows: number of sentence pairs of a batch of a device.
        peak: operations a second of a device in bfloat16 without sparsity, by its vendor's data sheet.
        utilisation: the part of the peak that the products of a Transformer reach.
        device_link: bytes a second that a device sends to others of its machine, in one direction.
        host_link: bytes a second that a machine sends to others.
        link_utilisation: the part of a link's rate that a sum reaches.
        latency: seconds of a message between machines. A ring of n machines has 2 (n - 1) messages.
        tokens_per_core: source and target tokens of the batches that one core makes in a second.
        cores: number of cores of a machine that make batches.
    """

    name: str
    hosts: int
    devices_per_host: int
    rows: int = 256
    peak: float = 989e12
    utilisation: float = 0.35
    device_link: float = 450e9
    host_link: float = 50e9
    link_utilisation: float = 0.7
    latency: float = 20e-6
    tokens_per_core: float = 500_000.0
    cores: int = 1

    def step(self, config, length=64):
        """Returns the seconds of the parts of a step: compute, sums of gradients, and input."""
        devices = self.hosts * self.devices_per_host
        costs = MeshCosts(config, devices, 1, False, self.rows * devices, length)
        # Gradients are summed in each machine first, and the sums between machines.
        within, between = self.devices_per_host, self.hosts
        seconds = 2 * (within - 1) / within * costs.gradient_bytes / (self.device_link * self.link_utilisation)
        link = self.host_link * self.link_utilisation
        seconds += 2 * (between - 1) / between * costs.gradient_bytes / link + 2 * (between - 1) * self.latency
        # Each process makes the rows of all. With KERAS_TRANSFORMER_DATA_SERVICE, the first process does.
        tokens = 2 * self.rows * devices * length
        return {
            "compute": costs.operations / (self.peak * self.utilisation),
            "all-reduce": seconds,
            "input": tokens / (self.tokens_per_core * self.cores),
        }


CLUSTERS = [
    Cluster("1 H200", hosts=1, devices_per_host=1),
    Cluster("8 H200 in one machine", hosts=1, devices_per_host=8),
    Cluster("64 machines of one H200", hosts=64, devices_per_host=1),
    Cluster("64 machines of 8 H200", hosts=64, devices_per_host=8),
]


def print_clusters():
    """Prints a table of the parts of a step, and of the speed-up, with and without the input."""
    config = kt.TransformerConfig.from_preset("big", vocabulary_size=32_000)
    first = CLUSTERS[0].step(config)["compute"]
    print("| predicted, not measured | compute, ms | all-reduce, ms | input, ms | speed-up of compute and all-reduce"
          " | cores that must make batches |\n|---|---|---|---|---|---|")  # fmt: skip
    for cluster in CLUSTERS:
        parts = cluster.step(config)
        devices = cluster.hosts * cluster.devices_per_host
        time = parts["compute"] + parts["all-reduce"]
        cells = [*(f"{seconds * 1e3:,.0f}" for seconds in parts.values()), f"{devices * first / time:.0f} of {devices}"]
        print(f"| {cluster.name} | {' | '.join(cells)} | {math.ceil(parts['input'] / time):,} |")
