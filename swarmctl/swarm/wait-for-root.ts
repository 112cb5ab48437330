import { isRetryable } from "../../shared/errors.ts";
import { sleep } from "../../shared/ports/clock.ts";
import type { Node, RootRotation } from "../../shared/rpc/gen/objects.ts";
import type { Cli } from "../cli.ts";
import { tlsStatus } from "../node/row.ts";

/** Nodes renew within a second; the requested objects are small. */
const LOOK_MS = 500;
/** More names than this would not help a person. */
const NAMES_MAX = 5;

/** Shows how many nodes use the new root, and which do not, until the old one is dropped. */
export async function waitForRoot(cli: Cli, isQuiet: boolean): Promise<void> {
  const control = await cli.api.control();
  let said = "";
  for (;;) {
    try {
      const { cluster } = await control.getCluster({}, { signal: cli.signal });
      const rotation = cluster?.rootCa?.rotation ?? null;
      if (rotation === null) return;
      const { nodes } = await control.listNodes({}, { signal: cli.signal });
      const sentence = describeRotation(rotation, nodes);
      if (!isQuiet && sentence !== said) cli.output.warn(sentence);
      said = sentence;
    } catch (error) {
      // The leader is just being replaced: the rotation continues with the next one.
      if (cli.signal.aborted || !isRetryable(error)) throw error;
    }
    await sleep(cli.clock, LOOK_MS, "root rotation", cli.signal);
  }
}

/** `2 of 3 nodes have a certificate of the new root; waiting for host3 (down)`. */
export function describeRotation(rotation: RootRotation, nodes: readonly Node[]): string {
  const waiting = nodes.filter((node) => tlsStatus(node, rotation) !== "Ready");
  const counted = `${nodes.length - waiting.length} of ${nodes.length} nodes have a certificate of the new root`;
  if (waiting.length === 0) return counted;
  const names = waiting.slice(0, NAMES_MAX).map(nameOf).join(", ");
  const more = waiting.length > NAMES_MAX ? ` and ${waiting.length - NAMES_MAX} more` : "";
  return `${counted}; waiting for ${names}${more}`;
}

function nameOf({ id, description, status }: Node): string {
  const name = description?.hostname || id;
  const state = status?.state ?? "UNKNOWN";
  return state === "READY" ? name : `${name} (${state.toLowerCase()}: start it, or remove it with \`node rm --force\`)`;
}
