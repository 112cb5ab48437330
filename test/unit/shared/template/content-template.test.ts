import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeId } from "../../../../shared/ids.ts";
import type { ContentSpec, Task } from "../../../../shared/objects/types.ts";
import { checkContentTemplate, fillContents } from "../../../../shared/template/content-template.ts";
import {
  createConfig,
  createContainerSpec,
  createSecret,
  createService,
  createTask,
  createTaskSpec,
  testId,
} from "../../../support/objects.ts";

const NODE = { hostname: "host1", platform: { architecture: "x86_64", os: "linux" } };
const PLANTED = "planted-value";
const file = (id: string, target: string) => ({ sourceId: testId<string>(id), sourceName: id, target, uid: 0, gid: 0 });
const asTemplate = <T extends { readonly spec: ContentSpec }>(object: T): T => ({
  ...object,
  spec: { ...object.spec, templateDriver: "golang" },
});

/** A task with secret `key`, config `site`, and one content more that is a template. */
function fill(kind: "secret" | "config", template: string): string {
  const container = createContainerSpec({
    env: ["STAGE=old", "STAGE=test"],
    secrets: [file("key", "db/key"), ...(kind === "secret" ? [file("made", "made")] : [])],
    configs: [file("site", "/etc/site"), ...(kind === "config" ? [file("made", "made")] : [])],
  });
  const spec = createTaskSpec({ container });
  const task: Task = createTask("t1", createService("web"), { slot: 2, spec, nodeId: testId<NodeId>("n1") });
  const made = asTemplate(kind === "secret" ? createSecret("made", template) : createConfig("made", template));
  const contents = new Map(
    [createSecret("key", PLANTED), createConfig("site", "{{.}}"), made].map((one) => [one.id, one]),
  );
  return fillContents(task, NODE, contents).get(testId("made"))?.toString() ?? "";
}

test("templates ask for service, node and task, the environment, and the task's other files as they are", () => {
  for (const kind of ["secret", "config"] as const) {
    assert.equal(
      fill(kind, '{{.Service.Name}}.{{.Task.Slot}}@{{.Node.Hostname}} {{env "STAGE"}}{{env "NONE"}}'),
      "web.2@host1 test",
    );
    assert.equal(fill(kind, '{{secret "db/key"}} {{secret "/run/secrets/db/key"}}'), `${PLANTED} ${PLANTED}`);
    assert.equal(fill(kind, '{{config "etc/site"}}'), "{{.}}", "what is asked for is not filled itself");
  }
});

test("a template that cannot be filled is told by its content's name, with no word of a secret", () => {
  assert.throws(() => fill("config", '{{secret "nope"}}'), {
    message: "the template of config made cannot be filled: what it refers to does not exist, or has another type",
  });
  assert.throws(() => fill("config", "{{.Nope}}"), {
    message: /^the template of config made cannot be filled: .*Nope/,
  });
  const leaky = ['{{secret "db/key" | index 5}}', '{{index (secret "db/key") "a"}}', `{{.Nope "${PLANTED}"}}`];
  for (const template of leaky) {
    for (const kind of ["secret", "config"] as const) {
      // What a config itself says may be told: it is no secret.
      if (kind === "config" && template.includes(PLANTED)) continue;
      assert.throws(
        () => fill(kind, template),
        (error: Error) => !`${error.stack}${JSON.stringify(error.cause ?? "")}`.includes(PLANTED),
        template,
      );
    }
  }
});

test("a filled template keeps to the limit of its kind", () => {
  const nine = "{{.Service.Name}}".repeat(1) + "x".repeat(511_998);
  assert.throws(() => fill("secret", nine), { message: /secret made is larger than 512000 bytes once its template/ });
});

test("at create a content must be a template that can be read, if it is said to be one", () => {
  const check = (kind: "secret" | "config", data: string | Buffer): void => {
    const { spec } = createSecret("made");
    checkContentTemplate(kind, { ...spec, data: Buffer.from(data), templateDriver: "golang" });
  };
  check("secret", '{{if eq .Task.Slot "1"}}{{env "A"}}{{end}}');
  assert.throws(() => check("config", "{{if}}"), { message: /^the template of config made is invalid: .*if/ });
  assert.throws(() => check("secret", `{{if "${PLANTED}"`), {
    message: "the template of secret made is invalid: its actions cannot be read",
  });
  assert.throws(() => check("config", Buffer.from([0xff, 0xfe])), { message: /is not UTF-8$/ });
  const { spec } = createSecret("plain", "{{if}}");
  checkContentTemplate("secret", spec);
});
