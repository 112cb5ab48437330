/** What the declarations of flags say of each, as docs/service-options.md prints it. */
import { unreachable } from "../../shared/invariant.ts";
import type { ServiceField } from "../../shared/service-spec/field.ts";
import { SERVICE_FIELDS } from "../../shared/service-spec/fields.ts";
import { longName, type OptionSpec } from "../../swarmctl/option-spec.ts";
import { DRY_RUN_OPTIONS, WAIT_OPTIONS } from "../../swarmctl/service/options.ts";
import { defaultText, longNameOf } from "../../swarmctl/service/spec/field-options.ts";
import { CREATE_OPTIONS, UPDATE_OPTIONS } from "../../swarmctl/service/spec-options.ts";

const DEFAULT = / \(default:? ([^()]*)\)$/;
const COMMON = [...DRY_RUN_OPTIONS, ...WAIT_OPTIONS];
const CREATED = new Set([...CREATE_OPTIONS, ...COMMON].map(longName));
const UPDATED = new Set([...UPDATE_OPTIONS, ...COMMON].map(longName));

/** A row a flag by name: flag, what it does, default, on update. `-add` and `-rm` belong to their plain flag. */
export function flagFacts(): readonly (readonly string[])[] {
  const plain = [...CREATE_OPTIONS, ...COMMON, ...UPDATE_OPTIONS].filter(
    (option) => CREATED.has(longName(option)) || !/-(add|rm)$/.test(longName(option)) || !hasPlain(longName(option)),
  );
  const byName = new Map(plain.map((option) => [longName(option), option] as const).reverse());
  return [...byName.values()].sort((a, b) => (longName(a) < longName(b) ? -1 : 1)).map(factsOf);
}

function hasPlain(name: string): boolean {
  return CREATED.has(name.replace(/-(add|rm)$/, ""));
}

function factsOf(option: OptionSpec): readonly string[] {
  const { flags, help } = option;
  return [`\`${flags}\``, help.replace(DEFAULT, ""), DEFAULT.exec(help)?.[1] ?? "", onUpdate(longName(option))];
}

function onUpdate(name: string): string {
  const [isCreated, isUpdated] = [CREATED.has(name), UPDATED.has(name)];
  const forms = [
    isUpdated ? "same" : null,
    ...["-add", "-rm"].map((end) => (UPDATED.has(name + end) ? `\`${end}\`` : null)),
  ];
  const said = forms.filter((form) => form !== null);
  if (said.length === 0) return "not on update";
  const field = SERVICE_FIELDS.find((each) => `--${longNameOf(each)}` === name);
  const undo = field === undefined ? null : undoText(field);
  const text = isCreated ? said.join(", ") : "only on update";
  if (undo === null) return text;
  return `${text}; undone by \`${field?.type.kind === "switch" ? `=${undo}` : undo || '""'}\``;
}

/**
 * The value of a field's flag that makes it as if it had never been given: `--tty=false`, `--limit-pids 0`; null for
 * lists, which have `-rm`.
 */
export function undoText({ type, default: unsaid }: ServiceField): string | null {
  switch (type.kind) {
    case "list":
      return null;
    case "switch":
      return String(unsaid ?? false);
    case "text":
    case "words":
      return "";
    case "whole":
    case "duration":
    case "bytes":
    case "cpus":
    case "ratio":
      if ("clearable" in type) return "";
      return unsaid === undefined ? "0" : defaultText(type, unsaid);
    case "choice":
      // The first one is what holds without it.
      return unsaid === undefined ? (Object.keys(type.choices)[0] ?? "") : defaultText(type, unsaid);
    default:
      return unreachable(type);
  }
}
