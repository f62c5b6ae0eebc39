#!/usr/bin/env python3
"""README's table "Measured": sprat beside its peers, one after another in every round.

    benches/compare.py [--rounds 5] [--seconds 3] [--log] [SCENARIO ...]

Builds the release, pins each server to CPU 0 and the load (wrk) to CPU 1, and prints a table in
Markdown with date, machine, versions and the command. A number is the median over rounds; in bold
is the best of a row, and a row where a peer is ahead of sprat ends with its name. Run it while
nothing else runs. Needs wrk, taskset and a C compiler that links statically; a peer that is not
installed is left out. `--log` has every server write its access log to a file.
"""

import argparse
import datetime
import os
import platform
import re
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TICKS = os.sysconf("SC_CLK_TCK")
KEEP = "keepalive_requests 1000000000; keepalive_timeout 600;"


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return path


def make_site(root):
    for name, size in (("1k.txt", 1 << 10), ("10k.txt", 10 << 10), ("100k.bin", 100 << 10),
                       ("1m.bin", 1 << 20), ("100m.bin", 100 << 20), ("site/index.html", 1 << 10)):
        write(f"{root}/{name}", os.urandom(size) if size > 20000 else b"x" * (size - 1) + b"\n")
    for number in range(2000):
        write(f"{root}/set/{number % 50}/{number}.html", "x" * (500 + number * 7))
    for number in range(1000):
        write(f"{root}/many/file-{number:06}.txt", str(number))
    source = write(f"{root}/hello.c", '#include <unistd.h>\nint main(void) { static const char t[] = '
                   '"Content-Type: text/plain\\r\\n\\r\\nhello\\n"; return write(1, t, sizeof t - 1) < 0; }\n')
    os.makedirs(f"{root}/cgi-bin", exist_ok=True)
    subprocess.run(["cc", "-O2", "-static", "-o", f"{root}/cgi-bin/hello", source], check=False)
    subprocess.run(["chmod", "-R", "a+rX", root], check=True)
    # What changed just now may change again unseen, and no honest cache holds it.
    time.sleep(3)


def sprat(root, tmp, port, log, scripts):
    program = os.path.join(os.environ.get("CARGO_TARGET_DIR", f"{TOP}/target"), "release/sprat")
    quiet = [] if log else ["--quiet"]
    user = ["--cgi-user", "root"] if os.geteuid() == 0 else []
    cgi = ["--cgi", *user] if scripts else []
    return [program, *cgi, *quiet, "--bind", "127.0.0.1", "--directory", root, str(port)]


