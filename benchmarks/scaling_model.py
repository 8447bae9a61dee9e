"""Predicts the time of a training step with several processes, and compares the prediction with a measurement.

    python benchmarks/scaling_model.py measure TIMES.json [--sizes SIZE...] [--processes 1 2]
    python benchmarks/scaling_model.py fit TIMES.json MODEL.json [--clock wall]
    python benchmarks/scaling_model.py predict MODEL.json SIZE PREDICTION.json
    python benchmarks/scaling_model.py check PREDICTION.json TIMES.json
    python benchmarks/scaling_model.py clusters

SIZE is `hidden_dim,intermediate_dim,vocabulary_size,layers,rows`. `measure` pins each process to one core. The time of
a step of one of n processes, which divide the rows of a batch:

    T(n) = fixed + batch + operations(n) / rate + values(n) / rate + weights / rate                  (compute)
           + [n > 1] exchange + 2 (n - 1) / n * gradients / rate                                   (all-reduce)

`batch` is the measured time of making a batch, which every process does (input). `operations`, `values` and `gradients`
are those of `mesh_costs.py`: operations of matrix products, values that the backward pass reads, and bytes of
gradients. The other numbers are fitted by least squares of relative errors; none is negative. `measure` writes the
least wall-clock time of a step and the least processor time (user and system) of a process, which other programs change
less. `clusters` prints what the formula expects of 8 H200 and of 64 hosts (`scaling_clusters.py`).
"""

import argparse
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys

import numpy as np
from scaling_clusters import print_clusters
from scaling_size import Size

FOLDER = pathlib.Path(__file__).parent
SIZES = ["64,256,1000,1,64", "128,512,2000,1,64", "128,512,8000,1,32", "256,512,1000,1,32", "256,1024,4000,1,32"]


def size_of(text):
    """Returns the `Size` of an argument."""
    hidden, inner, vocabulary, layers, rows = map(int, text.split(","))
    return Size(hidden, inner, vocabulary, layers, rows)


def measure(sizes, processes):
    """Trains each size with pinned processes. Returns a list with the least times of a step of the first process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    request = json.dumps([vars(size_of(text)) for text in sizes])
    started = []
    for index in range(processes):
        environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "OMP_NUM_THREADS": "1"}
        if processes > 1:
            environment |= {
                "KERAS_DISTRIBUTION_JOB_ADDRESSES": address,
                "KERAS_DISTRIBUTION_NUM_PROCESSES": str(processes),
                "KERAS_DISTRIBUTION_PROCESS_ID": str(index),
                "JAX_CPU_COLLECTIVES_IMPLEMENTATION": "gloo",
            }
        command = ["taskset", "-c", str(index), sys.executable, FOLDER / "scaling_worker.py", request]
        started.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
    outputs = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise SystemExit("A process failed.")
    lines = [line for line in outputs[0].splitlines() if line.startswith("{")]
    return [result(text, processes, json.loads(line)) for text, line in zip(sizes, lines, strict=True)]


def result(size, processes, found):
    """The least and the median times of the windows of a size."""
    processor, wall = zip(*found["times"], strict=True)
    return {
        "size": size,
        "processes": processes,
        "processor": min(processor),
        "processor_median": statistics.median(processor),
        "wall": min(wall),
        "seconds_of_batch": found["seconds_of_batch"],
    }


def fit(times, clock):
    """Returns the coefficients of the terms, the time of a batch, and the clock: "processor" or "wall"."""
    rows = [size_of(time["size"]).terms(time["processes"]) for time in times]
    names, batch = list(rows[0]), statistics.median(time["seconds_of_batch"] for time in times)
    seconds = np.array([time[clock] for time in times])
    table = np.array([[row[name] for name in names] for row in rows]) / seconds[:, None]
    scale = table.max(axis=0)
    chosen = list(range(len(names)))
    while True:
        found = np.linalg.lstsq(table[:, chosen] / scale[chosen], 1 - batch / seconds, rcond=None)[0]
        if found.min() >= 0:
            break
        chosen.pop(int(found.argmin()))
    coefficients = dict.fromkeys(names, 0.0)
    coefficients |= {names[index]: float(value / scale[index]) for index, value in zip(chosen, found, strict=True)}
    return {"clock": clock, "batch": batch, "coefficients": coefficients}


def predict(model, size, processes):
    """Returns the seconds of a step."""
    terms = size_of(size).terms(processes)
    return model["batch"] + sum(model["coefficients"][name] * value for name, value in terms.items())


def check(prediction, times):
    """Prints predicted and measured times of a size."""
    clock = prediction["clock"]
    measured = {time["processes"]: time[clock] for time in times if time["size"] == prediction["size"]}
    predicted = {int(processes): seconds for processes, seconds in prediction["seconds"].items()}
    for processes, seconds in predicted.items():
        error = seconds / measured[processes] - 1
        print(
            f"{processes} processes: predicted {seconds * 1e3:.1f} ms, measured {measured[processes] * 1e3:.1f} ms "
            f"({clock} time, {error:+.0%}): {'within' if abs(error) <= 0.2 else 'NOT within'} 20 %"
        )
    ratios = [times[1] / times[2] for times in (predicted, measured)]
    print(f"speed-up of two processes: predicted {ratios[0]:.2f}, measured {ratios[1]:.2f}")


def read(path):
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def write(path, value):
    pathlib.Path(path).write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    arguments_of = {
        "measure": ["times"],
        "fit": ["times", "model"],
        "predict": ["model", "size", "prediction"],
        "check": ["prediction", "times"],
        "clusters": [],
    }
    parsers = {}
    for command, names in arguments_of.items():
        parsers[command] = commands.add_parser(command)
        for name in names:
            parsers[command].add_argument(name)
    parsers["measure"].add_argument("--sizes", nargs="+", default=SIZES)
    parsers["measure"].add_argument("--processes", nargs="+", type=int, default=[1, 2])
    parsers["fit"].add_argument("--clock", choices=["processor", "wall"], default="processor")
    arguments = parser.parse_args()
    if arguments.command == "measure":
        times = []
        for count in arguments.processes:
            times += measure(arguments.sizes, count)
            write(arguments.times, times)
        print(pathlib.Path(arguments.times).read_text(encoding="utf-8"))
    elif arguments.command == "fit":
        times = read(arguments.times)
        model = fit(times, arguments.clock)
        write(arguments.model, model)
        for time in times:
            seconds = time[arguments.clock]
            error = predict(model, time["size"], time["processes"]) / seconds - 1
            print(f"{time['size']}, {time['processes']} processes: {seconds * 1e3:.1f} ms, fitted {error:+.0%}")
    elif arguments.command == "predict":
        model = read(arguments.model)
        seconds = {str(count): predict(model, arguments.size, count) for count in (1, 2)}
        write(arguments.prediction, {"size": arguments.size, "clock": model["clock"], "seconds": seconds})
        print(json.dumps(seconds))
    elif arguments.command == "check":
        check(read(arguments.prediction), read(arguments.times))
    else:
        print_clusters()


if __name__ == "__main__":
    main()
