import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import type { Node } from "../../../shared/rpc/gen/objects.ts";
import { serverStream, unary } from "../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import { GROUPS, TOP_COMMANDS } from "../../../swarmctl/commands.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

const NODES: Sendable<Node>[] = [
  {
    id: "b".repeat(25),
    meta: { version: 4 },
    spec: { desiredRole: "WORKER", availability: "DRAIN", annotations: { labels: { rack: "r1" } } },
    description: { hostname: "host10", engineVersion: "1.0.0" },
    status: { state: "DOWN" },
  },
  {
    id: "a".repeat(25),
    meta: { version: 3 },
    spec: { desiredRole: "MANAGER" },
    description: { hostname: "host2", engineVersion: "1.0.0", engineLabels: { disk: "ssd" } },
    status: { state: "READY" },
    managerStatus: { leader: true, reachability: "REACHABLE", address: "10.0.0.2:2377" },
  },
];
const listNodes = unary(async () => ({ nodes: NODES }));
const info = unary(async () => ({ nodeId: "a".repeat(25), nodeAddress: "10.0.0.2" }));
const notFound = (ref: string): SwarmError => new SwarmError("notFound", `node ${ref} not found`);
const getNode = unary(async ({ ref }: { ref: string }) => {
  const node = NODES.find(({ id, description }) => id === ref || description?.hostname === ref);
  if (node === undefined) throw notFound(ref);
  return { node };
});

test("node ls: a table in natural order with a star for this node, ids, JSON lines, a template", async () => {
  await using daemon = createFakeDaemon({ control: { listNodes }, local: { info } });
  await daemon.listen();
  assert.deepEqual((await runCli(["node", "ls"], daemon)).out, [
    "ID                            HOSTNAME   STATUS   AVAILABILITY   MANAGER STATUS   ENGINE VERSION",
    "aaaaaaaaaaaaaaaaaaaaaaaaa *   host2      Ready    Active         Leader           1.0.0",
    "bbbbbbbbbbbbbbbbbbbbbbbbb     host10     Down     Drain                           1.0.0",
  ]);
  assert.deepEqual((await runCli(["node", "ls", "-q"], daemon)).out, ["a".repeat(25), "b".repeat(25)]);
  const json = (await runCli(["node", "list", "--format", "json"], daemon)).out.map((line) => JSON.parse(line));
  assert.deepEqual(
    json.map(({ Hostname, Self, ManagerStatus }) => [Hostname, Self, ManagerStatus]),
    [
      ["host2", true, "Leader"],
      ["host10", false, ""],
    ],
  );
  assert.deepEqual((await runCli(["node", "ls", "--format", "{{.Hostname}}"], daemon)).out, ["host2", "host10"]);
  assert.deepEqual((await runCli(["node", "ls", "-f", "label=disk", "-q"], daemon)).out, ["a".repeat(25)]);
});

test("node ls shows why a node is down, where one is", async () => {
  const status = {
    state: "DOWN",
    message: "gossip dead for 2.1 s, session silent for 2.4 s, seen by 4 of 4",
  } as const;
  const nodes = NODES.map((node, at) => (at === 0 ? { ...node, status } : node));
  await using daemon = createFakeDaemon({ control: { listNodes: unary(async () => ({ nodes })) }, local: { info } });
  await daemon.listen();
  const { out } = await runCli(["node", "ls"], daemon);
  assert.match(out[0] ?? "", /ENGINE VERSION {3}REASON$/);
  assert.match(out[2] ?? "", /Down .* 1\.0\.0 {12}gossip dead for 2\.1 s, session silent for 2\.4 s, seen by 4 of 4$/);
});

test("gossip-key shows how old the keys are and rotates them; it has no keys to show", async () => {
  const asked: unknown[] = [];
  const gossipKeys = { keys: [], generation: 3, rotatedAtMs: Date.now() - 2 * 3_600_000 };
  await using daemon = createFakeDaemon({
    control: {
      getCluster: unary(async () => ({ cluster: { gossipKeys } })),
      updateCluster: unary(async ({ rotateGossipKeys, rotateWorkerToken, spec }) => {
        asked.push([rotateGossipKeys, rotateWorkerToken, spec]);
        return {};
      }),
    },
  });
  await daemon.listen();
  assert.deepEqual((await runCli(["gossip-key"], daemon)).out, ["Generation 3, rotated 2 hours ago."]);
  assert.deepEqual(asked, []);
  assert.deepEqual((await runCli(["gossip-key", "--rotate"], daemon)).out, ["Successfully rotated the gossip keys."]);
  assert.deepEqual(asked, [[true, false, null]]);
});

