import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createService } from "../../../../manager/api/service.ts";
import { replicasOf } from "../../../../manager/tasks/replicas.ts";
import { SwarmError } from "../../../../shared/errors.ts";
import { mustHave } from "../../../../shared/invariant.ts";
import { unary } from "../../../../shared/rpc/handler.ts";
import { digestOf } from "../../../support/control-api.ts";
import { createStackWorld, type StackWorld } from "./stack-world.ts";

const FILE = `
services:
  web:
    image: nginx
    configs: [site]
    secrets: [key]
    ports: ["80:80"]
    deploy: { labels: { tier: front } }
  db:
    image: nginx:1.27
    networks: [back]
networks:
  back: { internal: true }
configs:
  site: { file: ./site }
secrets:
  key: { file: ./key }
`;

async function deployedWorld(): Promise<
  StackWorld & { readonly file: string; deploy(...more: string[]): ReturnType<StackWorld["run"]> }
> {
  const world = await createStackWorld();
  const file = world.write("compose.yaml", FILE);
  world.write("site", "listen 80");
  world.write("key", "open");
  const deploy = (...more: string[]) => world.run("stack", "deploy", "--detach", "-c", file, ...more, "shop");
  const { err, ok } = await deploy();
  assert.deepEqual([err, ok], [[], true]);
  return { ...world, [Symbol.asyncDispose]: world[Symbol.asyncDispose], file, deploy };
}

const namesOf = (world: StackWorld): readonly string[] => Object.keys(world.versions());

