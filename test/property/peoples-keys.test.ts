/**
 * Words that ordinary objects have an answer for, used wherever people choose a key: nothing may come from a prototype.
 */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import fc from "fast-check";

import { decodeEntry, encodeAction, joinEntry } from "../../manager/store/change-codec.ts";
import { sameData } from "../../manager/tasks/same-data.ts";
import { toDockerNode } from "../../shared/docker-shape/node.ts";
import { toDockerService } from "../../shared/docker-shape/service.ts";
import { hasLabels, labelOf, labelsOf } from "../../shared/objects/labels.ts";
import { services } from "../../shared/rpc/schema.ts";
import { ANYWHERE } from "../../shared/service-spec/defaults.ts";
import { fillTemplate } from "../../swarmctl/format/template.ts";
import { parseEnv, parseLabels } from "../../swarmctl/parse/words.ts";
import { labelsOfTask } from "../../worker/executor/wanted-container.ts";
import { seccompProfile } from "../../worker/runtime/seccomp.ts";
import { createContainerSpec, createNode, createService, createTask, createTaskSpec } from "../support/objects.ts";
import { scheduleOnce } from "../support/schedule.ts";
import { viewOf } from "../support/view.ts";

const WORDS = Object.getOwnPropertyNames(Object.prototype);
const key = fc.oneof(fc.constantFrom(...WORDS), fc.constantFrom("a", "_a", "a.b", "length", "prototype"));
const labels = fc.array(fc.tuple(key, fc.constantFrom("", "a", "x")), { maxLength: 6 }).map(labelsOf);

test("labels come out of the log as they went in, without a prototype", () => {
  fc.assert(
    fc.property(labels, labels, (ofService, ofContainer) => {
      const container = createContainerSpec({ labels: ofContainer });
      const service = { ...createService("web", { task: createTaskSpec({ container }) }) };
      const object = { ...service, spec: { ...service.spec, annotations: { name: "web", labels: ofService } } };
      const bytes = joinEntry({ sequence: 1, proposedAtMs: 1 }, [
        encodeAction({ kind: "service", action: "create", object }),
      ]);
      const [action] = decodeEntry(bytes).actions;
      assert(action?.kind === "service" && action.action === "create");
      assert.deepStrictEqual(action.object.spec.annotations.labels, ofService);
      assert.deepStrictEqual(action.object.spec.task.container.labels, ofContainer);
    }),
  );
});

test("labels come out of a call as they went in, without a prototype", () => {
  fc.assert(
    fc.property(labels, (given) => {
      const { encodeRequest, decodeRequest } = services.control.methods.updateNode;
      const spec = { annotations: { name: "", labels: given } };
      const decoded = decodeRequest(encodeRequest({ spec }));
      assert.deepStrictEqual(decoded.spec?.annotations?.labels, given);
    }),
  );
});

test("a constraint on a label of any name holds exactly where the label is", () => {
  fc.assert(
    fc.property(labels, key, fc.boolean(), (given, wanted, isEngine) => {
      const made = createNode("n1", isEngine ? {} : { labels: given });
      const node = isEngine ? { ...made, description: { ...made.description, engineLabels: given } } : made;
      const placement = { ...ANYWHERE, constraints: [`${isEngine ? "engine" : "node"}.labels.${wanted}==x`] };
      const task = createTask("t1", createService("web", { task: createTaskSpec({ placement }) }), {
        state: "PENDING",
      });
      const view = viewOf({ nodes: [node as typeof made], tasks: [task] });
      const { assigned, blocked } = scheduleOnce(view);
      assert.equal(assigned.length, labelOf(given, wanted) === "x" ? 1 : 0);
      assert.equal(assigned.length + blocked.length, 1);
    }),
  );
});

test("filters find a label of any name exactly where it is", () => {
  fc.assert(
    fc.property(labels, key, (given, wanted) => {
      assert.equal(hasLabels([wanted], given), Object.hasOwn(given, wanted));
      assert.equal(hasLabels([`${wanted}=x`], given), labelOf(given, wanted) === "x");
      // Objects that were not decoded have a prototype.
      assert.equal(hasLabels([wanted], { ...given }), Object.hasOwn(given, wanted));
    }),
  );
});

test("what the command line reads as labels is what it was given", () => {
  fc.assert(
    fc.property(labels, (given) => {
      const texts = Object.entries(given).map(([name, value]) => `${name}=${value}`);
      assert.deepStrictEqual(parseLabels(texts, "--label"), given);
    }),
  );
});

test("a variable that the command itself does not have is left out", () => {
  for (const word of WORDS) assert.deepEqual(parseEnv([word], "--env", {}), []);
  assert.deepEqual(parseEnv(["A"], "--env", { A: "1" }), ["A=1"]);
});

test("a changed label is a change, whatever its name", () => {
  fc.assert(
    fc.property(labels, labels, (left, right) => {
      const same = (a: object): string => JSON.stringify(Object.entries(a).sort());
      assert.equal(sameData({ labels: left }, { labels: right }), same(left) === same(right));
      assert.equal(sameData({ labels: { ...left } }, { labels: right }), same(left) === same(right));
    }),
  );
});

test("inspect and templates show labels of any name, and only those there are", () => {
  fc.assert(
    fc.property(labels, (given) => {
      const node = createNode("n1", { labels: given });
      const service = createService("web", { labels: given });
      for (const shown of [toDockerNode(node), toDockerService(service)]) {
        const entries = Object.entries((JSON.parse(JSON.stringify(shown)) as Shown).Spec.Labels);
        assert.deepEqual(entries.sort(), Object.entries(given).sort());
        for (const word of WORDS) {
          const text = fillTemplate(`{{.Spec.Labels.${word}}}`, shown, "noValue");
          assert.equal(text, labelOf(given, word) ?? "<no value>");
        }
      }
      const task = createTask(
        "t1",
        createService("web", { task: createTaskSpec({ container: createContainerSpec({ labels: given }) }) }),
        {},
      );
      const onContainer = JSON.parse(JSON.stringify(labelsOfTask(task))) as Readonly<Record<string, string>>;
      for (const [name, value] of Object.entries(given)) assert.equal(labelOf(onContainer, name), value);
    }),
  );
});

test("a capability or processor that is not listed allows nothing", () => {
  for (const word of WORDS) {
    assert.deepEqual(seccompProfile([word], "x64"), seccompProfile([], "x64"));
    assert.deepEqual(seccompProfile([], word).architectures, []);
  }
});

interface Shown {
  readonly Spec: { readonly Labels: Readonly<Record<string, string>> };
}
