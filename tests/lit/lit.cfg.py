"""Is the IR right? One test for each pass, valid and invalid IR for each op."""

import os

import lit.formats

config.name = "waferflow"
config.test_format = lit.formats.ShTest(True)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs"]
config.test_source_root = os.path.dirname(__file__)
config.environment["PATH"] = os.pathsep.join(
    [config.waferflow_tools, config.llvm_tools, os.environ["PATH"]]
)
config.substitutions.append(("%source", config.waferflow_source))
config.substitutions.append(("%python", config.python))
