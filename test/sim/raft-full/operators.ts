import type { RaftId, RaftMember } from "../../../raft/ids.ts";
import type { RaftNode } from "../../../raft/raft-node.ts";
import { DATA_KEY_FILE } from "../../../raft/storage/data-keys.ts";
import { messageOf } from "../../../shared/errors.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { Life, SimHost } from "./sim-host.ts";
import type { World } from "./world.ts";

/** How often someone looks after the group. */
const LOOK_MS = 700;
/** A node that wants to join asks again after this long, as production's client does. */
const ASK_MS = 300;
const ASK_MS_MAX = 20_000;
/** People need this long at most to do something. */
const REACTION_MS_MAX = 2_000;
/** After so many looks at a calm world they help those who do not find each other by themselves: some 14 s. */
const PATIENCE_LOOKS = 20;
/** A newcomer that never arrives. */
const GHOST = "ghost";

/** People, and the parts of a manager that act for them: they let nodes join, and replace lost ones. */
export class Operators {
  readonly #world: World;
  readonly #random: Random;
  /** Who has moved since everyone knew by heart where everyone is. */
  readonly #moved = new Set<string>();
  #ghosts = 0;
  #isHome = false;
  #healedLooks = 0;
  /** Removals that were asked for and not answered. */
  #removing = 0;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#lookLater();
  }

  /** A change of the voters may still come to be. */
  get isRemoving(): boolean {
    return this.#removing > 0;
  }

  /** Nobody looks after the group any more. */
  goHome(): void {
    this.#isHome = true;
  }

  get areHome(): boolean {
    return this.#isHome;
  }

  /**
   * Whether the others still find each other once this one has gone or moved. Those that have moved do by one that has
   * not, as long as not all know by heart where everyone is.
   */
  mayMove(host: SimHost): boolean {
    const members = this.leader()?.life?.node?.status().members ?? [];
    const places = members.filter(({ nodeId }) => !nodeId.startsWith(GHOST));
    const areKnown = places.every(({ nodeId, address }) => this.#world.hosts.get(nodeId)?.address === address);
    if (areKnown && this.#world.areMembersSettled) this.#moved.clear();
    return places.some(({ nodeId }) => nodeId !== host.nodeId && !this.#moved.has(nodeId));
  }

  onMoved(host: SimHost): void {
    this.#moved.add(host.nodeId);
  }

  leader(): SimHost | null {
    let best: SimHost | null = null;
    for (const host of this.#world.hosts.values()) {
      if (host.isLeading && (best === null || termOf(host) > termOf(best))) best = host;
    }
    return best;
  }

  /** The host's process asks for a place in the group, until it gets one. */
  askToJoin(host: SimHost, life: Life): Promise<RaftId> {
    return new Promise((resolve) => {
      let askedAt = Number.NEGATIVE_INFINITY;
      let asked: Life | null = null;
      let isAdmitted = false;
      const ask = (): void => {
        if (life.process.isDead || isAdmitted) return;
        this.#world.schedule(ASK_MS, ask);
        const leader = this.leader()?.life ?? null;
        const isPending = asked !== null && !asked.process.isDead && this.#world.now < askedAt + ASK_MS_MAX;
        if (leader?.node == null || isPending) return;
        const { node, process } = leader;
        asked = leader;
        askedAt = this.#world.now;
        process.run(() => {
          node.admitMember({ nodeId: host.nodeId, address: host.address }).then(
            ({ raftId }) => {
              if (process.isDead || isAdmitted) return;
              isAdmitted = true;
              this.#world.note(`admitted ${host.nodeId} as ${raftId}`);
              life.process.after(this.#random.below(50), () => resolve(raftId));
            },
            () => {
              if (asked === leader) asked = null;
            },
          );
        });
      };
      ask();
    });
  }

  /** Someone who will never start is let in. */
  admitGhost(): void {
    const number = ++this.#ghosts;
    this.#withLeader("ghost", (node) =>
      node.admitMember({ nodeId: `${GHOST}${number}`, address: `10.1.0.${number}:1` }),
    );
  }

  remove(host: SimHost): void {
    const { raftId } = host;
    if (raftId === null) return;
    this.#removing++;
    const asked = this.#withLeader("remove", async (node) => {
      await node.removeMember(raftId);
      this.#world.note(`removed ${host.nodeId} ${raftId}`);
    });
    if (!asked) this.#removing--;
  }

  /** A node was told that it is no member any more: its daemon stops it, and goes on as a worker. */
  onRemoved(host: SimHost, life: Life): void {
    this.#world.note(`told ${host.nodeId} that it was removed`);
    this.#world.schedule(this.#random.below(REACTION_MS_MAX), () => this.#retire(host, life));
  }

  onEnded(host: SimHost, life: Life): void {
    if (this.#isHome) return;
    if (host.isGone) this.#forget(host);
    else if (!life.isStopping) this.#world.restartLater(host);
    else this.#world.schedule(this.#random.below(REACTION_MS_MAX), () => this.#world.start(host));
  }

  /** Someone moves the directory away, and the key with it if that is what it is about. */
  onRefused(host: SimHost, fault: string): void {
    host.isRefused = true;
    host.hasLostPromises = true;
    this.#world.schedule(this.#random.below(REACTION_MS_MAX), () => {
      if (fault === "wrongKey") host.keys.files.delete(DATA_KEY_FILE);
      this.replaceDisk(host);
    });
  }

  /** A disk that lied has lost what it lost. */
  onLieTold(host: SimHost, lost: number): void {
    if (lost === 0) return;
    host.hasLostPromises = true;
    if (!host.promises.hasItsKey || host.promises.isBehindWitness) {
      host.expectation = {
        kind: "refuse",
        faults: ["corrupt", "wrongKey"],
        why: "its disk has lost what it confirmed",
      };
      this.#world.trace.count("lieToNotice");
      return;
    }
    // Within the second before the witness is written nothing can tell: its owner knows that such a disk is broken.
    this.#world.trace.count("lieUnnoticed");
    this.replaceDisk(host);
  }

  /** All that the node has promised is lost; it begins anew. */
  replaceDisk(host: SimHost): void {
    host.disk.wipe();
    host.isRefused = false;
    host.hasLostPromises = true;
    host.expectation = { kind: "start" };
    this.#world.note(`replaced ${host.nodeId}`);
    this.#world.schedule(0, () => this.#world.start(host));
  }

  #lookLater(): void {
    this.#world.schedule(LOOK_MS, () => {
      if (this.#isHome) return;
      this.#look();
      this.#lookLater();
    });
  }

  #look(): void {
    const leader = this.leader();
    const members = leader?.life?.node?.status().members ?? [];
    const { isHealed } = this.#world;
    if (isHealed) this.#healedLooks++;
    for (const member of members) {
      if (member.nodeId.startsWith(GHOST)) this.#maybeRemoveGhost(member);
      else if (this.#healedLooks > PATIENCE_LOOKS) this.#maybeTellAddress(member);
    }
    if (leader !== null && isHealed) this.#retireStrangers(members);
  }

  #maybeRemoveGhost(ghost: RaftMember): void {
    if (!this.#world.isHealed && this.#random.below(10) > 0) return;
    this.#withLeader("removeGhost", (node) => node.removeMember(ghost.raftId));
  }

  /** It moved, and all those it knows have moved since it last heard of them: neither side finds the other. */
  #maybeTellAddress(member: RaftMember): void {
    const host = this.#world.hosts.get(member.nodeId);
    if (host === undefined || host.life?.node?.raftId !== member.raftId || host.address === member.address) return;
    const { address } = host;
    this.#withLeader("tellAddress", (node) => node.addMember({ ...member, address }));
  }

  /** Who was removed and never heard of it: in production the store says so, here people do. */
  #retireStrangers(members: readonly RaftMember[]): void {
    for (const host of this.#world.hosts.values()) {
      const { life } = host;
      const raftId = life?.node?.raftId;
      if (life === null || raftId === undefined || members.some((member) => member.raftId === raftId)) continue;
      this.#world.trace.count("strangerStopped");
      this.#retire(host, life);
    }
  }

  #retire(host: SimHost, life: Life): void {
    if (host.life !== life) {
      if (host.life !== null) return;
      // It crashed meanwhile; its next life hears it again.
      return;
    }
    host.isGone = true;
    this.#world.stop(host);
  }

  #forget(host: SimHost): void {
    host.disk.wipe();
    host.raftId = null;
    host.hasLostPromises = false;
    host.expectation = { kind: "start" };
    this.#world.note(`gone ${host.nodeId}`);
  }

  /** Returns whether there was anyone to ask. */
  #withLeader(what: string, ask: (node: RaftNode) => Promise<unknown>): boolean {
    const leader = this.leader()?.life;
    if (leader?.node == null) return false;
    const { node, process } = leader;
    const done = (outcome: string): void => {
      if (what === "remove") this.#removing--;
      if (!process.isDead) this.#world.trace.count(`${what}_${outcome}`);
    };
    process.run(() => {
      ask(node).then(
        () => done("done"),
        (error: unknown) => done(messageOf(error).split(/[ :]/).slice(0, 4).join("_")),
      );
    });
    return true;
  }
}

function termOf(host: SimHost): number {
  return host.life?.node?.status().term ?? 0;
}
