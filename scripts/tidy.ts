/**
 * Holds the house to its rules (docs/ARCHITECTURE.md): layers, ports, sizes, folder READMEs, words that must not
 * appear. Prints every breach as `file:line: sentence` and exits 1 if there was one.
 */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

const root = join(import.meta.dirname, "..");
/** Longer than this and a file holds more than one idea. */
const FILE_LINES_MAX = 400;
/** Longer than this and a function is a list of functions. */
const FUNCTION_LINES_MAX = 70;

/** Which top folders a top folder may import; itself always. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  raft: ["shared"],
  manager: ["raft", "shared"],
  worker: ["shared"],
  swarmd: ["raft", "manager", "worker", "shared"],
  swarmctl: ["shared"],
};

/** Components of the manager meet in the store: none imports a sibling, except these shared ones. */
const MANAGER_COMMON = new Set(["store", "ports", "tasks"]);

/** What only port implementations and entry points may touch, because a simulation must be able to replace it. */
const OUTSIDE_WORLD: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b|\bnew Date\(\)/, "reads the wall clock; take a Clock"],
  [/\bperformance\.now\b|\bprocess\.hrtime\b/, "reads the monotonic clock; take a Clock"],
  [/\bset(Timeout|Interval|Immediate)\(/, "starts a timer; take a Clock"],
  [/\bAbortSignal\.timeout\b/, "hides a timer; take a Clock"],
  [/\bMath\.random\b|\brandomUUID\b|\brandomBytes\b/, "draws from global chance; take a Random"],
  [
    /from "node:(fs|fs\/promises|child_process|net|tls|http2?|dgram|dns|timers.*|os)"/,
    "touches the outside; take a port",
  ],
  [/\bprocess\.(env|exit|kill|on)\b/, "touches the process; only main.ts and ports may"],
];

/** Labels by a key that is somebody's word; `shared/objects/labels.ts` is the place where that is safe. */
const PEOPLES_KEYS = /(?<!delete )\b\w*[lL]abels\??(\.)?\[(?!")|\bin \w*[lL]abels\b\)?;/;

/** Words that would tell a reader about the workplace instead of the product. */
const BANNED_WORDS = /@ts-ignore|@ts-expect-error|\bas any\b|: any\b|\bTODO\b|\bFIXME\b|\bXXX\b/;

interface Breach {
  readonly file: string;
  readonly line: number;
  readonly sentence: string;
}

const breaches: Breach[] = [];
const importsOf = new Map<string, readonly string[]>();
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file.endsWith(".ts") && !file.startsWith("shared/rpc/gen/") && existsSync(join(root, file)));

for (const file of files) {
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  checkSizes(file, lines);
  checkImports(file, lines);
  checkOutside(file, lines);
}
checkReadmes();
checkObjectDocs();
checkCircles();

breaches.sort((a, b) => a.file.localeCompare(b.file, "en") || a.line - b.line);
for (const { file, line, sentence } of breaches) console.log(`${file}:${line}: ${sentence}`);
console.log(`tidy: ${files.length} files, ${breaches.length} breaches`);
if (breaches.length > 0) process.exitCode = 1;

function checkSizes(file: string, lines: readonly string[]): void {
  if (lines.length > FILE_LINES_MAX)
    report(file, 1, `${lines.length} lines; at most ${FILE_LINES_MAX}: split it by idea`);
  if (file.startsWith("test/")) return;
  lines.forEach((line, at) => {
    const opening =
      /^(\s*)(export )?(default )?(async )?(static )?(function\b|#?\w+(<.*>)?\(|get |set |const \w+ = (async )?\().*\{$/.exec(
        line,
      );
    if (opening === null || /^\s*(if|for|while|switch|catch|return|else|do|describe|test|it)\b/.test(line)) return;
    const closing = `${opening[1] ?? ""}}`;
    const length = lines.slice(at + 1).findIndex((later) => later.startsWith(closing)) + 2;
    if (length > FUNCTION_LINES_MAX)
      report(file, at + 1, `a function of ${length} lines; at most ${FUNCTION_LINES_MAX}`);
  });
}

function checkImports(file: string, lines: readonly string[]): void {
  const layer = file.split("/")[0] ?? "";
  const allowed = LAYERS[layer];
  if (file.endsWith("/index.ts")) report(file, 1, "a barrel: import the file, not the folder");
  lines.forEach((line, at) => {
    const target = /(?:from|import) "(\.[^"]+)"/.exec(line)?.[1];
    if (target === undefined) return;
    const resolved = relative(root, normalize(join(root, dirname(file), target)));
    importsOf.set(file, [...(importsOf.get(file) ?? []), resolved]);
    if (allowed === undefined) return;
    const targetLayer = resolved.split("/")[0] ?? "";
    if (targetLayer !== layer && !allowed.includes(targetLayer))
      report(file, at + 1, `${layer} must not import ${targetLayer}`);
    if (layer === "manager" && targetLayer === "manager") checkManagerImport(file, at + 1, resolved);
  });
}

