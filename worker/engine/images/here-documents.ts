import { createHash } from "node:crypto";
import { SwarmError } from "../../../shared/errors.ts";
import { type HereDocument, type Instruction, instructionsOf } from "./dockerfile.ts";
import { DockerfileVariables } from "./dockerfile-variables.ts";

/** What a builder that knows no here-documents is given instead. */
export interface PlainDockerfile {
  readonly text: string;
  /** Contents of here-documents that are copied or run as files, by their paths in the context HERE_CONTEXT. */
  readonly files: ReadonlyMap<string, string>;
}

/** A further context of the build, so that no `COPY .` takes them along. */
export const HERE_CONTEXT = "swarmd-here-documents";
/** The builder reads no longer line. */
const LINE_BYTES_MAX = 60_000;
const DEFAULT_SHELL: readonly string[] = ["/bin/sh", "-c"];
const FILE_OF_A_STEP = "/dev/here-document";

/**
 * The same Dockerfile without here-documents, each instruction at its line: commands become one argument of the shell,
 * files come from a context of their own. @throws SwarmError invalidArgument, naming the line.
 */
export function withoutHereDocuments(text: string, file: string, buildArgs: readonly string[]): PlainDockerfile {
  const instructions = instructionsOf(text);
  if (instructions.every(({ documents }) => documents.length === 0)) return { text, files: new Map() };
  const lines: string[] = text.split(/\r?\n/);
  const files = new Map<string, string>();
  const shells = new Shells();
  const variables = new DockerfileVariables(buildArgs);
  for (const instruction of instructions) {
    shells.see(instruction);
    variables.see(instruction);
    if (instruction.documents.length === 0) continue;
    const at = `${file}:${instruction.line}: `;
    for (const { marker, endLine } of instruction.documents) {
      if (endLine === null) throw invalid(`${at}${marker} has no end: a line with nothing but its word`);
    }
    const plain = /^run\s/i.test(instruction.raw)
      ? command(instruction, shells.now, files)
      : copy(instruction, at, variables, files);
    if (Buffer.byteLength(plain) > LINE_BYTES_MAX) throw invalid(`${at}a here-document of a command may have 60 KB`);
    for (let line = instruction.line; line <= instruction.lastLine; line++) lines[line - 1] = "";
    lines[instruction.line - 1] = plain;
  }
  return { text: lines.join("\n"), files };
}

function command({ raw, documents }: Instruction, shell: readonly string[], files: Map<string, string>): string {
  const [, flags = "", rest = ""] = /^run\s+((?:--\S+\s+)*)(.*)$/is.exec(raw) ?? [];
  const [first] = documents;
  if (first === undefined) return raw;
  if (rest.trim() !== first.marker) {
    const bodies = documents.map(({ lines, word }) => [...lines, word].join("\n"));
    return `RUN ${flags}${JSON.stringify([...shell, [rest.trim(), ...bodies, ""].join("\n")])}`;
  }
  const content = contentOf(first);
  if (!content.startsWith("#!")) return `RUN ${flags}${JSON.stringify([...shell, content])}`;
  const source = keep(files, first.word, content);
  const mount = `--mount=type=bind,from=${HERE_CONTEXT},source=${source},target=${FILE_OF_A_STEP}`;
  return `RUN ${flags}${mount} ${JSON.stringify([FILE_OF_A_STEP])}`;
}

function copy(
  { raw, documents }: Instruction,
  at: string,
  variables: DockerfileVariables,
  files: Map<string, string>,
): string {
  const [, flags = "", rest = ""] = /^(?:copy|add)\s+((?:--\S+\s+)*)(.*)$/is.exec(raw) ?? [];
  const words = rest.trim().split(/\s+/);
  const target = words.pop() ?? "";
  if (words.length !== documents.length || /--from=/i.test(flags)) {
    throw invalid(`${at}here-documents and files cannot be copied by one instruction: write two`);
  }
  const sources = documents.map((document) => {
    const content = contentOf(document);
    return keep(files, document.word, document.isQuoted ? content : variables.expand(content, at, document.word));
  });
  return `COPY --from=${HERE_CONTEXT} ${flags}${sources.join(" ")} ${target}`;
}

/** A path that no other content has, so that the builder's cache does not take one for the other. */
function keep(files: Map<string, string>, word: string, content: string): string {
  const path = `${createHash("sha256").update(content).digest("hex").slice(0, 16)}/${word}`;
  files.set(path, content);
  return `/${path}`;
}

function contentOf({ lines, isIndented }: HereDocument): string {
  return lines.map((line) => `${isIndented ? line.replace(/^\t+/, "") : line}\n`).join("");
}

/** With which shell commands run: what SHELL says, in this stage or in the one that it begins with. */
class Shells {
  now = DEFAULT_SHELL;
  readonly #ofStages = new Map<string, readonly string[]>();
  #stage = "";

  see({ text }: Instruction): void {
    const [, base = "", name] = /^from\s+(?:--\S+\s+)*(\S+)(?:\s+as\s+(\S+))?/i.exec(text) ?? [];
    if (base !== "") {
      this.#ofStages.set(this.#stage, this.now);
      this.now = this.#ofStages.get(base.toLowerCase()) ?? DEFAULT_SHELL;
      this.#stage = name?.toLowerCase() ?? "";
    }
    const shell = /^shell\s+(\[.*\])$/i.exec(text)?.[1];
    if (shell !== undefined) this.now = wordsOf(shell) ?? this.now;
  }
}

function wordsOf(json: string): readonly string[] | null {
  try {
    const words: unknown = JSON.parse(json);
    return Array.isArray(words) && words.every((word) => typeof word === "string") ? words : null;
  } catch {
    return null;
  }
}

function invalid(sentence: string): SwarmError {
  return new SwarmError("invalidArgument", sentence);
}
