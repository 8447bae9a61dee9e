"""The clients of a soak, in a process without TensorFlow's Python: `python -m fuzz.soak_clients REQUEST.json`."""

import collections
import json
import math
import pathlib
import random
import sys
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "export" / "saved_model"))

from c_api_session import Failed, Library, Session, decoded

# Latencies are counted in steps, so that the counts need constant memory.
BUCKET = 1.02
BATCH_SIZES = (1, 1, 1, 2, 3, 4, 8, 16, 32)
TOLERANCE = 1e-4
# Every thread allocates its memory first.
WARM_UP_REQUESTS = 300


class Clients:
    """Threads that call one session with random batches and compare the results with earlier single calls.

    Args:
        session: the `Session`.
        request: the request of `fuzz.soak`.
    """

    def __init__(self, session, request):
        self.session = session
        self.input_name, self.output_names = (
            request["input"],
            [request["outputs"][key] for key in ("translation", "score")],
        )
        self.texts = decoded(request["texts"])
        self.count = request["clients"]
        self.expected = [self.run([text])[0] for text in self.texts]
        self.errors, self.different, self.latencies = [], [], collections.Counter()
        self.requests = self.translations = 0
        self.lock = threading.Lock()

    def run(self, batch):
        """The translation and the score of every text of a batch."""
        translations, scores = self.session.run(self.input_name, batch, self.output_names)
        return list(zip(translations["values"], scores["values"], strict=True))

    def work(self, number, ended):
        """Calls until the event `ended` is set. The first batch is the largest one of the longest texts."""
        generator = random.Random(number)
        longest = sorted(range(len(self.texts)), key=lambda index: -len(self.texts[index]))[: max(BATCH_SIZES)]
        chosen = longest
        while not ended.is_set():
            started = time.perf_counter()
            try:
                found = self.run([self.texts[index] for index in chosen])
            except Failed as error:
                with self.lock:
                    self.errors.append(str(error)[:200])
            else:
                self._note(chosen, found, 1000 * (time.perf_counter() - started))
            chosen = generator.choices(range(len(self.texts)), k=generator.choice(BATCH_SIZES))

    def _note(self, chosen, found, milliseconds):
        with self.lock:
            self.requests += 1
            self.translations += len(chosen)
            self.latencies[math.ceil(math.log(milliseconds, BUCKET))] += 1
            if len(found) != len(chosen):
                self.different.append(f"{len(found)} translations for {len(chosen)} texts")
            for index, result in zip(chosen, found):
                if not self._is_same(result, self.expected[index]):
                    self.different.append(f"{self.texts[index][:80]}: {result}, alone {self.expected[index]}")

    def _is_same(self, result, expected):
        return result[0] == expected[0] and abs(result[1] - expected[1]) < TOLERANCE

    def percentile(self, part):
        """The quantile of the latency in milliseconds for this fraction of the requests."""
        left = part * sum(self.latencies.values())
        for bucket in sorted(self.latencies):
            left -= self.latencies[bucket]
            if left <= 0:
                return BUCKET**bucket
        return 0.0


def resident_megabytes():
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def soak(clients, seconds, warm_up):
    """Runs all clients for a warm-up and for `seconds` after it; returns the report."""
    ended = threading.Event()
    threads = [threading.Thread(target=clients.work, args=(number, ended)) for number in range(clients.count)]
    for thread in threads:
        thread.start()
    start = time.monotonic()
    while time.monotonic() < start + warm_up or clients.requests < WARM_UP_REQUESTS:
        time.sleep(0.2)
    end = time.monotonic() + seconds
    warm, samples = resident_megabytes(), []
    while time.monotonic() < end:
        time.sleep(min(2.0, max(0.1, end - time.monotonic())))
        samples.append(resident_megabytes())
    ended.set()
    for thread in threads:
        thread.join()
    return {
        "seconds": time.monotonic() - start,
        "requests": clients.requests,
        "translations": clients.translations,
        "errors": clients.errors,
        "different": clients.different,
        "percentiles": {str(part): clients.percentile(part) for part in (0.5, 0.9, 0.99, 0.999, 1.0)},
        "megabytes": [warm, *samples],
    }


def main(path):
    request = json.loads(pathlib.Path(path).read_text())
    session = Session(Library(pathlib.Path(request["site_packages"])), request["saved_model"])
    print(json.dumps(soak(Clients(session, request), request["seconds"], request["warm_up"])))
    assert "tensorflow" not in sys.modules


if __name__ == "__main__":
    main(sys.argv[1])
