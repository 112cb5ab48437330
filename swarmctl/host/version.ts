import { SwarmError } from "../../shared/errors.ts";
import { visible } from "../../shared/visible-text.ts";
import { explain } from "../api.ts";
import type { Run } from "../cli.ts";
import { printInspected } from "../format/inspect.ts";
import type { VERSION_OPTIONS } from "./options.ts";

export const run: Run<typeof VERSION_OPTIONS> = async (cli, _args, flags) => {
  const server = await serverVersion().catch((error: unknown) => {
    if (!(error instanceof SwarmError) || error.code !== "unavailable") throw error;
    return error;
  });
  const format = flags.text("format") ?? "";
  const running = server instanceof Error ? null : server;
  if (format !== "") {
    const client = { Version: cli.version, Arch: process.arch };
    printInspected([{ Client: client, Server: running === null ? null : { Version: running } }], format, cli.output);
    return;
  }
  cli.output.line("Client: swarmctl");
  cli.output.line(` Version: ${cli.version}`);
  if (running !== null) {
    cli.output.line("");
    cli.output.line("Server: swarmd");
    cli.output.line(` Version: ${visible(running)}`);
  }
  if (server instanceof Error) throw new SwarmError("unavailable", explain(server, cli.api.socketPath));

  async function serverVersion(): Promise<string> {
    const local = await cli.api.local();
    return (await local.info({}, { signal: cli.signal })).version;
  }
};
