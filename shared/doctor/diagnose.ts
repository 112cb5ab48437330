import { checkNodes } from "./check-nodes.ts";
import { checkPublishedPorts } from "./check-published-ports.ts";
import { checkSingleHosts } from "./check-single-hosts.ts";
import { checkWays } from "./check-ways.ts";
import type { Checked, Finding, Severity } from "./finding.ts";
import type { SwarmFacts } from "./swarm-facts.ts";

const ORDER: readonly Severity[] = ["BROKEN", "WARNING", "FINE"];

/** All findings, the worst first; a check that had something to look at and found nothing says so in one line. Pure. */
export function diagnose(facts: SwarmFacts): readonly Finding[] {
  const checks = [
    ...(facts.isWhole ? checkNodes(facts) : []),
    ...checkWays(facts),
    checkPublishedPorts(facts),
    ...checkSingleHosts(facts),
  ];
  return checks
    .flatMap(findingsOf)
    .map((finding, at) => ({ finding, at }))
    .sort((a, b) => ORDER.indexOf(a.finding.severity) - ORDER.indexOf(b.finding.severity) || a.at - b.at)
    .map(({ finding }) => finding);
}

function findingsOf({ what, scope, found }: Checked): readonly Finding[] {
  if (found.length > 0) return found.map((each) => ({ ...each, what }));
  return scope === "" ? [] : [{ severity: "FINE", what, where: scope, result: "ok", mend: "" }];
}
