/** An instruction of a Dockerfile. */
export interface Instruction {
  /** Of its first line, from 1. */
  readonly line: number;
  /** On one line, with single blanks. */
  readonly text: string;
  /** Stages are counted from 1 by FROM; 0 = before the first one. */
  readonly stage: number;
  /** Its number in its stage; FROM is 1. */
  readonly step: number;
  /** On one line, with the blanks it has. */
  readonly raw: string;
  /** Of what belongs to it, from 1. */
  readonly lastLine: number;
  readonly documents: readonly HereDocument[];
}

/** What follows an instruction with `<<WORD`, up to a line WORD. */
export interface HereDocument {
  /** As the instruction has it: `<<-"WORD"`. */
  readonly marker: string;
  readonly word: string;
  readonly isQuoted: boolean;
  /** `<<-`: tabs at the beginnings of lines are not meant. */
  readonly isIndented: boolean;
  readonly lines: readonly string[];
  /** null = there is no line WORD. */
  readonly endLine: number | null;
}

/** The instructions of a Dockerfile with where they stand. Whether they make sense, the builder judges. */
export function instructionsOf(text: string): readonly Instruction[] {
  const lines = text.split(/\r?\n/);
  const escapeCharacter = /^#\s*escape\s*=\s*`/im.test(text.split(/\r?\n/, 1)[0] ?? "") ? "`" : "\\";
  const found: Instruction[] = [];
  let stage = 0;
  let step = 0;
  for (let at = 0; at < lines.length; at++) {
    const begin = at;
    if (isBlank(lines[at])) continue;
    const words: string[] = [];
    for (; at < lines.length; at++) {
      const line = lines[at] ?? "";
      // Comments and empty lines may stand within an instruction that goes on.
      if (words.length > 0 && isBlank(line)) continue;
      const trimmed = line.trimEnd();
      const goesOn = trimmed.endsWith(escapeCharacter);
      words.push(goesOn ? trimmed.slice(0, -1) : trimmed);
      if (!goesOn) break;
    }
    const joined = words.join(" ").replace(/\s+/g, " ").trim();
    const documents = hereDocuments(lines, at, joined);
    at = (documents.findLast(({ endLine }) => endLine !== null)?.endLine ?? at + 1) - 1;
    if (/^from\s/i.test(joined)) {
      stage++;
      step = 0;
    }
    step++;
    const raw = words.join("").trim();
    found.push({ line: begin + 1, text: joined, stage, step, raw, lastLine: at + 1, documents });
  }
  return found;
}

