import type { Run } from "../cli.ts";
import { forEach } from "../names.ts";

export const run: Run = async (cli, args) => {
  const dependents = new Set<string>();
  await forEach(args, async (ref) => {
    const control = await cli.api.control();
    const removed = await control.removeService({ ref }, { signal: cli.signal });
    cli.output.line(ref);
    for (const name of removed.dependents) if (!args.includes(name)) dependents.add(name);
  });
  // What runs goes on: only people who did not mean it need to know.
  for (const name of dependents) {
    cli.output.warn(
      `Warning: service ${name} depends on what was removed, and waits for one of its name where it starts a task anew`,
    );
  }
};
