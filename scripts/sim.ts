/**
 * `scripts/sim COMMAND`: see `--help` (sim-parts/command-line.ts). Ends with 1 when a promise was broken, 2 for a wrong
 * call.
 */

import { showCanaries } from "./sim-parts/canary-table.ts";
import { HELP, readCommandLine, UsageError } from "./sim-parts/command-line.ts";
import { explore } from "./sim-parts/explore.ts";
import { replay } from "./sim-parts/replay.ts";

try {
  const command = readCommandLine(process.argv.slice(2));
  switch (command.kind) {
    case "help":
      console.log(HELP);
      break;
    case "replay":
      process.exitCode = await replay(command);
      break;
    case "explore":
      process.exitCode = await explore(command);
      break;
    case "canaries":
      process.exitCode = showCanaries(command);
      break;
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`sim: ${error.message}\nscripts/sim --help shows how it is used.`);
  process.exitCode = 2;
}
