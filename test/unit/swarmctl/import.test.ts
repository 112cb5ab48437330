import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import { unary } from "../../../shared/rpc/handler.ts";
import { type Item, type OwnState, planImport } from "../../../swarmctl/import/plan.ts";
import { FOUND } from "../../support/docker-swarm.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

const NOTHING: OwnState = { networks: new Set(), configs: new Map(), secrets: new Set(), services: new Set() };

function said(items: readonly Item<unknown>[]): readonly string[] {
  return items.map((item) => `${item.action} ${item.name}${item.action === "create" ? "" : `: ${item.why}`}`);
}

test("what a Docker Swarm has is made, but for what every swarm has, and what cannot be had", () => {
  const plan = planImport(FOUND, NOTHING);
  assert.deepEqual(said(plan.networks), [
    "keep ingress: every swarm has its own for published ports",
    "create shop_back",
    "create wide",
    "create own",
    "leave secure: encrypted networks are not supported yet: encrypt the network between the hosts",
    'leave old: unknown IPAM driver "weave"',
    "keep host: every swarm has it",
  ]);
  assert.deepEqual(said(plan.configs), ["create shop_page"]);
  assert.deepEqual(said(plan.secrets), [
    "leave shop_key: Docker gives its content to nobody: swarmctl secret create shop_key FILE, then import again",
  ]);
  assert.deepEqual(said(plan.services), [
    "create web",
    "leave db: it needs secret shop_key",
    "leave legacy: it needs network old",
    "create agent",
    "leave import: a job would be done once more: create it when that is wanted",
    "leave lost: its network gone-id is not there any more",
    "leave plugin: TaskTemplate.PluginSpec: services that install plugins are not offered",
  ]);
});

test("ids of the other swarm become names, and settings stay", () => {
  const { networks, configs, services } = planImport(FOUND, { ...NOTHING, secrets: new Set(["shop_key"]) });
  const made = <Spec>(items: readonly Item<Spec>[], name: string): Spec => {
    const item = items.find((each) => each.name === name);
    assert.ok(item?.action === "create", name);
    return item.spec;
  };
  const network = made(networks, "shop_back");
  assert.deepEqual([network.internal, network.annotations?.labels["tier"], { ...network.options }], [true, "db", {}]);
  // Docker's own choice is not kept, and what only people can have said is.
  assert.deepEqual(network.subnets, []);
  assert.deepEqual(
    made(networks, "wide").subnets.map(({ auxiliary, ...subnet }) => ({ ...subnet, auxiliary: { ...auxiliary } })),
    [{ cidr: "10.50.0.0/16", gateway: "10.50.0.1", ipRange: "", auxiliary: {} }],
  );
  assert.equal(made(networks, "own").subnets[0]?.cidr, "192.168.9.0/24");
  assert.equal(made(configs, "shop_page").data.toString(), "hello");
  const web = made(services, "web");
  assert.deepEqual(web.task?.networks, [
    { target: "shop_back", aliases: ["www"], driverOptions: web.task?.networks[0]?.driverOptions },
  ]);
  assert.deepEqual(
    web.task?.container?.configs.map(({ sourceId, sourceName }) => [sourceId, sourceName]),
    [["", "shop_page"]],
  );
  assert.deepEqual([web.replicated?.replicas, web.endpoint?.ports[0]?.publishedPort], [2, 8080]);
  assert.equal(web.task?.container?.image, "nginx:1@sha256:abc");
  // Where clients of long ago put networks.
  const db = made(services, "db");
  assert.deepEqual(
    db.task?.networks.map(({ target }) => target),
    ["shop_back"],
  );
  assert.deepEqual(
    db.task?.container?.secrets.map(({ sourceId, sourceName }) => [sourceId, sourceName]),
    [["", "shop_key"]],
  );
});

test("people are told what no object says: volumes, paths of hosts, nodes by id", () => {
  const { notes } = planImport(FOUND, NOTHING);
  assert.deepEqual(
    notes.map((note) => note.slice(0, 60)),
    [
      "service web wants /srv/www of its hosts: it must be there",
      "service agent is bound to a node of the other swarm by its i",
      "the data of volumes stay where they are: files (tar of /var/",
    ],
  );
});

test("a second run keeps what is here, ignoring case as names do, and leaves a config with another content", () => {
  const config = (data: string) =>
    ({ id: "c", meta: null, spec: { annotations: null, data: Buffer.from(data), templateDriver: "" } }) as const;
  const names = ["web", "db", "legacy", "agent", "import", "lost", "plugin"];
  const here = (data: string): OwnState => ({
    networks: new Set(["shop_back", "wide", "own", "secure", "old"]),
    secrets: new Set(["shop_key"]),
    services: new Set(names),
    configs: new Map([["shop_page", config(data)]]),
  });
  const again = planImport(FOUND, here("hello"));
  const left = [...again.networks, ...again.configs, ...again.secrets, ...again.services].filter(
    ({ action }) => action !== "keep",
  );
  assert.deepEqual(said(left), [
    "leave lost: its network gone-id is not there any more",
    "leave plugin: TaskTemplate.PluginSpec: services that install plugins are not offered",
  ]);
  assert.deepEqual(said(planImport(FOUND, here("other")).configs), [
    "leave shop_page: a config of this name with another content is here",
  ]);
});

