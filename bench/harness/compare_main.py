"""bench/compare: two result files side by side."""

import argparse
import pathlib
import sys

from . import comparison, results
from .errors import BenchError


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bench/compare", description="Prints the entries of two files that bench/run --json"
        " wrote, with the ratio of the second to the first. A difference counts as one if no repeat"
        " of one file is within the spread of the other's.")
    parser.add_argument("before", type=pathlib.Path, metavar="A.json")
    parser.add_argument("after", type=pathlib.Path, metavar="B.json")
    arguments = parser.parse_args()
    try:
        print(comparison.of_results(results.read(arguments.before), results.read(arguments.after)))
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
