import type { FileReference, ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import type { ElementKind, FieldType } from "../../shared/service-spec/field.ts";
import { SERVICE_FIELDS } from "../../shared/service-spec/fields.ts";
import { valueAt } from "../../shared/service-spec/paths.ts";
import { inStack, serviceName } from "./names.ts";
import { stepName } from "./plan.ts";
import { nameOf } from "./plan-contents.ts";
import { networkName } from "./plan-networks.ts";
import type { PreparedStack } from "./prepare.ts";
import { isSame } from "./same.ts";

/** A value in a line; more of it helps nobody. */
const SHOWN_MAX = 200;

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
      return [`~ service ${name}`, ...(present.spec === null ? [] : changedFields(present.spec, spec))];
    }),
    ...(prunes ? prunable.services.map((service) => `- service ${serviceName(service)}`) : []),
    ...leftovers.map(({ kind, object }) => `- ${kind} ${nameOf(object)}`),
    ...(prunes ? prunable.networks.map((network) => `- network ${networkName(network)}`) : []),
  ];
}

const IMAGE = { path: "task.container.image", noun: "image", type: null };

function changedFields(before: ServiceSpec, after: ServiceSpec): readonly string[] {
  return [IMAGE, ...SERVICE_FIELDS].flatMap(({ path, noun, type }) => {
    const [one, other] = [valueAt(before, path), valueAt(after, path)];
    if (isSame(one, other)) return [];
    const [ones, others] = [elementsOf(one, type), elementsOf(other, type)];
    if (ones === null || others === null) return [`    ${noun}: ${shown(one)} -> ${shown(other)}`];
    const removed = ones.filter((each) => !others.includes(each)).map((each) => `    - ${noun} ${each}`);
    const added = others.filter((each) => !ones.includes(each)).map((each) => `    + ${noun} ${each}`);
    return removed.length + added.length === 0 ? [`    ${noun}: other order`] : [...removed, ...added];
  });
}

/** The elements of a list, the pairs of a map; null = it is neither. */
function elementsOf(value: unknown, type: FieldType | null): readonly string[] | null {
  if (type?.kind !== "list") return null;
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.map((each) => elementText(each, type.element));
  return Object.entries(value as object).map(([key, each]) => `${key}=${shown(each)}`);
}

function elementText(element: unknown, kind: ElementKind): string {
  if (kind !== "secret" && kind !== "config") return shown(element);
  const { sourceName, target } = element as FileReference;
  return `${sourceName} as ${target}`;
}

function shown(value: unknown): string {
  const isWords = Array.isArray(value) && value.every((each) => typeof each === "string");
  const text =
    value === undefined
      ? "(not set)"
      : typeof value === "string"
        ? value
        : isWords
          ? value.join(" ")
          : JSON.stringify(value);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}
