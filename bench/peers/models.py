"""The models that are compared, with random weights: nothing is downloaded. Each is made from a fixed seed and written once into the cache folder:

    NAME.pt2            torch.export, for hidet-run
    NAME.onnx           torch.onnx, for ONNX Runtime and OpenVINO
    NAME.safetensors    in0, in1, ... and out0, out1, ...: inputs, and what PyTorch computes of them in double precision

    python models.py CACHE_FOLDER [NAME ...]
"""

import copy
import os
import sys
import time

import torch
from torch import nn

SEED = 20240229
SEQUENCE = 128


class Encoder(nn.Module):
    """A BERT without its Python output object: (last hidden state, pooled)."""

    def __init__(self, **sizes):
        super().__init__()
        from transformers import BertConfig, BertModel

        self.bert = BertModel(BertConfig(**sizes))

    def forward(self, input_ids, attention_mask):
        out = self.bert(input_ids=input_ids, attention_mask=attention_mask, return_dict=True)
        return out.last_hidden_state, out.pooler_output


class Decoder(nn.Module):
    """GPT-2 over a whole prompt: its logits."""

    def __init__(self):
        super().__init__()
        from transformers import GPT2Config, GPT2LMHeadModel

        self.gpt2 = GPT2LMHeadModel(GPT2Config(use_cache=False))

    def forward(self, input_ids):
        return self.gpt2(input_ids=input_ids, use_cache=False, return_dict=True).logits


def image():
    return (torch.randn(1, 3, 224, 224),)


def words(vocabulary):
    return torch.randint(0, vocabulary, (1, SEQUENCE))


def torchvision_model(name):
    import torchvision

    return getattr(torchvision.models, name)(weights=None)


def timm_model(name):
    import timm

    return timm.create_model(name, pretrained=False)


def encoder_inputs():
    return words(30522), torch.ones(1, SEQUENCE, dtype=torch.int64)


# name -> (how the model is made, how its inputs are made)
MODELS = {
    "resnet50": (lambda: torchvision_model("resnet50"), image),
    "mobilenet_v3_small": (lambda: torchvision_model("mobilenet_v3_small"), image),
    "bert_base": (lambda: Encoder(), encoder_inputs),
    "minilm": (lambda: Encoder(hidden_size=384, num_hidden_layers=6, intermediate_size=1536), encoder_inputs),
    "gpt2": (lambda: Decoder(), lambda: (words(50257),)),
    "convnext_atto": (lambda: timm_model("convnext_atto"), image),
    "vit_tiny": (lambda: timm_model("vit_tiny_patch16_224"), image),
    "efficientnet_b0": (lambda: torchvision_model("efficientnet_b0"), image),
}


def settle(model, inputs):
    """Weights as of a trained model where the initial ones hide work: statistics of normalisation, scales of layers near 0."""
    for name, parameter in model.named_parameters():
        if name.endswith("gamma"):
            nn.init.uniform_(parameter, 0.2, 1.0)
        elif name.endswith("bias"):
            nn.init.normal_(parameter, std=0.02)
    norms = {name: m for name, m in model.named_modules() if isinstance(m, nn.BatchNorm2d)}
    for name, norm in norms.items():
        norm.momentum = None  # the mean over all batches seen
        ends_a_branch = name.endswith("bn3")  # without this, 50 layers make much of the last bit of a number
        nn.init.uniform_(norm.weight, *((0.1, 0.3) if ends_a_branch else (0.5, 1.0)))
    if norms:
        model.train()
        with torch.no_grad():
            model(torch.randn(8, *inputs[0].shape[1:]))
    return model.eval()


def make(name):
    """(model, inputs), the same in every process."""
    build, make_inputs = MODELS[name]
    torch.manual_seed(SEED)
    model = build()
    inputs = make_inputs()
    return settle(model, inputs), inputs


def path_of(cache, name, suffix):
    return os.path.join(cache, name + suffix)


def write_whole(path, write):
    """A file of the cache is there whole or not at all."""
    partial = path + ".partial" + os.path.splitext(path)[1]
    write(partial)
    os.replace(partial, path)


def as_list(outputs):
    return list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]


def exact_outputs(model, inputs):
    """What the model computes in double precision, rounded once."""
    widened = [t.double() if t.is_floating_point() else t for t in inputs]
    return [t.float() for t in as_list(copy.deepcopy(model).double()(*widened))]


def write_tensors(path, inputs, outputs):
    from safetensors.torch import save_file

    tensors = {f"in{i}": t.contiguous() for i, t in enumerate(inputs)}
    tensors.update({f"out{i}": t.contiguous() for i, t in enumerate(outputs)})
    write_whole(path, lambda p: save_file(tensors, p))


def write_onnx(path, model, inputs):
    """One file, weights inside: no model here reaches the 2 GiB that would need more."""
    names = [f"in{i}" for i in range(len(inputs))]
    write_whole(
        path,
        lambda p: torch.onnx.export(model, inputs, p, dynamo=True, external_data=False, input_names=names, verbose=False),
    )


def write_missing(cache, name):
    """Write what the cache lacks of this model."""
    wanted = [suffix for suffix in (".safetensors", ".pt2", ".onnx") if not os.path.exists(path_of(cache, name, suffix))]
    if not wanted:
        return
    begin = time.monotonic()
    model, inputs = make(name)
    with torch.no_grad():
        if ".safetensors" in wanted:
            write_tensors(path_of(cache, name, ".safetensors"), inputs, exact_outputs(model, inputs))
        if ".pt2" in wanted:
            program = torch.export.export(model, inputs, strict=False)
            write_whole(path_of(cache, name, ".pt2"), lambda p: torch.export.save(program, p))
        if ".onnx" in wanted:
            write_onnx(path_of(cache, name, ".onnx"), model, inputs)
    print(f"{name}: made {', '.join(wanted)} in {time.monotonic() - begin:.1f} s", file=sys.stderr, flush=True)


def main():
    cache = sys.argv[1]
    os.makedirs(cache, exist_ok=True)
    torch.set_num_threads(2)
    for name in sys.argv[2:] or MODELS:
        write_missing(cache, name)


if __name__ == "__main__":
    main()
