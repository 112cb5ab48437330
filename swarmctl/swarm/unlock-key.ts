import { SwarmError } from "../../shared/errors.ts";
import type { Run } from "../cli.ts";
import type { UNLOCK_KEY_OPTIONS } from "./options.ts";
import { printUnlockKey, readUnlockKey } from "./unlock-words.ts";

export const run: Run<typeof UNLOCK_KEY_OPTIONS> = async (cli, _args, flags) => {
  const quiet = flags.is("quiet");
  if (flags.is("rotate")) {
    const control = await cli.api.control();
    await control.updateCluster({ rotateUnlockKey: true }, { signal: cli.signal });
    if (!quiet) cli.output.line("Successfully rotated manager unlock key.");
  }
  const key = await readUnlockKey(cli);
  if (key === "") throw new SwarmError("failedPrecondition", "no unlock key is set");
  if (quiet) cli.output.line(key);
  else printUnlockKey(cli, key);
};
