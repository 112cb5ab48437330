import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { toolPath } from "../../scripts/lab-parts/tools.ts";
import { silentLogger } from "../../shared/log.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { systemRandom } from "../../shared/ports/system-random.ts";
import type { MemberChange } from "../../worker/gossip/core/effects.ts";
import { lanProfile, type Profile } from "../../worker/gossip/core/profiles.ts";
import { Gossip } from "../../worker/gossip/gossip.ts";
import { openSystemTransport } from "../../worker/gossip/ports/system-gossip-transport.ts";
import { type Keyring, noKeys } from "../../worker/gossip/wire/keyring.ts";
import { PackReader, pack } from "../../worker/gossip/wire/msgpack.ts";
import { claimLoopbackNetwork } from "../support/loopback.ts";
import { waitFor } from "../support/wait.ts";
import { answerKeyQuery } from "./serf-queries.ts";

const run = promisify(execFile);

/** Each member has an address of its own, so that all use the same port. */
const GOSSIP_PORT = 7946;
const network = await claimLoopbackNetwork();
export const addressOf = (index: number): string => network.address(index);

/** What serf keeps in a member's metadata: a byte and a map of tags. */
export const tags = (map: Readonly<Record<string, string>>): Uint8Array =>
  Buffer.concat([Uint8Array.of(0xff), pack(map)]);

/** A member of ours, with what serf's own layer expects of its peers: tags, and a leave intent before leaving. */
export class OurMember implements AsyncDisposable {
  readonly changes: readonly string[];
  readonly gossip: Gossip;
  /** As it is now; `serf keys` changes it here as in serf's own members. */
  readonly keys: { ring: Keyring };

  private constructor(gossip: Gossip, changes: readonly string[], keys: { ring: Keyring }) {
    this.gossip = gossip;
    this.changes = changes;
    this.keys = keys;
  }

  static async start(
    index: number,
    options: { key?: Uint8Array; profile?: Profile; compress?: boolean } = {},
  ): Promise<OurMember> {
    const { key, profile = lanProfile, compress = true } = options;
    const keys: { ring: Keyring } = { ring: key === undefined ? noKeys : { primary: key, keys: [key] } };
    const changes: string[] = [];
    const answered = new Set<string>();
    const name = `ours${index}`;
    const gossip: Gossip = await Gossip.start(
      {
        name,
        listen: { address: addressOf(index), port: GOSSIP_PORT },
        meta: tags({ role: "swarm" }),
        profile,
        label: "",
        compress,
        acceptPlain: false,
      },
      {
        open: openSystemTransport,
        keyring: () => keys.ring,
        onUser: (data) => {
          // News comes more than once.
          if (answered.has(Buffer.from(data).toString("hex"))) return;
          answered.add(Buffer.from(data).toString("hex"));
          const answer = answerKeyQuery(data, name, keys.ring);
          if (answer === null) return;
          keys.ring = answer.keyring;
          gossip.broadcast(answer.response);
        },
        clock: systemClock,
        random: systemRandom,
        log: silentLogger,
        onMember: (change: MemberChange, member) => changes.push(`${member.name} ${change}`),
      },
    );
    return new OurMember(gossip, changes, keys);
  }

  join(index: number): Promise<number> {
    return this.gossip.join([{ address: addressOf(index), port: GOSSIP_PORT }]);
  }

  /** As serf leaves: the intent first, so that serf shows "left" and not "failed". */
  async leave(): Promise<void> {
    const intent = { LTime: 1_000, Node: this.gossip.self.name, Prune: false };
    this.gossip.broadcast(Buffer.concat([Uint8Array.of(0), pack(intent)]));
    await waitFor("the leave intent is sent", () => !this.gossip.hasNews);
    await this.gossip.leave();
    await this[Symbol.asyncDispose]();
  }

  stateOf(name: string): string {
    return this.gossip.member(name)?.state ?? "unknown";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gossip[Symbol.asyncDispose]();
  }
}