test("promote changes only what is not so already; several failures are all told", async () => {
  const updates: unknown[] = [];
  await using daemon = createFakeDaemon({
    control: {
      getNode,
      updateNode: unary(async (request) => {
        updates.push([request.ref, request.version, request.spec?.desiredRole]);
        return {};
      }),
    },
    local: { info },
  });
  await daemon.listen();
  const ran = await runCli(["node", "promote", "self", "host10", "x", "y"], daemon);
  assert.deepEqual(ran.out, ["Node self is already a manager.", "Node host10 promoted to a manager in the swarm."]);
  assert.deepEqual(ran.err, ["Error: node x not found", "Error: node y not found"]);
  assert.deepEqual(updates, [["b".repeat(25), 4, "MANAGER"]]);
});

test("an update that lost a race is made again from what is there then", async () => {
  let tries = 0;
  await using daemon = createFakeDaemon({
    control: {
      getNode,
      updateNode: unary(async (request) => {
        if (++tries < 3) throw new SwarmError("aborted", "update out of sequence");
        assert.deepEqual({ ...request.spec?.annotations?.labels }, { rack: "r2" });
        return {};
      }),
    },
  });
  await daemon.listen();
  const ran = await runCli(["node", "update", "--label-add", "rack=r2", "host10"], daemon);
  assert.deepEqual([ran.out, ran.err, ran.ok], [["host10"], [], true]);
  assert.equal(tries, 3);
});

test("init starts a daemon where none answers, says so, and prints what to type elsewhere", async () => {
  await using daemon = createFakeDaemon({
    local: {
      init: unary(async (request) => {
        assert.equal(request.advertiseAddress, "10.0.0.2");
        return { nodeId: "n1" };
      }),
      info: unary(async () => ({
        nodeId: "n1",
        remoteManagers: [{ nodeId: "n1", address: "10.0.0.2:2377" }],
        dockerApiAddresses: ["unix:///run/swarm/docker.sock"],
      })),
    },
    control: {
      getCluster: unary(async () => ({ cluster: { rootCa: { joinTokens: { worker: "W", manager: "M" } } } })),
    },
  });
  const start = async (): Promise<string> => {
    await daemon.listen();
    return "swarmd was not running: started it.";
  };
  const ran = await runCli(["init", "--advertise-addr", "10.0.0.2"], daemon, { start });
  assert.deepEqual(ran.err, ["swarmd was not running: started it."]);
  assert.deepEqual(ran.out.slice(0, 5), [
    "Swarm initialized: current node (n1) is now a manager.",
    "",
    "To add a worker to this swarm, run the following command:",
    "",
    "    swarmctl join --token W 10.0.0.2:2377",
  ]);
  assert.ok(ran.out.includes("    docker context create swarm --docker host=unix:///run/swarm/docker.sock"));
});

test("other commands do not start a daemon but say how to", async () => {
  await using daemon = createFakeDaemon();
  const ran = await runCli(["node", "ls"], daemon);
  assert.equal(ran.ok, false);
  assert.match(
    ran.err[0] ?? "",
    /^Error: Cannot connect to swarmd at unix:\/\/\/.*swarmd\.sock\. Is it running\? Start it/,
  );
});

test("join adds the usual port and says as what the host joined", async () => {
  await using daemon = createFakeDaemon({
    local: {
      join: unary(async (request) => {
        assert.deepEqual(request.remoteAddresses, ["10.0.0.2:2377"]);
        return { nodeId: "n2", role: "WORKER" };
      }),
    },
  });
  await daemon.listen();
  const ran = await runCli(["join", "--token", "T", "10.0.0.2"], daemon);
  assert.deepEqual(ran.out, ["This node joined a swarm as a worker."]);
});

