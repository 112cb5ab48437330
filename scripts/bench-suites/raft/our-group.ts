import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { mustHave } from "../../../shared/invariant.ts";
import type { TlsMaterial } from "../../../shared/pki/tls-credentials.ts";
import { ALLOCATOR_ENVIRONMENT, ENGINE_FLAGS } from "../../lib/engine-flags.ts";
import { end, type Group, isRunning, until } from "./group.ts";
import type { Health, Load, LoadResult, MemberConfig, MemberHears, MemberSays } from "./messages.ts";

export const CLUSTER_ID = "c".repeat(25);

const PROGRAM = join(import.meta.dirname, "our-member.ts");
/** For finding out where the time goes: each member leaves a profile there when it stops. */
const PROFILE_DIRECTORY = process.env["BENCH_CPU_PROFILE"];

class OurMember {
  readonly name: string;
  readonly config: MemberConfig;
  process: ChildProcess;
  address = "";
  leading = false;
  voters = 0;

  constructor(config: MemberConfig) {
    this.name = config.name;
    this.config = config;
    this.process = this.#fork();
  }

  start(): void {
    this.process = this.#fork();
  }

  tell(message: MemberHears): void {
    this.process.send(message);
  }

  /** The next message of that kind. */
  hear<Kind extends MemberSays["kind"]>(kind: Kind): Promise<Extract<MemberSays, { readonly kind: Kind }>> {
    const { process } = this;
    return new Promise((resolve, reject) => {
      const onMessage = (message: MemberSays): void => {
        if (message.kind !== kind) return;
        process.off("message", onMessage);
        process.off("exit", onExit);
        resolve(message as Extract<MemberSays, { readonly kind: Kind }>);
      };
      const onExit = (): void => reject(new Error(`${this.name} ended`));
      process.on("message", onMessage);
      process.once("exit", onExit);
    });
  }

  async health(): Promise<Health> {
    const heard = this.hear("health");
    this.tell({ kind: "health" });
    return (await heard).health;
  }

  #fork(): ChildProcess {
    this.leading = false;
    const port = this.address === "" ? this.config.port : Number(this.address.split(":").at(-1));
    const flags = PROFILE_DIRECTORY === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${PROFILE_DIRECTORY}`];
    const child = fork(PROGRAM, [JSON.stringify({ ...this.config, port })], {
      execArgv: ["--disable-warning=ExperimentalWarning", ...ENGINE_FLAGS, ...flags],
      env: { ...ALLOCATOR_ENVIRONMENT, ...process.env },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.on("message", (message: MemberSays) => {
      if (message.kind === "leadership") this.leading = message.leading;
      if (message.kind === "voters") this.voters = message.count;
    });
    return child;
  }
}

/** Our own three. */
export class OurGroup implements Group {
  readonly name = "swarmd";
  readonly tls: TlsMaterial | null;
  readonly members: OurMember[] = [];

  private constructor(tls: TlsMaterial | null) {
    this.tls = tls;
  }

  /** `tls`: of members and client, or null. */
  static async start(directory: string, tls: readonly TlsMaterial[] | null): Promise<OurGroup> {
    const group = new OurGroup(tls?.[3] ?? null);
    try {
      for (const at of [0, 1, 2]) {
        const member = new OurMember({
          name: `member${at}`,
          directory: join(directory, `member${at}`),
          port: 0,
          join: group.members[0]?.address ?? null,
          tls: tls?.[at] ?? null,
        });
        group.members.push(member);
        member.address = (await member.hear("listening")).address;
      }
      await until("three members vote", () => (group.members.every(({ voters }) => voters === 3) ? true : null));
      return group;
    } catch (error) {
      await group[Symbol.asyncDispose]();
      throw error;
    }
  }

  async ready(): Promise<OurMember> {
    return await until("all our members are there", async () => {
      const leader = this.members.find(({ leading, process }) => leading && isRunning(process));
      if (leader === undefined) return null;
      const healths = await Promise.all(this.members.map((member) => member.health()));
      const applied = new Set(healths.map((health) => health.applied));
      return applied.size === 1 && healths.some(({ reachable }) => reachable === 3) ? leader : null;
    });
  }

  async restart(member: OurMember): Promise<void> {
    member.start();
    await member.hear("listening");
  }

  /** Another member joins; resolves when it votes. */
  async add({ name, directory, join }: Pick<MemberConfig, "name" | "directory" | "join">): Promise<void> {
    const member = new OurMember({ name, directory, port: 0, join, tls: null });
    this.members.push(member);
    member.address = (await member.hear("listening")).address;
    const { length } = this.members;
    await until("the new member votes", () => (member.voters === length ? true : null));
  }

  /** Proposals made inside the leader's process. */
  async loadInside(load: Load): Promise<LoadResult> {
    const leader = await this.ready();
    const heard = leader.hear("load");
    leader.tell({ kind: "load", load });
    return (await heard).result;
  }

  async leaderHealth(): Promise<Health> {
    return await mustHave(
      this.members.find(({ leading }) => leading),
      "a leader",
    ).health();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map(({ process }) => end(process)));
  }
}
