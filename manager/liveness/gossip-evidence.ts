import type { NodeId } from "../../shared/ids.ts";
import type { Node } from "../../shared/objects/types.ts";
import type { InstantMs } from "../../shared/ports/clock.ts";

/** Three heartbeats: the report of a worker that has been silent for this long is out of date. */
export const REPORT_FRESH_MS = 1_500;

/** What one host's gossip and its own connection attempts say about another. */
export interface Sight {
  readonly state: "alive" | "suspect" | "dead" | "left";
  /** How long it has been so, milliseconds. */
  readonly forMs: number;
  readonly isUnanswered: boolean;
}

/**
 * What a worker in session last reported: the hosts its gossip has lost, and whether its attempts to reach them got no
 * answer.
 */
export interface Report {
  readonly nodeId: NodeId;
  /** When anything last came from it. */
  readonly heardAtMs: InstantMs;
  readonly gone: ReadonlyMap<string, boolean>;
}

/** Where the leader learns what gossip says. */
export interface GossipSource {
  readonly selfId: NodeId;
  /** From the gossip of the leader's own host; null = it does not gossip, or has never met the node. */
  sight(nodeId: NodeId): Sight | null;
  /** Of all workers in session, including the leader's own host. */
  reports(): readonly Report[];
  /** Calls back when a report has come; the leader's own host sends them, too. */
  onReport(listener: () => void): Disposable;
}

/** What gossip says about one node, as far as it can be trusted. */
export interface GossipEvidence {
  /** As the leader's own host sees it. */
  readonly state: Sight["state"];
  readonly forMs: number;
  /** The leader's host has also tried to connect since the first suspicion, and got no answer. */
  readonly isUnanswered: boolean;
  /** Members that have it as dead or left, including the leader's host. */
  readonly seenBy: number;
  /** Those of them whose own connection attempts got no answer. */
  readonly unansweredBy: number;
  /**
   * Members that were asked: the leader's host and those with recent reports, but not the node itself, nor those that
   * came to gossip when it was lost already.
   */
  readonly present: number;
  /** Nodes that could see it if no one were in trouble: those that gossip and are not down, including the leader's. */
  readonly witnesses: number;
}

/** More than one host must see a host gone: a single one may itself be cut off. */
const WITNESSES_WANTED = 2;

/**
 * Gossip's evidence at one moment, about as many nodes as are asked for. After the loss of a large network these are
 * many, so what is the same for all of them is gathered once, for the first one that is not alive.
 */
export class GossipMoment {
  readonly #source: GossipSource;
  readonly #nodes: readonly Node[];
  readonly #nowMs: InstantMs;
  #fresh: ReadonlyMap<NodeId, Report> | null = null;
  #witnesses: ReadonlySet<NodeId> | null = null;

  constructor(source: GossipSource, nodes: readonly Node[], nowMs: InstantMs) {
    this.#source = source;
    this.#nodes = nodes;
    this.#nowMs = nowMs;
  }

  /** null = gossip knows nothing about the node, as with an old daemon. */
  evidence(nodeId: NodeId): GossipEvidence | null {
    const own = this.#source.sight(nodeId);
    if (own === null) return null;
    // While the leader's own host sees it alive, no other view matters.
    if (!isSeenLost(own)) return { ...own, seenBy: 0, unansweredBy: 0, present: 1, witnesses: 1 };
    this.#fresh ??= this.#freshReports();
    this.#witnesses ??= this.#possibleWitnesses();
    let [seenBy, unansweredBy, present] = [1, Number(own.isUnanswered), 1];
    for (const { nodeId: reporter, gone } of this.#fresh.values()) {
      if (reporter === nodeId) continue;
      if (gone.has(nodeId)) seenBy++;
      else if (this.#cameAfter(reporter, own)) continue;
      if (gone.get(nodeId) === true) unansweredBy++;
      present++;
    }
    return {
      ...own,
      seenBy,
      unansweredBy,
      present,
      witnesses: this.#witnesses.size - Number(this.#witnesses.has(nodeId)),
    };
  }

  /**
   * Gossip tells newcomers nothing of the dead, so one that came after the loss will never report it: its silence says
   * nothing. If it counted as "alive", a host that is gone would keep its tasks for good.
   */
  #cameAfter(reporter: NodeId, { forMs }: Sight): boolean {
    const seen = this.#source.sight(reporter);
    return seen?.state === "alive" && seen.forMs < forMs;
  }

  /** Reports of other hosts: the leader's own is asked directly. */
  #freshReports(): ReadonlyMap<NodeId, Report> {
    const isFresh = ({ nodeId, heardAtMs }: Report): boolean =>
      nodeId !== this.#source.selfId && this.#nowMs - heardAtMs < REPORT_FRESH_MS;
    return new Map(
      this.#source
        .reports()
        .filter(isFresh)
        .map((report) => [report.nodeId, report]),
    );
  }

  #possibleWitnesses(): ReadonlySet<NodeId> {
    const isOne = ({ id, status }: Node): boolean => status.state !== "DOWN" && this.#source.sight(id) !== null;
    return new Set(this.#nodes.filter(isOne).map(({ id }) => id));
  }
}

/** Gossip has it dead: the leader's own host, and most of those that were asked. */
export function isDead(evidence: GossipEvidence): boolean {
  return isSeenLost(evidence) && 2 * evidence.seenBy > evidence.present;
}

/** The leader's own host has it dead or left. */
export function isSeenLost({ state }: Pick<GossipEvidence, "state">): boolean {
  return state === "dead" || state === "left";
}

/** Whether this many are enough to believe it at once; in a cluster of two the other host is enough. */
export function areSeveral(count: number, { witnesses }: GossipEvidence): boolean {
  return count >= Math.min(WITNESSES_WANTED, Math.max(1, witnesses));
}

/** "gossip dead for 2.1 s" */
export function describeState({ state, forMs }: GossipEvidence): string {
  const seconds = `${(forMs / 1000).toFixed(1)} s`;
  if (state === "left") return `it left gossip ${seconds} ago`;
  return state === "dead" ? `gossip dead for ${seconds}` : "gossip alive";
}

/** "seen by 4 of 4" */
export function describeWitnesses({ seenBy, present }: GossipEvidence): string {
  return `seen by ${seenBy} of ${present}`;
}
