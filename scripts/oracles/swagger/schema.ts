/** Asks every GET of Docker's API, holds the answers against its description, and their keys beside a dockerd's. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { toolPath } from "../../lab-parts/tools.ts";
import { KnownDifferences } from "../dockerd/script.ts";
import { ShapeBook, shapeDifferences } from "../dockerd/shapes.ts";
import { ask } from "../http/ask.ts";
import { fillDockerd, openLabHost } from "../lab-host.ts";
import type { Expectations, Outcome } from "../verdict.ts";
import { type Description, type Operation, readDescription } from "./description.ts";
import { type SceneNames, setScene } from "./scene.ts";
import { faultsOf } from "./validate.ts";

export const SCHEMA_NEEDS = `scripts/oracle schema FILE [SOCKET]
FILE is moby's description of API 1.50 (api/swagger.yaml of v28.2). SOCKET is that of a dockerd that has nothing yet, as
for scripts/oracle dockerd: then the keys of its answers are compared as well.`;

/** Parameters without which there is no answer, or none that ends. */
const QUERIES: ReadonlyMap<string, string> = new Map([
  ["/containers/json", "all=1&size=1"],
  ["/containers/{id}/json", "size=1"],
  ["/containers/{id}/logs", "stdout=1"],
  ["/containers/{id}/stats", "stream=0"],
  ["/containers/{id}/archive", "path=/etc"],
  ["/images/json", "all=1&shared-size=1"],
  ["/images/search", "term=busybox"],
  ["/images/get", "names=busybox"],
  ["/events", "since=1&until=0s"],
  ["/services", "status=1"],
  ["/services/{id}/logs", "stdout=1"],
  ["/tasks/{id}/logs", "stdout=1"],
]);

/** Not questions: a connection to talk on, and what only plugins have. */
const LEFT_OUT = new Set(["/containers/{id}/attach/ws", "/plugins/privileges", "/plugins/{name}/json"]);

interface Answers {
  /** Lines of what is wrong by the description. */
  readonly faults: readonly string[];
  readonly passed: readonly string[];
  readonly shapes: ShapeBook;
}

export async function runSchema(file: string, reference: string | undefined): Promise<Expectations> {
  const description = readDescription(readFileSync(file, "utf8"));
  const base = mkdtempSync(join(tmpdir(), "swarm-schema-"));
  using _files = { [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }) };
  await using host = await openLabHost();
  const ours = await askAll(host.socket, description);
  const outcomes: Outcome[] = [
    ...ours.passed.map((test) => ({ test, how: "passed" }) as const),
    ...ours.faults.map((test) => ({ test, how: "failed" }) as const),
    ...[...LEFT_OUT].map((path) => ({ test: `GET ${path}`, how: "leftOut" }) as const),
  ];
  if (reference !== undefined) {
    await using _filled = await fillDockerd(reference, base, dirname(await toolPath("docker")));
    const theirs = await askAll(reference, description);
    // What a real dockerd answers is right, whatever is written.
    const right = new Set(theirs.faults);
    outcomes.push(...keyOutcomes(theirs.shapes, ours.shapes));
    return withKnown(outcomes.map((each) => (right.has(each.test) ? { ...each, how: "passed" } : each)));
  }
  return withKnown(outcomes);
}

async function askAll(socket: string, description: Description): Promise<Answers> {
  const names = await setScene(socket);
  const faults: string[] = [];
  const passed: string[] = [];
  const shapes = new ShapeBook();
  for (const operation of description.operations) {
    if (operation.method !== "GET" || LEFT_OUT.has(operation.path)) continue;
    for (const [name, target] of targetsOf(operation, names)) {
      const test = `GET ${operation.path}${name === "" ? "" : ` (${name})`}`;
      const { status, headers, body } = await ask(socket, { method: "GET", target });
      const isJson = headers["content-type"] === "application/json" && operation.path !== "/events";
      const value = isJson ? (JSON.parse(body.toString()) as unknown) : null;
      const found = isJson || status !== 200 ? badAnswer(status, value, operation, description) : [];
      if (isJson && status === 200) shapes.note(`GET ${operation.path}`, value);
      faults.push(...found.map((sentence) => `${test}: ${sentence}`));
      if (found.length === 0) passed.push(test);
    }
  }
  return { faults, passed, shapes };
}

function badAnswer(
  status: number,
  value: unknown,
  { answers }: Operation,
  description: Description,
): readonly string[] {
  if (status !== 200) return [`answers ${status}`];
  const schema = answers.get(200) ?? null;
  return schema === null ? [] : [...new Set(faultsOf(value, schema, description))];
}

function targetsOf({ path }: Operation, names: SceneNames): readonly (readonly [name: string, target: string])[] {
  const query = QUERIES.get(path);
  const suffix = query === undefined ? "" : `?${query}`;
  if (!path.includes("{")) return [["", `${path}${suffix}`]];
  const noun = path.split("/")[1] ?? "";
  return (names.get(noun) ?? []).map((name, at) => [
    // Ids differ from run to run.
    /^[0-9a-z]{25,}$/.test(name) ? (at === 0 ? "it" : `it ${at}`) : name,
    `${path.replace(/\{\w+\}/, encodeURIComponent(name))}${suffix}`,
  ]);
}

function keyOutcomes(theirs: ShapeBook, ours: ShapeBook): readonly Outcome[] {
  return theirs.operations.flatMap((operation): readonly Outcome[] => {
    const [there, here] = [theirs.of(operation), ours.of(operation)];
    if (there === null || here === null) return [];
    const found = shapeDifferences(there, here);
    if (found.length === 0) return [{ test: `keys: ${operation}`, how: "passed" }];
    return found.map((what) => ({ test: `keys: ${operation}: ${what}`, how: "failed" }));
  });
}

function withKnown(outcomes: readonly Outcome[]): Expectations {
  const known = new KnownDifferences(readFileSync(join(import.meta.dirname, "known.txt"), "utf8"));
  const reasons = new Map<string, string>();
  for (const { test, how } of outcomes) {
    const reason = how === "failed" ? known.reasonOf(test) : null;
    if (reason !== null) reasons.set(test, reason);
  }
  return { outcomes, known: reasons };
}
