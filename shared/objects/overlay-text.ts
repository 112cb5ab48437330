import { WRONG_CHECKSUMS_MIN } from "../doctor/limits.ts";
import type { OverlayFacts } from "../rpc/gen/objects.ts";

/** What a host has seen of packets through the overlay, a sentence each; `nameOf` a node. */
export function overlayTexts(
  { mtu, hosts, hostsFine, narrow, wrongChecksums }: OverlayFacts,
  nameOf: (nodeId: string) => string,
): readonly string[] {
  return [
    `packets of ${mtu} bytes arrive from ${hostsFine} of ${hosts} hosts`,
    ...narrow.map(
      ({ nodeId, bytes }) => `from ${nameOf(nodeId)} only packets of ${bytes} bytes arrive: large answers hang`,
    ),
    ...(wrongChecksums < WRONG_CHECKSUMS_MIN
      ? []
      : [`${wrongChecksums} packets arrived with a wrong checksum: see \`swarmctl doctor\``]),
  ];
}
