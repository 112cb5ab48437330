/** The knobs. All times in milliseconds. Members of one cluster may differ in most of them, but should not. */
export interface Profile {
  /**
   * How long one probe may take, and the unit of suspicion. Shorter: detection faster; less time to answer for a busy
   * member.
   */
  readonly probeIntervalMs: number;
  /**
   * From one probe to the next at most: probeInterval up to 6 members, then in proportion to them (`probePaceMs`).
   * Longer: less traffic and CPU in larger clusters, but a death is first noticed that much later.
   */
  readonly probePaceMaxMs: number;
  /**
   * From a ping to asking others and trying TCP. At least the 99th percentile of a round trip; the rest of the probe
   * interval is for the indirect way.
   */
  readonly probeTimeoutMs: number;
  /** Members asked to ping on our behalf. More: fewer false suspicions when links lose packets, more traffic then. */
  readonly indirectChecks: number;
  /**
   * Least suspicion = mult * max(1, log10 n) * probeInterval; mult - 2 others must confirm for it. Higher: fewer false
   * deaths, slower detection.
   */
  readonly suspicionMult: number;
  /**
   * Members up to which a suspicion is at its minimum; each tenfold adds mult * probeInterval. Higher: faster in large
   * clusters, less time for news to reach all of them.
   */
  readonly suspicionCalmTo: number;
  /**
   * Whether some of those who hear of a suspicion probe the suspect at once, so that confirmations do not wait for
   * chance. Off: suspicions last longer where probes are rare.
   */
  readonly verifiesSuspicions: boolean;
  /**
   * Whether every second probe goes to the neighbour on the ring of names, where `probePaceMs` makes probes rare. Off:
   * chance alone, with which the unluckiest victims are found much later.
   */
  readonly watchesNeighbour: boolean;
  /**
   * Longest suspicion (without confirmations) in multiples of the minimum. Higher: a slow accuser does less harm; a
   * death only one member can see is found later.
   */
  readonly suspicionMaxMult: number;
  /**
   * News is sent mult * ceil(log10(n + 1)) times by each who has it. Higher: surer to reach all without an exchange,
   * more traffic after changes.
   */
  readonly retransmitMult: number;
  /** Between two rounds of sending news. Shorter: news spreads faster; costs nothing while there is none. */
  readonly gossipIntervalMs: number;
  /** Members a round sends to. More: news spreads in fewer rounds. */
  readonly gossipNodes: number;
  /**
   * How long the dead are sent news, so that one that was wrongly declared dead hears of it and can object. They are
   * remembered as members as long.
   */
  readonly gossipToTheDeadMs: number;
  /**
   * Between full exchanges with one random member (longer for more than 32). Shorter: splits and lost news heal sooner;
   * traffic grows with the cluster.
   */
  readonly exchangeIntervalMs: number;
  /**
   * Most members in an exchange, unless one side is joining. Fewer: exchanges cost less, and news everybody but one has
   * reaches that one later. Infinity = all, as memberlist does.
   */
  readonly exchangeMembersMax: number;
  /** For a whole exchange by TCP; a TCP ping ends with its probe. */
  readonly streamTimeoutMs: number;
  /**
   * Whether pings name their sender: answers go back to where a ping came from anyway, but some of memberlist's
   * transports require it. Off: a third less traffic.
   */
  readonly namesItself: boolean;
  /**
   * Awareness goes from 0 to max - 1 and multiplies the probe interval by itself + 1. Higher: an ailing member does
   * less harm, but notices others' deaths later.
   */
  readonly awarenessMax: number;
  /**
   * A name may appear at another address once its member has been dead for this long; null = never, it must have left.
   */
  readonly reclaimAfterMs: number | null;
  /**
   * Between attempts to reach members lost long ago and seeds that are no member, doubled each time up to the maximum.
   * null = never.
   */
  readonly reconnectMs: number | null;
  readonly reconnectMaxMs: number;
  /** Such members are forgotten after this. */
  readonly lostKeepMs: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * memberlist's own defaults for one data centre, and serf's: least suspicion 4 s (3 members), 5.6 s (25), 12 s (1000).
 * serf's next layer does the reconnecting there.
 */
export const lanProfile: Profile = {
  probeIntervalMs: 1_000,
  probePaceMaxMs: 1_000,
  probeTimeoutMs: 500,
  indirectChecks: 3,
  suspicionMult: 4,
  suspicionCalmTo: 10,
  verifiesSuspicions: false,
  watchesNeighbour: false,
  suspicionMaxMult: 6,
  retransmitMult: 4,
  gossipIntervalMs: 200,
  gossipNodes: 3,
  gossipToTheDeadMs: 30_000,
  exchangeIntervalMs: 30_000,
  exchangeMembersMax: Number.POSITIVE_INFINITY,
  streamTimeoutMs: 10_000,
  namesItself: true,
  awarenessMax: 8,
  reclaimAfterMs: null,
  reconnectMs: 30_000,
  reconnectMaxMs: 30_000,
  lostKeepMs: DAY_MS,
};

/**
 * Ours: a host that lost power is dead in gossip 1.5 to 2 s later (up to about 10 hosts). Faster than memberlist's
 * because a wrong verdict costs less: it moves nothing unless the session is silent and TCP gets no answer either. The
 * patience lost through a third of the probe interval is given back by awareness on a busy host, and by confirmations
 * on a lossy network.
 */
export const swarmProfile: Profile = {
  ...lanProfile,
  probeIntervalMs: 300,
  probePaceMaxMs: 900,
  probeTimeoutMs: 150,
  // News needs half of memberlist's time, so ten times the members have it when the least suspicion ends.
  suspicionCalmTo: 100,
  // With 4, one update in forty missed one of six members at 1 % packet loss, and had to wait for an exchange.
  retransmitMult: 6,
  verifiesSuspicions: true,
  watchesNeighbour: true,
  gossipIntervalMs: 100,
  exchangeMembersMax: 32,
  streamTimeoutMs: 5_000,
  namesItself: false,
  // Names are node ids, held by the owner of a certificate, and a host may get another address while it is down.
  reclaimAfterMs: 0,
  reconnectMs: 1_000,
  reconnectMaxMs: 10_000,
};
