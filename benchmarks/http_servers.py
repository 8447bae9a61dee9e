"""Processor time per request of HTTP servers in Python, for a request of the size of a sentence and 64 clients.

Usage: python benchmarks/http_servers.py [--requests 5000]

Each server answers in a separate process with the same work: it parses JSON and writes JSON. It needs uvicorn,
httptools, starlette, aiohttp and tornado.
"""

import argparse
import asyncio
import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

import aiohttp

CLIENTS = 64
BODY = json.dumps({"instances": ["나는 어제 카페에 갔다."]}).encode()


def answer(body):
    return json.dumps({"predictions": [{"translation": text, "score": 0.0} for text in json.loads(body)["instances"]]})


def run_uvicorn(port, protocol):
    import uvicorn  # noqa: PLC0415 (one server per process)

    async def application(scope, receive, send):
        body = (await receive())["body"]
        content = answer(body).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    uvicorn.run(application, port=port, http=protocol, lifespan="off", log_level="error", access_log=False)


def run_starlette(port):
    import uvicorn  # noqa: PLC0415
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.responses import Response  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    async def predict(request):
        return Response(answer(await request.body()), media_type="application/json")

    application = Starlette(routes=[Route("/", predict, methods=["POST"])])
    uvicorn.run(application, port=port, http="httptools", lifespan="off", log_level="error", access_log=False)


def run_aiohttp(port):
    from aiohttp import web  # noqa: PLC0415

    async def predict(request):
        return web.Response(text=answer(await request.read()), content_type="application/json")

    application = web.Application()
    application.router.add_post("/", predict)
    web.run_app(application, host="127.0.0.1", port=port, print=None, access_log=None)


def run_tornado(port):
    import tornado.web  # noqa: PLC0415

    class Predict(tornado.web.RequestHandler):
        def post(self):
            self.set_header("Content-Type", "application/json")
            self.write(answer(self.request.body))

    async def serve():
        tornado.web.Application([("/", Predict)], log_function=lambda handler: None).listen(port, "127.0.0.1")
        await asyncio.Event().wait()

    asyncio.run(serve())


def run_threads(port):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            content = answer(self.rfile.read(int(self.headers["Content-Length"]))).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 128

    Server(("127.0.0.1", port), Handler).serve_forever()


SERVERS = {
    "uvicorn, httptools": lambda port: run_uvicorn(port, "httptools"),
    "uvicorn, h11": lambda port: run_uvicorn(port, "h11"),
    "uvicorn, httptools, routes of Starlette": run_starlette,
    "aiohttp": run_aiohttp,
    "tornado": run_tornado,
    "http.server, threads": run_threads,
}


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def send(url, count):
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CLIENTS)) as session:
        numbers = iter(range(count))

        async def client():
            for _ in numbers:
                async with session.post(url, data=BODY, headers={"Content-Type": "application/json"}) as response:
                    assert (await response.json())["predictions"]

        await asyncio.gather(*(client() for _ in range(CLIENTS)))


def measure(name, count):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([sys.executable, __file__, "--server", name, "--port", str(port)]) as process:
        try:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            asyncio.run(send(f"http://127.0.0.1:{port}/", CLIENTS))
            before = processor_seconds(process)
            asyncio.run(send(f"http://127.0.0.1:{port}/", count))
            return (processor_seconds(process) - before) / count * 1e6
        finally:
            process.kill()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--server", choices=SERVERS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.server is not None:
        SERVERS[arguments.server](arguments.port)
        return
    print("| server | microseconds of processor time per request |\n|---|---|")
    for name in SERVERS:
        print(f"| {name} | {measure(name, arguments.requests):.0f} |", flush=True)


if __name__ == "__main__":
    main()
