import { SwarmError } from "../../../shared/errors.ts";
import type { Instruction } from "./dockerfile.ts";

/** Arguments that an instruction has at least; those that are not here are unknown. */
const ARGUMENTS_MIN: ReadonlyMap<string, number> = new Map([
  ...(["ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER"] as const).map(one),
  ...(["ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"] as const).map(one),
  ["ADD", 2],
  ["COPY", 2],
]);
/** CMD and ENTRYPOINT without words take those of the base away; a flag alone may be all that RUN has. */
const MAY_BE_EMPTY: ReadonlySet<string> = new Set(["CMD", "ENTRYPOINT"]);
const PORT = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(?:tcp|udp|sctp))?$/i;
const PORT_MAX = 65_535;

/** What can be said before anything is done. @throws SwarmError invalidArgument, naming the line. */
export function checkDockerfile(instructions: readonly Instruction[], file: string): void {
  const [first] = instructions;
  if (first === undefined) throw new SwarmError("invalidArgument", `${file} has no instructions`);
  for (const instruction of instructions) {
    const why = complaint(instruction);
    if (why !== null) throw new SwarmError("invalidArgument", `${file}:${instruction.line}: ${why}`);
  }
  const misplaced = instructions.find(({ stage, text }) => stage === 0 && !/^arg\s/i.test(text));
  if (misplaced === undefined && instructions.some(({ stage }) => stage > 0)) return;
  const { line } = misplaced ?? first;
  throw new SwarmError("invalidArgument", `${file}:${line}: a Dockerfile begins with FROM, or ARG and then FROM`);
}

function complaint({ text }: Instruction): string | null {
  const [word = "", ...rest] = text.split(" ");
  const name = word.toUpperCase();
  const min = ARGUMENTS_MIN.get(name);
  if (min === undefined) return `unknown instruction: ${word.slice(0, 40)}`;
  const given = rest.slice(rest.findIndex((each) => !each.startsWith("--")));
  const count = rest.every((each) => each.startsWith("--")) ? 0 : given.length;
  const isList = given[0]?.startsWith("[") === true;
  if (name === "FROM" && count !== 1 && !(count === 3 && /^as$/i.test(given[1] ?? ""))) {
    return "FROM is followed by an image, and maybe AS and a name";
  }
  if (count < min && !isList && !MAY_BE_EMPTY.has(name))
    return `${name} needs at least ${min === 1 ? "one argument" : "two arguments: what, and where to"}`;
  return name === "EXPOSE" ? badPort(given) : null;
}

function badPort(ports: readonly string[]): string | null {
  const bad = ports.find((port) => {
    if (port.includes("$")) return false;
    const [, from, to = from] = PORT.exec(port) ?? [];
    return from === undefined || Number(from) > PORT_MAX || Number(to) > PORT_MAX || Number(from) > Number(to);
  });
  return bad === undefined ? null : `${bad.slice(0, 40)} is no port: write PORT[-PORT][/tcp|udp|sctp]`;
}

function one(name: string): readonly [string, number] {
  return [name, 1];
}