/** RUN <<EOF: what follows up to EOF belongs to the instruction. */
function hereDocuments(lines: readonly string[], at: number, instruction: string): readonly HereDocument[] {
  if (!/^(run|copy|add)\s/i.test(instruction)) return [];
  let begin = at + 1;
  return [...instruction.matchAll(/(?<=\s)\d*<<(-?)(["']?)([A-Za-z_][\w.-]*)\2(?=\s|$)/g)].map((match) => {
    const [marker, indented = "", quote = "", word = ""] = match;
    const isEnd = (line: string): boolean => (indented === "" ? line : line.replace(/^\t+/, "")) === word;
    const end = lines.findIndex((line, index) => index >= begin && isEnd(line));
    const known = { marker, word, isQuoted: quote !== "", isIndented: indented !== "" };
    if (end === -1) return { ...known, lines: [], endLine: null };
    const found = { ...known, lines: lines.slice(begin, end), endLine: end + 1 };
    begin = end + 1;
    return found;
  });
}

function isBlank(line: string | undefined): boolean {
  return /^\s*(#.*)?$/.test(line ?? "");
}

/** The instruction that a builder means by a step: by its text, of several by its number. */
export function instructionMeant(
  instructions: readonly Instruction[],
  said: { readonly text: string; readonly stage: number; readonly step: number },
): Instruction | null {
  const wanted = said.text.replace(/\s+/g, " ").trim();
  const same = instructions.filter(({ text }) => text === wanted);
  const byNumber = ({ stage, step }: Instruction): boolean => stage === said.stage && step === said.step;
  return same.find(byNumber) ?? same[0] ?? instructions.find(byNumber) ?? null;
}

const STEP = /^(?:\[(\d+)\/\d+\] )?STEP (\d+)\/\d+: (.*)$/;

/** The last step that a builder's output announces; null = none. */
export function lastStep(
  output: string,
): { readonly text: string; readonly stage: number; readonly step: number } | null {
  const match = output
    .split("\n")
    .map((line) => STEP.exec(line))
    .findLast((found) => found !== null);
  if (match === undefined || match === null) return null;
  const [, stage = "1", step = "1", text = ""] = match;
  return { text, stage: Number(stage), step: Number(step) };
}

/** With what a shell says that a process was ended by a signal: 128 and its number. */
const SIGNALLED: ReadonlyMap<string, number> = new Map([
  ["aborted", 134],
  ["bus error", 135],
  ["killed", 137],
  ["segmentation fault", 139],
  ["terminated", 143],
]);
export const ENDED_BY_SIGNAL = /^container exited on (.*)$/;

const NOT_MADE = /^error running container: from \S+ creating container for \[[\s\S]*\]: (.+)\n: exit status \d+/m;
/** Where the shell that stands in the runtime's place complains. */
const OF_THE_SHELL = /^\S+\/runtime: (?:\d+: )?/;

/**
 * What the builder said of its failure; of a step that could not be begun, why; of one that a signal ended, as when
 * memory ran out, with its exit code. `output` is what the builder wrote on standard error.
 */
export function stepFault(said: string, output: string): string {
  const cause = NOT_MADE.exec(output)?.[1];
  if (cause !== undefined) return `the step cannot be run: ${cause.replace(OF_THE_SHELL, "")}`;
  const names = output.split("\n").flatMap((line) => ENDED_BY_SIGNAL.exec(line)?.[1] ?? []);
  const code = SIGNALLED.get(names.at(-1) ?? "");
  return code === undefined ? said : said.replace(/\bexit status 1$/, `exit status ${code}`);
}

const COMPLAINT_OF_A_STEP =
  /^((?:Error: )?(?:error )?building at STEP ")(?:[\s\S]*(?=": while running runtime: )|[^\n]*?(?=": ))/gm;

/** What the builder wrote on standard error, with its complaint on one line, however many the failed command has. */
export function withShortComplaint(errors: string): string {
  return errors.replace(COMPLAINT_OF_A_STEP, "$1");
}

/** What the builder said of its failure, with the line of the Dockerfile before it. */
export function buildComplaint(
  said: string,
  output: string,
  file: string,
  instructions: readonly Instruction[],
): string {
  const cause = said
    .replace(/^(?:error )?building at STEP "(?:[^"\\]|\\.)*": /, "")
    .replace(/^Build error: /, "")
    .replace(/ &imagebuilder\.Step\{[\s\S]*$/, "")
    .replace(/^committing container for step \{Env:[\s\S]*?\}: /, "")
    .replace(/checking on sources under "[^"]*": (?:possible escaping [\w ]+: )?copier: stat: /, "not in the context: ")
    .replace(/^resolving mountpoints for container "\w*": /, "")
    .replace(/^creating build container: (?:initializing source \S+: )?/, "")
    .replace(/^determining run uid: user: unknown user error looking up user ("[^"]*")$/, "the image has no user $1");
  const parsed = /^(?:dockerfile )?parse error (?:on )?line (\d+): (.*)$/i.exec(cause);
  if (parsed !== null) return `${file}:${parsed[1]}: ${parsed[2]}`;
  const step = lastStep(output);
  const instruction = step === null ? null : instructionMeant(instructions, step);
  if (instruction === null) return `${file}: ${cause}`;
  const failure = failedCommand(instruction.text, cause);
  if (failure !== null) return `${file}:${instruction.line}: ${failure}`;
  return `${file}:${instruction.line}: ${instruction.text.slice(0, TEXT_CHARACTERS_MAX)}: ${cause}`;
}

/** Docker's words for a command that did not succeed, which its clients look for; null = it was something else. */
function failedCommand(instruction: string, cause: string): string | null {
  const code = /\bexit status (\d+)$/.exec(cause)?.[1];
  const [, command] = /^run\s+(?:--\S+\s+)*(.*)$/is.exec(instruction) ?? [];
  if (code === undefined || command === undefined) return null;
  const words = command.startsWith("[")
    ? command
        .replaceAll(/[[\]",]+/g, " ")
        .replaceAll(/\s+/g, " ")
        .trim()
    : null;
  const run = words ?? `/bin/sh -c ${command}`;
  const shown = run.length > TEXT_CHARACTERS_MAX ? `${run.slice(0, TEXT_CHARACTERS_MAX)}...` : run;
  return `The command '${shown}' returned a non-zero code: ${code}`;
}

/** An instruction may be a whole program. */
const TEXT_CHARACTERS_MAX = 120;
