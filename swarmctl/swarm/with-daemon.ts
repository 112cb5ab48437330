import { isNoDaemon } from "../api.ts";
import type { Cli } from "../cli.ts";

/** Runs `act`; if no daemon answers, starts one, says so, and runs it again. */
export async function withDaemon<T>(cli: Cli, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isNoDaemon(error)) throw error;
    cli.output.warn(await cli.starter.start());
    return await act();
  }
}
