import { SwarmError } from "../../shared/errors.ts";
import { parseUnlockKey } from "../../shared/pki/unlock-key.ts";
import type { Cli, Run } from "../cli.ts";
import { askSecret } from "../registry/ask-password.ts";

/** An unlock key has 52 characters; whatever is longer by so much is something else. */
const INPUT_BYTES_MAX = 4_096;
/** The manager starts before the answer, and may look for a leader meanwhile. */
const UNLOCK_TIMEOUT_MS = 60_000;

export const run: Run<readonly []> = async (cli) => {
  const local = await cli.api.local();
  const { state } = await local.info({}, { signal: cli.signal });
  if (state === "INACTIVE") throw new SwarmError("failedPrecondition", "This node is not part of a swarm");
  if (state !== "LOCKED") throw new SwarmError("failedPrecondition", "swarm is not locked");
  const unlockKey = await readKey(cli);
  parseUnlockKey(unlockKey);
  await local.unlock({ unlockKey }, { signal: cli.signal, timeoutMs: UNLOCK_TIMEOUT_MS });
};

async function readKey(cli: Cli): Promise<string> {
  const terminal = await cli.openConsole();
  if (terminal.stdinIsTerminal) return await askSecret(cli, "Please enter unlock key: ");
  return (await cli.readBytes("-", INPUT_BYTES_MAX)).toString().trim();
}
