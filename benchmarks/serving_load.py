"""Load on `keras-transformer serve`: throughput, latency, memory, and responses that are lost or mixed up.

    python benchmarks/serving_load.py models/phrases         # 1, 8 and 64 clients, 2,000 requests each
    python benchmarks/serving_load.py models/phrases --clients 64 --requests 100000 --minutes 120 --poison
    python benchmarks/serving_load.py models/phrases --clients 64 --requests 10000000 --minutes 30 --poison   # a soak

It starts the server on the loopback address, and sends one text per request with aiohttp. The texts are lines of the
model's `validation.source.txt`, alone and three together. Each response is compared with `Translator.translate`. It
needs the extra `serve` and aiohttp.
"""

import argparse
import asyncio
import json
import os
import pathlib
import random
import resource
import signal
import socket
import subprocess
import sys
import time

import aiohttp

BEAM_SIZE = 4
TIE = 1e-5
POISON = (
    b"",
    b"\x00\xff\x16\x03",
    b"POST /v1/models/model:predict HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n[[",
    b'POST /v1/models/model:predict HTTP/1.1\r\nHost: a\r\nContent-Length: 19\r\n\r\n{"instances":["\xff\xfe"]}',
    b"POST /v1/models/model:predict HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + b"a" * 1_000_000,
    b"POST /v1/models/model:predict HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{",
    b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n" * 5,
)


def texts_of(file, count=400):
    """Returns short and long texts of a file, mixed."""
    lines = file.read_text(encoding="utf-8").splitlines()
    short = [line for line in lines if line.strip()][:count]
    texts = [*short, *(" ".join(short[start : start + 3]) for start in range(0, len(short) - 2, 3))]
    random.Random(0).shuffle(texts)
    return texts


def print_translations(model, file, seconds):
    """Prints the translations and the texts per second of `Translator.translate`. It runs in a separate process."""
    import keras_transformer as kt  # noqa: PLC0415 (the process that sends requests does without it)

    kt.use_onednn()
    translator, texts = kt.Translator.load(model), texts_of(file)
    translations, scores = translator.translate(texts, beam_size=BEAM_SIZE, return_scores=True)
    start, count, before = time.monotonic(), 0, time.process_time()
    while time.monotonic() - start < seconds:
        translator.translate(texts, beam_size=BEAM_SIZE)
        count += len(texts)
    speed = count / (time.monotonic() - start)
    per_cpu_second = count / (time.process_time() - before)
    content = {"translations": translations, "scores": scores, "speed": speed, "per_cpu_second": per_cpu_second}
    print(json.dumps(content))


class Server:
    """The server in a separate process."""

    def __init__(self, model, log):
        command = [sys.executable, "-m", "keras_transformer", "serve", f"model={model}", "--port", "0"]
        self._log = log.open("w", encoding="utf-8")
        self.process = subprocess.Popen([*command, "--beam-size", str(BEAM_SIZE)], stderr=self._log)
        while (address := self._address(log)) is None:
            if self.process.poll() is not None:
                sys.exit(log.read_text(encoding="utf-8"))
            time.sleep(0.2)
        self.url = address

    @staticmethod
    def _address(log):
        for line in log.read_text(encoding="utf-8").splitlines():
            if line.startswith("{") and json.loads(line)["event"] == "ready":
                return json.loads(line)["address"]
        return None

    def state(self):
        """Returns resident memory in MB, and the numbers of threads and of open files."""
        folder = pathlib.Path(f"/proc/{self.process.pid}")
        status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        memory = int(status["VmRSS"].split()[0]) / 1024
        return {
            "memory_mb": round(memory, 1),
            "threads": int(status["Threads"]),
            "files": len(os.listdir(folder / "fd")),
        }

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60)
        self._log.close()
        return status


