"""Two processes behind HAProxy: a piece goes on when one of them dies. Skips itself where haproxy is missing.

    proxy_test.py PROGRAM SOURCE_FOLDER
"""
import base64
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

from server import Server

PROGRAM, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, body, path="/v1/generate"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, json.dumps(body), {"Host": f"127.0.0.1:{port}"})
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    if response.status != 200:
        raise AssertionError(f"{response.status}: {answer}")
    return json.loads(answer)


def main():
    haproxy = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
    if not haproxy:
        print("skipped: no haproxy here (Debian package haproxy)")
        return 77
    port = free_port()
    with Server(PROGRAM) as one, Server(PROGRAM) as two:
        proxy = subprocess.Popen([haproxy, "-q", "-f", str(ROOT / "examples/deploy/haproxy.cfg")],
                                 env={**os.environ, "SAGE_FRONT": f"127.0.0.1:{port}",
                                      "SAGE_1": f"127.0.0.1:{one.port}", "SAGE_2": f"127.0.0.1:{two.port}"})
        try:
            end = time.monotonic() + 20
            while True:
                try:
                    ask(port, {"bars": 1, "max_notes": 1})
                    break
                except (OSError, AssertionError, http.client.HTTPException):
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.1)
            # A session: each request continues the piece that came before.
            piece = ask(port, {"bars": 2, "instruments": ["piano"], "seed": 1})["midi"]
            lengths = []
            for step in range(12):
                if step == 4:
                    one.process.kill()
                piece = ask(port, {"midi": piece, "prompt_bars": 100, "bars": 1, "seed": step})["midi"]
                lengths.append(len(base64.b64decode(piece)))
            assert lengths == sorted(lengths) and len(set(lengths)) > 6, lengths
            served = two.gauges()['sage_requests_total{route="/v1/generate",status="200"}']
            print(f"12 steps, one process killed after 4: the piece grew to {lengths[-1]} bytes; the other answered "
                  f"{served:.0f} requests")
        finally:
            proxy.terminate()
            proxy.wait()
    return 0


sys.exit(main())
