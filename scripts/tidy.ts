/**
 * Checks the repository against its rules: layers, ports, sizes, what folder READMEs promise, paths that
 * exist, words that must not appear. Prints every breach as `file:line: sentence` and exits 1 if there was one.
 */
import { checkImports, LAYERS } from "./tidy-parts/imports.ts";
import { checkProse } from "./tidy-parts/prose.ts";
import { type Breach, CODE, linesOf } from "./tidy-parts/tree.ts";

/** A longer file holds more than one idea. */
const FILE_LINES_MAX = 400;
/** A longer function is a list of functions. */
const FUNCTION_LINES_MAX = 70;

/** What only port implementations and entry points may touch, because a simulation must be able to replace it. */
const OUTSIDE_WORLD: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b|\bnew Date\(\)/, "reads the wall clock; take a Clock"],
  [/\bperformance\.now\b|\bprocess\.hrtime\b/, "reads the monotonic clock; take a Clock"],
  [/\bsetImmediate\(/, "starts a timer; take a Clock"],
  [/\bAbortSignal\.timeout\b/, "hides a timer; take a Clock"],
  [/\bMath\.random\b|\brandomUUID\b|\brandomBytes\b/, "draws from global chance; take a Random"],
  [
    /from "node:(fs|fs\/promises|child_process|net|tls|http2?|dgram|dns|timers.*|os)"/,
    "touches the outside; take a port",
  ],
  [/\bprocess\.(stdout|stderr)\b|\bconsole\.\w/, "prints; take a Logger, or in swarmctl its Output"],
  [/\bprocess\.(env|exit|kill|on)\b/, "touches the process; only main.ts and ports may"],
];

/** Looking up labels by a key that people chose; only `shared/objects/labels.ts` does that safely. */
const PEOPLES_KEYS = /(?<!delete )\b\w*[lL]abels\??(\.)?\[(?!")|\bin \w*[lL]abels\b\)?;/;

/**
 * Code that inspects the sentence of an error or a status. A sentence is for people and may change; what a program
 * needs is in the code and the detail (shared/errors.ts). What other programs and libraries print is read where it
 * comes in, by functions that are given the text: there it is no `.message` any more.
 */
const READS_SENTENCE = new RegExp(
  [
    /(\.message|\.err|messageOf\(\w+\))\??\.(includes|match|matchAll|startsWith|endsWith|search|indexOf|split|replace\w*)\(/,
    /\.(test|exec)\([^()]*(\.(message|err)|messageOf\(\w+\))\)/,
    /\b(error|cause|failure|reason)\.message [!=]==? /,
  ]
    .map(({ source }) => source)
    .join("|"),
);

/** The only place with the runtime's own timers, which count only to 2^31 - 1 ms. */
const SYSTEM_CLOCK = "shared/ports/system-clock.ts";

/** Words that would tell a reader about the workplace instead of the product. */
const BANNED_WORDS = /@ts-ignore|@ts-expect-error|\bas any\b|: any\b|\bTODO\b|\bFIXME\b|\bXXX\b/;

const breaches: Breach[] = [];

for (const file of CODE) {
  const lines = linesOf(file);
  checkSizes(file, lines);
  checkOutside(file, lines);
  if (file.endsWith("/index.ts")) report(file, 1, "a barrel: import the file, not the folder");
}
checkImports(report);
checkProse(report);

breaches.sort((a, b) => a.file.localeCompare(b.file, "en") || a.line - b.line);
for (const { file, line, sentence } of breaches) console.log(`${file}:${line}: ${sentence}`);
console.log(`tidy: ${CODE.length} files, ${breaches.length} breaches`);
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

function checkOutside(file: string, lines: readonly string[]): void {
  const isCore = LAYERS[file.split("/")[0] ?? ""] !== undefined;
  const isPort = /(^|\/)ports\//.test(file) || /^(swarmd|swarmctl)\/main\.ts$/.test(file);
  lines.forEach((line, at) => {
    const code = line.replace(/\/\/.*$/, "").replace(/^\s*\*.*$/, "");
    if (file !== "scripts/tidy.ts" && BANNED_WORDS.test(code))
      report(file, at + 1, `has ${BANNED_WORDS.exec(code)?.[0]}`);
    if (isCore && READS_SENTENCE.test(code))
      report(file, at + 1, "reads a sentence that is for people; read the error's code or detail");
    if (isCore && file !== SYSTEM_CLOCK && /\bset(Timeout|Interval)\(/.test(code))
      report(
        file,
        at + 1,
        "starts a timer that fires at once beyond 24.8 days; take a Clock, in a port the systemClock",
      );
    if (!isCore || isPort) return;
    if (file !== "shared/objects/labels.ts" && PEOPLES_KEYS.test(code))
      report(file, at + 1, "looks a label up in an object; use labelOf");
    for (const [pattern, why] of OUTSIDE_WORLD) if (pattern.test(code)) report(file, at + 1, why);
  });
}

function report(file: string, line: number, sentence: string): void {
  breaches.push({ file, line, sentence });
}
