"""The runtimes that are compared. Each is prepared in a process of its own, so that no one's threads and memory are in another's way.

    python runtimes.py NAME MODEL CACHE_FOLDER THREADS PRECISION

First a line of JSON: {"ready_ms", "error": largest error in units of the largest expected magnitude} or {"failed": reason}. Then for each line
"WARM_UP_SECONDS SECONDS" on stdin a line {"median_ms", "min_ms", "runs", "peak_bytes"}: the peak of the process beyond what Python with NumPy and
torch took before the runtime was there.
"""

import json
import platform
import statistics
import sys
import time
import traceback

import numpy

import models

LEAST_RUNS = 5


class Unable(Exception):
    """The runtime does not compute in the precision that is asked for."""



def read_tensors(cache, name):
    """(inputs, expected outputs) in order, as NumPy arrays."""
    from safetensors.numpy import load_file

    tensors = load_file(models.path_of(cache, name, ".safetensors"))
    return [
        [tensors[f"{kind}{i}"] for i in range(len(tensors)) if f"{kind}{i}" in tensors] for kind in ("in", "out")
    ]


def prepare_onnxruntime(cache, name, inputs, threads, precision):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    if precision == "bf16":
        if platform.machine() != "aarch64":
            raise Unable("skipped: it computes in bf16 on ARM processors only")
        options.add_session_config_entry("mlas.enable_gemm_fastmath_arm64_bfloat16", "1")
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    path = models.path_of(cache, name, ".onnx")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {i.name: array for i, array in zip(session.get_inputs(), inputs)}
    return lambda: session.run(None, feed)


def prepare_openvino(cache, name, inputs, threads, precision):
    import openvino

    wanted = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads}
    compiled = openvino.Core().compile_model(models.path_of(cache, name, ".onnx"), "CPU", wanted)
    request = compiled.create_infer_request()
    for i, array in enumerate(inputs):
        request.set_input_tensor(i, openvino.Tensor(array))
    count = len(compiled.outputs)

    def run():
        request.infer()
        return [request.get_output_tensor(i).data for i in range(count)]

    return run


def prepare_torch(cache, name, inputs, threads, precision, change=lambda model: model):
    import torch

    torch.set_num_threads(threads)
    model = models.make(name)[0]
    tensors = [torch.from_numpy(array) for array in inputs]
    if precision == "bf16":
        model = model.to(torch.bfloat16)
        tensors = [t.to(torch.bfloat16) if t.is_floating_point() else t for t in tensors]
    model = change(model)

    def run():
        with torch.inference_mode():
            return [t.float().numpy() for t in models.as_list(model(*tensors))]

    return run


def prepare_compile(cache, name, inputs, threads, precision):
    import torch
    import torch._inductor.config

    torch._inductor.config.freezing = True  # weights are constants, as they are to the others
    return prepare_torch(cache, name, inputs, threads, precision, torch.compile)


RUNTIMES = {
    "onnxruntime": prepare_onnxruntime,
    "openvino": prepare_openvino,
    "torch": prepare_torch,
    "compile": prepare_compile,
}


def largest_error(got, expected):
    return max(
        float(numpy.abs(g.astype(numpy.float64) - e).max() / max(numpy.abs(e).max(), 1e-30)) for g, e in zip(got, expected)
    )


def memory_bytes(field):
    """VmRSS, or its peak VmHWM, of this process."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field + ":"))


def measure(run, warm_up, seconds):
    begin = time.perf_counter()
    while time.perf_counter() - begin < warm_up:
        run()
    times = []
    begin = time.perf_counter()
    while len(times) < LEAST_RUNS or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return {"median_ms": statistics.median(times), "min_ms": min(times), "runs": len(times)}


def answer(report):
    print(json.dumps(report), flush=True)


def main():
    runtime, name, cache, threads, precision = sys.argv[1:]
    inputs, expected = read_tensors(cache, name)
    before = memory_bytes("VmRSS")
    try:
        begin = time.perf_counter()
        run = RUNTIMES[runtime](cache, name, inputs, int(threads), precision)
        outputs = run()
        ready = (time.perf_counter() - begin) * 1e3
    except Exception as failure:  # whatever a runtime does wrong is its result
        traceback.print_exc()
        kind = "" if isinstance(failure, Unable) else f"{type(failure).__name__}: "
        answer({"failed": f"{kind}{failure}".splitlines()[0]})
        return
    answer({"ready_ms": ready, "error": largest_error(outputs, expected)})
    for line in sys.stdin:
        report = measure(run, *map(float, line.split()))
        answer(report | {"peak_bytes": memory_bytes("VmHWM") - before})


if __name__ == "__main__":
    main()
