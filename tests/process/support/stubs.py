"""The contract's Python classes, generated from proto/ into a folder of this process."""

import atexit
import importlib
import pathlib
import shutil
import sys
import tempfile

import grpc_tools.protoc

_PROTO = pathlib.Path(__file__).resolve().parents[3] / "proto"


def _generate():
    out = tempfile.mkdtemp(prefix="entitysync-stubs-")
    atexit.register(shutil.rmtree, out, ignore_errors=True)
    files = [str(file) for folder in ("entitysync/v1", "entitysync/client/v1")
             for file in sorted((_PROTO / folder).glob("*.proto"))]
    if grpc_tools.protoc.main(["protoc", f"-I{_PROTO}", f"--python_out={out}",
                               f"--grpc_python_out={out}", *files]) != 0:
        raise RuntimeError("the protos could not be compiled")
    sys.path.insert(0, out)


_generate()
client = importlib.import_module("entitysync.client.v1.client_pb2")
entity = importlib.import_module("entitysync.v1.entity_pb2")
entity_grpc = importlib.import_module("entitysync.v1.entity_pb2_grpc")
gateway = importlib.import_module("entitysync.v1.gateway_pb2")
gateway_grpc = importlib.import_module("entitysync.v1.gateway_pb2_grpc")
types = importlib.import_module("entitysync.v1.types_pb2")
