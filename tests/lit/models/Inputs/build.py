"""Prints a shipped model's graph: build.py MODEL BATCH SEQ [key=value of build_graph or config]."""

import json
import sys

from waferflow import _waferflow, paths

model, batch, seq, *changes = sys.argv[1:]
config = json.loads((paths.configs_dir() / f"{model}.json").read_text())
options = {}
for change in changes:
    key, value = change.split("=")
    if key in ("step", "gradients", "logits"):
        options[key] = value
    else:
        config[key] = json.loads(value)
print(_waferflow.build_graph(json.dumps(config), int(batch), int(seq), **options))
