"""Times hidet-run and other runtimes on the same models, in turn: rounds in which each has its turn, in one call, so that what else the machine
does meets all alike. A time is the median over the rounds of the medians of the turns, or, with --by min, the fastest run of all."""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time

import models

HERE = os.path.dirname(os.path.abspath(__file__))
OURS = "hidet"
PEERS = ["onnxruntime", "openvino", "torch", "compile"]
# (relative, absolute) of whole models; the absolute one in units of the largest expected magnitude
TOLERANCES = {"f32": (1e-3, 1e-4), "bf16": (5e-2, 5e-2)}
SETTLE_SECONDS = 0.3  # until the threads of the turn before sleep


def parse():
    parser = argparse.ArgumentParser(prog="bench/peers/run", description=__doc__)
    names = lambda text: [name for name in text.split(",") if name]
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "hidet-peers", "models")
    program = os.path.join(HERE, "..", "..", "build", "bin", "hidet-run")
    add = parser.add_argument
    add("--venv", metavar="DIR", help="Python environment, made on first use (default ~/.cache/hidet-peers/venv)")
    add("--models", type=names, default=list(models.MODELS), help="of: " + ", ".join(models.MODELS))
    add("--peers", type=names, default=PEERS, help="of: " + ", ".join(PEERS) + "; empty: none")
    add("--rounds", type=int, default=5, metavar="N", help="turns of each (default 5)")
    add("--seconds", type=float, default=1.0, metavar="S", help="that a turn measures at least, after its warm-up (default 1)")
    add("--warm-up", type=float, default=0.3, metavar="S", help="seconds before a turn measures (default 0.3)")
    add("--by", choices=["median", "min"], default="median", help="what is compared: on a busy machine the fastest run says more")
    add("--precision", choices=list(TOLERANCES), default="f32", help="to compute in (default f32); who cannot is left out")
    add("--memory", action="store_true", help="also the peak memory of each")
    add("--threads", type=int, default=2, metavar="N", help="of each runtime (default 2)")
    add("--cache", default=cache, metavar="DIR", help="where exported models are kept (default ~/.cache/hidet-peers/models)")
    add("--hidet-run", default=program, metavar="FILE", help="the program (default build/bin/hidet-run of this tree)")
    add("--json", metavar="FILE", help="write all numbers here")
    options = parser.parse_args()
    for kind, given, known in (("model", options.models, models.MODELS), ("peer", options.peers, PEERS)):
        for name in given:
            if name not in known:
                parser.error(f"no {kind} '{name}'; there are {', '.join(known)}")
    return options


class Hidet:
    """Our turn: a process each time, its kernels from the cache after the first."""

    def __init__(self, options, name):
        self.program, self.threads, self.precision = options.hidet_run, str(options.threads), options.precision
        self.model = models.path_of(options.cache, name, ".pt2")
        self.data = models.path_of(options.cache, name, ".safetensors")
        self.failed = self.error = self.report = None
        self.check(self.data)

    def call(self, *arguments):
        how = ["--threads", self.threads, "--precision", self.precision]
        command = [self.program, *arguments, *how, "--inputs", self.data, "--json", "-"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode > 1:
            self.failed = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}"
            return None
        return json.loads(done.stdout)

    def check(self, data):
        from safetensors.numpy import load_file

        scale = max(float(abs(t).max()) for key, t in load_file(data).items() if key.startswith("out"))
        relative, absolute = TOLERANCES[self.precision]
        tolerances = ["--rtol", str(relative), "--atol", str(absolute * scale)]
        report = self.call("run", self.model, "--expect", data, *tolerances)
        if report:
            self.error = report["max_abs_err"] / scale
            self.failed = f"MISMATCH in {report['mismatched']} elements" if report["mismatched"] else None

    def turn(self, warm_up, seconds):
        times = ["--warmup-ms", str(int(warm_up * 1e3)), "--duration", str(seconds)]
        self.report = self.call("bench", self.model, *times)
        latency = self.report["latency_ms"] if self.report else None
        if not latency:
            return None
        return {"median_ms": latency["median"], "min_ms": latency["min"], "peak_bytes": self.report["peak_rss_bytes"]}

    def close(self):
        pass


