/** What people who are used to Docker type, and what they get. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import type { ServiceSpec } from "../../../shared/rpc/gen/objects.ts";
import { serverStream, unary } from "../../../shared/rpc/handler.ts";
import { readTextFile } from "../../../swarmctl/ports/files.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

test("the help of an update says no defaults, for what is not given stays as it is", async () => {
  await using daemon = createFakeDaemon();
  const help = async (name: string): Promise<string> =>
    (await runCli(["service", name, "--help"], daemon)).out.join("\n");
  assert.doesNotMatch(await help("update"), /\(default/);
  assert.match(await help("create"), /--stop-grace-period <duration>\s+time before it is killed \(default 10s\)/);
  assert.doesNotMatch(await help("create"), /--no-read-only/, "the opposites of switches are not listed");
});

/** The spec that a command line of `service create` sends, and what it warns of. */
async function created(...words: readonly string[]) {
  let spec: ServiceSpec | null = null;
  await using daemon = createFakeDaemon({
    control: {
      createService: unary(async (request) => {
        spec = request.spec;
        return { service: { id: "s1" } };
      }),
    },
  });
  await daemon.listen();
  const { err } = await runCli(["service", "create", "--detach", ...words], daemon);
  return { container: (spec as ServiceSpec | null)?.task?.container, err };
}

test("switches take a value as in Docker, up to the image; behind it all belongs to the container", async () => {
  const before = await created(
    "--read-only=true",
    "--tty=0",
    "--init=false",
    "--env",
    "A=b",
    "nginx",
    "--init=true",
    "x",
  );
  assert.deepEqual([before.container?.readOnly, before.container?.tty, before.container?.init], [true, false, false]);
  assert.deepEqual(before.container?.args, ["--init=true", "x"]);
  assert.equal((await created("--name", "--tty=true", "nginx")).container?.tty, false, "a value is no switch");
});

test("an option behind the image is pointed out, if it is one of ours", async () => {
  const misplaced = await created("nginx", "-p", "80:80");
  assert.deepEqual(misplaced.container?.args, ["-p", "80:80"]);
  assert.match(misplaced.err.join(), /^Warning: -p comes after the image and is passed to the container/);
  assert.deepEqual((await created("nginx", "-g", "daemon off;")).err, []);
  assert.deepEqual((await created("alpine", "echo", "-p")).err, []);
});

test("scale changes all services that are named, or none", async () => {
  const changed: string[] = [];
  const spec = { annotations: { name: "a" }, task: { container: { image: "nginx" } }, replicated: { replicas: 1 } };
  await using daemon = createFakeDaemon({
    control: {
      getService: unary(async ({ ref }) => {
        if (ref === "nope") throw new SwarmError("notFound", "service nope not found");
        if (ref === "everywhere") return { service: { id: ref, spec: { ...spec, replicated: undefined, global: {} } } };
        return { service: { id: ref, meta: { version: 1 }, spec } };
      }),
      updateService: unary(async ({ ref }) => {
        changed.push(ref);
        return { service: { id: ref } };
      }),
    },
  });
  await daemon.listen();
  const scale = async (...words: readonly string[]) => (await runCli(["service", "scale", "-d", ...words], daemon)).err;
  assert.deepEqual(await scale("a=2", "nope=2"), ["Error: service nope not found"]);
  assert.deepEqual(await scale("a=2", "everywhere=2"), ["Error: service everywhere is global: it cannot be scaled"]);
  assert.deepEqual(changed, []);
  assert.deepEqual(await scale("a=2", "b=3"), []);
  assert.deepEqual(changed, ["a", "b"]);
});

test("a list of services by a mode that there is not is refused", async () => {
  await using daemon = createFakeDaemon();
  const { err } = await runCli(["service", "ls", "--filter", "mode=sometimes"], daemon);
  assert.match(
    err.join(),
    /^Error: invalid value "sometimes" for --filter mode: expected replicated, global, replicated-job or global-job$/,
  );
});

