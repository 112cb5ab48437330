import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
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
    ["DELETE", "/containers/web?link=1", 400, /a link is named CONTAINER.ALIAS/],
    ["DELETE", "/containers/web/db", 404, /No such container: web.db/],
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

  test("but not by the id of a task, which means the task", async () => {
    const taskId = "task1".padEnd(25, "0");
    const container = createContainerDetails(fromDockerCreate({ Image: "nginx" }, ""), { summary: { taskId } });
    const calls = { streams: HERE, containers: { inspect: async () => ({ container }) } };
    for (const [ref, status] of [
      ["task1", 404],
      [taskId, 404],
      ["web.1", 200],
      ["cccc", 200],
    ] as const)
      assert.equal((await ask(calls, "GET", `/containers/${ref}/json`)).status, status, ref);
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

describe("files go in and out", () => {
  const stat = { kind: "FILE", targetKind: "FILE", targetPath: "/a", size: 2, mode: 0o100_644, changedAtMs: 0 };
  const reading = (path: object) => ({ ...HERE, statPath: async () => ({ ...stat, ...path }) });
  const archive = "/containers/web/archive";

  test("after a look at what they are, in a header", async () => {
    await using api = await startApi({ routes: containerRoutes, backend: fakeBackend({ streams: reading({}) }) });
    const { status, headers } = await api.ask("HEAD", `${archive}?path=/a`);
    const said = JSON.parse(Buffer.from(String(headers["x-docker-container-path-stat"]), "base64").toString());
    assert.deepEqual([status, said.name, said.mode], [200, "a", 420]);
  });

  for (const [path, want] of [
    ["/etc", { followLink: false, contentsOnly: false }],
    ["/etc/", { followLink: true, contentsOnly: false }],
    ["/etc/.", { followLink: false, contentsOnly: true }],
  ] as const) {
    test(`as an archive of ${path}`, async () => {
      const getArchive = async function* () {
        yield { data: Buffer.from("[1]") };
      };
      const streams = { ...reading({ kind: "DIRECTORY" }), getArchive };
      const { body, asked } = await ask({ streams }, "GET", `${archive}?path=${path}`);
      assert.deepEqual([body, asked.at(-1)], [[1], ["streams.getArchive", { container: "web", path, ...want }]]);
    });
  }

  for (const [body, why] of [
    [Buffer.from("a tar"), "as it is"],
    [gzipSync("a tar"), "unpacked"],
  ] as const) {
    test(`into a container, ${why}`, async () => {
      const got: unknown[] = [];
      const ended = Promise.withResolvers<object>();
      const put = {
        send: async (message: unknown) => got.push(message),
        end: () => ended.resolve({}),
        response: ended.promise,
      };
      const streams = { ...HERE, putArchive: () => put };
      const target = `${archive}?path=/b&copyUIDGID=1&noOverwriteDirNonDir=true`;
      assert.equal((await ask({ streams }, "PUT", target, { body })).status, 200);
      const start = { container: "web", path: "/b", renameTop: "", keepOwners: true, ownUser: true, keepKinds: true };
      assert.deepEqual(got, [{ start }, { data: Buffer.from("a tar") }]);
    });
  }

  test("half of a compressed archive is refused, and ends what waits for the rest", async () => {
    const ended = Promise.withResolvers<never>();
    const put = { send: async () => {}, end: () => {}, response: ended.promise };
    const putArchive = ({ signal }: { readonly signal: AbortSignal }) => {
      signal.addEventListener("abort", () => ended.reject(new SwarmError("cancelled", "the call was cancelled")));
      return put;
    };
    const body = gzipSync(Buffer.alloc(1 << 16)).subarray(0, 40);
    const refused = await ask({ streams: { ...HERE, putArchive } }, "PUT", `${archive}?path=/b`, { body });
    const message = "the archive cannot be unzipped: unexpected end of file";
    assert.deepEqual([refused.status, refused.body], [400, { message }]);
  });

  test("not to nowhere: a path is needed, and something must be there", async () => {
    assert.equal((await ask({ streams: HERE }, "GET", archive)).status, 400);
    const gone = await ask({ streams: reading({ kind: "NONE" }) }, "GET", `${archive}?path=/no`);
    assert.deepEqual([gone.status, gone.body], [404, { message: "Could not find the file /no in container web" }]);
  });
});

describe("what a container uses", () => {
  const running = { id: "c", name: "web", taskId: "", running: true };
  const stats = async function* () {
    for (const cpuNs of [10, 20, 30]) {
      const details = { readAtMs: cpuNs, links: [], disks: [], cpuEachNs: [], memory: {} };
      yield { containers: [{ cpuNs, pids: 1, memoryLimitBytes: 1, details }] };
    }
  };
  const total = (json: unknown, key: string): unknown =>
    (json as Record<string, { cpu_usage: { total_usage: number } }>)[key]?.cpu_usage.total_usage;
  for (const [query, who, looks] of [
    ["?stream=0", running, [20, 10]],
    ["?stream=0&one-shot=1", running, [10, 0]],
    ["?stream=0", { ...running, running: false }, [10, 0]],
  ] as const) {
    test(`is told once for ${query}, ${who.running ? "running" : "not running"}`, async () => {
      const { body } = await ask(
        { streams: { locate: async () => who, stats } },
        "GET",
        `/containers/web/stats${query}`,
      );
      assert.deepEqual([total(body, "cpu_stats"), total(body, "precpu_stats")], looks);
    });
  }

  test("is told again and again otherwise, each time with what came before", async () => {
    const backend = fakeBackend({ streams: { locate: async () => running, stats } });
    await using api = await startApi({ routes: containerRoutes, backend });
    const lines = (await api.ask("GET", "/containers/web/stats")).body
      .trim()
      .split("\r\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map((line) => [total(line, "cpu_stats"), total(line, "precpu_stats")]),
      [
        [10, 0],
        [20, 10],
        [30, 20],
      ],
    );
  });
});

describe("what a new container wants and is not there", () => {
  const refusing = async function* () {
    yield* [];
    throw new SwarmError("notFound", "No such container: nope");
  };
  const create = (calls: FakeCalls): ReturnType<typeof ask> => {
    const body = JSON.stringify({ Image: "busybox", HostConfig: { NetworkMode: "container:nope" } });
    return ask(calls, "POST", "/containers/create", { headers: JSON_HEADERS, body });
  };

  test("is 404 when it is the image, which clients pull then, and 400 when it is anything else", async () => {
    const there = { containers: { create: refusing }, images: { inspect: async () => ({}) } };
    assert.equal((await create(there)).status, 400);
    const missing = async () => {
      throw new SwarmError("notFound", "No such image: busybox");
    };
    assert.equal((await create({ containers: { create: refusing }, images: { inspect: missing } })).status, 404);
  });
});
