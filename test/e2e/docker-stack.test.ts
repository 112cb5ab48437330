/** Docker's own `stack` commands, and what they make beside what ours make of the same file. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DockerCli } from "../support/docker-cli.ts";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

const FILE = join(import.meta.dirname, "../support/stacks/plain/compose.yaml");
const PORT = 8090;
const KINDS = ["network", "secret", "config", "service"] as const;
/** One that fails only now and then is found by more, by hand. */
const ROUNDS = 5;

type Json = Readonly<Record<string, unknown>>;

/**
 * Of networks what differs each time; of services that they were deployed twice, and what only the docker command line
 * writes out, meaning nothing.
 */
const OWN: ReadonlySet<string> = new Set([
  "PreviousSpec",
  "com.docker.network.driver.overlay.vxlanid_list",
  "Containers",
  "IPAM",
  "Privileges",
]);

/** Without ids, what is each object's own, and what the two command lines write differently and means the same. */
function plain(object: Json): Json {
  const words = JSON.stringify(object, (key, value: unknown) => {
    if (OWN.has(key)) return undefined;
    return key === "Aliases" && Array.isArray(value) ? [...value].sort() : value;
  });
  // A capability with its prefix; a config's file by its whole path.
  const same = words.replaceAll('"CAP_', '"').replaceAll('"Name":"/page"', '"Name":"page"');
  return JSON.parse(same.replaceAll(/"[a-z0-9]{25}"/g, '"ID"')) as Json;
}

describe("docker stack", { timeout: 900_000 }, () => {
  let lab: Lab;
  let docker: DockerCli;
  before(async () => {
    lab = await Lab.up(3, { managers: 1 });
    docker = await DockerCli.on(lab);
  });
  after(async () => {
    docker[Symbol.dispose]();
    await lab[Symbol.asyncDispose]();
  });

  const deploy = (): Promise<string> =>
    docker.run("host1", "stack", "deploy", "-c", FILE, "--detach=false", "--resolve-image", "never", "plain");

  /** What there is of a stack, in Docker's words, without what differs from object to object. */
  async function objectsOf(): Promise<ReadonlyMap<string, Json>> {
    const found = new Map<string, Json>();
    for (const kind of KINDS) {
      const label = "label=com.docker.stack.namespace=plain";
      const ids = (await docker.run("host1", kind, "ls", "-q", "--filter", label)).split("\n").filter(Boolean);
      const objects = ids.length === 0 ? [] : await docker.json<Json>("host1", kind, "inspect", ...ids);
      for (const { ID: _id, Id: _Id, Version, CreatedAt, UpdatedAt, Created, Endpoint, ...rest } of objects) {
        const { Name = (rest["Spec"] as Json)["Name"] } = rest;
        found.set(`${kind} ${String(Name)}`, plain(rest));
      }
    }
    return found;
  }

  it("deploys a file, and waits until it runs", async () => {
    await deploy();
    await waitFor("the page", async () => (await lab.fetch("host3", "/", PORT)) === "Hello\n");
    assert.equal(await docker.run("host1", "stack", "ls", "--format", "{{.Name}} {{.Services}}"), "plain 2");
    const services = await docker.run("host1", "stack", "services", "--format", "{{.Name}} {{.Replicas}}", "plain");
    assert.equal(services, "plain_keeper 3/3\nplain_web 2/2");
    const tasks = await docker.run("host1", "stack", "ps", "--format", "{{.Name}} {{.CurrentState}}", "plain");
    assert.equal(tasks.match(/^plain_(web\.\d|keeper\.\w+) Running/gm)?.length, 5, tasks);
    assert.match(await docker.run("host1", "stack", "config", "-c", FILE), /^ {4}image: busybox:1$/m);
  });

  it("touches nothing when the same file comes again", async () => {
    const versions = (): Promise<string> =>
      docker.run("host1", "service", "ps", "-q", "--filter", "desired-state=running", "plain_web", "plain_keeper");
    const before = await versions();
    await deploy();
    assert.equal(await versions(), before);
  });

  it("makes the same objects as swarmctl stack deploy, but for words that mean the same", async () => {
    const dockers = await objectsOf();
    assert.match(await docker.run("host1", "stack", "rm", "--detach=false", "plain"), /Removing service plain_web/);
    assert.deepEqual([...(await objectsOf()).keys()], []);
    const made = await lab.tryCtl("host1", "stack", "deploy", "-c", FILE, "--resolve-image", "never", "plain");
    assert.equal(made.exitCode, 0, made.stderr);
    const ours = await objectsOf();
    assert.deepEqual([...ours.keys()].sort(), [...dockers.keys()].sort());
    for (const [name, object] of dockers) assert.deepEqual(ours.get(name), object, name);
  });

  it("is removed and made again at once, as often as one likes", async () => {
    for (let round = 1; round <= ROUNDS; round++) {
      await docker.run("host1", "stack", "rm", "plain");
      const { exitCode, stderr } = await docker.try("host1", "stack", "deploy", "-c", FILE, "plain");
      assert.equal(exitCode, 0, `round ${round}: ${stderr}`);
    }
    await waitFor("the page", async () => (await lab.fetch("host1", "/", PORT)) === "Hello\n");
    assert.match((await docker.try("host1", "stack", "rm", "other")).stderr, /Nothing found in stack: other/);
  });
});
