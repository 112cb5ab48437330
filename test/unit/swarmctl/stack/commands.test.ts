import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SwarmError } from "../../../../shared/errors.ts";
import { unary } from "../../../../shared/rpc/handler.ts";
import { createFakeDaemon, runCli } from "../fake-daemon.ts";

const STACK = "com.docker.stack.namespace";
const annotations = (name: string, stack: string) => ({ name, labels: { [STACK]: stack } });
const service = (name: string, stack: string) => ({
  service: { id: `id-${name}`, spec: { annotations: annotations(name, stack) } },
  runningTasks: 1,
  desiredTasks: 2,
});
const ALL = [service("shop_web", "shop"), service("shop_db", "shop"), service("blog_web", "blog")];

/** Services as a manager filters them, by labels only. */
const listServices = unary(async ({ labels }: { readonly labels: readonly string[] }) => ({
  services: ALL.filter((each) =>
    labels.every((label) => label === STACK || label === `${STACK}=${each.service.spec.annotations.labels[STACK]}`),
  ),
}));

describe("swarmctl stack", () => {
  test("ls counts the services of each stack", async () => {
    await using daemon = createFakeDaemon({ control: { listServices } });
    await daemon.listen();
    assert.deepEqual((await runCli(["stack", "ls"], daemon)).out, ["NAME   SERVICES", "blog   1", "shop   2"]);
    assert.deepEqual((await runCli(["stack", "ls", "--format", "json"], daemon)).out, [
      '{"Name":"blog","Services":"1"}',
      '{"Name":"shop","Services":"2"}',
    ]);
    assert.deepEqual((await runCli(["stack", "ls", "-q"], daemon)).out, ["blog", "shop"]);
  });

  test("services lists those of one stack only", async () => {
    await using daemon = createFakeDaemon({ control: { listServices } });
    await daemon.listen();
    const { out } = await runCli(["stack", "services", "--format", "{{.Name}} {{.Replicas}}", "shop"], daemon);
    assert.deepEqual(out, ["shop_db 1/2", "shop_web 1/2"]);
  });

  test("ps asks for the tasks of its services", async () => {
    const asked: (readonly string[])[] = [];
    const listTasks = unary(async ({ services }: { readonly services: readonly string[] }) => {
      asked.push(services);
      return { tasks: [] };
    });
    const listNodes = unary(async () => ({ nodes: [] }));
    await using daemon = createFakeDaemon({ control: { listServices, listTasks, listNodes } });
    await daemon.listen();
    assert.ok((await runCli(["stack", "ps", "shop"], daemon)).ok);
    assert.deepEqual(asked, [["id-shop_web", "id-shop_db"]]);
  });

  for (const command of ["services", "ps", "logs", "rm"]) {
    test(`${command} of a stack that is not there says so`, async () => {
      const empty = unary(async () => ({ networks: [], secrets: [], configs: [] }));
      const lists = { listNetworks: empty, listSecrets: empty, listConfigs: empty };
      await using daemon = createFakeDaemon({ control: { listServices, ...lists } });
      await daemon.listen();
      const { err, ok } = await runCli(["stack", command, "nope"], daemon);
      assert.deepEqual([err, ok], [["Error: Nothing found in stack: nope"], false]);
    });

    test(`${command} refuses what is no name of a stack`, async () => {
      await using daemon = createFakeDaemon({ control: { listServices } });
      await daemon.listen();
      const { err } = await runCli(["stack", command, "a=b"], daemon);
      assert.match(err[0] ?? "", /^Error: invalid stack name "a=b": only letters/);
    });
  }

  /** A stack with one of each, whose network is still used by a task for a few looks. */
  function daemonWithStack({ looks = 2, user = "", container = "" } = {}) {
    const calls: string[] = [];
    const did = (what: string) =>
      unary(async ({ ref }: { readonly ref: string }) => {
        calls.push(`${what} ${ref}`);
        return {};
      });
    let left = looks;
    const one = (id: string) => ({ id, spec: { annotations: annotations(`shop_${id}`, "shop") } });
    const of = <Key extends string>(key: Key, id: string) => unary(async () => ({ [key]: [one(id)] }));
    const daemon = createFakeDaemon({
      control: {
        listServices: unary(async ({ labels }: { readonly labels: readonly string[] }) => ({
          services:
            labels.length > 0
              ? [service("shop_web", "shop")]
              : user === ""
                ? []
                : [{ service: { id: user, spec: { task: { networks: [{ target: "net" }] } } } }],
        })),
        listNetworks: of("networks", "net"),
        listSecrets: of("secrets", "key"),
        listConfigs: of("configs", "site"),
        listTasks: unary(async () => {
          calls.push("look");
          left--;
          const state = left > 0 ? ("RUNNING" as const) : ("SHUTDOWN" as const);
          return { tasks: [{ id: "t", serviceId: "id-shop_web", status: { state } }] };
        }),
        removeService: unary(async ({ ref }) => {
          calls.push(`service ${ref}`);
          return { dependents: [] };
        }),
        removeSecret: did("secret"),
        removeConfig: did("config"),
        removeNetwork: unary(async ({ ref }) => {
          calls.push(`network ${ref}`);
          if (user !== "") throw new SwarmError("failedPrecondition", `network ${ref} is in use by service ${user}`);
          if (container !== "")
            throw new SwarmError("failedPrecondition", `network ${ref} is in use by container ${container}`);
          return {};
        }),
        getNetwork: unary(async () => ({ guests: container === "" ? [] : [{ id: container }] })),
      },
    });
    return { daemon, calls };
  }

  test("rm removes services first and networks last, when no task runs any more", async () => {
    const { daemon, calls } = daemonWithStack();
    await using _ = daemon;
    await daemon.listen();
    const { out, ok } = await runCli(["stack", "rm", "shop"], daemon);
    assert.deepEqual(out, [
      "Removing service shop_web",
      "Removing secret shop_key",
      "Removing config shop_site",
      "Removing network shop_net",
    ]);
    assert.ok(ok);
    assert.deepEqual(calls, ["service id-shop_web", "secret key", "config site", "look", "look", "network net"]);
  });

  test("rm fails over a network that a service of somebody else uses, and --detach only warns", async () => {
    const { daemon, calls } = daemonWithStack({ looks: 1, user: "other" });
    await using _ = daemon;
    await daemon.listen();
    const waited = await runCli(["stack", "rm", "shop"], daemon);
    assert.deepEqual([waited.err, waited.ok], [["Error: network net is in use by service other"], false]);
    assert.deepEqual(calls.filter((call) => call.startsWith("network")).length, 1);
    const detached = await runCli(["stack", "rm", "-d", "shop"], daemon);
    assert.ok(detached.ok);
    assert.match(detached.err[0] ?? "", /^Warning: network net is in use by service other: `swarmctl stack rm shop`/);
  });

  test("rm fails at once over a network that a container without a service is on", async () => {
    const { daemon, calls } = daemonWithStack({ looks: 1, container: "shell" });
    await using _ = daemon;
    await daemon.listen();
    const { err, ok } = await runCli(["stack", "rm", "shop"], daemon);
    assert.deepEqual([err, ok], [["Error: network net is in use by container shell"], false]);
    assert.deepEqual(calls.filter((call) => call.startsWith("network")).length, 1);
  });
});
