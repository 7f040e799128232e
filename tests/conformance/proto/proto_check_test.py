"""The contract is documented (buf lint) and compatible with the committed baseline (buf breaking)."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUF = HERE / "node_modules" / ".bin" / "buf"
BREAKING = ["breaking", "--against", HERE / "baseline.binpb"]


def buf(folder, *arguments):
    """Runs buf on the protos of `folder`; returns (exit code, what it said)."""
    result = subprocess.run([BUF, *arguments], cwd=folder, capture_output=True, text=True,
                            check=False)
    return result.returncode, result.stdout + result.stderr


class ProtoCheckTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.copy = pathlib.Path(folder.name)
        shutil.copy(ROOT / "buf.yaml", self.copy)
        shutil.copytree(ROOT / "proto", self.copy / "proto")

    def edit(self, file, old, new):
        path = self.copy / "proto" / "entitysync" / file
        text = path.read_text(encoding="utf-8")
        self.assertEqual(text.count(old), 1, f"{file} should hold '{old}' once")
        path.write_text(text.replace(old, new), encoding="utf-8")

    def assert_refused(self, arguments, message):
        code, output = buf(self.copy, *arguments)
        self.assertNotEqual(code, 0)
        self.assertIn(message, output)

    def test_contract_passes_lint(self):
        self.assertEqual(buf(ROOT, "lint"), (0, ""))

    def test_contract_is_compatible_with_the_baseline(self):
        self.assertEqual(buf(ROOT, *BREAKING), (0, ""))

    def test_undocumented_field_is_refused(self):
        self.edit("v1/gateway.proto", "message NotifyChangeResponse {}",
                  "message NotifyChangeResponse {\n  bool fast = 1;\n}")
        self.assert_refused(["lint"], "non-empty comment")

    def test_documented_addition_is_compatible(self):
        self.edit("v1/gateway.proto", "message NotifyChangeResponse {}",
                  "message NotifyChangeResponse {\n  // Whether it was fast.\n  bool fast = 1;\n}")
        self.assertEqual(buf(self.copy, "lint"), (0, ""))
        self.assertEqual(buf(self.copy, *BREAKING), (0, ""))

    def test_renumbered_field_is_refused(self):
        self.edit("v1/types.proto", "string id = 2;", "string id = 3;")
        self.assert_refused(BREAKING, 'field "2"')

    def test_changed_type_is_refused(self):
        self.edit("v1/entity.proto", "repeated bytes rows = 1;", "repeated string rows = 1;")
        self.assert_refused(BREAKING, "type")

    def test_removed_call_is_refused(self):
        self.edit("v1/entity.proto",
                  "rpc HandleMessage(HandleMessageRequest) returns (HandleMessageResponse);", "")
        self.assert_refused(BREAKING, "HandleMessage")

    def test_broken_message_between_replicas_is_refused(self):
        self.edit("internal/v1/bus.proto", "uint64 number = 3;", "uint64 number = 8;")
        self.assert_refused(BREAKING, "bus.proto")


if __name__ == "__main__":
    unittest.main()
