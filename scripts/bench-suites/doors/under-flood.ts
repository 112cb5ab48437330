/** What a manager of a lab does while strangers flood it. The lab is up, with host1 as a manager. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { messageOf } from "../../../shared/errors.ts";
import { mustHave } from "../../../shared/invariant.ts";
import { connect } from "../../../shared/rpc/client.ts";
import { services } from "../../../shared/rpc/schema.ts";
import { daemonPids, socketOf } from "../../lab-parts/daemons.ts";
import { addressOf, ROOT } from "../../lab-parts/names.ts";

/** Addresses of the client's machine that the flood comes from, besides its own. */
const EXTRA_ADDRESSES = 8;
const EXTRA_FIRST = 201;
const SAMPLE_MS = 200;
const CREATE_EVERY_MS = 500;
const CREATE_MS_MAX = 10_000;

export interface UnderFlood {
  /** Resident memory of the daemon of `host`, in MB. */
  readonly megabytes: readonly number[];
  /** Its open files. */
  readonly files: readonly number[];
  /** How long each `service create` took, in ms, sent to `host` through its local socket. */
  readonly createMs: readonly number[];
  /** The reasons for failures. */
  readonly failures: readonly string[];
  /** Every leader that was seen, in order; one = it never changed. */
  readonly leaders: readonly string[];
  /** What the strangers report to have done. */
  readonly strangers: string;
  /** Whether the same process is still running. */
  readonly survived: boolean;
}

const run = promisify(execFile);
const lab = async (...args: readonly string[]): Promise<string> =>
  (await run(join(ROOT, "scripts/lab"), [...args], { maxBuffer: 1 << 20 })).stdout;

/**
 * Floods the manager on `host`, which may open `filesMax` files, for the given number of seconds while services are
 * created there.
 */
export async function underFlood(host: string, seconds: number, filesMax: number): Promise<UnderFlood> {
  const addresses = ["10.77.0.200"];
  for (let extra = 0; extra < EXTRA_ADDRESSES; extra++) {
    const address = `10.77.0.${EXTRA_FIRST + extra}`;
    await lab("client", "ip", "address", "replace", `${address}/24`, "dev", "eth0");
    addresses.push(address);
  }
  const pid = mustHave(daemonPids(host)[0], `the daemon of ${host}`);
  await run("prlimit", ["--pid", String(pid), `--nofile=${filesMax}:${filesMax}`]);
  await using control = connect(services.control, `unix:${socketOf(host)}`, "local");
  const seen = { megabytes: [] as number[], files: [] as number[], createMs: [] as number[], failures: [] as string[] };
  const leaders: string[] = [];
  let isOver = false;
  const sampling = (async () => {
    while (!isOver && daemonPids(host).includes(pid)) {
      seen.megabytes.push(residentMegabytes(pid));
      seen.files.push(readdirSync(`/proc/${pid}/fd`).length);
      await sleep(SAMPLE_MS);
    }
  })();
  const creating = (async () => {
    for (let index = 0; !isOver; index++) {
      const startedMs = performance.now();
      try {
        const { service } = await control.createService(
          {
            spec: {
              annotations: { name: `flooded${index}` },
              task: { container: { image: "busybox", args: ["true"] } },
              replicated: { replicas: 0 },
              endpoint: {},
            },
          },
          { timeoutMs: CREATE_MS_MAX },
        );
        seen.createMs.push(performance.now() - startedMs);
        await control.removeService({ ref: mustHave(service, "created service").id });
        const { nodes } = await control.listNodes({});
        const leader = nodes.find((node) => node.managerStatus?.leader === true)?.description?.hostname ?? "nobody";
        if (leaders.at(-1) !== leader) leaders.push(leader);
      } catch (error) {
        seen.createMs.push(performance.now() - startedMs);
        seen.failures.push(messageOf(error));
      }
      await sleep(CREATE_EVERY_MS);
    }
  })();
  const script = join(ROOT, "scripts/bench-suites/doors/strangers.ts");
  const node = ["--disable-warning=ExperimentalWarning", script];
  const strangers = await lab("client", process.execPath, ...node, addressOf(host), String(seconds), ...addresses);
  isOver = true;
  await Promise.all([sampling, creating]);
  return { ...seen, leaders, strangers: strangers.trim(), survived: daemonPids(host).includes(pid) };
}

function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}
