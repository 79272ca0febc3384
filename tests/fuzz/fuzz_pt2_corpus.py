#!/usr/bin/env python3
"""Make the seeds of fuzz_pt2 from exported programs:  fuzz_pt2_corpus.py OUT MODEL.pt2 ...

Of each archive the program alone, without what the reader does not look at; of the smallest also the archive itself, with all checksums
set to 0 (not recorded), so that what the fuzzer changes is read and not refused at once."""
import json
import os
import struct
import sys
import zipfile


def program(path):
    with zipfile.ZipFile(path) as archive:
        name = next(n for n in archive.namelist() if "/models/" in n and n.endswith(".json"))
        root = json.loads(archive.read(name))
    for node in root["graph_module"]["graph"]["nodes"]:
        stack = node["metadata"].get("nn_module_stack")
        node["metadata"] = {"nn_module_stack": stack[-100:]} if stack else {}
    root["graph_module"]["module_call_graph"] = []
    return json.dumps(root, separators=(",", ":"))


def without_checksums(data):
    data = bytearray(data)
    for signature, offset in ((b"PK\x01\x02", 16), (b"PK\x03\x04", 14)):
        at = data.find(signature)
        while at >= 0:
            struct.pack_into("<I", data, at + offset, 0)
            at = data.find(signature, at + 1)
    return data


out, models = sys.argv[1], sys.argv[2:]
os.makedirs(out, exist_ok=True)
for path in models:
    base = os.path.splitext(os.path.basename(path))[0]
    text = program(path)
    if len(text) <= 12000:
        with open(os.path.join(out, base + ".json"), "w") as file:
            file.write(text)
smallest = min(models, key=os.path.getsize)
with open(smallest, "rb") as file, open(os.path.join(out, "archive.pt2"), "wb") as copy:
    copy.write(without_checksums(file.read()))
