import { type Alive, toPart } from "../wire/messages.ts";
import type { Exchange, MemberRecord } from "../wire/stream.ts";
import type { Context } from "./context.ts";
import type { Member } from "./member.ts";
import type { Rumours } from "./rumours.ts";

const NONE = new Uint8Array(0);

/** Everything we know, for the other side of an exchange. */
export function toExchange(context: Context, join: boolean, userState: Uint8Array = NONE): Exchange {
  return { type: "pushPull", join, members: context.table.all().map(toRecord), userState };
}

/**
 * Believes what the other side knows as if each member's news had come by itself. Its dead are only suspects for us: one
 * of them may live and object.
 */
export function mergeExchange(exchange: Exchange, context: Context, rumours: Rumours): void {
  if (!canSpeakTogether([...exchange.members, ...context.table.all()])) {
    context.emit({ kind: "odd", what: "version", node: "" });
    return;
  }
  for (const record of exchange.members) {
    const { name: node, incarnation, state } = record;
    switch (state) {
      case "alive": {
        const alive = toAlive(record);
        rumours.onAlive(alive, toPart(alive));
        break;
      }
      case "left": {
        const dead = { type: "dead", incarnation, node, from: node } as const;
        rumours.onDead(dead, toPart(dead));
        break;
      }
      case "dead":
      case "suspect": {
        // What we hear here may be our own suspicion come back; it must not count as somebody else's confirmation of it.
        if (context.table.get(node)?.state === "suspect") break;
        const suspect = { type: "suspect", incarnation, node, from: context.self } as const;
        rumours.onSuspect(suspect, toPart(suspect));
        break;
      }
    }
  }
  context.emit({ kind: "userState", data: exchange.userState, join: exchange.join });
}

/** Every member's spoken version lies where all understand it; a member that does not would garble the cluster. */
function canSpeakTogether(members: readonly Pick<Member, "state" | "versions">[]): boolean {
  const alive = members.filter(({ state }) => state === "alive").map(({ versions }) => versions);
  for (const at of [0, 3] as const) {
    const min = Math.max(...alive.map((versions) => versions[at]));
    const max = Math.min(...alive.map((versions) => versions[at + 1] ?? 0));
    for (const versions of alive) {
      const spoken = versions[at + 2] ?? 0;
      if (spoken < min || spoken > max) return false;
    }
  }
  return true;
}

function toRecord({ name, endpoint, incarnation, state, meta, versions }: Member): MemberRecord {
  return { name, endpoint, incarnation, state, meta, versions };
}

function toAlive({ name, incarnation, endpoint, meta, versions }: MemberRecord): Alive {
  return { type: "alive", node: name, incarnation, endpoint, meta, versions };
}
