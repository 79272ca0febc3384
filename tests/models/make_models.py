"""Makes the models of this folder: exported programs with inputs and the outputs that PyTorch computes for them.

    python3 -m venv venv && venv/bin/pip install torch transformers scikit-learn safetensors
    venv/bin/python tests/models/make_models.py OUT_FOLDER

The weights depend on the versions of these packages, so a new run gives equivalent files, not the same bytes. Stack traces, which
name folders of the machine, are left out of the programs.
"""
import json
import struct
import sys
import zipfile

import torch
import torch.nn as nn
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel

ALIGNMENT = 64  # of the data of each entry, as torch writes it: weights are used where they lie


def strip_traces(path):
    """Rewrites the archive without the stack traces of its program; all other entries keep their bytes."""
    with zipfile.ZipFile(path) as archive:
        entries = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in entries:
            if name.endswith("models/model.json"):
                program = json.loads(data)
                for node in program["graph_module"]["graph"]["nodes"]:
                    node["metadata"].pop("stack_trace", None)
                data = json.dumps(program, separators=(",", ":")).encode()
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            start = archive.fp.tell() + 30 + len(name.encode()) + 4
            padding = -start % ALIGNMENT
            info.extra = struct.pack("<HH", 0x4246, padding) + b"Z" * padding
            archive.writestr(info, data)


def save(folder, name, model, inputs, dynamic=None, extra=None):
    model.eval()
    with torch.no_grad():
        outputs = model(*inputs)
        program = torch.export.export(model, tuple(inputs), dynamic_shapes=dynamic)
    torch.export.save(program, f"{folder}/{name}.pt2")
    strip_traces(f"{folder}/{name}.pt2")
    tensors = {f"in{i}": x.contiguous() for i, x in enumerate(inputs)}
    tensors["out0"] = outputs.contiguous()
    save_file({**tensors, **(extra or {})}, f"{folder}/{name}.safetensors")
    print(name)


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32)
        self.conv2, self.bn2 = nn.Conv2d(32, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64)
        self.fc1, self.fc2 = nn.Linear(64 * 4 * 4, 64), nn.Linear(64, 10)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.max_pool2d(torch.relu(self.bn2(self.conv2(x))), 2)
        return self.fc2(torch.relu(self.fc1(torch.flatten(x, 1))))


def train_digits():
    data = load_digits()
    images = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) / 16
    labels = torch.tensor(data.target, dtype=torch.int64)
    order = torch.randperm(len(labels))
    test, train = order[:450], order[450:]
    model = Digits()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    for _ in range(20):
        for batch in train[torch.randperm(len(train))].split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
    return model, images[test], labels[test]


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1, groups=2), nn.GELU(), nn.AdaptiveAvgPool2d(1))
        self.l = nn.Linear(32, 10)

    def forward(self, x):
        return self.l(torch.flatten(self.f(x), 1))


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        self.m = BertModel(BertConfig(vocab_size=500, hidden_size=64, num_hidden_layers=2, num_attention_heads=4,
                                      intermediate_size=128, max_position_embeddings=64))

    def forward(self, i, a):
        return self.m(input_ids=i, attention_mask=a).last_hidden_state


class Gpt2(nn.Module):
    def __init__(self):
        super().__init__()
        self.m = GPT2LMHeadModel(GPT2Config(vocab_size=500, n_positions=64, n_embd=64, n_layer=2, n_head=4))

    def forward(self, i):
        return self.m(input_ids=i, use_cache=False).logits


def main(folder):
    torch.manual_seed(0)
    n = torch.export.Dim("n", min=1, max=64)
    mlp = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 10), nn.Softmax(-1))
    save(folder, "mlp", mlp, [torch.randn(4, 16)], ({0: n},))
    model, images, labels = train_digits()
    save(folder, "digits", model, [images], ({0: torch.export.Dim("n", min=1, max=1024)},), {"label": labels})
    save(folder, "cnn", Cnn(), [torch.randn(2, 3, 32, 32)])
    mask = torch.ones(2, 16, dtype=torch.int64)
    mask[1, 10:] = 0
    save(folder, "bert_tiny", Bert(), [torch.randint(0, 500, (2, 16)), mask])
    ids = torch.randint(0, 500, (1, 16))
    gpt2 = Gpt2()
    save(folder, "gpt2_tiny", gpt2, [ids])
    save(folder, "gpt2_tiny_dyn", gpt2, [ids], ({1: torch.export.Dim("s", min=2, max=64)},))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else ".")
