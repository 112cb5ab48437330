/** Names, labels and messages of others with control characters, through every command that shows any. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import { serverStream, unary } from "../../../shared/rpc/handler.ts";
import { createFakeDaemon, type FakeDaemon, runCli } from "./fake-daemon.ts";

const BAD = "x\u001b[2J\u009b31m\r\u0007\u202e\nfake   line";
const LABELS = { [BAD]: BAD };
const NODE = {
  id: "a".repeat(25),
  meta: { version: 3 },
  spec: { desiredRole: "MANAGER", annotations: { labels: LABELS } },
  description: {
    hostname: BAD,
    engineVersion: BAD,
    engineLabels: LABELS,
    platform: { architecture: BAD, os: BAD },
  },
  status: { state: "DOWN", message: BAD, address: BAD },
  managerStatus: { leader: true, reachability: "REACHABLE", address: BAD },
} as const;
const CONTAINER = { image: BAD, env: [BAD], args: [BAD], command: [BAD], dir: BAD, user: BAD, hostname: BAD };
const SPEC = {
  annotations: { name: BAD, labels: LABELS },
  task: { container: { ...CONTAINER, mounts: [{ source: BAD, target: BAD }] }, placement: { constraints: [BAD] } },
  replicated: { replicas: 1 },
};
const SERVICE = {
  id: "s1",
  meta: { version: 2 },
  spec: SPEC,
  updateStatus: { state: "PAUSED", message: BAD },
} as const;
const TASK = {
  id: "t".repeat(25),
  serviceId: "s1",
  slot: 1,
  nodeId: NODE.id,
  serviceAnnotations: { name: BAD },
  spec: SPEC.task,
  status: { state: "FAILED", err: BAD, message: BAD },
} as const;

async function startDaemon(): Promise<FakeDaemon> {
  const daemon = createFakeDaemon({
    control: {
      listNodes: unary(async () => ({ nodes: [NODE] })),
      getNode: unary(async ({ ref }) => {
        if (ref === "gone") throw new SwarmError("notFound", `node ${BAD} not found`);
        return { node: NODE };
      }),
      listServices: unary(async () => ({ services: [{ service: SERVICE, runningTasks: 0, desiredTasks: 1 }] })),
      getService: unary(async () => ({ service: SERVICE })),
      createService: unary(async () => ({ service: SERVICE, warnings: [BAD] })),
      updateService: unary(async () => ({ service: SERVICE, warnings: [BAD] })),
      getTask: unary(async () => ({ task: TASK })),
      listTasks: unary(async () => ({ tasks: [TASK] })),
      watchServiceProgress: serverStream(async (_request, _context, send) => {
        const slots = [{ name: BAD, state: "FAILED", error: BAD } as const];
        await send({ name: BAD, slots, wanted: 1, troubles: [{ loop: BAD, sentence: BAD }] });
        await send({ name: BAD, slots, wanted: 1, updateStatus: SERVICE.updateStatus });
      }),
    },
    local: {
      info: unary(async () => ({
        nodeId: NODE.id,
        hostname: BAD,
        version: BAD,
        error: BAD,
        warnings: [BAD],
        nodeAddress: BAD,
        description: NODE.description,
        remoteManagers: [{ nodeId: BAD, address: BAD }],
      })),
    },
    logs: {
      subscribe: serverStream(async (_request, _context, send) => {
        const text = Buffer.from([0x1b, 0x5b, 0x33, 0x31, 0x6d, 0xff, 0xfe, 0x0d]);
        await send({ lines: [{ taskId: TASK.id, nodeId: NODE.id, text }], errors: [BAD] });
      }),
    },
  });
  await daemon.listen();
  return daemon;
}

const COMMANDS: readonly (readonly string[])[] = [
  ["node", "ls"],
  ["node", "ls", "--format", "{{.Hostname}} {{json .StatusMessage}}"],
  ["node", "ls", "--format", "table {{.Hostname}}\t{{.StatusMessage}}"],
  ["node", "inspect", "--pretty", "self"],
  ["node", "inspect", "--format", "{{.Description.Hostname}}", "self"],
  ["node", "inspect", "gone"],
  ["node", "ps"],
  ["service", "ls"],
  ["service", "ps", "--no-trunc", "web"],
  ["service", "inspect", "--pretty", "web"],
  ["service", "create", "nginx"],
  ["service", "update", "--force", "web"],
  ["info"],
  ["version"],
];

/** Nothing in it moves a cursor, changes a colour or turns the direction of writing. */
function assertPlain(text: string): void {
  assert.doesNotMatch(text.replace(/[\n\t]/g, ""), /[\p{Cc}\p{Bidi_Control}]/u);
}

for (const words of COMMANDS) {
  test(`swarmctl ${words.join(" ")} obeys nobody`, async () => {
    await using daemon = await startDaemon();
    const { out, err } = await runCli(words, daemon);
    const all = [...out, ...err];
    assertPlain(all.join("\n"));
    assert.match(all.join("\n"), /\\u001b\[2J/, "it is shown, not left out");
    const isTemplate = words.includes("--format") && !words.join(" ").includes("table");
    const isSentence = err.length > 0;
    if (!isTemplate && !isSentence) assert.ok(!all.includes("fake   line"), "nor does it make a line of its own");
  });
}

test("JSON stays JSON and says what was said", async () => {
  await using daemon = await startDaemon();
  for (const words of [
    ["node", "inspect", "self"],
    ["node", "inspect", "--format", "json", "self"],
    ["node", "ls", "--format", "json"],
    ["info", "--format", "json"],
  ]) {
    const text = (await runCli(words, daemon)).out.join("\n");
    assertPlain(text);
    assert.ok(JSON.stringify(JSON.parse(text)).includes(JSON.stringify(BAD).slice(1, -1)), words.join(" "));
  }
});

test("a log's lines pass byte by byte, the names before them do not", async () => {
  await using daemon = await startDaemon();
  const raw = await runCli(["service", "logs", "--raw", "web"], daemon);
  assert.deepEqual(raw.outBytes, Buffer.from([0x1b, 0x5b, 0x33, 0x31, 0x6d, 0xff, 0xfe, 0x0d, 0x0a]));
  const named = await runCli(["service", "logs", "web"], daemon);
  const at = named.outBytes.indexOf(" | ");
  assertPlain(named.outBytes.subarray(0, at).toString());
  assertPlain(named.err.join("\n"));
});

test("completion offers no word that bash would run", async () => {
  await using daemon = await startDaemon();
  const { out } = await runCli(["completion", "bash"], daemon);
  const names = "swarmctl() { printf '%s\\n' host2 '$(echo run >&2)' '`echo run >&2`' '*' 'a;b'; }";
  const script = [
    ...out,
    names,
    `timeout() { shift; "$@"; }; COMP_WORDS=(swarmctl node promote ''); COMP_CWORD=3; _swarmctl`,
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join("\n");
  const { stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8", cwd: "/" });
  assert.deepEqual([stdout.trim().split("\n"), stderr], [["--help", "host2"], ""]);
});
