import type { RegisterOperation, Value } from "../../../sim/linearizability/register.ts";
import type { Timed } from "../../../sim/linearizability/search.ts";

interface Call {
  readonly invokedAt: number;
  readonly what: string;
  readonly argument: string;
}

/** A line: `INFO  jepsen.util - <process> :invoke|:ok|:fail|:info :read|:write|:cas <value>`. */
const LINE = /-\s+(\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.*)$/;

/** The history of one register in a log of Jepsen; line numbers are its time. */
export function parseJepsenLog(text: string): Timed<RegisterOperation>[] {
  const history: Timed<RegisterOperation>[] = [];
  const calls = new Map<string, Call>();
  for (const [at, line] of text.split("\n").entries()) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [process, event, what, value] = match.slice(1).map((part) => part.trim()) as [string, string, string, string];
    const call = calls.get(process);
    calls.delete(process);
    if (event === "invoke") calls.set(process, { invokedAt: at, what, argument: value });
    else if (call !== undefined) history.push(...toOperations(call, event, value, at));
  }
  for (const call of calls.values()) history.push(...toOperations(call, "info", "", 0));
  return history;
}

function toOperations(call: Call, event: string, answer: string, at: number): readonly Timed<RegisterOperation>[] {
  const { invokedAt, what, argument } = call;
  // What is only known not to have been confirmed may still happen.
  const returnedAt = event === "info" ? null : at;
  const timed = (operation: RegisterOperation): Timed<RegisterOperation>[] => [{ operation, invokedAt, returnedAt }];
  const common = { key: 0, version: null } as const;
  switch (what) {
    case "read":
      return event === "ok" ? timed({ ...common, kind: "read", value: toValue(answer) }) : [];
    case "write":
      return event === "fail" ? [] : timed({ ...common, kind: "write", value: Number(argument) });
    default: {
      const [from, to] = argument.replace(/[[\]]/g, "").split(" ").map(Number) as [number, number];
      const succeeded = event === "info" ? null : event === "ok";
      return timed({ ...common, kind: "cas", from, to, succeeded });
    }
  }
}

function toValue(text: string): Value {
  return text === "nil" ? null : Number(text);
}
