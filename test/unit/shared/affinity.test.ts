import { strict as assert } from "node:assert";
import { test } from "node:test";
import { affinityText, parseAffinity } from "../../../shared/affinity.ts";

const READ: readonly (readonly [text: string, service: string, avoid: boolean, topology: string, soft: boolean])[] = [
  ["service==db", "db", false, "", false],
  ["service = db", "db", false, "", false],
  ["service!=web", "web", true, "", false],
  ["service!=web,soft", "web", true, "", true],
  ["service==db,topology=node.labels.zone", "db", false, "node.labels.zone", false],
  ["service==db, soft, topology=engine.labels.rack", "db", false, "engine.labels.rack", true],
];

for (const [text, service, avoid, topology, soft] of READ) {
  test(`"${text}" is read, and written so that it is read again`, () => {
    const affinity = parseAffinity(text);
    assert.deepEqual(affinity, { service, avoid, topology, soft });
    assert.deepEqual(parseAffinity(affinityText(affinity)), affinity);
  });
}

const REFUSED: readonly (readonly [text: string, why: RegExp])[] = [
  ["", /invalid affinity "": expected service==NAME or service!=NAME/],
  ["db", /expected service==NAME/],
  ["node==db", /expected service==NAME/],
  ["service==", /expected service==NAME/],
  ["service==a b", /expected service==NAME/],
  ["service==db,hard", /expected topology=node.labels.KEY or soft instead of "hard"/],
  ["service==db,soft,soft", /instead of "soft"/],
  ["service==db,topology=zone", /a topology is node.labels.KEY or engine.labels.KEY/],
  ["service==db,topology=", /a topology is node.labels.KEY/],
  ["service==db,topology=node.labels.a,topology=node.labels.b", /instead of "topology=node.labels.b"/],
];

for (const [text, why] of REFUSED) {
  test(`"${text}" is refused`, () => {
    assert.throws(() => parseAffinity(text), { code: "invalidArgument", message: why });
  });
}
