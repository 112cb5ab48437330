import { affinityText } from "../../shared/affinity.ts";
import { resourceTexts } from "../../shared/generic-resources.ts";
import { humanBytes } from "../../shared/human-bytes.ts";
import { unreachable } from "../../shared/invariant.ts";
import { preferenceText } from "../../shared/placement-preference.ts";
import type { Affinity, ContainerStep, Dependency, GenericResource } from "../../shared/rpc/gen/objects.ts";
import { dependencyText } from "../../shared/service-spec/dependencies.ts";
import type { ElementKind, FieldType } from "../../shared/service-spec/field.ts";
import { goDuration } from "../format/age.ts";
import { deviceText } from "./pretty-access.ts";

const NANOS_PER_CPU = 1_000_000_000;

/** A value of a field of the spec, as `inspect --pretty` shows it. */
export function shown(type: FieldType, value: unknown): string | readonly string[] {
  switch (type.kind) {
    case "duration":
      return goDuration(value as number);
    case "choice":
      return Object.entries(type.choices).find(([, ours]) => ours === value)?.[0] ?? "";
    case "cpus":
      return String((value as number) / NANOS_PER_CPU);
    case "bytes":
      return (value as number) < 0 ? "unlimited" : humanBytes(value as number);
    case "words":
      return commandText(value as readonly string[]);
    case "list":
      return Array.isArray(value)
        ? value.flatMap((each) => elementTexts(type.element, each))
        : pairs(value as Readonly<Record<string, string>>);
    case "text":
    case "switch":
    case "whole":
    case "ratio":
      return String(value);
    default:
      return unreachable(type);
  }
}

function elementTexts(element: ElementKind, value: unknown): readonly string[] {
  if (element === "step") return [commandText((value as ContainerStep).command)];
  if (element === "dependency") return [dependencyText(value as Dependency)];
  if (element === "affinity") return [affinityText(value as Affinity)];
  if (element === "preference") return [preferenceText(value as string)];
  if (element === "genericResource") return resourceTexts(value as GenericResource);
  const text = deviceText(element, value);
  if (text !== null) return [text];
  return [String(value)];
}

/** As it is typed in a shell, and as `--init-step-rm` and the like take it. */
function commandText(words: readonly string[]): string {
  return words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}

const PLAIN = /^[\w@%+=:,.^/{}-]+$/;

/** KEY=VALUE each. */
export function pairs(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`);
}