const serfPath = await toolPath("serf");

/** A process of Debian's serf on an address of its own. */
export class SerfAgent implements AsyncDisposable {
  readonly name: string;
  readonly #directory: string;
  readonly #rpc: string;
  readonly #index: number;
  #process: ChildProcess | null = null;

  constructor(index: number) {
    this.name = `serf${index}`;
    this.#directory = mkdtempSync(join(tmpdir(), "gossip-serf-"));
    this.#rpc = `${addressOf(index)}:7373`;
    this.#index = index;
  }

  async start(key?: Uint8Array): Promise<this> {
    const config = {
      node_name: this.name,
      bind: `${addressOf(this.#index)}:${GOSSIP_PORT}`,
      rpc_addr: this.#rpc,
      tags: { role: "serf" },
      enable_compression: true,
      ...(key === undefined ? {} : { encrypt_key: Buffer.from(key).toString("base64") }),
    };
    const file = join(this.#directory, "serf.json");
    writeFileSync(file, JSON.stringify(config));
    const serf = spawn(serfPath, ["agent", `-config-file=${file}`], { stdio: "ignore" });
    this.#process = serf;
    await waitFor(`${this.name} to answer`, async () => {
      assert.equal(serf.exitCode, null, "it has ended");
      return (await this.#members()) !== null;
    });
    return this;
  }

  async join(index: number): Promise<void> {
    await run(serfPath, ["join", `-rpc-addr=${this.#rpc}`, `${addressOf(index)}:${GOSSIP_PORT}`]);
  }

  /** What it shows of a member; "unknown" when it does not. */
  async stateOf(name: string): Promise<string> {
    return (await this.#members())?.find((member) => member.name === name)?.status ?? "unknown";
  }

  async tagsOf(name: string): Promise<Readonly<Record<string, string>>> {
    return (await this.#members())?.find((member) => member.name === name)?.tags ?? {};
  }

  /** `serf keys`, until every member answers that it did so: serf waits only so long, and a busy machine is slower. */
  async keys(action: "install" | "use" | "remove", key: Uint8Array): Promise<void> {
    await this.#askAll([`-${action}=${Buffer.from(key).toString("base64")}`]);
  }

  /** The cluster's keys in base64, each with how many of how many members have it: "key [4/4]". */
  async listKeys(): Promise<readonly string[]> {
    const stdout = await this.#askAll(["-list"]);
    return [...stdout.matchAll(/(\S{24,}) +(\[\d+\/\d+\])/g)].map(([, one, of]) => `${one} ${of}`);
  }

  #askAll(question: readonly string[]): Promise<string> {
    return waitFor(`all members to answer serf keys ${question.join(" ")}`, async () => {
      const { stdout } = await run(serfPath, ["keys", `-rpc-addr=${this.#rpc}`, ...question]);
      return stdout;
    });
  }

  async leave(): Promise<void> {
    await run(serfPath, ["leave", `-rpc-addr=${this.#rpc}`]);
  }

  signal(signal: NodeJS.Signals): void {
    assert.ok(this.#process?.kill(signal), `${this.name} runs`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const agent = this.#process;
    if (agent !== null && agent.exitCode === null && agent.signalCode === null) {
      const ended = new Promise((resolve) => agent.once("exit", resolve));
      agent.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #members(): Promise<readonly { name: string; status: string; tags: Record<string, string> }[] | null> {
    try {
      const { stdout } = await run(serfPath, ["members", `-rpc-addr=${this.#rpc}`, "-format=json"]);
      return JSON.parse(stdout).members;
    } catch {
      return null;
    }
  }
}

/** A serf member's tags as its metadata tells them to us. */
export function readTags(meta: Uint8Array): Readonly<Record<string, string>> {
  assert.equal(meta[0], 0xff);
  const map = new PackReader(meta, 1).readMap();
  return Object.fromEntries([...map].map(([key, value]) => [key, Buffer.from(value as Uint8Array).toString("utf8")]));
}