/** A Docker that tells what it has; the answer to anything else is that it is not there. */
async function startDocker(answers: Readonly<Record<string, unknown>>, status = 200) {
  const directory = mkdtempSync(join(tmpdir(), "swarm-import-"));
  const socketPath = join(directory, "docker.sock");
  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const isThere = Object.hasOwn(answers, path);
    response.writeHead(isThere ? status : 404, { "Content-Type": "application/json" });
    response.end(JSON.stringify(isThere ? answers[path] : { message: `${path} not found` }));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    address: `unix://${socketPath}`,
    [Symbol.dispose]: () => {
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

test("import makes networks and configs before services, asks managers first, and ends with 1 for what was left", async () => {
  const { networks, configs, secrets, services } = FOUND;
  using docker = await startDocker({
    "/swarm": { DefaultAddrPool: null, SubnetSize: 24 },
    "/networks": networks.filter(({ Id }) => Id !== "host-id"),
    "/networks/host-id": networks.find(({ Id }) => Id === "host-id"),
    "/configs": configs,
    "/secrets": secrets,
    "/services": services,
  });
  const made: string[] = [];
  const checked: string[] = [];
  const make =
    (kind: string) =>
    async ({ spec }: { spec: { annotations: { name: string } | null } | null }) => {
      made.push(`${kind} ${spec?.annotations?.name}`);
      return {};
    };
  await using daemon = createFakeDaemon({
    control: {
      listServices: unary(async () => ({ services: [] })),
      listNetworks: unary(async () => ({ networks: [] })),
      listConfigs: unary(async () => ({ configs: [] })),
      listSecrets: unary(async () => ({ secrets: [] })),
      checkService: unary(async ({ spec }) => {
        const container = spec?.task?.container;
        checked.push(`${spec?.annotations?.name}: ${container?.configs.length} ${spec?.task?.networks.length}`);
        if (spec?.annotations?.name === "agent") throw new SwarmError("invalidArgument", "no such constraint");
        return { spec };
      }),
      createNetwork: unary(make("network")),
      createConfig: unary(make("config")),
      createService: unary(make("service")),
    },
  });
  await daemon.listen();
  const planned = await runCli(["import", "--from", docker.address, "--plan"], daemon);
  assert.equal(planned.ok, true, planned.err.join("\n"));
  assert.deepEqual(made, []);
  assert.match(planned.out[0] ?? "", /^KIND +NAME +PLAN +WHY$/);
  assert.ok(
    planned.out.some((line) => /^service +agent +leave +no such constraint$/.test(line)),
    planned.out.join("\n"),
  );
  // What will be there by then is not asked about.
  assert.deepEqual(checked, ["web: 0 0", "agent: 0 1"]);
  const ran = await runCli(["import", "--from", docker.address], daemon);
  assert.equal(ran.ok, false);
  assert.deepEqual(made, ["network shop_back", "network wide", "network own", "config shop_page", "service web"]);
  assert.equal(ran.out.at(-1), "Made 5, left 9.");
  assert.ok(ran.err.includes("Left service db: it needs secret shop_key"), ran.err.join("\n"));
});

test("import says what is wrong with where it is to read from, in Docker's words where it has some", async () => {
  await using daemon = createFakeDaemon({
    control: {
      listServices: unary(async () => ({ services: [] })),
      listNetworks: unary(async () => ({ networks: [] })),
      listConfigs: unary(async () => ({ configs: [] })),
      listSecrets: unary(async () => ({ secrets: [] })),
    },
  });
  await daemon.listen();
  using worker = await startDocker({ "/services": { message: "This node is not a swarm manager." } }, 503);
  using other = await startDocker({ "/services": { hello: 1 } });
  for (const [words, sentence] of [
    [["import", "--from", worker.address], /Docker at unix:.* answers: This node is not a swarm manager\.$/],
    [["import", "--from", other.address], /what answers is no Docker: \/services gave no list of objects$/],
    [["import", "--from", "unix:///none.sock"], /cannot talk to Docker at unix:\/\/\/none\.sock: /],
    [["import", "--from", "ssh://host"], /run this on that host, or forward its socket/],
    [["import", "--from", "docker.sock"], /must be unix:\/\/\/PATH or tcp:\/\/HOST/],
    [["import", "--from", "tcp://h", "--tlscacert", "/none.pem"], /cannot read \/none\.pem/],
    [["import", "--from", other.address, "file"], /with --from, `import` takes no arguments/],
    [["import", "--from", other.address, "-m", "x"], /are of images: they have no meaning with --from/],
    [["import", "--plan"], /need --from/],
    [["import"], /say what to import/],
  ] as const) {
    const ran = await runCli(words, daemon);
    assert.deepEqual([ran.ok, ran.out], [false, []], words.join(" "));
    assert.match(ran.err[0] ?? "", sentence);
  }
});
