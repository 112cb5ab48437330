import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { contentRoutes } from "../../http-api/contents/routes.ts";
import { nodeRoutes } from "../../http-api/nodes/routes.ts";
import { serviceRoutes } from "../../http-api/services/routes.ts";
import { swarmRoutes } from "../../http-api/swarm/routes.ts";
import { systemRoutes } from "../../http-api/system/routes.ts";
import { taskRoutes } from "../../http-api/tasks/routes.ts";
import { type Logger, silentLogger } from "../../shared/log.ts";
import { services } from "../../shared/rpc/schema.ts";
import { askApi } from "../support/ask-api.ts";
import { fakeBackend } from "../support/fake-backend.ts";
import {
  createCluster,
  createConfig,
  createNode,
  createSecret,
  createService,
  createTask,
} from "../support/objects.ts";

/** Those of the swarm: of what else there is, the fake daemon below has no objects. */
const ASKED = [...systemRoutes, ...swarmRoutes, ...nodeRoutes, ...serviceRoutes, ...taskRoutes, ...contentRoutes];
const RUNS = 10_000;
/** Names of calls that change something. */
const CHANGES = /\.(create|update|remove|set|init|join|leave|start|stop|kill|rename|tag|push|load|prune|delete)/i;

const word = fc.oneof(
  fc.constantFrom(
    "web",
    "..",
    "%2e%2e",
    "%2F",
    "a/b",
    "%",
    "%ff",
    "__proto__",
    "constructor",
    "x".repeat(300),
    "é",
    "*",
  ),
  fc.string({ maxLength: 12 }),
);
const VALUES = [
  "1",
  "true",
  "0",
  "-1",
  "1e9",
  "{",
  "[]",
  '{"a":1}',
  '{"id":["x"]}',
  '{"label":{"a=b":true}}',
  "previous",
];
const NAMES = ["filters", "version", "force", "rollback", "tail", "since", "stdout", "status", "all", "t", "x"];
const query = fc
  .array(fc.tuple(fc.constantFrom(...NAMES), fc.oneof(fc.constantFrom(...VALUES), word)), { maxLength: 4 })
  .map((pairs) => pairs.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join("&"));
const path = fc
  .tuple(fc.constantFrom(...ASKED), fc.array(word, { minLength: 3, maxLength: 3 }))
  .map(([{ path: pattern }, words]) =>
    pattern.replaceAll(/\{\w+\*?\}/g, () => (words.pop() ?? "").replaceAll(" ", "_")),
  );
const version = fc.constantFrom("", "/v1.50", "/v1.24", "/v1.41", "/v9.9", "/v1.x", "//");

/** JSON with the names of Docker's objects and values of any kind in their places. */
const KEYS = ["Name", "Labels", "TaskTemplate", "ContainerSpec", "Image", "Env", "Mounts", "Mode", "Replicated"];
const MORE = ["Replicas", "EndpointSpec", "Ports", "Role", "Availability", "Data", "Spec", "Driver", "Resources"];
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: "medium" },
    fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e300, "", "nginx", "manager", "aGk="),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS, ...MORE, "__proto__", "toString"), tie("json"), { maxKeys: 5 }),
  ),
}));
const body = fc.oneof(
  json,
  fc.string(),
  fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
);
const method = fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD", "BREW");

test("10,000 random requests are all answered, and a refused one has changed nothing", async () => {
  const faults: unknown[] = [];
  const log: Logger = { ...silentLogger, error: (message, fields) => void faults.push([message, fields]) };
  const served = new Set<number>();
  await fc.assert(
    fc.asyncProperty(method, version, path, query, body, async (verb, from, target, asked, sent) => {
      faults.length = 0;
      const noted: (readonly [string, unknown])[] = [];
      const told = await askApi(agreeing(noted), `${verb} ${from}${target}?${asked}`, { body: sent, log });
      served.add(told.status);
      assert.deepEqual(faults, []);
      assert.ok(told.status >= 101 && told.status <= 599 && told.status !== 500, `${told.status}`);
      if (told.status < 400) return;
      assert.equal(told.headers["Content-Type"], "application/json");
      if (verb !== "HEAD") assert.equal(typeof (told.json as { message: unknown }).message, "string");
      assert.deepEqual(
        noted.filter(([name]) => CHANGES.test(name)),
        [],
      );
    }),
    { numRuns: RUNS },
  );
  for (const status of [200, 201, 204, 400, 404]) assert.ok(served.has(status), `no request came to ${status}`);
});

/** A daemon that agrees to everything it is asked. */
function agreeing(noted: (readonly [string, unknown])[]) {
  const service = createService("web");
  const task = createTask("t1", service);
  const node = createNode("n1");
  const secret = createSecret("s1");
  const config = createConfig("c1");
  const cluster = { ...createCluster(), rootCa: null };
  const one = { service, task, node, secret, config, cluster, login: null, network: null, warnings: [] };
  const many = {
    ...{ services: [{ service, runningTasks: 1, desiredTasks: 1 }], tasks: [task], nodes: [node], networks: [] },
    ...{ secrets: [secret], configs: [config], containers: [], images: [], volumes: [] },
  };
  const host = {
    ...services.local.methods.info.decodeResponse(Buffer.alloc(0)),
    state: "ACTIVE",
    controlAvailable: true,
    nodeId: "n1",
    remoteManagers: [],
    warnings: [],
    hostname: "h",
  };
  const answering = (answer: object): object => new Proxy({}, { get: () => async () => answer });
  const all = answering({ ...one, ...many });
  const local = answering({ ...one, ...host });
  const logs = { subscribe: async function* () {} };
  return fakeBackend(
    // Of engines, only what the routes of the system ask.
    { control: all, local, hosts: all, containers: all, images: all, volumes: all, logs } as never,
    noted,
  );
}
