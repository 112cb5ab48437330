import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { containerRoutes } from "../../../http-api/containers/routes.ts";
import { fromDockerCreate } from "../../../shared/docker-shape/container-request.ts";
import { SwarmError } from "../../../shared/errors.ts";
import { mustHave } from "../../../shared/invariant.ts";
import type { ContainerSummary } from "../../../shared/rpc/gen/containers.ts";
import { type AskOptions, startApi } from "../../support/api-socket.ts";
import { createContainerDetails } from "../../support/container-details.ts";
import { type FakeCalls, fakeBackend } from "../../support/fake-backend.ts";

const JSON_HEADERS = { "Content-Type": "application/json" };
const HERE = { locate: async () => ({ id: "c", name: "web", taskId: "", running: true }) };

function summary(part: Partial<ContainerSummary>): ContainerSummary {
  const details = createContainerDetails(fromDockerCreate({ Image: "nginx:1" }, "web"), { summary: part });
  return mustHave(details.summary, "a summary");
}

/** Asks the routes, over a socket, with services that answer what the test says. */
async function ask(
  calls: FakeCalls,
  method: string,
  target: string,
  options: AskOptions = {},
): Promise<{ readonly status: number; readonly body: unknown; readonly asked: readonly unknown[] }> {
  const noted: (readonly [string, unknown])[] = [];
  await using api = await startApi({ routes: containerRoutes, backend: fakeBackend(calls, noted) });
  const { status, body } = await api.ask(method, `/v1.50${target}`, options);
  return { status, body: body === "" ? "" : JSON.parse(body), asked: noted };
}

describe("a change of a container", () => {
  const did = (wasSo: boolean) => async () => ({ id: "c", wasSo });
  for (const [method, target, calls, status, asked] of [
    ["POST", "/containers/web/start", { start: did(false) }, 204, ["containers.start", { ref: "web" }]],
    ["POST", "/containers/web/start", { start: did(true) }, 304, ["containers.start", { ref: "web" }]],
    [
      "POST",
      "/containers/web/stop?t=3",
      { stop: did(false) },
      204,
      ["containers.stop", { ref: "web", signal: "", graceMs: 3_000 }],
    ],
    ["POST", "/containers/web/stop", { stop: did(true) }, 304, ["containers.stop", { ref: "web", signal: "" }]],
    [
      "POST",
      "/containers/web/restart?t=-1&signal=INT",
      { restart: did(false) },
      204,
      ["containers.restart", { ref: "web", signal: "INT", graceMs: -1_000 }],
    ],
    [
      "POST",
      "/containers/web/kill?signal=HUP",
      { kill: did(false) },
      204,
      ["containers.kill", { ref: "web", signal: "HUP" }],
    ],
    ["POST", "/containers/web/pause", { pause: did(false) }, 204, ["containers.pause", { ref: "web" }]],
    ["POST", "/containers/web/unpause", { unpause: did(false) }, 204, ["containers.unpause", { ref: "web" }]],
    [
      "POST",
      "/containers/web/rename?name=/b",
      { rename: did(false) },
      204,
      ["containers.rename", { ref: "web", name: "b" }],
    ],
    [
      "DELETE",
      "/containers/web?force=1&v=1",
      { remove: did(false) },
      204,
      ["containers.remove", { ref: "web", force: true, volumes: true }],
    ],
  ] as const) {
    test(`${method} ${target} answers ${status}`, async () => {
      const got = await ask({ containers: calls }, method, target);
      assert.deepEqual([got.status, got.body, got.asked], [status, "", [asked]]);
    });
  }

  for (const [method, target, status, message] of [
    ["POST", "/containers/web/rename", 400, /names may be empty/],
    ["POST", "/containers/web/stop?t=abc", 400, /not a whole number/],
    ["DELETE", "/containers/web?link=1", 501, /links are names/],
    ["POST", "/containers/prune?filters={%22bogus%22:[%22x%22]}", 400, /invalid filter 'bogus'/],
  ] as const) {
    test(`${method} ${target} is refused with ${status}, and nothing is asked of anybody`, async () => {
      const got = await ask({}, method, target);
      assert.equal(got.status, status);
      assert.match((got.body as { message: string }).message, message);
      assert.deepEqual(got.asked, []);
    });
  }

  test("answers what was pruned, with filters in their own words", async () => {
    const prune = async () => ({ ids: ["c"], bytes: 7 });
    const filters = encodeURIComponent('{"label":["a=b"],"label!":["x"],"until":["100"]}');
    const got = await ask({ containers: { prune } }, "POST", `/containers/prune?filters=${filters}`);
    assert.deepEqual(got.body, { ContainersDeleted: ["c"], SpaceReclaimed: 7 });
    assert.deepEqual(got.asked, [["containers.prune", { untilMs: 100_000, labels: ["a=b"], withoutLabels: ["x"] }]]);
  });
});

