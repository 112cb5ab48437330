import type { Cli } from "../cli.ts";

/** "" while managers are not locked. */
export async function readUnlockKey(cli: Cli): Promise<string> {
  const control = await cli.api.control();
  const { unlockKey, unconfirmed } = await control.getUnlockKey({}, { signal: cli.signal });
  if (unconfirmed) {
    cli.output.warn(
      "There is no leader: this is the key that this manager knew last. Managers that it does not unlock were locked with another one.",
    );
  }
  return unlockKey;
}

/** What a person has to keep. */
export function printUnlockKey({ output }: Cli, key: string): void {
  output.line("To unlock a swarm manager after it restarts, run the `swarmctl unlock`");
  output.line("command and provide the following key:");
  output.line("");
  output.line(`    ${key}`);
  output.line("");
  output.line("Remember to store this key in a password manager, since without it you");
  output.line("will not be able to restart the manager.");
}