test("service create prints id and progress and ends when the service is stable", async () => {
  await using daemon = createFakeDaemon({
    control: {
      createService: unary(async (request) => {
        assert.deepEqual(request.spec?.task?.container?.args, ["sleep", "--flag", "1"]);
        return { service: { id: "s1", generation: 1 }, warnings: ["careful"] };
      }),
      watchServiceProgress: serverStream(async (request, context, send) => {
        assert.equal(request.serviceId, "s1");
        const of = { name: "web", generation: 1, wanted: 1, monitorMs: 1 };
        await send({ ...of, slots: [{ name: "1", state: "PREPARING" }] });
        await send({ ...of, slots: [{ name: "1", state: "RUNNING", running: true }], running: 1, converged: true });
        await new Promise<void>((resolve) => context.signal.addEventListener("abort", () => resolve()));
      }),
    },
  });
  await daemon.listen();
  const ran = await runCli(["service", "create", "--name", "web", "nginx", "sleep", "--flag", "1"], daemon);
  assert.deepEqual(ran.err, ["careful"]);
  assert.deepEqual(ran.out, [
    "s1",
    "web.1: preparing",
    "overall progress: 0 out of 1 tasks",
    "web.1: running",
    "overall progress: 1 out of 1 tasks",
    "verify: Waiting 0.001 seconds to verify that tasks are stable...",
    "verify: Service converged",
  ]);
});

test("waiting goes on after the leader was lost, and ends with status 1 and the reason", async () => {
  let tries = 0;
  await using daemon = createFakeDaemon({
    control: {
      createService: unary(async () => ({ service: { id: "s1", generation: 1 } })),
      watchServiceProgress: serverStream(async (_request, _context, send) => {
        if (++tries === 2) throw new SwarmError("unavailable", "no leader");
        const of = { name: "web", generation: 1, wanted: 1 };
        await send({ ...of, slots: [{ name: "1", state: "PREPARING" }] });
        if (tries === 1) return;
        await send({ ...of, slots: [{ name: "1", state: "FAILED", error: "exit 1", over: true }] });
      }),
    },
  });
  await daemon.listen();
  const ran = await runCli(["service", "create", "--name", "web", "nginx"], daemon);
  assert.deepEqual([ran.ok, tries], [false, 3]);
  assert.match(ran.err[0] ?? "", /^Error: service web did not converge: web\.1 failed: exit 1\. Its restart policy/);
  assert.deepEqual(
    ran.out.filter((line) => line === "web.1: preparing"),
    ["web.1: preparing"],
  );
});

test("Ctrl-C leaves the service to itself", async () => {
  const interrupt = new AbortController();
  await using daemon = createFakeDaemon({
    control: {
      createService: unary(async () => ({ service: { id: "s1" } })),
      watchServiceProgress: serverStream(async (_request, context) => {
        interrupt.abort();
        await new Promise<void>((resolve) => context.signal.addEventListener("abort", () => resolve()));
      }),
    },
  });
  await daemon.listen();
  const ran = await runCli(["service", "create", "nginx"], daemon, { signal: interrupt.signal });
  assert.equal(ran.ok, true);
  assert.deepEqual(ran.err, ["Operation continuing in background.", "Use `swarmctl service ps s1` to check progress."]);
});

test("the command for a token's holder is not announced when there is none", async () => {
  const getCluster = unary(async () => {
    throw new SwarmError("failedPrecondition", "This node is not a swarm manager.");
  });
  await using daemon = createFakeDaemon({ control: { getCluster }, local: { info } });
  await daemon.listen();
  const ran = await runCli(["join-token", "worker"], daemon);
  assert.deepEqual([ran.out, ran.err, ran.ok], [[], ["Error: This node is not a swarm manager."], false]);
});