describe("a container is made", () => {
  const creating = (answer: () => Promise<object> | object) => ({
    create: async function* () {
      yield { progress: "", id: "", name: "", warnings: [], ...(await answer()) };
    },
  });
  const body = JSON.stringify({ Image: "nginx", Cmd: ["a"], HostConfig: { AutoRemove: true } });

  test("without a pull, and answers its id and what deserves attention", async () => {
    const containers = creating(() => ({ id: "c1", name: "web", warnings: ["w"] }));
    const got = await ask({ containers }, "POST", "/containers/create?name=/web", { headers: JSON_HEADERS, body });
    assert.deepEqual([got.status, got.body], [201, { Id: "c1", Warnings: ["w"] }]);
    const [, request] = got.asked[0] as [string, { pull: string; config: { name: string; autoRemove: boolean } }];
    assert.deepEqual([request.pull, request.config.name, request.config.autoRemove], ["PULL_NEVER", "web", true]);
  });

  for (const [code, status] of [
    ["notFound", 404],
    ["alreadyExists", 409],
    ["invalidArgument", 400],
  ] as const) {
    test(`or refused with ${status} when its host says ${code}`, async () => {
      const containers = creating(() => Promise.reject(new SwarmError(code, "why")));
      const got = await ask({ containers }, "POST", "/containers/create", { headers: JSON_HEADERS, body });
      assert.deepEqual([got.status, got.body], [status, { message: "why" }]);
    });
  }

  for (const [platform, status] of [
    ["linux/amd64", 201],
    ["linux/x86_64", 201],
    ["linux", 201],
    ["linux/arm64", 404],
    ["windows/amd64", 400],
  ] as const) {
    test(`of the platform ${platform}: ${status}`, async () => {
      const info = async () => ({ description: { platform: { architecture: "amd64", os: "linux" } } });
      const calls = { local: { info }, containers: creating(() => ({ id: "c1" })) };
      const target = `/containers/create?platform=${encodeURIComponent(platform)}`;
      assert.equal((await ask(calls, "POST", target, { headers: JSON_HEADERS, body })).status, status);
    });
  }
});

