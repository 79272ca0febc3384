"""torch's products for bench_gemm --compare: reads "m n k" lines, answers each with the best microseconds of a turn: plain, and
prepacked by the better of MKL and oneDNN.

    gemm_peer.py THREADS [f32|bf16|i8]
"""
import sys
import time

import torch

SECONDS_OF_A_TURN = 0.03


def best_of_a_turn(call):
    clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    best, begin = float("inf"), clock()
    while clock() - begin < SECONDS_OF_A_TURN:
        before = clock()
        call()
        best = min(best, clock() - before)
    return best * 1e6


def make_i8_calls(m, n, k):
    """torch has no prepacked product of i8 that gives i32."""
    x, w = (torch.randint(-128, 128, shape, dtype=torch.int8) for shape in ((m, k), (k, n)))
    return [lambda: torch._int_mm(x, w)], []


def make_calls(m, n, k, dtype):
    """The plain product, and the prepacked ones of the libraries there are."""
    x, w, b = (torch.rand(*shape).to(dtype) for shape in ((m, k), (n, k), (n,)))
    packed = []
    if torch.backends.mkl.is_available() and dtype == torch.float32:
        mkl = torch.ops.mkl._mkl_reorder_linear_weight(w, m)
        packed.append(lambda: torch.ops.mkl._mkl_linear(x, mkl, w, b, m))
    if torch.backends.mkldnn.is_available():
        onednn = torch.ops.mkldnn._reorder_linear_weight(w, m)
        packed.append(lambda: torch.ops.mkldnn._linear_pointwise(x, onednn, b, "none", [], ""))
    return [lambda: torch.nn.functional.linear(x, w, b)], packed


def main():
    torch.set_num_threads(int(sys.argv[1]))
    dtype = sys.argv[2] if len(sys.argv) > 2 else "f32"
    dtypes = {"f32": torch.float32, "bf16": torch.bfloat16}
    made = {}
    with torch.inference_mode():
        for line in sys.stdin:
            size = tuple(int(word) for word in line.split())
            if size not in made:
                made = {size: make_i8_calls(*size) if dtype == "i8" else make_calls(*size, dtypes[dtype])}
            print(*(min((best_of_a_turn(call) for call in calls), default=0) for calls in made[size]), flush=True)


main()
