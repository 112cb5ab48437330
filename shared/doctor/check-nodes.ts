import { broken, type Checked, counted, type Found, warning } from "./finding.ts";
import type { ExaminedNode, SwarmFacts } from "./swarm-facts.ts";

/** Which nodes are there, and how many managers may still be lost. */
export function checkNodes({ nodes }: SwarmFacts): readonly Checked[] {
  return [
    { what: "node", scope: counted(nodes.length, "host"), found: nodes.flatMap(judgeNode) },
    checkManagers(nodes),
  ];
}

function judgeNode({ name, state, message, facts }: ExaminedNode): readonly Found[] {
  const why = message === "" ? "" : `: ${message}`;
  switch (state) {
    case "DOWN":
      return [
        broken(
          name,
          `down${why}`,
          `start the host, or its daemon (systemctl start swarmd); \`swarmctl node rm ${name}\` if it is gone for good`,
        ),
      ];
    case "DISCONNECTED":
      return [
        broken(
          name,
          `does not speak to the leader${why}`,
          `look at \`journalctl -u swarmd\` on ${name}, and run \`swarmctl doctor\` there`,
        ),
      ];
    case "UNKNOWN":
      return [
        broken(
          name,
          `has not been heard from yet${why}`,
          `look at \`journalctl -u swarmd\` on ${name}, and run \`swarmctl doctor\` there`,
        ),
      ];
    case "READY":
      if (facts !== null) return [];
      return [
        broken(
          name,
          "speaks to the leader, but did not answer the examination in time",
          "run the doctor again; if it stays so, the host is overloaded or runs an older swarmd",
        ),
      ];
  }
}

function checkManagers(nodes: readonly ExaminedNode[]): Checked {
  const managers = nodes.filter(({ manager }) => manager !== null);
  const reachable = managers.filter(({ manager }) => manager?.isReachable === true);
  const needed = Math.floor(managers.length / 2) + 1;
  const found: Found[] = managers
    // Of a node that is down that is said already.
    .filter(({ manager, state }) => manager?.isReachable === false && state !== "DOWN")
    .map(({ name }) =>
      broken(
        name,
        "its manager does not answer the leader",
        `look at \`journalctl -u swarmd\` on ${name}, and at 2377/tcp to it`,
      ),
    );
  const where = `${reachable.length} of ${managers.length}`;
  if (managers.length > 2 && reachable.length === needed) {
    const mend = "bring the lost managers back, or demote them and promote other nodes";
    found.push(broken(where, "the loss of one more manager stops all changes to the swarm", mend));
  }
  if (managers.length === 2) {
    const mend = "promote one more node (swarmctl node promote), or demote one";
    found.push(warning(where, "two managers: the loss of either stops all changes to the swarm", mend));
  }
  if (managers.length === 1 && nodes.length > 2) {
    found.push(
      warning(
        where,
        "one manager: its loss stops all changes to the swarm",
        "promote two more nodes (swarmctl node promote)",
      ),
    );
  }
  return { what: "managers", scope: where, found };
}
