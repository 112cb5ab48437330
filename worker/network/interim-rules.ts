import { stayingBackends } from "./published-ports.ts";
import type { RuleSet } from "./rule-set.ts";

/**
 * The rules while ways in the kernel are being changed: those to come, but for ports, which lead to whom they lead now
 * less those to whom they will not. `isAnybodyLeaving` = these are to be in force before ways are taken away.
 */
export function interimRules(
  before: RuleSet | null,
  after: RuleSet,
): { readonly interim: RuleSet; readonly isAnybodyLeaving: boolean } {
  const ports = before === null ? after.ports : stayingBackends(before.ports, after.ports);
  const before6 = before?.ipv6 ?? null;
  const ports6 = before6 === null ? after.ipv6?.ports : stayingBackends(before6.ports, after.ipv6?.ports ?? []);
  return {
    interim: { ...after, ports, ipv6: after.ipv6 === null ? null : { ...after.ipv6, ports: ports6 ?? [] } },
    isAnybodyLeaving: ports !== before?.ports || (before6 !== null && ports6 !== before6.ports),
  };
}
