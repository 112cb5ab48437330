import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Input } from "../../../../raft/core/input.ts";
import type { Message } from "../../../../raft/core/message.ts";
import type { RaftCore } from "../../../../raft/core/raft-core.ts";
import { Member } from "./fixture.ts";

const PAGE = join(import.meta.dirname, "../../../../docs/raft.md");
/** The loop as printed; what it names is given to it. */
const NAMES = ["running", "inbox", "core", "network", "disk", "machine", "log", "answerOnceApplied"] as const;
const AsyncFunction = (async () => {}).constructor as new (
  ...words: string[]
) => (...given: unknown[]) => Promise<void>;

/** No further input comes. */
class Drained extends Error {}

interface Host {
  readonly core: RaftCore;
  readonly applied: string[];
  readonly reads: number[];
  readonly writes: boolean[];
  inputs: Input[];
  run(): Promise<void>;
}

function createHost(id: number, hosts: Map<number, Host>): Host {
  const { core, stable } = new Member({ id, options: { applyUnstable: false } });
  const [, code] = /```ts\n(.*?)```/s.exec(readFileSync(PAGE, "utf8")) ?? [];
  const drive = new AsyncFunction(...NAMES, code ?? "");
  const host: Host = { core, applied: [], reads: [], writes: [], inputs: [], run };
  const given = {
    running: true,
    inbox: {
      drain: async (): Promise<readonly Input[]> => {
        const inputs = host.inputs;
        host.inputs = [];
        if (inputs.length === 0) throw new Drained();
        return inputs;
      },
    },
    core,
    network: {
      send: (messages: readonly Message[]) => {
        for (const message of messages) hosts.get(message.to)?.inputs.push({ kind: "message", message });
      },
    },
    disk: { write: async ({ sync }: { readonly sync: boolean }) => void host.writes.push(sync) },
    machine: { apply: (_index: number, data: Uint8Array) => host.applied.push(new TextDecoder().decode(data)) },
    log: stable,
    answerOnceApplied: (token: number) => host.reads.push(token),
  };
  async function run(): Promise<void> {
    await drive(...NAMES.map((name) => given[name])).catch((error: unknown) => {
      if (!(error instanceof Drained)) throw error;
    });
  }
  return host;
}

test("the driver printed in docs/raft.md elects, commits on all members, and answers reads", async () => {
  const hosts = new Map<number, Host>();
  for (const id of [1, 2, 3]) hosts.set(id, createHost(id, hosts));
  const settle = async (): Promise<void> => {
    while ([...hosts.values()].some(({ inputs }) => inputs.length > 0)) {
      for (const host of hosts.values()) await host.run();
    }
  };
  const leader = hosts.get(1);
  assert(leader !== undefined);
  leader.inputs.push({ kind: "campaign" });
  await settle();
  assert.equal(leader.core.role, "leader");

  const data = new TextEncoder().encode("x");
  leader.inputs.push({ kind: "propose", proposals: [{ kind: "normal", data }] }, { kind: "readIndex", token: 7 });
  await settle();
  leader.inputs.push({ kind: "tick" });
  await settle();
  for (const { applied, writes } of hosts.values()) {
    assert.deepEqual(applied, ["x"]);
    assert(writes.includes(true), "promises rest on synced writes");
  }
  assert.deepEqual(leader.reads, [7]);
});
