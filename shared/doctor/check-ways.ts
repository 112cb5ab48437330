import type { Reach, WayFacts } from "../rpc/gen/doctor.ts";
import { broken, type Checked, counted, type Found } from "./finding.ts";
import { WRONG_CHECKSUMS_MIN } from "./limits.ts";
import type { ExaminedNode, SwarmFacts } from "./swarm-facts.ts";

/** One direction between two hosts, as the host at its beginning or its end saw it. */
interface Seen {
  /** Where packets come from. */
  readonly from: string;
  readonly to: string;
  readonly reach: Reach;
}

interface Way {
  /** Who tried it. */
  readonly node: ExaminedNode;
  /** Whom it tried. */
  readonly other: string;
  readonly facts: WayFacts;
}

const BOTH_FIREWALLS = "in the firewalls of both hosts and between them";

/** What must be open between hosts, one check for each port, and what fits through. */
export function checkWays(facts: SwarmFacts): readonly Checked[] {
  const ways = waysOf(facts);
  const tcp = (what: string, reach: (way: WayFacts) => Reach, nobody: string): Checked => {
    const seen = ways.map((way) => ({ from: way.node.name, to: way.other, reach: reach(way.facts) }));
    return checkPort(what, seen, (one, where, to) =>
      one === "REFUSED"
        ? broken(where, nobody, `look at \`journalctl -u swarmd\` on ${to}, and at what else listens on that port`)
        : broken(where, "no answer", `allow ${what} ${BOTH_FIREWALLS}`),
    );
  };
  const gossipUdp = ways.map((way) => ({ from: way.node.name, to: way.other, reach: way.facts.gossipUdp }));
  // A host knows what arrived, not what it sent. One that sent nothing, for reasons of its own, shows nothing.
  const senders = new Set(facts.nodes.filter(sentThroughOverlay).map(({ id }) => id));
  const overlay = ways
    .filter((way) => senders.has(way.facts.nodeId))
    .map((way) => ({ from: way.other, to: way.node.name, reach: way.facts.overlay }));
  const dataPath = `${facts.dataPathPort}/udp`;
  return [
    tcp("2377/tcp", ({ manager }) => manager, "no manager listens"),
    tcp("7946/tcp", ({ gossipTcp }) => gossipTcp, "nobody listens for gossip"),
    checkPort("7946/udp", gossipUdp, (_, where) =>
      broken(where, "gossip gets no answer by UDP", `allow 7946/udp, both ways, ${BOTH_FIREWALLS}`),
    ),
    checkPort(dataPath, overlay, (_, where) =>
      broken(
        where,
        "no packet of the overlay (VXLAN) arrives: containers of these hosts do not reach each other",
        `allow ${dataPath} ${BOTH_FIREWALLS}`,
      ),
    ),
    checkPacketSize(ways),
    checkChecksums(facts),
  ];
}

/**
 * Ways to hosts that take part. One that nobody reaches is gone: that is said of the node, once, and not of each way.
 */
function waysOf({ nodes, isWhole }: SwarmFacts): readonly Way[] {
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  const isThere = new Set(nodes.filter(({ facts }) => facts !== null).map(({ id }) => id));
  const all = nodes.flatMap((node) =>
    (node.facts?.ways ?? []).map((facts) => ({ node, facts, other: names.get(facts.nodeId) ?? facts.address })),
  );
  const reached = new Set(all.filter(({ facts }) => answers(facts)).map(({ facts }) => facts.nodeId));
  return isWhole ? all.filter(({ facts: { nodeId } }) => isThere.has(nodeId) || reached.has(nodeId)) : all;
}

function answers({ gossipTcp, gossipUdp, manager, overlay }: WayFacts): boolean {
  return [gossipTcp, gossipUdp, manager, overlay].some((reach) => reach === "ACCEPTED" || reach === "REFUSED");
}

function sentThroughOverlay({ facts }: ExaminedNode): boolean {
  return facts?.ways.some(({ overlay }) => overlay !== "UNTRIED") ?? false;
}

/** What is wrong with one direction. */
interface Fault {
  readonly from: string;
  readonly to: string;
  /** The same text = the same fault. */
  readonly kind: string;
  readonly say: (where: string) => Found;
}

/** The same fault in both directions between two hosts is one finding. */
function joined(faults: readonly Fault[]): readonly Found[] {
  return faults.flatMap(({ from, to, kind, say }, at) => {
    const back = faults.findIndex((other) => other.from === to && other.to === from && other.kind === kind);
    if (back === -1) return [say(`${from} -> ${to}`)];
    return back < at ? [] : [say([from, to].sort((a, b) => a.localeCompare(b, "en", { numeric: true })).join(" <-> "))];
  });
}

function checkPort(
  what: string,
  all: readonly Seen[],
  say: (reach: Reach, where: string, to: string) => Found,
): Checked {
  const tried = all.filter(({ reach }) => reach !== "UNTRIED");
  const faults = tried
    .filter(({ reach }) => reach !== "ACCEPTED")
    .map(({ from, to, reach }) => ({ from, to, kind: reach, say: (where: string) => say(reach, where, to) }));
  return { what, scope: counted(tried.length, "way"), found: joined(faults) };
}

function checkPacketSize(ways: readonly Way[]): Checked {
  const open = ways.filter(({ facts }) => facts.overlay === "ACCEPTED");
  const faults = open.flatMap(({ node, other, facts: { overlayBytes } }): readonly Fault[] => {
    const { overlayMtu = 0, linkMtu = 0 } = node.facts?.dataPath ?? {};
    if (overlayMtu === 0 || overlayBytes >= overlayMtu) return [];
    const say = (where: string): Found =>
      broken(
        where,
        `packets of ${overlayMtu} bytes are assumed to fit, but only ${overlayBytes} arrive: large answers hang`,
        `let the network carry ${linkMtu} bytes, or set the MTU of both hosts' links to ${overlayBytes + linkMtu - overlayMtu}; ` +
          `for a single network: \`swarmctl network create --opt mtu=${overlayBytes}\``,
      );
    return [{ from: other, to: node.name, kind: `${overlayBytes} of ${overlayMtu}`, say }];
  });
  return { what: "packet size", scope: counted(open.length, "way"), found: joined(faults) };
}

/** Some network cards, mostly virtual ones, promise to compute checksums inside VXLAN and do it wrongly. */
function checkChecksums({ nodes }: SwarmFacts): Checked {
  const looked = nodes.filter(({ facts }) => facts?.ways.some(({ overlay }) => overlay !== "UNTRIED") ?? false);
  const found = looked.flatMap(({ name, facts }) => {
    const wrong = facts?.dataPath?.wrongChecksums ?? 0;
    if (wrong < WRONG_CHECKSUMS_MIN) return [];
    return broken(
      name,
      `${wrong} packets arrived with a wrong checksum while hosts sent each other packets through the overlay, and are lost`,
      "let the kernel of the hosts that send compute them: `ethtool -K DEVICE tx-checksum-ip-generic off` for the device that carries the overlay, and the same in the hypervisor's card if it is a virtual one",
    );
  });
  return { what: "checksums", scope: counted(looked.length, "host"), found };
}
