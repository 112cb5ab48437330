import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { end, freePorts, type Group, isRunning, until } from "./group.ts";

interface EtcdMember {
  readonly name: string;
  readonly address: string;
  readonly flags: readonly string[];
  readonly logFile: string;
  process: ChildProcess;
}

interface EtcdStatus {
  readonly header: { readonly member_id: string };
  readonly leader?: string;
  readonly raftAppliedIndex?: string;
}

/** What `etcd --version` says, or null where it is not installed. */
export function etcdVersion(): string | null {
  try {
    return /etcd Version: (\S+)/.exec(execFileSync("etcd", ["--version"], { encoding: "utf8" }))?.[1] ?? "unknown";
  } catch {
    return null;
  }
}

/** Three members of etcd with its default settings, without TLS. */
export class EtcdGroup implements Group {
  readonly name = "etcd";
  readonly tls = null;
  readonly members: EtcdMember[];

  private constructor(members: EtcdMember[]) {
    this.members = members;
  }

  static async start(directory: string): Promise<EtcdGroup> {
    const ports = await freePorts(6);
    const peerUrl = (at: number): string => `http://127.0.0.1:${ports[at]}`;
    const cluster = [0, 1, 2].map((at) => `etcd${at}=${peerUrl(at)}`).join(",");
    const members = [0, 1, 2].map((at) => {
      const name = `etcd${at}`;
      const address = `127.0.0.1:${ports[3 + at]}`;
      const flags = [
        ...["--name", name, "--data-dir", join(directory, name), "--logger", "zap", "--log-level", "error"],
        ...["--listen-peer-urls", peerUrl(at), "--initial-advertise-peer-urls", peerUrl(at)],
        ...["--listen-client-urls", `http://${address}`, "--advertise-client-urls", `http://${address}`],
        ...["--initial-cluster", cluster, "--initial-cluster-token", "bench"],
      ];
      const logFile = join(directory, `${name}.log`);
      return { name, address, flags, logFile, process: run(flags, logFile) };
    });
    return new EtcdGroup(members);
  }

  async ready(): Promise<EtcdMember> {
    return await until("all members of etcd are there", async () => {
      const all = await Promise.all(this.members.map(statusOf));
      const [first] = all;
      if (first === undefined || first === null) return null;
      const same = all.every(
        (one) => one !== null && one.leader === first.leader && one.raftAppliedIndex === first.raftAppliedIndex,
      );
      if (!same) return null;
      return this.members[all.findIndex((one) => one?.header.member_id === first.leader)] ?? null;
    });
  }

  async restart(member: EtcdMember): Promise<void> {
    member.process = run(member.flags, member.logFile);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map(({ process }) => end(process)));
  }
}

function run(flags: readonly string[], logFile: string): ChildProcess {
  const log = openSync(logFile, "a");
  try {
    return spawn("etcd", flags, { stdio: ["ignore", log, log] });
  } finally {
    closeSync(log);
  }
}

async function statusOf({ address, process }: EtcdMember): Promise<EtcdStatus | null> {
  if (!isRunning(process)) return null;
  try {
    const response = await fetch(`http://${address}/v3/maintenance/status`, { method: "POST", body: "{}" });
    return (await response.json()) as EtcdStatus;
  } catch {
    // It does not listen yet.
    return null;
  }
}
