import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeId, ServiceId, TaskId } from "../../../../shared/ids.ts";
import { fillContainer } from "../../../../shared/template/task-template.ts";
import { createContainerSpec, createMount } from "../../../support/objects.ts";

const task = {
  id: "t1" as TaskId,
  serviceId: "s1" as ServiceId,
  nodeId: "n1" as NodeId,
  slot: 3,
  serviceAnnotations: { name: "web", labels: { tier: "front", "a.b": "c" } },
};
const node = { hostname: "host1", platform: { architecture: "x86_64", os: "linux" } };
const filledWith = (text: string, given = task): string =>
  fillContainer(createContainerSpec({ env: [`A=${text}`] }), given, node).env[0] ?? "";

for (const [template, value] of [
  ["{{.Service.ID}} {{.Service.Name}} {{.Service.Labels}}", "s1 web map[a.b:c tier:front]"],
  ['{{.Service.Labels.tier}} {{index .Service.Labels "a.b"}}', "front c"],
  ["{{.Node.ID}} {{.Node.Hostname}} {{.Node.Platform.OS}} {{.Node.Platform.Architecture}}", "n1 host1 linux x86_64"],
  ["{{.Task.ID}} {{.Task.Name}} {{.Task.Slot}}", "t1 web.3.t1 3"],
  ['{{join "-" .Service.Name .Task.Slot}}', "web-3"],
  ["a=b {}", "a=b {}"],
] as const) {
  test(`${template} is ${value}`, () => assert.equal(filledWith(template), `A=${value}`));
}

test("a template that writes a zero byte is refused by the name of the field", () => {
  assert.throws(() => filledWith('{{printf "%c" 0}}'), /environment variable A: its template gives a zero byte/);
});

test("a global service's slot is its node", () => {
  assert.equal(filledWith("{{.Task.Slot}} {{.Task.Name}}", { ...task, slot: 0 }), "A=n1 web.n1.t1");
});

test("host name and mounts are filled, keys of variables and all else stay as they are", () => {
  const mount = createMount({ type: "BIND" });
  const given = createContainerSpec({
    hostname: "{{.Service.Name}}-{{.Task.Slot}}",
    mounts: [
      { ...mount, source: "/srv/{{.Task.Slot}}", target: "/{{.Service.Name}}" },
      createMount({ volumeOptions: { device: ":/{{.Task.Slot}}" }, volumeLabels: { "{{.X}}": "{{.Service.Name}}" } }),
    ],
    env: ["{{.X}}=1", "BARE"],
    args: ["{{.Task.Slot}}"],
  });
  const filled = fillContainer(given, task, node);
  assert.deepEqual(structuredClone(filled), {
    ...structuredClone(given),
    hostname: "web-3",
    mounts: [
      { ...structuredClone(mount), source: "/srv/3", target: "/web" },
      structuredClone(createMount({ volumeOptions: { device: ":/3" }, volumeLabels: { "{{.X}}": "web" } })),
    ],
  });
});

test("the templates of one container share their steps", () => {
  const slow = `${"{{range $.Service.Labels}}".repeat(14)}{{end}}${"{{end}}".repeat(13)}`;
  const container = createContainerSpec({ env: ["A", "B", "C", "D"].map((name) => `${name}=${slow}`) });
  assert.throws(() => fillContainer(container, task, node), {
    code: "invalidArgument",
    message: /^environment variable [A-D]: template error at "{{range \$.Service.Labels}}": it takes too many steps/,
  });
});
