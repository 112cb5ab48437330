import { specChanges } from "../service/spec-changes.ts";
import { inStack, serviceName } from "./names.ts";
import { stepName } from "./plan.ts";
import { nameOf } from "./plan-contents.ts";
import { networkName } from "./plan-networks.ts";
import type { PreparedStack } from "./prepare.ts";

/** What a deployment would do: `+` makes, `~` changes, `-` removes; below a service, which of its fields and how. */
export function diffLines(
  { plan, services }: PreparedStack,
  { stack, prunes }: { readonly stack: string; readonly prunes: boolean },
): readonly string[] {
  const { networks, contents, prunable, leftovers } = plan;
  return [
    ...networks.flatMap((step) => {
      if (step.action === "create") return [`+ network ${networkName({ id: "", spec: step.spec })}`];
      return step.action === "relabel" ? [`~ network ${networkName(step.object)}: labels`] : [];
    }),
    ...contents.flatMap((step) => {
      if (step.action === "keep") return [];
      return [
        `${step.action === "create" ? "+" : "~"} ${step.kind} ${stepName(step)}${step.action === "create" ? "" : ": labels"}`,
      ];
    }),
    ...services.flatMap(({ action, wanted, present, spec }) => {
      const name = inStack(stack, wanted.key);
      if (action === "keep" || present === null) return action === "create" ? [`+ service ${name}`] : [];
      return [
        `~ service ${name}`,
        ...(present.spec === null ? [] : specChanges(present.spec, spec).map((line) => `    ${line}`)),
      ];
    }),
    ...(prunes ? prunable.services.map((service) => `- service ${serviceName(service)}`) : []),
    ...leftovers.map(({ kind, object }) => `- ${kind} ${nameOf(object)}`),
    ...(prunes ? prunable.networks.map((network) => `- network ${networkName(network)}`) : []),
  ];
}
