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
    folder = tempfile.mkdtemp(prefix="entitysync-stubs-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    files = [str(file) for file in sorted(_PROTO.glob("entitysync/v1/*.proto"))]
    if grpc_tools.protoc.main(["protoc", f"-I{_PROTO}", f"--python_out={folder}",
                               f"--grpc_python_out={folder}", *files]) != 0:
        raise RuntimeError("the protos could not be compiled")
    sys.path.insert(0, folder)


_generate()
entity = importlib.import_module("entitysync.v1.entity_pb2")
entity_grpc = importlib.import_module("entitysync.v1.entity_pb2_grpc")
gateway = importlib.import_module("entitysync.v1.gateway_pb2")
gateway_grpc = importlib.import_module("entitysync.v1.gateway_pb2_grpc")
types = importlib.import_module("entitysync.v1.types_pb2")
