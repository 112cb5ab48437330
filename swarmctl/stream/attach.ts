import type { Run } from "../cli.ts";
import { ExitStatus } from "../exit-status.ts";
import { Conversation } from "./conversation.ts";
import type { ATTACH_OPTIONS } from "./options.ts";
import { engineOf, placeOf } from "./place.ts";

/** @throws ExitStatus with the container's exit code, if it ends meanwhile. */
export const run: Run<typeof ATTACH_OPTIONS> = async (cli, [ref = ""], flags) => {
  const place = await placeOf(cli, ref, flags.text("node"));
  await using engine = await engineOf(cli, place);
  const conversation = await Conversation.attach(cli, engine, {
    start: { container: place.container, stdin: !flags.is("noStdin"), stdout: true, stderr: true },
    keys: flags.text("detachKeys"),
    passesSignals: flags.switched("sigProxy") ?? true,
    redraws: true,
  });
  const end = await conversation.run();
  if (end.kind === "exit") throw new ExitStatus(end.exitCode);
};
