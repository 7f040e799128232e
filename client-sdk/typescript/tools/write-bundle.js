// Makes dist/entity-sync.js.

import { mkdirSync, writeFileSync } from "node:fs";

import { bundle } from "./bundle.js";

mkdirSync(new URL("../dist/", import.meta.url), { recursive: true });
for (const { path, contents } of bundle()) writeFileSync(path, contents);