class Peer:
    """A runtime in its process (runtimes.py), which sleeps between its turns."""

    def __init__(self, options, name, runtime):
        how = [options.cache, str(options.threads), options.precision]
        command = [sys.executable, os.path.join(HERE, "runtimes.py"), runtime, name, *how]
        environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads))
        self.log = open(os.path.join(options.cache, f"{name}.{runtime}.log"), "w")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment
        )
        first = self.read()
        self.failed, self.error = first.get("failed"), first.get("error")

    def read(self):
        """The next report; other lines are what libraries print."""
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        return {"failed": f"the process ended: see {self.log.name}"}

    def turn(self, warm_up, seconds):
        self.process.stdin.write(f"{warm_up} {seconds}\n")
        self.process.stdin.flush()
        report = self.read()
        self.failed = report.get("failed")
        return None if self.failed else report

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.log.close()


def compare(options, name):
    """runtime -> {"median_ms", "min_ms", "peak_bytes", "error"} or {"failed"}"""
    runners = {OURS: Hidet(options, name)}
    for peer in options.peers:
        runners[peer] = Peer(options, name, peer)
    turns = {runtime: [] for runtime in runners}
    for round_number in range(options.rounds):
        order = list(runners)
        first = round_number % len(order)  # nobody always comes after the same one
        for runtime in order[first:] + order[:first]:
            if runners[runtime].failed:
                continue
            time.sleep(SETTLE_SECONDS)
            report = runners[runtime].turn(options.warm_up, options.seconds)
            if report:
                turns[runtime].append(report)
    results = {}
    for runtime, runner in runners.items():
        runner.close()
        if runner.failed or not turns[runtime]:
            results[runtime] = {"failed": runner.failed or "no turn", "error": runner.error}
            continue
        results[runtime] = {
            "median_ms": statistics.median(t["median_ms"] for t in turns[runtime]),
            "min_ms": min(t["min_ms"] for t in turns[runtime]),
            "peak_bytes": max(t["peak_bytes"] for t in turns[runtime]),
            "error": runner.error,
        }
    return results


def best_peer(results, by):
    """(time, name) of the fastest other runtime; (None, "") when there is none."""
    times = [(r[by], name) for name, r in results.items() if name != OURS and by in r]
    return min(times, default=(None, ""))


def ratio_of(results, by):
    """How many times faster than the best peer we are; None when it cannot be said."""
    best, _ = best_peer(results, by)
    ours = results[OURS].get(by)
    return best / ours if best and ours else None


def print_memory(results):
    cells = [f"{r['peak_bytes'] / 1e6:11.0f}" if "peak_bytes" in r else f"{'':11}" for r in results.values()]
    peers = [r["peak_bytes"] for name, r in results.items() if name != OURS and "peak_bytes" in r]
    ours = results[OURS].get("peak_bytes")
    print(f"{'  peak memory, MB':20}", *cells, f"{min(peers) / ours:7.3f}" if peers and ours else "", flush=True)


def print_row(name, results, by):
    cells = [f"{r[by]:11.3f}" if by in r else f"{'failed':>11}" for r in results.values()]
    ratio = ratio_of(results, by)
    error = results[OURS].get("error")
    print(
        f"{name:20}", *cells, f"{ratio:7.3f}" if ratio else f"{'':7}", f"{best_peer(results, by)[1]:12}",
        f"{error:.1e}" if error is not None else "", flush=True,
    )
    for runtime, r in results.items():
        if "failed" in r:
            print(f"{'':20} {runtime}: {r['failed']}", flush=True)


def main():
    options = parse()
    by = options.by + "_ms"
    os.makedirs(options.cache, exist_ok=True)
    subprocess.run([sys.executable, os.path.join(HERE, "models.py"), options.cache, *options.models], check=True)
    print(f"{options.precision}, {options.threads} threads, {options.rounds} rounds of {options.seconds:g} s, load average {os.getloadavg()[0]:.2f}")
    print(f"milliseconds, {options.by}; ratio: how many times faster than the best peer; error: largest one in units of the largest output")
    print(f"{'':20}", *(f"{n:>11}" for n in [OURS, *options.peers]), f"{'ratio':>7}", f"{'best peer':12}", "error", flush=True)
    all_results = {}
    for name in options.models:
        all_results[name] = compare(options, name)
        print_row(name, all_results[name], by)
        if options.memory:
            print_memory(all_results[name])
    ratios = [ratio for ratio in (ratio_of(results, by) for results in all_results.values()) if ratio]
    if ratios:
        print(f"geometric mean of the ratios of {len(ratios)} models: {math.exp(statistics.fmean(map(math.log, ratios))):.3f}")
    print(f"load average {os.getloadavg()[0]:.2f}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump(all_results, file, indent=2)
    sys.exit(0 if all(by in r[OURS] for r in all_results.values()) else 1)


if __name__ == "__main__":
    main()
