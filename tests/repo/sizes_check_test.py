"""Plants one oversized file, function or class at a time and expects scripts/check-sizes to say so."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "check-sizes"

STATEMENTS_68 = "  DoIt();\n" * 68


class SizesCheckTest(unittest.TestCase):

    def run_on(self, file, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / file
            path.parent.mkdir(parents=True, exist_ok=True)
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

    def test_file_at_the_limit_and_above(self):
        self.assert_clean("a.cc", "// Why.\n" * 500)
        self.assert_fault("a.cc", "// Why.\n" * 501, "a.cc: 501 lines")

    def test_function_at_the_limit_and_above(self):
        self.assert_clean("a.cc", "namespace a {\nvoid F() {\n" + STATEMENTS_68 + "}\n}\n")
        self.assert_fault("a.cc",
                          "namespace a {\nvoid F() {\n" + STATEMENTS_68 + "  DoIt();\n}\n}\n",
                          "a.cc:2: a function of 71 lines")

    def test_function_with_signature_over_several_lines(self):
        self.assert_fault("a.cc", "void F(int a,\n       int b) {\n" + STATEMENTS_68 + "}\n",
                          "a.cc:1: a function of 71 lines")

    def test_member_function(self):
        self.assert_fault("a.cc", "class A {\n  void F() {\n" + STATEMENTS_68 + "  DoIt();\n  }\n};",
                          "a.cc:2: a function of 71 lines")

    def test_braces_in_strings_and_comments_do_not_count(self):
        self.assert_clean("a.cc", 'void F() {\n  G("}{{", \'{\');  // {\n}\n' * 30)

    def test_table_is_not_a_function(self):
        self.assert_clean("a.cc", "const Row kRows[] = {\n" + "    {1, F(2)},\n" * 90 + "};\n")

    def test_class_body_in_a_header(self):
        self.assert_clean("a.h", "class A {\n" + "  int a;\n" * 80 + "};\n")
        self.assert_fault("a.h", "class A {\n" + "  int a;\n" * 81 + "};\n",
                          "a.h:1: a class of 81 lines")

    def test_python_function(self):
        self.assert_fault("a.py", "def f():\n" + "    g()\n" * 70, "a.py:1: a function of 71 lines")

    def test_shell_function(self):
        self.assert_fault("scripts/a", "#!/usr/bin/env bash\nf() {\n" + "  g\n" * 70 + "}\n",
                          "scripts/a:2: a function of 72 lines")


if __name__ == "__main__":
    unittest.main()