describe("containers are listed", () => {
  const every = [
    summary({ id: "b".repeat(64), name: "two", state: "EXITED", exitCode: 3, labels: { a: "1" }, createdAtMs: 2_000 }),
    summary({ id: "a".repeat(64), name: "one", state: "RUNNING", health: "healthy", createdAtMs: 1_000 }),
  ];
  const list = async () => ({ containers: every });
  const names = async (query: string): Promise<unknown> => {
    const { status, body } = await ask({ containers: { list } }, "GET", `/containers/json${query}`);
    return status === 200 ? (body as { Names: string[] }[]).map(({ Names: [name] }) => name) : [status, body];
  };
  const filter = (filters: unknown): string => `?filters=${encodeURIComponent(JSON.stringify(filters))}`;
  for (const [query, want] of [
    ["", ["/one"]],
    ["?all=1", ["/two", "/one"]],
    ["?limit=1", ["/two"]],
    [filter({ exited: { 3: true } }), ["/two"]],
    [filter({ status: ["exited", "created"] }), ["/two"]],
    [`${filter({ label: ["a"] })}&all=1`, ["/two"]],
    [`${filter({ label: ["a=2"] })}&all=1`, []],
    [`${filter({ name: ["^/one$"] })}&all=1`, ["/one"]],
    [`${filter({ name: ["^/on$"] })}&all=1`, []],
    [`${filter({ name: ["wo$"] })}&all=1`, ["/two"]],
    [`${filter({ id: ["aa"] })}&all=1`, ["/one"]],
    [`${filter({ ancestor: ["nginx"] })}&all=1`, ["/two", "/one"]],
    [`${filter({ before: ["two"] })}&all=1`, ["/one"]],
    [`${filter({ since: ["one"] })}&all=1`, ["/two"]],
    [filter({ health: ["healthy"] }), ["/one"]],
    [filter({ health: ["none"] }), []],
    [filter({ "is-task": ["true"] }), []],
  ] as const) {
    test(`as ${decodeURIComponent(query) || "nobody asked for more"}`, async () =>
      assert.deepEqual(await names(query), want));
  }

  for (const [filters, status, message] of [
    [{ bogus: ["x"] }, 400, "invalid filter 'bogus'"],
    [{ status: ["x"] }, 400, "invalid filter 'status=x': expected one of"],
    [{ exited: ["x"] }, 400, "invalid filter 'exited=x': expected an exit code"],
    [{ before: ["x"] }, 404, "No such container: x"],
  ] as const) {
    test(`not by ${JSON.stringify(filters)}`, async () => {
      const [got, body] = (await names(filter(filters))) as [number, { message: string }];
      assert.equal(got, status);
      assert.ok(body.message.startsWith(message), body.message);
    });
  }

  test("with the keys of dockerd's lists, and sizes when they are asked for", async () => {
    const images = { list: async () => ({ images: [{ id: `sha256:${"d".repeat(64)}`, sizeBytes: 100 }] }) };
    const sized = { list: async () => ({ containers: every.map((one) => ({ ...one, ownBytes: 5 })) }) };
    const { body } = await ask({ containers: sized, images }, "GET", "/containers/json?size=1");
    const [{ SizeRw, SizeRootFs, ...rest }] = body as [Record<string, unknown>];
    assert.deepEqual([SizeRw, SizeRootFs], [5, 105]);
    assert.deepEqual(Object.keys(rest), [
      ...["Id", "Names", "Image", "ImageID", "Command", "Created", "Ports", "Labels", "State", "Status"],
      ...["HostConfig", "NetworkSettings", "Mounts"],
    ]);
  });
});

describe("a container is looked at", () => {
  test("on the host that the managers name, if this one does not have it", async () => {
    const details = createContainerDetails(fromDockerCreate({ Image: "nginx" }, ""));
    const calls = {
      streams: { locate: () => Promise.reject(new SwarmError("notFound", "not here")) },
      hosts: { find: async () => ({ nodeId: "n2", taskId: "t1", hostname: "h2" }) },
      containers: { inspect: async () => ({ container: details }) },
    };
    const got = await ask(calls, "GET", "/containers/web.1/json");
    assert.equal((got.body as { Id: string }).Id, "c".repeat(64));
    assert.deepEqual(got.asked.at(-1), ["containers.inspect", { ref: "t1", sizes: false }]);
  });

  test("nowhere: 404 with Docker's sentence", async () => {
    const gone = () => Promise.reject(new SwarmError("notFound", "No such container: x"));
    const got = await ask({ streams: { locate: gone }, hosts: { find: gone } }, "GET", "/containers/x/json");
    assert.deepEqual([got.status, got.body], [404, { message: "No such container: x" }]);
  });

  test("by its processes and its changed files", async () => {
    const streams = {
      ...HERE,
      top: async () => ({ titles: ["PID"], processes: [{ fields: ["1"] }] }),
      diff: async () => ({ changes: [{ path: "/a", kind: "DELETED" }] }),
    };
    const top = await ask({ streams }, "GET", "/containers/web/top?ps_args=-o%20pid");
    assert.deepEqual(top.body, { Processes: [["1"]], Titles: ["PID"] });
    assert.deepEqual(top.asked.at(-1), ["streams.top", { container: "web", psOptions: ["-o", "pid"] }]);
    assert.deepEqual((await ask({ streams }, "GET", "/containers/web/changes")).body, [{ Path: "/a", Kind: 2 }]);
  });
});