def nginx(cache):
    def start(root, tmp, port, log, scripts):
        kept = "open_file_cache max=10000 inactive=60s; open_file_cache_valid 60s; open_file_cache_errors on;"
        temporary = " ".join(f"{kind}_temp_path {tmp}/{kind};" for kind in
                             ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        conf = write(f"{tmp}/nginx.conf", f"""
daemon off; worker_processes 1; pid {tmp}/pid; error_log {tmp}/error.log; worker_rlimit_nofile 60000;
{"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 50000; multi_accept on; }}
http {{ include /etc/nginx/mime.types; access_log {f"{tmp}/access.log" if log else "off"};
  sendfile on; tcp_nopush on; tcp_nodelay on; {KEEP} {temporary} {kept if cache else ""}
  server {{ listen 127.0.0.1:{port} backlog=4096; root {root}; autoindex on; }} }}""")
        return ["nginx", "-c", conf, "-p", tmp, "-e", f"{tmp}/error.log"]
    return start


def lighttpd(root, tmp, port, log, scripts):
    conf = write(f"{tmp}/lighttpd.conf", f"""
server.document-root = "{root}"
server.port = {port}
server.bind = "127.0.0.1"
server.modules = ( "mod_dirlisting", "mod_cgi"{', "mod_accesslog"' if log else ""} )
server.max-keep-alive-requests = 65535
server.max-keep-alive-idle = 600
server.max-fds = 60000
server.listen-backlog = 4096
server.errorlog = "{tmp}/error.log"
{f'accesslog.filename = "{tmp}/access.log"' if log else ""}
dir-listing.activate = "enable"
index-file.names = ( "index.html" )
mimetype.assign = ( ".txt" => "text/plain", ".bin" => "application/octet-stream", ".html" => "text/html" )
$HTTP["url"] =~ "^/cgi-bin/" {{ cgi.assign = ( "" => "" ) }}
""")
    return ["lighttpd", "-D", "-f", conf]


def h2o(root, tmp, port, log, scripts):
    conf = write(f"{tmp}/h2o.conf", f"""
num-threads: 1
max-connections: 50000
http1-request-timeout: 600
pid-file: {tmp}/pid
error-log: {tmp}/error.log
{f"access-log: {tmp}/access.log" if log else ""}
{"user: root" if os.geteuid() == 0 else ""}
hosts:
  default:
    listen: {{host: 127.0.0.1, port: {port}}}
    paths:
      /: {{file.dir: {root}, file.dirlisting: on}}
""")
    return ["h2o", "-m", "worker", "-c", conf]


# Name, program, how it tells its version, how it is started.
SERVERS = [
    ("sprat", None, None, sprat),
    ("nginx", "nginx", ["nginx", "-v"], nginx(False)),
    ("nginx, open_file_cache", "nginx", None, nginx(True)),
    ("lighttpd", "lighttpd", ["lighttpd", "-v"], lighttpd),
    ("h2o", "h2o", ["h2o", "-v"], h2o),
]

PIPELINED = """init = function() local all = {}
  for i = 1, 16 do all[i] = wrk.format("GET", "/1k.txt") end
  text = table.concat(all) end
request = function() return text end
"""
IN_TURN = """local i = 0
request = function() i = (i + 7) % 2000
  return wrk.format("GET", "/set/" .. (i % 50) .. "/" .. i .. ".html") end
"""
SINCE = "If-Modified-Since: Fri, 31 Dec 2100 00:00:00 GMT"

# Name, path, connections, fields, script, what is shown.
SCENARIOS = [
    ("1 KB", "/1k.txt", 64, [], None, "cpu"),
    ("10 KB", "/10k.txt", 64, [], None, "cpu"),
    ("2,000 files in turn", "/", 64, [], IN_TURN, "cpu"),
    ("304", "/1k.txt", 64, ["@"], None, "cpu"),
    ("404", "/none.txt", 64, [], None, "cpu"),
    ("range of 1 KB", "/100k.bin", 64, ["Range: bytes=50000-51023"], None, "cpu"),
    ("index page", "/site/", 64, [], None, "cpu"),
    ("redirect", "/many", 64, [], None, "cpu"),
    ("16 pipelined", "/1k.txt", 32, [], PIPELINED, "cpu"),
    ("a connection each", "/1k.txt", 64, ["Connection: close"], None, "cpu"),
    ("100 KB", "/100k.bin", 64, [], None, "cpu"),
    ("1 MB", "/1m.bin", 32, [], None, "bytes"),
    ("100 MB", "/100m.bin", 8, [], None, "bytes"),
    ("listing of 1,000", "/many/", 8, [], None, "cpu"),
    ("script", "/cgi-bin/hello", 16, [], None, "rate"),
]
UNITS = {"cpu": ("CPU µs", "{:.1f}", min), "bytes": ("GB/s", "{:.2f}", max), "rate": ("per s", "{:,.0f}", max)}


def processes(pid):
    """A process and all below it."""
    below = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = open(f"/proc/{name}/stat").read()
        except OSError:
            continue
        below.setdefault(int(stat[stat.rindex(")") + 2:].split()[1]), []).append(int(name))
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left += below.get(found[-1], [])
    return found


def cpu(pid):
    """Seconds of CPU of a process, all below it, and the children they have reaped."""
    ticks = 0
    for one in processes(pid):
        try:
            stat = open(f"/proc/{one}/stat").read()
        except OSError:
            continue
        ticks += sum(int(field) for field in stat[stat.rindex(")") + 2:].split()[11:15])
    return ticks / TICKS


def connect(port):
    return socket.create_connection(("127.0.0.1", port), 5)


def get(port, path):
    with connect(port) as peer:
        peer.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: peer.recv(65536), b"")).decode("latin-1")


