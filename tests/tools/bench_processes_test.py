"""Programs that a measurement starts, with small ones of Python in place of real ones."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

import bench_path
from harness import cores, gateway, machine, memory
from harness.commanded import Commanded
from harness.errors import NotMeasured
from harness.load import Load, add, faults_of, run_of_answer, user_share
from harness.processes import Process, Program

# Answers commands as the load program does.
FAKE_LOAD = """
import json, sys
for line in sys.stdin:
    command = json.loads(line)
    if command["do"] == "die":
        print("why it died", file=sys.stderr)
        sys.exit(3)
    answers = {
        "serve": {"port": 1234},
        "connect": {"failed": command.get("connections", 0) // 100,
                    "first_failure": "no descriptors", "per_second": 10},
        "fetches": {"fetches": 3, "batches": 2, "batch_items": 5},
        "run": {"changes": 4, "calls": 4, "deliveries": 8, "covered": 8, "bytes": 100, "seconds": 1,
                "errors": {"closes": 0, "unexpected": 0}, "own_cpu_ns": 7,
                "latency": {"buckets": [[1000, 8]]},
                "pids": {"1": {"cpu_ns": 16000, "user_ticks": 1, "system_ticks": 3}}},
        "babble": None,
    }
    answer = answers.get(command["do"])
    if command["do"] == "babble":
        print("no JSON")
    elif answer is None:
        print(json.dumps({"ok": False, "error": "no such command"}))
    else:
        print(json.dumps({"ok": True, **answer}))
    sys.stdout.flush()
