import assert from "node:assert/strict";
import { test } from "node:test";
import { preDeployAfter, preDeployJobSpec } from "../../../../manager/tasks/pre-deploy.ts";
import type { PreDeployStatus, Service } from "../../../../shared/objects/types.ts";
import { createContainerSpec, createPort, createService, createTaskSpec, scaled } from "../../../support/objects.ts";

const image = (name: string) => createTaskSpec({ container: createContainerSpec({ image: name }) });
const preDeploy = { command: ["migrate"], timeoutMs: 0 };
const one = createService("web", { task: image("web:1"), preDeploy });
const spec2 = { ...one.spec, task: image("web:2") };
const spec3 = { ...one.spec, task: image("web:3") };
const status = (state: PreDeployStatus["state"], base: Service["spec"] | null): PreDeployStatus => ({
  state,
  base,
  baseGeneration: base === null ? 0 : 1,
  startedAtMs: state === "WAITING" ? 0 : 5,
  failure: "",
  jobId: "",
});
const at = (spec: Service["spec"], held: PreDeployStatus | null): Service => ({
  ...one,
  spec,
  generation: 2,
  preDeploy: held,
});

test("a command has to run for each spec that changes what tasks run, and for no other", () => {
  const first = { ...one, preDeploy: status("SUCCEEDED", null) };
  const rows = [
    ["a new service", null, one.spec, ["WAITING", undefined]],
    ["another image", first, spec2, ["WAITING", "web:1"]],
    ["more replicas", first, scaled(one.spec, 9), ["SUCCEEDED", undefined]],
    ["a command where there was none", { ...one, spec: { ...one.spec, preDeploy: null } }, one.spec, null],
    ["no command any more", at(spec2, status("RUNNING", one.spec)), { ...spec2, preDeploy: null }, null],
    ["another image while it runs", at(spec2, status("RUNNING", one.spec)), spec3, ["WAITING", "web:1"]],
    ["more replicas while it runs", at(spec2, status("RUNNING", one.spec)), scaled(spec2, 9), ["RUNNING", "web:1"]],
    ["the image before while it runs", at(spec2, status("RUNNING", one.spec)), one.spec, null],
    ["more replicas after it failed", at(spec2, status("FAILED", one.spec)), scaled(spec2, 9), ["WAITING", "web:1"]],
    ["another image where none was deployed", at(one.spec, status("FAILED", null)), spec2, ["WAITING", undefined]],
  ] as const;
  for (const [what, service, spec, wanted] of rows) {
    const after = preDeployAfter(service, spec);
    const has = after === null ? null : [after.state, after.base?.task.container.image];
    assert.deepEqual(has, wanted, what);
  }
});

test("what follows of the service as a whole holds for the spec before as well", () => {
  const after = preDeployAfter(at(spec2, status("RUNNING", one.spec)), scaled(spec2, 9));
  assert.deepEqual(after?.base?.mode === "replicated" && after.base.replicated.replicas, 9);
});

test("its job is like a task of the service, but for what would make it one that serves", () => {
  const container = createContainerSpec({
    image: "web:2",
    env: ["A=1"],
    args: ["serve"],
    initSteps: [{ command: ["warm"], user: "", dir: "", env: [], privileged: false }],
  });
  const task = {
    ...createTaskSpec({ container }),
    networks: [{ target: "n", aliases: ["www"], driverOptions: {} }],
    reservations: { nanoCpus: 4e9, memoryBytes: 1, pids: 0, generic: [] },
  };
  const job = preDeployJobSpec(createService("web", { task, preDeploy, ports: [createPort({ publishedPort: 80 })] }));
  const { restart, reservations, networks } = job.task;
  const { command, args, env, healthcheck, initSteps } = job.task.container;
  assert.deepEqual(
    { name: job.annotations.name, mode: job.mode, ports: job.endpoint?.ports, command, args, env, initSteps },
    {
      name: "web.pre-deploy",
      mode: "replicatedJob",
      ports: [],
      command: ["migrate"],
      args: [],
      env: ["A=1"],
      initSteps: [],
    },
  );
  assert.deepEqual(
    [healthcheck?.test, restart?.condition, reservations, networks[0]?.aliases],
    [["NONE"], "NONE", null, []],
  );
});