class Server:
    def __init__(self, start, root, log, scripts):
        self.tmp = tempfile.mkdtemp(prefix="compare-")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        words = ["taskset", "-c", "0", *start(root, self.tmp, self.port, log, scripts)]
        output = open(f"{self.tmp}/output", "wb")
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        end = time.monotonic() + 10
        while True:
            try:
                connect(self.port).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    said = open(f"{self.tmp}/output").read()
                    self.stop()
                    raise RuntimeError(f"{words[3]} does not start: {said[-300:]}")
                time.sleep(0.01)

    def stop(self):
        for pid in processes(self.process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        self.process.wait()
        shutil.rmtree(self.tmp, ignore_errors=True)


def measure(server, scenario, seconds):
    """What is shown of a scenario, or None if the server does not answer as it should."""
    _, path, connections, fields, script, shown = scenario
    if shown == "rate":
        answer = get(server.port, path)
        if "\r\n\r\n\x7fELF" in answer or "hello\n" not in answer:
            return None  # the program itself, or nothing
    if "@" in fields:
        # What a peer would send: the validator that it was given.
        found = re.search(r"(?im)^last-modified: (.*?)\r?$", get(server.port, path))
        fields = [f"If-Modified-Since: {found[1]}" if found else SINCE]
    words = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    for field in fields:
        words += ["-H", field]
    if script:
        words += ["-s", write(f"{server.tmp}/load.lua", script)]
    before = cpu(server.process.pid)
    said = subprocess.run([*words, f"http://127.0.0.1:{server.port}{path}"],
                          capture_output=True, text=True).stdout
    used = cpu(server.process.pid) - before
    count = int(re.search(r"(\d+) requests in ([\d.]+)(\w+)", said)[1])
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    if count == 0 or (bad is not None) != (path == "/none.txt"):
        return None
    if shown == "cpu":
        return used / count * 1e6
    if shown == "rate":
        return float(re.search(r"Requests/sec:\s*([\d.]+)", said)[1])
    number, unit = re.search(r"Transfer/sec:\s*([\d.]+)([KMG]?)B", said).groups()
    return float(number) * {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}[unit] / 1e9


def version(words):
    done = subprocess.run(words, capture_output=True, text=True)
    found = re.search(r"\d+\.\d[\w.]*", done.stdout + done.stderr)
    return found[0] if found else ""


def about(rows):
    models = re.findall(r"model name\s*: (.*)", open("/proc/cpuinfo").read())
    commit = subprocess.run(["git", "-C", TOP, "log", "-1", "--format=%s"], capture_output=True, text=True)
    print(f"Measured on {datetime.date.today()} with `benches/compare.py {shlex.join(sys.argv[1:])}`".rstrip()
          + f": {models[0] if models else platform.machine()}, {os.cpu_count()} CPUs, "
          f"{platform.system()} {platform.release()}, as of \"{commit.stdout.strip()}\".\n")
    print("\n".join(rows))


def table(scenarios, servers, results):
    rows = ["| | " + " | ".join(name for name, _ in servers) + " | ahead of sprat |",
            "| --- " * (len(servers) + 2) + "|"]
    for scenario in scenarios:
        unit, form, best_of = UNITS[scenario[5]]
        values = {name: statistics.median(numbers) for name, _ in servers
                  if (numbers := [n for n in results[scenario[0], name] if n is not None])}
        best = best_of(values.values(), default=None)
        cells = []
        for name, _ in servers:
            text = form.format(values[name]) if name in values else ""
            cells.append(f"**{text}**" if values.get(name) == best and text else text)
        own = values.get(servers[0][0])
        ahead = [name for name, _ in servers[1:] if name in values and own is not None
                 and values[name] != own and best_of(values[name], own) == values[name]]
        rows.append(f"| {scenario[0]}, {unit} | " + " | ".join(cells) + f" | {', '.join(ahead)} |")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--log", action="store_true", help="with access logs, to a file")
    parser.add_argument("scenario", nargs="*", help="part of a row's name; all if none")
    options = parser.parse_args()
    for tool in ("wrk", "taskset", "cc"):
        if shutil.which(tool) is None:
            sys.exit(f"needs {tool}")
    os.environ["PATH"] += ":/usr/sbin"
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--release"], cwd=TOP, check=True)
    scenarios = [s for s in SCENARIOS if not options.scenario or any(o in s[0] for o in options.scenario)]
    servers = []
    for name, program, words, start in SERVERS:
        if program is not None and shutil.which(program) is None:
            print(f"skipped: {program} is not installed", file=sys.stderr)
            continue
        title = f"{name} {version(words)}" if words else name
        servers.append((title, start))
    results = {(s[0], name): [] for s in scenarios for name, _ in servers}
    root = tempfile.mkdtemp(prefix="compare-site-")
    try:
        make_site(root)
        for number in range(options.rounds):
            for name, start in servers:
                print(f"round {number + 1} of {options.rounds}: {name}", file=sys.stderr)
                for scripts in (False, True):
                    # Scripts have a server of their own: nobody has them who does not want them.
                    group = [s for s in scenarios if (s[5] == "rate") == scripts]
                    server = Server(start, root, options.log, scripts) if group else None
                    try:
                        for scenario in group:
                            results[scenario[0], name].append(measure(server, scenario, options.seconds))
                    finally:
                        if server:
                            server.stop()
    finally:
        shutil.rmtree(root, ignore_errors=True)
    about(table(scenarios, servers, results))


if __name__ == "__main__":
    main()