"""

CLOSED = {"errors": {"closes": 0, "unexpected": 0}, "pids": {}}


class ProcessesTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.cores = ",".join(map(str, os.sched_getaffinity(0)))

    def program(self, text, name="fake"):
        script = self.folder / f"{name}.py"
        script.write_text(textwrap.dedent(text), encoding="utf-8")
        return Program(name, [sys.executable, script], self.cores)

    def start(self, kind, text, *args):
        process = kind(self.program(text), self.folder, *args)
        self.addCleanup(process.kill)
        return process

    def test_what_it_writes_is_waited_for(self):
        process = self.start(Process, "print('port 12', flush=True)\nimport time; time.sleep(60)")
        self.assertEqual(process.log_match(r"port (\d+)").group(1), "12")

    def test_one_that_ends_fails_with_its_log(self):
        process = self.start(Process, "import sys; sys.exit('no room')")
        with self.assertRaisesRegex(NotMeasured,
                                    r"(?s)ended with exit code 1; .*fake\.log.*no room"):
            process.log_match("port")

    def test_log_of_an_earlier_one_is_not_read(self):
        self.start(Process, "print('port 1', flush=True)").log_match("port 1")
        process = self.start(Process, "import time; time.sleep(60)")
        with self.assertRaisesRegex(NotMeasured, "did not write"):
            process.log_match("port", patience=0.1)

    def test_cpu_time_is_counted(self):
        process = self.start(Process, """
            import time
            while time.process_time() < 0.05: pass
            print("worked", flush=True)
            time.sleep(60)
        """)
        process.log_match("worked")
        self.assertGreaterEqual(process.cpu_ns(), 50e6)

    def test_programs_end_with_a_runner_that_is_killed(self):
        runner = subprocess.Popen([sys.executable, "-c", textwrap.dedent(f"""
            import pathlib, sys, time
            sys.path.insert(0, {str(bench_path.BENCH)!r})
            from harness.processes import Process, Program
            process = Process(Program("sleeper", ["sleep", "60"], {self.cores!r}),
                              pathlib.Path({str(self.folder)!r}))
            print(process.pid, flush=True)
            time.sleep(60)
        """)], stdout=subprocess.PIPE, text=True)
        pid = int(runner.stdout.readline())
        # Until it is the program: what comes before it must not be killed half-way.
        while b"sleep\0" not in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()[:6]:
            time.sleep(0.01)
        runner.send_signal(signal.SIGKILL)
        runner.communicate()
        deadline = time.monotonic() + 20
        while self.is_alive(pid):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    @staticmethod
    def is_alive(pid):
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return "State:\tZ" not in status

    def test_answers_of_the_load_program(self):
        load = self.start(Load, FAKE_LOAD)
        self.assertEqual(load.serve(), "127.0.0.1:1234")
        self.assertEqual(load.connect(10, ["127.0.0.1:1"])["per_second"], 10)
        run = load.run([1], mode="closed", seconds=1)
        self.assertEqual((run.changes, run.deliveries, run.fetches, run.batches), (4, 8, 8, 2))
        self.assertEqual((run.us_per_delivery(), run.us_per_change()), (2, 4))

    def test_clients_that_cannot_connect(self):
        load = self.start(Load, FAKE_LOAD)
        with self.assertRaisesRegex(NotMeasured, r"3 of 300 connections \(no descriptors\)"):
            load.connect(300, ["127.0.0.1:1"])

    def test_errors_are_told(self):
        program = self.start(Commanded, FAKE_LOAD)
        with self.assertRaisesRegex(NotMeasured, "fake: no such command"):
            program.ask("jump")
        with self.assertRaisesRegex(NotMeasured, "'no JSON', which is not JSON"):
            program.ask("babble")
        with self.assertRaisesRegex(NotMeasured, "(?s)ended with exit code 3.*why it died"):
            program.ask("die")

    def test_no_answer_is_not_waited_for_forever(self):
        program = self.start(Commanded, "import time; time.sleep(60)")
        with self.assertRaisesRegex(NotMeasured, "did not answer within 0.1 s"):
            program.ask("serve", patience=0.1)


class RunTest(unittest.TestCase):

    def run_with(self, **changed):
        return run_of_answer({
            "changes": 2, "calls": 1, "deliveries": 4, "covered": 4, "bytes": 10, "seconds": 1,
            "own_cpu_ns": 1, "latency": {"buckets": [[10, 4]]},
            "pids": {"1": {"cpu_ns": 5, "user_ticks": 1, "system_ticks": 3},
                     "2": {"cpu_ns": 7, "user_ticks": 0, "system_ticks": 0}}, **changed}, {})

    def test_costs_of_all_processes_are_added(self):
        self.assertEqual(self.run_with().cpu_ns, 12)
        self.assertEqual(user_share([self.run_with()]), 0.25)

    def test_parts_of_several_clients_are_one_run(self):
        whole = add([self.run_with(), self.run_with(pids={}, seconds=3, changes=0,
                                                    latency={"buckets": [[20, 4]]})])
        self.assertEqual((whole.changes, whole.deliveries, whole.cpu_ns, whole.seconds),
                         (2, 8, 12, 3))
        self.assertEqual(whole.latency.buckets(), [[10, 4], [20, 4]])

    def test_faults(self):
        self.assertEqual(faults_of(CLOSED), "")
        self.assertEqual(faults_of({**CLOSED, "stale": 3}),
                         "3 subscriptions never got the last state")
        self.assertEqual(faults_of({**CLOSED, "failed_notifies": 1, "first_failure": "away"}),
                         "1 notifies failed (away)")
        self.assertIn("ended", faults_of({**CLOSED, "pids": {"1": {"ended": True}}}))
        self.assertIn("2 connections were closed",
                      faults_of({**CLOSED, "errors": {"closes": 2, "unexpected": 0}}))


class MachineTest(unittest.TestCase):

    def test_cores_are_halved(self):
        for given, server, client in (([0, 1], "0", "1"), ([0, 1, 2, 3], "0,1", "2,3"),
                                      ([4, 2, 7], "2", "4,7"), ([5], "5", "5")):
            divided = cores.divide(given)
            self.assertEqual((divided.server, divided.client), (server, client))

    def test_memory_of_a_rollup(self):
        held = memory.parse("00400000-7ffe rollup\nRss:      20 kB\nPss:      18 kB\n"
                            "Pss_Anon: 3 kB\nPrivate_Clean:  4 kB\nPrivate_Dirty:     12 kB\n")
        self.assertEqual((held.rss, held.pss, held.private), (20480, 18432, 12288))

    def test_names_of_processors_and_versions(self):
        self.assertEqual(machine.cpu_model("processor\t: 0\nmodel name\t: A fast one\n"),
                         "A fast one")
        self.assertEqual(machine.boost_version('#define BOOST_LIB_VERSION "1_81"\n'), "1.81")
        self.assertEqual(machine.boost_version(""), "unknown")

    def test_names_of_settings(self):
        self.assertEqual(
            gateway.setting_names('prefix: "x"\nwebsocket:\n  listen: "a:1"\n  tls:\n'
                                  '    cert_file: ""\n  path: "/"\nfetch:\n  batch: 1\n'),
            {"prefix", "websocket.listen", "websocket.tls.cert_file", "websocket.path",
             "fetch.batch"})

    def test_settings_are_laid_over_others(self):
        self.assertEqual(gateway.merge({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 4}, "d": [5]}),
                         {"a": {"b": 4, "c": 2}, "d": [5]})


if __name__ == "__main__":
    unittest.main()
