import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { connect, type RpcClient } from "../../shared/rpc/client.ts";
import { services } from "../../shared/rpc/schema.ts";
import { socketOf } from "../lab-parts/daemons.ts";
import { ROOT } from "../lab-parts/names.ts";

/** The API that people use, at a host of the lab. */
export type Control = RpcClient<typeof services.control>;

export function controlOf(host: string): Control {
  return connect(services.control, `unix:${socketOf(host)}`, "local");
}

/** Runs scripts/lab. */
export function lab(...args: readonly string[]): void {
  execFileSync(join(ROOT, "scripts/lab"), args, { stdio: ["ignore", "ignore", "inherit"] });
}

const startedMs = performance.now();

/** A line for whoever waits, with the seconds since the program began. */
export function progress(what: string): void {
  console.error(`bench: [${Math.round((performance.now() - startedMs) / 1_000)} s] ${what} ...`);
}
