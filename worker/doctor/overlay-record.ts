import { HOST_LIMITS } from "../../shared/objects/limits.ts";
import type { OverlayFacts } from "../../shared/rpc/gen/objects.ts";

/** What one look at the overlay showed. */
export interface OverlayLook {
  /** Bytes of the largest packet that was sent. */
  readonly mtu: number;
  /** Bytes of the largest one that came from each host that was tried, by node; 0 = none came. */
  readonly arrived: ReadonlyMap<string, number>;
  readonly wrongChecksums: number;
}

interface Way {
  readonly mtu: number;
  readonly bytes: number;
}

/** What this host last saw come through the overlay from each other host. */
export class OverlayRecord {
  readonly #ways = new Map<string, Way>();
  #last: OverlayLook | null = null;

  /** `present`: the hosts that there are; what was seen of others is forgotten. */
  note(look: OverlayLook, present: ReadonlySet<string>): void {
    for (const [nodeId, bytes] of look.arrived) this.#ways.set(nodeId, { mtu: look.mtu, bytes });
    for (const nodeId of this.#ways.keys()) if (!present.has(nodeId)) this.#ways.delete(nodeId);
    this.#last = look;
  }

  /** null = nothing was looked at yet. */
  facts(): OverlayFacts | null {
    if (this.#last === null) return null;
    const { mtu, wrongChecksums } = this.#last;
    const ways = [...this.#ways].map(([nodeId, way]) => ({ nodeId, ...way }));
    // A host from which nothing comes may not have sent anything: whose fault that is, `swarmctl doctor` finds out.
    const narrow = ways.filter((way) => way.bytes > 0 && way.bytes < way.mtu);
    return {
      ...{ mtu, wrongChecksums, hosts: ways.length },
      hostsFine: ways.filter((way) => way.bytes >= way.mtu).length,
      narrow: narrow
        .map(({ nodeId, bytes }) => ({ nodeId, bytes }))
        .sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1))
        .slice(0, HOST_LIMITS.narrowWays.max),
    };
  }
}
