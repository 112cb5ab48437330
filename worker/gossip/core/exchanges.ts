import { type Alive, toPart } from "../wire/messages.ts";
import type { Exchange, MemberRecord } from "../wire/stream.ts";
import type { Context } from "./context.ts";
import type { Member } from "./member.ts";
import type { Rumours } from "./rumours.ts";

const NONE = new Uint8Array(0);

/**
 * What we know, for the other side of an exchange: everything when one of us is joining or the cluster is small,
 * otherwise what the profile allows: ourselves, accused members, those with the latest news, and others at random. So
 * an exchange costs the same however large the cluster is, and still everything is repeated to everybody sooner or
 * later.
 */
export function toExchange(
  context: Context,
  join: boolean,
  suspects: Iterable<string>,
  userState: Uint8Array = NONE,
): Exchange {
  const { table, profile } = context;
  const isWhole = join || table.size <= profile.exchangeMembersMax;
  const members = isWhole ? table.all() : someOf(context, suspects);
  return { type: "pushPull", join, members: members.map(toRecord), userState };
}

function someOf({ table, profile, self, recent }: Context, suspects: Iterable<string>): readonly Member[] {
  const max = profile.exchangeMembersMax;
  const chosen = new Set<Member>();
  const choose = (member: Member | undefined, roomMax: number): void => {
    if (member !== undefined && chosen.size < roomMax && table.get(member.name) === member) chosen.add(member);
  };
  choose(table.get(self), max);
  // Half of the room is for random members, however much is going on.
  for (const name of suspects) choose(table.get(name), max / 2);
  for (const member of [...recent].reverse()) choose(member, max / 2);
  for (const member of table.pick(max, () => true)) choose(member, max);
  return [...chosen];
}

/**
 * Takes what the other side knows as if news about each member had come separately. Its dead are only suspects to us:
 * one of them may be alive and object.
 */
export function mergeExchange(exchange: Exchange, context: Context, rumours: Rumours): void {
  // If each newcomer passed on ten thousand members, that would be 27 MB of gossip for each.
  context.isNewcomer = context.table.present <= 1;
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
        // What we hear here may be our own suspicion coming back; it must not count as another member's confirmation.
        if (context.table.get(node)?.state === "suspect") break;
        const suspect = { type: "suspect", incarnation, node, from: context.self } as const;
        rumours.onSuspect(suspect, toPart(suspect));
        break;
      }
    }
  }
  context.isNewcomer = false;
  context.emit({ kind: "userState", data: exchange.userState, join: exchange.join });
}

function toRecord({ name, endpoint, incarnation, state, meta, versions }: Member): MemberRecord {
  return { name, endpoint, incarnation, state, meta, versions };
}

function toAlive({ name, incarnation, endpoint, meta, versions }: MemberRecord): Alive {
  return { type: "alive", node: name, incarnation, endpoint, meta, versions };
}
