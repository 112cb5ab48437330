/** Who imports whom: layers, components of the manager, what a folder's README allows, no circles. */
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { alternativesOf, CODE, FILES, isFile, isFolder, type Report, ROOT } from "./tree.ts";

/** Which top folders a top folder may import; itself always. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  raft: ["shared"],
  manager: ["raft", "shared"],
  worker: ["shared"],
  "http-api": ["shared"],
  swarmd: ["raft", "manager", "worker", "http-api", "shared"],
  swarmctl: ["shared"],
};

/** Components of the manager meet in the store: none imports a sibling, except these shared ones. */
const MANAGER_COMMON = new Set(["store", "ports", "tasks"]);

interface Import {
  readonly file: string;
  readonly line: number;
  /** From the root. */
  readonly target: string;
  readonly isType: boolean;
}

export function checkImports(report: Report): void {
  const imports = CODE.flatMap(importsOf);
  for (const one of imports) {
    checkLayers(one, report);
    checkManager(one, report);
  }
  for (const readme of FILES.filter((file) => file.endsWith("README.md"))) checkReadme(readme, imports, report);
  checkCircles(imports, report);
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const statements = text.matchAll(/^(?:import|export)\b(\s+type\b)?(?:[^"';=]*?\bfrom)?\s+"(\.[^"]+)"/gm);
  const dynamic = text.matchAll(/\bimport\(()"(\.[^"]+)"\)/g);
  return [...statements, ...dynamic].map(({ 0: { length }, 1: type, 2: path = "", index }) => ({
    file,
    line: text.slice(0, index + length).split("\n").length,
    target: normalize(join(dirname(file), path)),
    isType: (type ?? "") !== "",
  }));
}

function checkLayers({ file, line, target }: Import, report: Report): void {
  const layer = file.split("/")[0] ?? "";
  const targetLayer = target.split("/")[0] ?? "";
  const allowed = LAYERS[layer];
  if (allowed === undefined || targetLayer === layer || allowed.includes(targetLayer)) return;
  report(file, line, `${layer} must not import ${targetLayer}`);
}

function checkManager({ file, line, target }: Import, report: Report): void {
  const [layer, own = "", ...ownRest] = file.split("/");
  const [targetLayer, other = "", ...otherRest] = target.split("/");
  // Files directly in manager/ compose the components or serve all of them.
  if (layer !== "manager" || targetLayer !== "manager" || ownRest.length === 0 || otherRest.length === 0) return;
  if (own !== other && !MANAGER_COMMON.has(other))
    report(file, line, `manager/${own} must not import manager/${other}: they meet in the store`);
}

/** "May import: shared, worker/{images,ports}, types of worker/runtime." holds for the folder and all below it. */
function checkReadme(readme: string, imports: readonly Import[], report: Report): void {
  const folder = dirname(readme);
  const sentence = /May import:?([\s\S]*?)(?:\.\s|\.$|\n\n)/.exec(readFileSync(join(ROOT, readme), "utf8"))?.[1];
  if (sentence === undefined || /\ball\s+layers\b|\bwhat\s+that\s+imports\b/.test(sentence)) return;
  const allowed = sentence
    .split(/,(?![^{]*\})|;|\band\b/)
    .flatMap((part) => wordsOf(part).map((path) => ({ path, typesOnly: /\btypes\b/.test(part) })))
    .flatMap(({ path, typesOnly }) => pathsMeant(path, folder).map((meant) => ({ path: meant, typesOnly })));
  for (const { file, line, target, isType } of imports) {
    if (!isBelow(file, folder) || isBelow(target, folder)) continue;
    const holds = allowed.some(({ path, typesOnly }) => isBelow(target, path) && (isType || !typesOnly));
    if (!holds)
      report(file, line, `${readme} does not say that ${folder} may import ${target}${isType ? " (type)" : ""}`);
  }
}

function wordsOf(part: string): readonly string[] {
  return (part.match(/[\w.-]*(?:\/|\{|\w)[\w./{},-]*/g) ?? []).flatMap(alternativesOf);
}

/** From the root, from the folder, or from the folder's layer ("ports" in worker/agent is worker/ports). */
function pathsMeant(word: string, folder: string): readonly string[] {
  const layer = folder.split("/")[0] ?? "";
  for (const base of ["", folder, dirname(folder), layer]) {
    const path = normalize(join(base, word)).replace(/\/$/, "");
    if (isFolder(path) || isFile(path)) return [path];
  }
  return [];
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Types count too: files that need each other are one idea in two places. */
function checkCircles(imports: readonly Import[], report: Report): void {
  const targetsOf = Map.groupBy(imports, ({ file }) => file);
  const state = new Map<string, "open" | "done">();
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      report(file, 1, `a circle of imports: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`);
      return;
    }
    state.set(file, "open");
    for (const { target } of targetsOf.get(file) ?? []) visit(target, [...path, file]);
    state.set(file, "done");
  };
  for (const file of targetsOf.keys()) visit(file, []);
}
