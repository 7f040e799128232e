"""Plants one layering fault at a time and expects scripts/check-layers to name it."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "check-layers"


class LayersCheckTest(unittest.TestCase):

    def run_on(self, file, text):
        """Runs the check on a tree that holds just this file."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / file
            path.parent.mkdir(parents=True)
            path.write_text(text, encoding="utf-8")
            result = subprocess.run([sys.executable, CHECK, "--root", folder],
                                    capture_output=True, text=True, check=False)
        return result.returncode, result.stdout

    def assert_fault(self, file, text, message):
        code, output = self.run_on(file, text)
        self.assertEqual(code, 1, output)
        self.assertIn(message, output)

    def assert_clean(self, file, text):
        code, output = self.run_on(file, text)
        self.assertEqual(code, 0, output)

    def test_downwards_is_fine(self):
        self.assert_clean("gateway/hub/hub.h", '#include "gateway/fetch/coalescer.h"\n')

    def test_own_module_is_fine(self):
        self.assert_clean("gateway/hub/hub.cc", '#include "gateway/hub/hub.h"\n')

    def test_upwards(self):
        self.assert_fault("gateway/base/clock.h", '#include "gateway/hub/hub.h"\n',
                          "gateway/base/clock.h:1: base may not include gateway/hub/hub.h")

    def test_sideways(self):
        self.assert_fault("gateway/subs/index.cc", '// Why.\n#include "gateway/bus/subjects.h"\n',
                          "gateway/subs/index.cc:2: subs may not include gateway/bus/subjects.h")

    def test_public_header_counts_as_its_module(self):
        self.assert_fault("gateway/subs/index.h", "#include <entitysync/gateway/bus_link.h>\n",
                          "subs may not include entitysync/gateway/bus_link.h (bus)")

    def test_public_header_includes_only_installed_ones(self):
        self.assert_fault("gateway/include/entitysync/gateway/bus_link.h",
                          '#include "gateway/base/limits.h"\n', "which is not installed")

    def test_unknown_public_header(self):
        self.assert_fault("gateway/include/entitysync/gateway/new.h", "#pragma once\n",
                          "its module is not in the table")

    def test_unknown_module(self):
        self.assert_fault("gateway/extra/extra.h", "#pragma once\n",
                          "its module is not in the table")

    def test_only_one_module_knows_nats(self):
        self.assert_fault("gateway/changelog/a.cc", "#include <nats.h>\n",
                          "changelog may not include nats.h")
        self.assert_clean("gateway/bus_nats/a.cc", "#include <nats.h>\n")

    def test_only_one_file_of_the_core_knows_asio(self):
        self.assert_fault("gateway/base/gate.cc", "#include <boost/asio/post.hpp>\n",
                          "base may not include boost/asio/post.hpp")
        self.assert_clean("gateway/base/asio_loop.cc", "#include <boost/asio/post.hpp>\n")

    def test_core_knows_no_grpc_and_no_sockets(self):
        self.assert_fault("gateway/session/a.cc", "#include <grpcpp/grpcpp.h>\n",
                          "session may not include grpcpp/grpcpp.h")
        self.assert_fault("gateway/session/a.cc", "#include <sys/socket.h>\n",
                          "session may not include sys/socket.h")

    def test_service_never_knows_the_gateway(self):
        self.assert_fault("service/service.cc", '#include "gateway/base/backoff.h"\n',
                          "service may not include gateway/base/backoff.h")


if __name__ == "__main__":
    unittest.main()
