import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { validateServiceSpec } from "../../../../manager/api/validate-service.ts";
import { parseServiceSpec } from "../../../../shared/objects/parse.ts";
import type { ServiceSpec } from "../../../../shared/rpc/gen/objects.ts";
import { clusterJob, refuseClusterFlags } from "../../../../swarmctl/container/cluster-job.ts";
import { Flags } from "../../../../swarmctl/flags.ts";

const WORLD = { environment: {}, absolute: (path: string) => `/home/ann/${path}`, readTextFile: () => "" };
type Given = Readonly<Record<string, unknown>>;
const jobOf = (flags: Given, ...command: string[]): ServiceSpec =>
  clusterJob(["shop:2", ...command], new Flags({ cluster: true, ...flags }), WORLD);

const ROWS: readonly (readonly [flag: string, given: Given, got: (job: ServiceSpec) => unknown, want: unknown])[] = [
  ["--name", { name: "migrate" }, (job) => job.annotations?.name, "migrate"],
  ["--env", { env: ["A=1"] }, (job) => job.task?.container?.env, ["A=1"]],
  ["--memory", { memory: "64m" }, (job) => job.task?.limits?.memoryBytes, 64 << 20],
  ["--interactive", { interactive: true }, (job) => job.task?.container?.openStdin, true],
  ["--publish", { publish: ["8080:80"] }, (job) => job.endpoint?.ports.map((port) => port.publishedPort), [8080]],
  ["--restart", {}, (job) => job.task?.restart?.condition, "NONE"],
  [
    "--restart",
    { restart: "on-failure:3" },
    (job) => [job.task?.restart?.condition, job.task?.restart?.maxAttempts],
    ["ON_FAILURE", 3],
  ],
  [
    "--network",
    { network: ["name=front,alias=shop", "back"], networkAlias: ["web"] },
    (job) => job.task?.networks.map(({ target, aliases }) => [target, ...aliases]),
    [["front", "shop", "web"], ["back"]],
  ],
  [
    "--constraint",
    { constraint: ["node.role==worker"] },
    (job) => job.task?.placement?.constraints,
    ["node.role==worker"],
  ],
  ["--secret", { secret: ["key"] }, (job) => job.task?.container?.secrets.map(({ sourceName }) => sourceName), ["key"]],
  ["--depends-on", { dependsOn: ["db:healthy"] }, (job) => job.dependsOn.map(({ service }) => service), ["db"]],
];

describe("the job of run --cluster", () => {
  for (const [flag, given, got, want] of ROWS) {
    it(`takes ${flag}: ${JSON.stringify(given)}`, () => assert.deepEqual(got(jobOf(given)), want));
  }

  it("is one task, once, which managers accept", () => {
    const job = jobOf({ name: "migrate" }, "migrate", "--all");
    assert.deepEqual(job.mode === "replicatedJob" && job.replicatedJob, { maxConcurrent: 1, totalCompletions: 1 });
    assert.deepEqual(job.task?.container?.args, ["migrate", "--all"]);
    validateServiceSpec(parseServiceSpec(job));
  });

  for (const [given, sentence] of [
    [{ node: "host2" }, "--node does not go with --cluster: say where it may run: --constraint node.hostname==NAME"],
    [{ ip: "10.0.0.1" }, "--ip does not go with --cluster: managers give addresses"],
    [{ volumesFrom: ["web"] }, "--volumes-from does not go with --cluster: name the volumes: --volume"],
    [{ restart: "always" }, "a job ends when its work is done: with --cluster, --restart is no or on-failure[:N]"],
    [{ rm: true, detach: true }, "with --cluster, --rm needs somebody who waits for the end: leave out --detach"],
    [{ networkAlias: ["a"] }, "--network-alias is a name on a network: give --network NAME as well"],
  ] as const) {
    it(`refuses ${JSON.stringify(given)}`, () => {
      assert.throws(() => jobOf(given), { code: "invalidArgument", message: sentence });
    });
  }

  it("a switch that is turned off is not refused", () => {
    assert.equal(jobOf({ publishAll: false }).mode, "replicatedJob");
  });

  it("its own flags are refused for a container of this host", () => {
    refuseClusterFlags(new Flags({ env: ["A=1"] }));
    assert.throws(() => refuseClusterFlags(new Flags({ constraint: ["a==b"] })), {
      message: "--constraint needs --cluster",
    });
  });
});