test("scale waits for every service that it scaled, also when it waits in vain for one", async () => {
  const spec = { annotations: { name: "a" }, task: { container: { image: "nginx" } }, replicated: { replicas: 1 } };
  await using daemon = createFakeDaemon({
    control: {
      getService: unary(async ({ ref }) => ({ service: { id: ref, meta: { version: 1 }, spec } })),
      updateService: unary(async ({ ref }) => ({ service: { id: ref, generation: 2 } })),
      watchServiceProgress: serverStream(async ({ serviceId: name }, _context, send) => {
        const slot = name === "b" ? { running: true } : { error: "exit 1", over: true };
        const slots = [{ name: "1", state: name === "b" ? "RUNNING" : "FAILED", ...slot } as const];
        await send({ name, generation: 2, wanted: 1, slots, converged: name === "b", monitorMs: 1 });
      }),
    },
  });
  await daemon.listen();
  const ran = await runCli(["service", "scale", "a=1", "b=1", "c=1"], daemon);
  const sentence = (name: string) =>
    `Error: service ${name} did not converge: ${name}.1 failed: exit 1. Its restart policy allows no more attempts; see \`swarmctl service ps ${name}\``;
  assert.deepEqual(ran.err, [sentence("a"), sentence("c")]);
  assert.ok(ran.out.includes("verify: Service converged"));
  assert.equal(ran.ok, false);
});

test("filters by label want all of them; others any of their values", async () => {
  const labels = (text: string): Record<string, string> =>
    Object.fromEntries(text.split(" ").map((word) => word.split("=", 2) as [string, string]));
  const node = (id: string, text: string) => ({
    id: id.repeat(25),
    description: { hostname: id, engineLabels: labels(text) },
  });
  const task = (name: string, text: string) => ({
    id: name,
    serviceAnnotations: { name, labels: labels(text) },
    slot: 1,
  });
  const nodes = [node("a", "x=1 y=2"), node("b", "x=1")];
  const tasks = [task("t1", "x=1 y=2"), task("t2", "y=2")];
  await using daemon = createFakeDaemon({
    control: {
      listNodes: unary(async () => ({ nodes })),
      listTasks: unary(async () => ({ tasks })),
      getNode: unary(async () => ({ node: node("a", "x=1") })),
    },
    local: { info: unary(async () => ({ nodeId: "a".repeat(25) })) },
  });
  await daemon.listen();
  const hosts = async (...words: readonly string[]) =>
    (await runCli(["node", "ls", "--format", "{{.Hostname}}", ...words], daemon)).out;
  assert.deepEqual(await hosts("-f", "label=x"), ["a", "b"]);
  assert.deepEqual(await hosts("-f", "label=x", "-f", "label=y=2"), ["a"]);
  assert.deepEqual(await hosts("-f", "membership=accepted", "-f", "membership=pending"), ["a", "b"]);
  const names = async (...words: readonly string[]) =>
    (await runCli(["node", "ps", "--format", "{{.Name}}", ...words, "a"], daemon)).out;
  assert.deepEqual(await names("-f", "label=y"), ["t1.1", "t2.1"]);
  assert.deepEqual(await names("-f", "label=y", "-f", "label=x=1"), ["t1.1"]);
});

test("a file that is not UTF-8 is refused with the line", () => {
  const path = join(mkdtempSync(join(tmpdir(), "env-")), "x.env");
  writeFileSync(path, Buffer.concat([Buffer.from("\ufeffA=ü\nB=2\n"), Buffer.from([0x43, 0x3d, 0xff, 0x0a])]));
  assert.throws(() => readTextFile(path), {
    code: "invalidArgument",
    message: `cannot read ${path}: line 3 is not UTF-8`,
  });
  writeFileSync(path, "\ufeffA=ü\n");
  assert.equal(readTextFile(path), "A=ü\n");
  rmSync(dirname(path), { recursive: true });
});