describe("stack deploy", () => {
  test("leaves a service its rules for the number of tasks, and the number that they decided", async () => {
    await using world = await createStackWorld();
    const fileOf = (image: string) =>
      `services: { web: { image: "${image}", deploy: { replicas: 2, resources: { limits: { cpus: "1" } } } } }`;
    const deploy = async (image: string) => {
      const { err, ok } = await world.run(
        "stack",
        "deploy",
        "--detach",
        "-c",
        world.write("c.yaml", fileOf(image)),
        "shop",
      );
      assert.deepEqual([err, ok], [[], true]);
    };
    const { store } = world.api;
    const web = () => mustHave(store.view().byName("service", "shop_web"), "the service");
    await deploy("nginx");
    const { ok } = await world.run("service", "update", "--detach", "--autoscale", "max=9,cpu=60%", "shop_web");
    assert(ok);
    await store.update("autoscale", (tx) => {
      tx.update("service", { ...web(), autoscaleStatus: { replicas: 7, atMs: 1, reason: "" } });
    });
    const { version } = web().meta;
    await deploy("nginx");
    assert.equal(web().meta.version, version, "nothing changes");
    await deploy("nginx:1.27");
    assert.partialDeepStrictEqual(web().spec, { replicated: { replicas: 2, autoscale: "max=9,cpu=60%" } });
    assert.match(web().spec.task.container.image, /^nginx:1\.27@/);
    assert.equal(replicasOf(web()), 7);
  });

  test("makes the objects that a file names, each with the stack's label", async () => {
    await using world = await deployedWorld();
    assert.deepEqual(namesOf(world), [
      "config shop_site",
      "network shop_back",
      "network shop_default",
      "secret shop_key",
      "service shop_db",
      "service shop_web",
    ]);
    const view = world.api.store.view();
    const all = [...view.all("service"), ...view.all("network"), ...view.all("secret"), ...view.all("config")];
    for (const { spec } of all) assert.equal(spec.annotations.labels["com.docker.stack.namespace"], "shop");
    const web = view.byName("service", "shop_web");
    assert.equal(web?.spec.task.container.image, `nginx:latest@${digestOf("a")}`);
    assert.deepEqual(
      { ...web?.spec.annotations.labels },
      {
        tier: "front",
        "com.docker.stack.namespace": "shop",
        "com.docker.stack.image": "nginx",
      },
    );
    assert.deepEqual({ ...web?.spec.task.container.labels }, { "com.docker.stack.namespace": "shop" });
    assert.deepEqual(
      web?.spec.task.networks.map(({ aliases }) => aliases),
      [["web"]],
    );
  });

  for (const resolve of ["always", "changed", "never"]) {
    test(`of the same file touches nothing, with --resolve-image ${resolve}`, async () => {
      await using world = await deployedWorld();
      await world.deploy("--resolve-image", resolve);
      const before = world.versions();
      const { out } = await world.deploy("--resolve-image", resolve);
      assert.deepEqual([world.versions(), out], [before, []]);
    });
  }

  test("asks no registry for an image that the file has not changed, if told so", async () => {
    await using world = await deployedWorld();
    world.api.images.images.set("nginx:latest", { digest: digestOf("c"), platforms: [] });
    await world.deploy("--resolve-image", "changed");
    const imageNow = () => world.api.store.view().byName("service", "shop_web")?.spec.task.container.image;
    assert.equal(imageNow(), `nginx:latest@${digestOf("a")}`);
    await world.deploy();
    assert.equal(imageNow(), `nginx:latest@${digestOf("c")}`);
  });

  test("gives a changed config a name by its content, a changed secret the next one, and moves the service", async () => {
    await using world = await deployedWorld();
    const db = world.versions()["service shop_db"];
    world.write("site", "listen 8080");
    world.write("key", "sesame");
    const { out } = await world.deploy();
    const names = namesOf(world);
    const config = names.find((name) => /^config shop_site_[0-9a-f]{12}$/.test(name))?.slice("config ".length);
    assert.ok(config !== undefined && names.includes("secret shop_key_2"), names.join());
    const container = world.api.store.view().byName("service", "shop_web")?.spec.task.container;
    assert.deepEqual(
      container?.configs.map(({ sourceName, target }) => [sourceName, target]),
      [[config, "site"]],
    );
    assert.deepEqual(
      container?.secrets.map(({ sourceName, target }) => [sourceName, target]),
      [["shop_key_2", "key"]],
    );
    assert.equal(world.versions()["service shop_db"], db);
    assert.ok(out.includes("Updating service shop_web"));
    // And back: the object that holds it is still there, or has its plain name again.
    world.write("site", "listen 80");
    world.write("key", "open");
    await world.deploy();
    const again = world.api.store.view().byName("service", "shop_web")?.spec.task.container;
    assert.deepEqual(
      again?.configs.map(({ sourceName }) => sourceName),
      ["shop_site"],
    );
  });

  test("removes secrets and configs that nothing uses any more, and services only with --prune", async () => {
    await using world = await deployedWorld();
    world.write("compose.yaml", "services: { web: { image: nginx } }");
    await world.deploy();
    assert.ok(namesOf(world).includes("service shop_db"));
    const { out } = await world.deploy("--prune");
    assert.ok(out.includes("Removing service shop_db"), out.join("\n"));
    assert.deepEqual(
      namesOf(world).filter((name) => !name.startsWith("network")),
      ["service shop_web"],
    );
  });

  test("keeps what others did to a service and files do not say", async () => {
    await using world = await deployedWorld();
    await world.run("service", "update", "--force", "--detach", "shop_web");
    const before = world.versions();
    await world.deploy();
    assert.deepEqual(world.versions(), before);
  });

  const refusals: readonly (readonly [what: string, file: string, sentence: RegExp])[] = [
    [
      "an image that is not there",
      "services:\n  web: { image: nginx:nope }",
      /compose\.yaml:2: service web: image nginx:nope not found/,
    ],
    ["no image", "services:\n  web: { command: a }", /compose\.yaml:2: .*image/],
    [
      "a file that is not there",
      "services:\n  web: { image: nginx, configs: [c] }\nconfigs:\n  c: { file: ./nope }",
      /compose\.yaml:4: config c: cannot read .*nope/,
    ],
    [
      "an external network that is not there",
      "services:\n  web: { image: nginx, networks: [n] }\nnetworks:\n  n: { external: true }",
      /compose\.yaml:4: external network n does not exist/,
    ],
    [
      "what the swarm cannot do",
      "services:\n  web:\n    image: nginx\n    mac_address: 02:42:ac:11:65:43",
      /compose\.yaml:4: service web: mac_address is not supported: /,
    ],
    [
      "a fault that only managers see",
      "services:\n  web:\n    image: nginx\n    user: a b",
      /compose\.yaml:2: service web: invalid user "a b"/,
    ],
    [
      "a service that waits for one which never completes",
      "services:\n  a:\n    image: nginx\n    depends_on:\n      b: { condition: service_completed_successfully }\n  b: { image: nginx }",
      /compose\.yaml:5: service a waits for b to complete, but b is started again whenever it ends/,
    ],
  ];
  for (const [what, file, sentence] of refusals) {
    test(`makes nothing when the file has ${what}`, async () => {
      await using world = await createStackWorld();
      const path = world.write("compose.yaml", file);
      const { err, ok } = await world.run("stack", "deploy", "-d", "-c", path, "shop");
      assert.match(err.join("\n"), sentence);
      assert.deepEqual([ok, namesOf(world)], [false, []]);
    });
  }

  test("makes nothing when a name belongs to somebody else", async () => {
    await using world = await createStackWorld();
    await world.run("service", "create", "--detach", "--name", "shop_web", "nginx");
    await world.run("network", "create", "shop_default");
    const path = world.write("compose.yaml", "services:\n  web: { image: nginx }\n  db: { image: nginx }");
    const { err, ok } = await world.run("stack", "deploy", "-d", "-c", path, "shop");
    assert.match(
      err.join("\n"),
      /^Error: .*compose\.yaml:1: network shop_default exists already and is not of stack shop: /m,
    );
    assert.match(
      err.join("\n"),
      /^Error: .*compose\.yaml:2: service shop_web exists already and is not of stack shop$/m,
    );
    assert.deepEqual([ok, namesOf(world)], [false, ["network shop_default", "service shop_web"]]);
  });

  test("goes on without what is not supported, if told so", async () => {
    await using world = await createStackWorld();
    const path = world.write("compose.yaml", "services:\n  web:\n    image: nginx\n    mac_address: 02:42:ac:11:00:02");
    const { err, ok } = await world.run("stack", "deploy", "-d", "--ignore-unsupported", "-c", path, "shop");
    assert.ok(ok);
    assert.match(
      err[0] ?? "",
      /^Warning: .*compose\.yaml:4: service web: mac_address is not supported: .* \(ignored\)$/,
    );
  });
});