function checkManagerImport(file: string, line: number, target: string): void {
  const [, own = "", ...ownRest] = file.split("/");
  const [, other = "", ...otherRest] = target.split("/");
  // Files that lie directly in manager/ compose the components or serve all of them.
  if (ownRest.length === 0 || otherRest.length === 0) return;
  if (own !== other && !MANAGER_COMMON.has(other))
    report(file, line, `manager/${own} must not import manager/${other}: they meet in the store`);
}

function checkOutside(file: string, lines: readonly string[]): void {
  const isCore = LAYERS[file.split("/")[0] ?? ""] !== undefined;
  const isPort = /(^|\/)ports\//.test(file) || /^(swarmd|swarmctl)\/main\.ts$/.test(file);
  lines.forEach((line, at) => {
    const code = line.replace(/\/\/.*$/, "").replace(/^\s*\*.*$/, "");
    if (file !== "scripts/tidy.ts" && BANNED_WORDS.test(code))
      report(file, at + 1, `has ${BANNED_WORDS.exec(code)?.[0]}`);
    if (!isCore || isPort) return;
    if (file !== "shared/objects/labels.ts" && PEOPLES_KEYS.test(code))
      report(file, at + 1, "looks a label up in an object; use labelOf");
    for (const [pattern, why] of OUTSIDE_WORLD) if (pattern.test(code)) report(file, at + 1, why);
  });
}

function checkReadmes(): void {
  const folders = new Set(
    files.filter((file) => LAYERS[file.split("/")[0] ?? ""] !== undefined).map((file) => dirname(file)),
  );
  for (const folder of folders) {
    if (/(^|\/)ports$/.test(folder)) continue;
    if (!existsSync(join(root, folder, "README.md"))) report(folder, 1, "has no README.md");
  }
}

/** The objects are what outsiders build on: every field says what it is. */
function checkObjectDocs(): void {
  const file = "proto/swarm/v1/objects.proto";
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  lines.forEach((line, at) => {
    const field = /^\s+(?:(?:repeated |optional )?(?:map<[^>]*>|[\w.]+) )?(\w+) = \d+;/.exec(line)?.[1];
    if (field === undefined || lines[at - 1]?.trim().startsWith("//") === true) return;
    report(file, at + 1, `${field} has no docstring`);
  });
}

/** Types count too: files that need each other are one idea in two places. */
function checkCircles(): void {
  const state = new Map<string, "open" | "done">();
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      report(file, 1, `a circle of imports: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`);
      return;
    }
    state.set(file, "open");
    for (const target of importsOf.get(file) ?? []) visit(target, [...path, file]);
    state.set(file, "done");
  };
  for (const file of importsOf.keys()) visit(file, []);
}

function report(file: string, line: number, sentence: string): void {
  breaches.push({ file, line, sentence });
}
