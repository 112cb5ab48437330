import { messageOf } from "../../shared/errors.ts";
import type { ConnectionPattern } from "../netlink/connections.ts";
import type { NetworkKernel } from "../ports/network-kernel.ts";
import type { DesiredState } from "./desired-state.ts";
import type { Backend } from "./published-ports.ts";
import { remembered } from "./remembered.ts";
import type { RuleSet } from "./rule-set.ts";

/**
 * Forgetting connections beside everything else: the search for them takes the kernel longer than everything else
 * about a change. Only for a backend that drains it is waited for, since the task ends once this host has said that it
 * knows.
 */
export class Forgetting {
  #underWay: Promise<string | null> = Promise.resolve(null);
  #isCertain = false;

  /**
   * Whether all was forgotten that had to be so far. Not at the daemon's start, since what had its connections may have
   * gone while there was none, nor after the kernel has refused.
   */
  get isCertain(): boolean {
    return this.#isCertain;
  }

  /** There are no connections: the namespace is a new one. */
  noteNothingThere(): void {
    this.#isCertain = true;
  }

  /** To be called after `settle`. @throws SwarmError internal when it was waited for and the kernel did not answer. */
  async begin(kernel: Pick<NetworkKernel, "forgetConnections">, patterns: readonly ConnectionPattern[]): Promise<void> {
    this.#isCertain = true;
    if (patterns.length === 0) return;
    const forgotten = kernel.forgetConnections(patterns);
    forgotten.catch(() => {
      this.#isCertain = false;
    });
    if (patterns.some((pattern) => pattern.kind === "backend" && pattern.unanswered)) await forgotten;
    else
      this.#underWay = forgotten.then(
        () => null,
        (error: unknown) => `connections to backends that have gone were not forgotten: ${messageOf(error)}`,
      );
  }

  /**
   * When what was begun is done, so that nothing is forgotten of a backend that comes with an address that was used
   * before; resolves with why it failed, in words.
   */
  async settle(): Promise<readonly string[]> {
    const why = await this.#underWay;
    this.#underWay = Promise.resolve(null);
    return why === null ? [] : [why];
  }
}

export type Published = Pick<DesiredState, "carrying" | "former" | "rules">;

/**
 * The kernel's connection table remembers decisions of the past: who talks to a backend that has gone would go on
 * doing so, UDP clients for as long as they keep sending, and a port nobody answered stays so for them. A backend
 * that drains keeps its connections but for those it has not answered: their first packet was lost, and the same
 * packet, sent again a second later, would meet a task that has gone. A task that got another address beside the one
 * that a port of the host led to would answer UDP from the new one, which no client of the old exchange would take.
 */
export function connectionsToForget(before: Published, after: Published): readonly ConnectionPattern[] {
  const offered = backendsOf(after.rules);
  const openBefore = new Set(openUdpPorts(before.rules));
  const gone = [...before.carrying].filter((address) => !after.carrying.has(address));
  const draining = [...backendsOf(before.rules)].filter(
    (address) => !offered.has(address) && after.carrying.has(address),
  );
  const opened = openUdpPorts(after.rules).filter((port) => !openBefore.has(port));
  const moved = udpPortsTo(before.rules, after.former).filter((port) => !opened.includes(port));
  return [
    ...gone.map((address) => ({ kind: "backend", address, unanswered: false }) as const),
    ...draining.map((address) => ({ kind: "backend", address, unanswered: true }) as const),
    ...[...opened, ...moved].map((port) => ({ kind: "udpPort", port }) as const),
  ];
}

/**
 * Exchanges of UDP that lead to nobody who is still there, by ports that are published now: a client that keeps sending
 * would keep them for good, silent. TCP's end by themselves, since nobody answers.
 */
export function strayConnections({ rules, carrying }: Published): readonly ConnectionPattern[] {
  const known = new Set([...carrying, ...backendsOf(rules)]);
  return openUdpPorts(rules).map((port) => ({ kind: "udpStray", port, known }));
}

/** Who gets new connections. */
const backendsOf = remembered(
  ({ ports, ipv6 }: RuleSet): ReadonlySet<string> =>
    new Set([...ports, ...(ipv6?.ports ?? [])].flatMap(({ backends }) => backends.map(({ address }) => address))),
);

function openUdpPorts(rules: RuleSet): readonly number[] {
  return udpPorts(rules, (backends) => backends.length > 0);
}

/** UDP ports that lead to one of the addresses. */
function udpPortsTo(rules: RuleSet, addresses: ReadonlySet<string>): readonly number[] {
  if (addresses.size === 0) return [];
  return udpPorts(rules, (backends) => backends.some(({ address }) => addresses.has(address)));
}

function udpPorts({ ports, ipv6 }: RuleSet, isMeant: (backends: readonly Backend[]) => boolean): readonly number[] {
  const meant = [...ports, ...(ipv6?.ports ?? [])].filter(
    ({ protocol, backends }) => protocol === "udp" && isMeant(backends),
  );
  return [...new Set(meant.map(({ port }) => port))];
}
