import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../shared/log.ts";
import type { NodeDescription } from "../shared/objects/types.ts";
import { describeHost } from "../worker/ports/host-description.ts";
import type { DaemonOptions } from "./daemon-options.ts";
