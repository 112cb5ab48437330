import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { contentRoutes } from "../../http-api/contents/routes.ts";
import { isRefusal, statusOf } from "../../http-api/errors.ts";
import { nodeRoutes } from "../../http-api/nodes/routes.ts";
import { ROUTES } from "../../http-api/routes.ts";
import { serviceRoutes } from "../../http-api/services/routes.ts";
import { swarmRoutes } from "../../http-api/swarm/routes.ts";
import { systemRoutes } from "../../http-api/system/routes.ts";
import { taskRoutes } from "../../http-api/tasks/routes.ts";
import { mustHave } from "../../shared/invariant.ts";
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
import { oddBody, oddMethod, oddPath, oddQuery, oddVersion } from "../support/odd-requests.ts";

/** Those of the swarm: of what else there is, the fake daemon below has no objects. */
const SWARM_HALF = [...systemRoutes, ...swarmRoutes, ...nodeRoutes, ...serviceRoutes, ...taskRoutes, ...contentRoutes];
const RUNS = 10_000;
/** Names of calls that change something. */
const CHANGES = /\.(create|update|remove|set|init|join|leave|start|stop|kill|rename|tag|push|load|prune|delete)/i;

test("10,000 random requests are all answered, and a refused one has changed nothing", async () => {
  const faults: unknown[] = [];
  const log: Logger = { ...silentLogger, error: (message, fields) => void faults.push([message, fields]) };
  const served = new Set<number>();
  await fc.assert(
    fc.asyncProperty(
      oddMethod,
      oddVersion,
      oddPath(SWARM_HALF),
      oddQuery,
      oddBody,
      async (verb, from, target, asked, sent) => {
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
      },
    ),
    { numRuns: RUNS },
  );
  for (const status of [200, 201, 204, 400, 404]) assert.ok(served.has(status), `no request came to ${status}`);
});

test("10,000 random requests to all of the API are read without a fault, where nothing can be done", async () => {
  const faults: unknown[] = [];
  const log: Logger = { ...silentLogger, error: (message, fields) => void faults.push([message, fields]) };
  const served = new Set<number>();
  await fc.assert(
    fc.asyncProperty(
      oddMethod,
      oddVersion,
      oddPath(ROUTES),
      oddQuery,
      oddBody,
      async (verb, from, target, asked, sent) => {
        faults.length = 0;
        const status = await askApi(refusing(), `${verb} ${from}${target}?${asked}`, { body: sent, log }).then(
          (told) => told.status,
          // In a stream, before its first piece: the server answers with it.
          (error: unknown) => statusOf(mustHave(isRefusal(error) ? error : null, `a refusal, and not ${error}`)),
        );
        served.add(status);
        assert.deepEqual(faults, []);
        assert.ok(status >= 200 && status <= 599 && status !== 500, `${status}`);
      },
    ),
    { numRuns: RUNS },
  );
  for (const status of [400, 404, 501]) assert.ok(served.has(status), `no request came to ${status}`);
});

/** A daemon whose engine can do nothing, and says so. */
function refusing() {
  const host = services.local.methods.info.decodeResponse(Buffer.alloc(0));
  return fakeBackend({ local: { info: async () => ({ ...host, remoteManagers: [], warnings: [] }) } });
}

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
