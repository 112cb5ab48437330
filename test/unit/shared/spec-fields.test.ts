import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const ROOT = join(import.meta.dirname, "../../..");
const SPECS = ["ClusterSpec", "NodeSpec", "ServiceSpec", "NetworkSpec", "SecretSpec", "ConfigSpec"];

/**
 * Who acts on specs. The API only takes them in: a field that is checked there and nowhere else does nothing.
 * By name: a field that shares its name with a value somebody else reads can slip through.
 */
const ACTORS = ["raft", "manager", "worker", "swarmd"];
const INTAKE = "manager/api/";

/** Fields that work without anybody who reads them by their name, and why. */
const BY_OTHER_MEANS: ReadonlyMap<string, string> = new Map([
  ["ClusterSpec.forceRotate", "counted by Docker's clients; that it is another one begins a rotation as it is read"],
  ["Placement.priority", "read by shared/objects/priority.ts, which fills in what is meant where it is not given"],
  ["TaskSpec.forceUpdate", "a task whose spec differs from its service's in anything is replaced"],
  ["ServiceSpec.globalJob", "its presence is the mode, as of a global service"],
  ["ServiceSpec.global", "has no settings; which mode a service has is read as its `mode`"],
  ["ContainerSpec.configs", "read as the references of a kind of content"],
  ["ContainerSpec.userMode", "has one word, which is also what holds without it"],
  ["Mount.volumeDriver", "there is one driver; any other is refused"],
  ["ServiceSpec.onlyTold", "kept for whoever reads the service by Docker's API, and heeded by nobody"],
  ["OnlyTold.durations", "likewise"],
  ["OnlyTold.selinuxDisabled", "likewise"],
]);

test("every field of a spec is read by code that acts on it", () => {
  const fields = fieldsOfMessages();
  const reachable = new Set(SPECS);
  for (const message of reachable)
    for (const { type } of fields.get(message) ?? []) if (fields.has(type)) reachable.add(type);
  const read = namesReadByActors();
  const unread = [...reachable].flatMap((message) =>
    (fields.get(message) ?? []).filter(({ name }) => !read.has(name)).map(({ name }) => `${message}.${name}`),
  );
  assert.ok(reachable.size > 20, `found ${reachable.size} messages only`);
  assert.deepEqual(unread.sort(), [...BY_OTHER_MEANS.keys()].sort());
});

interface Field {
  /** As code has it. */
  readonly name: string;
  readonly type: string;
}

/** Of every message of objects.proto by its name. */
function fieldsOfMessages(): ReadonlyMap<string, readonly Field[]> {
  const messages = new Map<string, Field[]>();
  const open: string[] = [];
  for (const line of readFileSync(join(ROOT, "proto/swarm/v1/objects.proto"), "utf8").split("\n")) {
    const block = /^\s*(message|enum|oneof) (\w+) \{/.exec(line);
    if (block !== null) open.push(block[1] === "oneof" ? (open.at(-1) ?? "") : (block[2] ?? ""));
    if (/\}\s*$/.test(line)) open.pop();
    const field = /^\s*(?:(?:repeated|optional) |map<\w+, )?([\w.]+)>? (\w+) = \d+/.exec(line);
    if (field === null) continue;
    const fields = messages.get(open.at(-1) ?? "") ?? [];
    const name = (field[2] ?? "").replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    messages.set(open.at(-1) ?? "", [...fields, { name, type: field[1] ?? "" }]);
  }
  return messages;
}

/** As `.name`, or taken out of an object by `{ name }`. */
function namesReadByActors(): ReadonlySet<string> {
  const names = new Set<string>();
  for (const folder of ACTORS) {
    for (const path of readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })) {
      const file = join(folder, path);
      if (!file.endsWith(".ts") || file.startsWith(INTAKE)) continue;
      const code = readFileSync(join(ROOT, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
      for (const [, name] of code.matchAll(/\.(\w+)/g)) names.add(name ?? "");
      for (const [, name] of code.matchAll(/[{,]\s*(\w+)(?=\s*[,}=])/g)) names.add(name ?? "");
    }
  }
  return names;
}