for (const [words, sentence] of [
  [["service", "inspect", "--pretty", "--format", "json", "web"], /^Error: --pretty and --format cannot be combined/],
  [["nodes"], /^Error: unknown command 'nodes': did you mean node\?\nSee `swarmctl --help`\.$/],
  [["node", "lss"], /^Error: unknown command 'lss': did you mean ls\?\nSee `swarmctl node --help`\.$/],
  [
    ["node", "ls", "--frmat", "x"],
    /^Error: unknown option '--frmat': did you mean --format\?\nSee `swarmctl node ls --help`\.$/,
  ],
  [["service", "create"], /^Error: missing required argument 'image'\nSee `swarmctl service create --help`\.$/],
  [["service", "scale", "web"], /^Error: invalid scale specifier "web"/],
  [["service", "create", "-p", "x", "nginx"], /^Error: invalid port "x"/],
  [["service", "scale", "web=100001"], /^Error: invalid scale specifier "web=100001".* at most 100000/],
  [
    ["service", "update", "--publish", "80:80", "web"],
    /^Error: unknown option '--publish': did you mean --publish-add \(or --publish-rm\)\?\nSee/,
  ],
  [
    ["service", "create", "--read-only=perhaps", "nginx"],
    /^Error: invalid value "perhaps" for --read-only: expected true or/,
  ],
  [
    ["service", "update", "--rollback", "--env-add", "A=1", "web"],
    /^Error: --rollback may only be combined with --detach/,
  ],
  [["service", "update", "--rollback", "--force", "web"], /^Error: --rollback may only be combined with --detach/],
  [
    ["service", "create", "--rollback-failure-action", "rollback", "nginx"],
    /^Error: invalid value "rollback" for --rollback-failure-action: expected pause or continue/,
  ],
  [["node", "update", "host2"], /^Error: nothing to change/],
  [["node", "ls", "--filter", "colour=red"], /^Error: invalid filter "colour=red": expected one of id, name/],
  [["join", "10.0.0.1"], /^Error: --token is missing/],
  [["join-token", "boss"], /^Error: invalid value "boss" for the token's role: expected worker or manager/],
  [["plugin", "ls"], /^Error: there is no command 'plugin': there are no plugins here\nSee `swarmctl --help`\.$/],
  [
    ["init", "--data-path-port", "80"],
    /^Error: invalid value "80" for --data-path-port: expected a whole number in 1024/,
  ],
  [["init", "--rebalance", "perhaps"], /^Error: invalid value "perhaps" for --rebalance: expected on or off/],
  [["node", "drain", "--wait", "--detach", "host2"], /^Error: --wait and --detach cannot be combined/],
  [["node", "drain", "--now", "--timeout", "1m", "host2"], /^Error: --now and --timeout cannot be combined/],
  [["secret", "create", "--driver", "vault", "key", "-"], /^Error: --driver is not offered: there are no plugins/],
  [["completion", "zsh"], /^Error: no completion for the shell "zsh"/],
] as const) {
  test(`swarmctl ${words.join(" ")}: one sentence, and nothing is asked of the daemon`, async () => {
    await using daemon = createFakeDaemon();
    const ran = await runCli(words, daemon);
    assert.equal(ran.ok, false);
    assert.deepEqual(ran.out, []);
    assert.match(ran.err.join("\n"), sentence);
  });
}

for (const [name, spec] of [
  ...TOP_COMMANDS.map((command) => [[command.name], command] as const),
  ...GROUPS.flatMap((group) => group.commands.map((command) => [[group.name, command.name], command] as const)),
]) {
  test(`swarmctl ${name.join(" ")} --help shows options and examples`, async () => {
    await using daemon = createFakeDaemon();
    const { out, ok } = await runCli([...name, "--help"], daemon);
    const text = out.join("");
    assert.equal(ok, true);
    assert.match(text, /^Usage: swarmctl /);
    for (const example of spec.examples) assert.ok(text.includes(example));
    assert.ok(spec.examples.length > 0);
    assert.equal(typeof (await spec.load()).run, "function");
  });
}

test("the completion script is bash and offers commands, options, words and names", async () => {
  await using daemon = createFakeDaemon();
  const { out } = await runCli(["completion", "bash"], daemon);
  const offered = (...words: readonly string[]): readonly string[] => {
    const set = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}`;
    const script = `${out.join("\n")}\nswarmctl() { echo host2; }; timeout() { shift; "$@"; }\n${set}; _swarmctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    assert.equal(stderr, "");
    return stdout.trim().split("\n");
  };
  assert.ok(offered("swarmctl", "").includes("service"));
  assert.deepEqual(offered("swarmctl", "node", "pro"), ["promote"]);
  assert.deepEqual(offered("swarmctl", "node", "update", "--availability", ""), ["active", "pause", "drain"]);
  assert.ok(offered("swarmctl", "node", "promote", "").includes("host2"));
  assert.deepEqual(offered("swarmctl", "service", "create", "--repl"), ["--replicas", "--replicas-max-per-node"]);
  assert.deepEqual(offered("swarmctl", "join-token", "m"), ["manager"]);
});
