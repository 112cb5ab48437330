import { SwarmError } from "./errors.ts";
import { isLabelKey } from "./label-key.ts";
import type { Affinity } from "./rpc/gen/objects.ts";

const TOPOLOGY = "topology=";
const SOFT = "soft";
/** A single `=` means the same as two. */
const SERVICE = /^service\s*(==?|!=)\s*([^=\s]\S*)$/;

/**
 * Reads `service==db` or `service!=web`, then, after commas, `topology=node.labels.zone` and `soft`.
 * @throws SwarmError invalidArgument with a sentence that quotes the text.
 */
export function parseAffinity(text: string): Affinity {
  const [first = "", ...options] = text.split(",").map((part) => part.trim());
  const said = SERVICE.exec(first);
  if (said === null) throw invalid(text, "expected service==NAME or service!=NAME");
  const [, operator, service = ""] = said;
  let topology = "";
  let soft = false;
  for (const option of options) {
    if (option === SOFT && !soft) soft = true;
    else if (option.startsWith(TOPOLOGY) && topology === "") topology = option.slice(TOPOLOGY.length);
    else throw invalid(text, `expected topology=node.labels.KEY or soft instead of ${JSON.stringify(option)}`);
    if (option.startsWith(TOPOLOGY)) checkTopology(text, topology);
  }
  return { service, avoid: operator === "!=", topology, soft };
}

/** As people write it; `parseAffinity` reads it again. */
export function affinityText({ soft, ...rest }: Affinity): string {
  return `${affinityKey(rest)}${soft ? `,${SOFT}` : ""}`;
}

/** What two affinities cannot both say. */
export function affinityKey({ service, avoid, topology }: Omit<Affinity, "soft">): string {
  return `service${avoid ? "!=" : "=="}${service}${topology === "" ? "" : `,${TOPOLOGY}${topology}`}`;
}

/** @throws SwarmError invalidArgument for a topology that is no label of nodes. */
export function checkTopology(text: string, topology: string): void {
  if (!isLabelKey(topology)) throw invalid(text, "a topology is node.labels.KEY or engine.labels.KEY");
}

function invalid(text: string, why: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid affinity ${JSON.stringify(text)}: ${why}`);
}