class Load:
    """Clients that send texts one at a time until a number of requests or a time is reached.

    Args:
        server: the `Server`.
        texts, expected: the texts, and the result of `print_translations`.
        most: number of requests.
        seconds: limit of the time.
    """

    def __init__(self, server, texts, expected, most, seconds):
        self.server, self.texts, self.expected = server, texts, expected
        self.most, self.end = most, time.monotonic() + seconds
        self.sent, self.times, self.states = 0, [], {}
        self.counts = {"right": 0, "ties": 0, "wrong": 0, "lost": 0}

    async def run(self, clients, poison):
        """Returns the figures of the load as a dictionary."""
        before, start = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
        cpu = self.server.cpu_seconds()
        connector = aiohttp.TCPConnector(limit=clients)
        async with aiohttp.ClientSession(connector=connector) as session:
            poisoner = asyncio.create_task(self._poison()) if poison else None
            await asyncio.gather(*(self._client(session) for _ in range(clients)))
            if poisoner is not None:
                poisoner.cancel()
        seconds = time.monotonic() - start
        after = resource.getrusage(resource.RUSAGE_SELF)
        per_cpu_second = self.sent / (self.server.cpu_seconds() - cpu)
        times = sorted(self.times)
        return {
            "clients": clients,
            "requests": self.sent,
            "seconds": round(seconds, 1),
            "texts_per_second": round(self.sent / seconds, 1),
            "of_translate": round(self.sent / seconds / self.expected["speed"], 3),
            "per_cpu_second_of_translate": round(per_cpu_second / self.expected["per_cpu_second"], 3),
            "client_cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
            "p50_ms": round(1000 * times[len(times) // 2], 1),
            "p99_ms": round(1000 * times[len(times) * 99 // 100], 1),
            **self.counts,
        }

    async def _client(self, session):
        while self.sent < self.most and time.monotonic() < self.end:
            number, self.sent = self.sent, self.sent + 1
            self._look(number)
            index = number % len(self.texts)
            start = time.monotonic()
            try:
                request = {"instances": [self.texts[index]]}
                async with session.post(f"{self.server.url}/v1/models/model:predict", json=request) as response:
                    content = await response.json()
                row = content["predictions"][0]
            except (aiohttp.ClientError, KeyError, ValueError):
                self.counts["lost"] += 1
                continue
            self.times.append(time.monotonic() - start)
            if len(self.times) > 200_000:
                del self.times[::2]
            self.counts[self._kind(index, row)] += 1

    def _kind(self, index, row):
        if row["translation"] == self.expected["translations"][index]:
            return "right"
        return "ties" if abs(row["score"] - self.expected["scores"][index]) < TIE else "wrong"

    def _look(self, number):
        if number in (self.most // 10, self.most - 1):
            self.states[number + 1] = self.server.state()

    async def _poison(self):
        host, port = self.server.url.removeprefix("http://").rsplit(":", 1)
        for number in range(1_000_000):
            await asyncio.to_thread(_send, host, int(port), POISON[number % len(POISON)])
            await asyncio.sleep(0.05)


def _send(host, port, content):
    try:
        with socket.create_connection((host, port), timeout=5) as connection:
            connection.sendall(content)
    except OSError:
        return


def measure(arguments, log):
    command = [sys.executable, __file__, str(arguments.model), "--input", str(arguments.input), "--translate-only"]
    command += ["--seconds", str(arguments.seconds)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    expected, texts = json.loads(output.splitlines()[-1]), texts_of(arguments.input)
    print(json.dumps({"translate_texts_per_second": round(expected["speed"], 1), "texts": len(texts)}), flush=True)
    server = Server(arguments.model, log)
    try:
        start = server.state()
        seconds = 60 * arguments.minutes / len(arguments.clients)
        for clients in arguments.clients:
            load = Load(server, texts, expected, arguments.requests, seconds)
            print(json.dumps(asyncio.run(load.run(clients, arguments.poison)) | {"states": load.states}), flush=True)
        time.sleep(2)
        print(json.dumps({"before": start, "after": server.state()}), flush=True)
    finally:
        status = server.stop()
    print(json.dumps({"exit_status": status}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--input", type=pathlib.Path, help="lines [default: the model's validation.source.txt]")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--requests", type=int, default=2000, help="for each number of clients")
    parser.add_argument("--minutes", type=float, default=15, help="limit of all together")
    parser.add_argument("--seconds", type=float, default=10, help="time to measure `Translator.translate`")
    parser.add_argument("--poison", action="store_true", help="send wrong requests as well")
    parser.add_argument("--log", type=pathlib.Path, default=pathlib.Path("serving_load.log"))
    parser.add_argument("--translate-only", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.input = arguments.input or arguments.model / "validation.source.txt"
    if arguments.translate_only:
        print_translations(arguments.model, arguments.input, arguments.seconds)
    else:
        measure(arguments, arguments.log)


if __name__ == "__main__":
    main()