test("an image whose registry does not answer is a fault of its line, and not of the cluster", async () => {
  let checks = 0;
  await using world = await createStackWorld(() => ({
    checkService: unary(async () => {
      checks++;
      const detail = { kind: "imageNotLookedUp", image: "far/a:1", reason: "no answer" } as const;
      throw new SwarmError("unavailable", "use --no-resolve-image", { detail });
    }),
  }));
  const path = world.write("compose.yaml", "services:\n  a:\n    image: far/a:1");
  const { err, ok } = await world.run("stack", "deploy", "-d", "-c", path, "shop");
  assert.deepEqual([ok, checks, err.length], [false, 1, 1]);
  assert.match(
    err[0] ?? "",
    /compose\.yaml:2: service a: image far\/a:1 could not .*: no answer; .* use --resolve-image never to/,
  );
});

test("a deployment goes on when the leader changes under it, and makes nothing twice", async () => {
  let breaks = 0;
  await using world = await createStackWorld(() => ({
    createService: unary(async (request, context) => {
      breaks++;
      const { service } = await createService(world.api, request, context.signal);
      if (breaks === 1) throw new SwarmError("unavailable", "this manager lost leadership");
      return { service, warnings: [] };
    }),
  }));
  const path = world.write("compose.yaml", "services:\n  a: { image: nginx }\n  b: { image: nginx }");
  const { err, ok } = await world.run("stack", "deploy", "-d", "-c", path, "shop");
  assert.deepEqual([ok, err.length, breaks], [true, 1, 2]);
  assert.match(err[0] ?? "", /^Warning: .*lost leadership.*: going on with what is left to do$/);
  assert.deepEqual(namesOf(world), ["network shop_default", "service shop_a", "service shop_b"]);
});

describe("stack diff", () => {
  test("shows what a deployment would change, and changes nothing", async () => {
    await using world = await deployedWorld();
    const diff = () => world.run("stack", "diff", "-c", world.file, "shop");
    assert.deepEqual(await diff().then(({ out, ok }) => [out, ok]), [[], true]);
    const before = world.versions();
    world.write("compose.yaml", FILE.replace("image: nginx:1.27", "image: nginx:1.27\n    environment: { A: 1 }"));
    world.write("site", "listen 8080");
    const { out, ok } = await diff();
    assert.ok(!ok);
    assert.match(out.join("\n"), /^\+ config shop_site_[0-9a-f]{12}$/m);
    assert.match(out.join("\n"), /^~ service shop_db\n {4}\+ environment variable A=1$/m);
    assert.match(
      out.join("\n"),
      /^~ service shop_web\n {4}- config shop_site as site\n {4}\+ config shop_site_[0-9a-f]+ as site$/m,
    );
    assert.match(out.join("\n"), /^- config shop_site$/m);
    assert.deepEqual(world.versions(), before);
  });
});
