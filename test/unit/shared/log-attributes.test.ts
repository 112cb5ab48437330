import assert from "node:assert/strict";
import { test } from "node:test";
import { checkTag, logAttributes, tagOf } from "../../../shared/objects/log-attributes.ts";
import { logLimits } from "../../../shared/objects/log-driver.ts";

const CONTAINER = {
  containerId: "0123456789abcdef".repeat(4),
  name: "web.1.x",
  imageName: "nginx",
  labels: { tier: "front" },
  env: ["A=1", "B", "C=x=y"],
};
const of = (options: Readonly<Record<string, string>>) => [...logAttributes({ name: "json-file", options }, CONTAINER)];

test("a line gets the labels and variables that are named and there, and the tag, sorted", () => {
  assert.deepEqual(of({ env: "C,A,NONE", labels: "tier,nothing", tag: "{{.Name}}/{{.ID}}" }), [
    ["A", "1"],
    ["C", "x=y"],
    ["tag", "web.1.x/0123456789ab"],
    ["tier", "front"],
  ]);
  assert.deepEqual(of({ env: "toString,constructor", labels: "toString" }), []);
  assert.deepEqual([...logAttributes(null, CONTAINER)], []);
});

test("a tag is Docker's template, and one that no container could fill in is refused when it is given", () => {
  assert.equal(tagOf("{{.ImageName}} {{.DaemonName}} {{.FullID}}", CONTAINER), `nginx swarmd ${CONTAINER.containerId}`);
  for (const tag of ["{{.Nam}}", "{{", "{{.Name"]) {
    assert.throws(() => checkTag(tag), /invalid log option tag: .*it may have \.ID/);
    assert.throws(() => logLimits({ name: "local", options: { tag } }), /invalid log option tag/);
  }
  logLimits({ name: "json-file", options: { tag: "{{.Name}}", labels: "a,b", env: "C" } });
});
