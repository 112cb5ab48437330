import { SwarmError } from "../errors.ts";

export const SIGKILL = 9;
const SIGTERM = 15;
export const SIGSTOP = 19;
/** Real-time signals as libc numbers them on Linux. */
const SIGRTMIN = 34;
const SIGRTMAX = 64;

/** Signal names by number, from 1 (signal(7), x86 and ARM). */
const NAMES: readonly string[] = [
  ...["HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM"],
  ...["TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF"],
  ...["WINCH", "IO", "PWR", "SYS"],
];

/**
 * A signal by name (with or without SIG, in any case; RTMIN+3) or number; "" = SIGTERM.
 * @throws SwarmError invalidArgument when Linux has no such signal.
 */
export function parseSignal(text: string): number {
  if (text === "") return SIGTERM;
  const name = text.toUpperCase().replace(/^SIG/, "");
  const number = /^\d+$/.test(name) ? Number(name) : (realtime(name) ?? NAMES.indexOf(name) + 1);
  if (number >= 1 && number <= SIGRTMAX) return number;
  throw new SwarmError("invalidArgument", `Linux has no signal ${JSON.stringify(text)}`);
}

/** SIGTERM for 15; SIGRTMIN+n for real-time ones; null = no such signal. */
export function signalName(number: number): string | null {
  const name = NAMES[number - 1];
  if (name !== undefined) return `SIG${name}`;
  return number >= SIGRTMIN && number <= SIGRTMAX ? `SIGRTMIN+${number - SIGRTMIN}` : null;
}

function realtime(name: string): number | null {
  const match = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name);
  if (match === null) return null;
  const base = match[1] === "MIN" ? SIGRTMIN : SIGRTMAX;
  const offset = Number(match[3] ?? 0) * (match[2] === "-" ? -1 : 1);
  const number = base + offset;
  return number >= SIGRTMIN && number <= SIGRTMAX ? number : 0;
}
