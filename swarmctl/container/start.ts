import type { Run } from "../cli.ts";
import { ExitStatus } from "../exit-status.ts";
import { forEach } from "../names.ts";
import { usageError } from "../parse/usage.ts";
import { Conversation } from "../stream/conversation.ts";
import { containersOf, engineOfNode } from "./host.ts";
import type { START_OPTIONS } from "./options.ts";
import { START_TIMEOUT_MS } from "./timeouts.ts";

/** @throws ExitStatus with the container's exit code, when attached. */
export const run: Run<typeof START_OPTIONS> = async (cli, args, flags) => {
  if (!flags.is("attach") && !flags.is("interactive")) {
    const containers = await containersOf(cli, flags);
    return await forEach(args, async (ref) => {
      await containers.start({ ref }, { signal: cli.signal, timeoutMs: START_TIMEOUT_MS });
      cli.output.line(ref);
    });
  }
  const [container = "", ...others] = args;
  if (others.length > 0) throw usageError("start --attach and --interactive are for one container at a time");
  await using engine = await engineOfNode(cli, flags.text("node"));
  const conversation = await Conversation.attach(cli, engine, {
    start: { container, stdin: flags.is("interactive"), stdout: true, stderr: true, beforeStart: true },
    keys: flags.text("detachKeys"),
    passesSignals: flags.switched("sigProxy") ?? true,
    redraws: false,
  });
  await engine.containers.start({ ref: conversation.attached.id }, { signal: cli.signal, timeoutMs: START_TIMEOUT_MS });
  const end = await conversation.run();
  if (end.kind === "exit") throw new ExitStatus(end.exitCode);
};
