#!/usr/bin/env python3
"""Writes copies of the gateway's sources with deliberate defects in them, each behind a switch.

    make_defects.py --root SOURCE_TREE --table defects.json --out FOLDER

For every defect of the table the text `find` must occur exactly once in `file`; in the copy it is
followed by, or (for an expression) chosen against, what breaks it:

    "replace"  an expression: `find` becomes (IsDefectOn(name) ? (replace) : (find))
    "instead"  one or more statements: `find` becomes
               { if (IsDefectOn(name)) { instead } else { find } }

So the sources that are shipped hold no trace of defects, and a table that no longer fits them fails
the build. Files that did not change are not written again. Also writes FOLDER/defect_names.cc.
"""

import argparse
import collections
import json
import pathlib
import sys

SWITCH = '::entitysync::simulation::IsDefectOn("{name}")'
INCLUDE = '#include "tests/simulation/defect_switch.h"\n'


def with_defect(text, defect):
    count = text.count(defect["find"])
    if count != 1:
        sys.exit(f"defects.json: {defect['name']}: its `find` occurs {count} times in "
                 f"{defect['file']}; mend the table")
    on = SWITCH.format(name=defect["name"])
    if "replace" in defect:
        new = f"({on} ? ({defect['replace']}) : ({defect['find']}))"
    else:
        new = f"{{ if ({on}) {{\n{defect['instead']}\n}} else {{\n{defect['find']}\n}} }}"
    return text.replace(defect["find"], new)


def include_switch(text):
    """Behind #pragma once of a header, else in front."""
    head, pragma, rest = text.partition("#pragma once\n")
    return head + pragma + INCLUDE + rest if pragma else INCLUDE + text


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def names_source(names):
    listed = "".join(f'    "{name}",\n' for name in names)
    return f"""{INCLUDE}
#include <algorithm>
#include <iterator>

namespace entitysync::simulation {{

bool SwitchOn(const std::string& name) {{
  static constexpr const char* kNames[] = {{
{listed}  }};
  if (std::find(std::begin(kNames), std::end(kNames), name) == std::end(kNames)) return false;
  DefectOn() = name;
  return true;
}}

}}  // namespace entitysync::simulation
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("root", "table", "out"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    options = parser.parse_args()
    defects = json.loads(options.table.read_text(encoding="utf-8"))["defects"]
    by_file = collections.defaultdict(list)
    for defect in defects:
        by_file[defect["file"]].append(defect)
    for file, those in by_file.items():
        text = (options.root / file).read_text(encoding="utf-8")
        for defect in those:
            text = with_defect(text, defect)
        write(options.out / file, include_switch(text))
    write(options.out / "defect_names.cc", names_source(defect["name"] for defect in defects))


if __name__ == "__main__":
    main()
