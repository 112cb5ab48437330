import { createHash } from "node:crypto";
import type { ContentKind } from "../../shared/objects/file-reference.ts";
import { type Labels, labelOf, labelsOf } from "../../shared/objects/labels.ts";
import type { ContentSpec } from "../../shared/rpc/gen/objects.ts";
import type { Content } from "../content/calls.ts";
import { isSame } from "../same.ts";
import { isOfStack } from "./names.ts";
import type { WantedContent } from "./translate/wanted.ts";

/** Of a secret or config under a longer name: which key of the file it is of. */
export const SOURCE_LABEL = "swarm.stack.source";
/** Names of secrets and configs are no longer. */
const NAME_LENGTH_MAX = 64;
/** Digits of the digest in a name: two contents of one config never meet. */
const DIGITS = 12;

export type ContentStep =
  | { readonly action: "create"; readonly kind: ContentKind; readonly key: string; readonly spec: ContentSpec }
  | {
      readonly action: "relabel";
      readonly kind: ContentKind;
      readonly key: string;
      readonly object: Content;
      readonly labels: Labels;
    }
  | { readonly action: "keep"; readonly kind: ContentKind; readonly key: string; readonly object: Content };

/** A wanted secret or config with its bytes, and whether an object holds just these. */
export interface FilledContent {
  readonly wanted: WantedContent;
  /** Empty of an external one. */
  readonly data: Buffer;
  readonly isHeldBy: (object: Content) => boolean;
}

/** The objects that may be an earlier or the present form of it. */
export function formsOf(
  { kind: _, key, name }: WantedContent,
  stack: string,
  objects: readonly Content[],
): readonly Content[] {
  return objects.filter(
    ({ spec }) =>
      isOfStack(stack, spec?.annotations?.labels) &&
      (nameOf({ spec }) === name || labelOf(spec?.annotations?.labels, SOURCE_LABEL) === key),
  );
}

/**
 * What is to be done for one. Content cannot be changed, so a new one gets a longer name, and services move to it: a
 * config's has the digest of what it holds. A secret's has a number, because a digest would let others test guesses.
 * @returns a sentence when its name belongs to something else.
 */
export function planContent(
  { wanted, data, isHeldBy }: FilledContent,
  stack: string,
  objects: readonly Content[],
): ContentStep | string {
  const { kind, key, name, templateDriver } = wanted;
  const namesake = objects.find((object) => nameOf(object).toLowerCase() === name.toLowerCase());
  if (wanted.isExternal) {
    return namesake === undefined
      ? `external ${kind} ${name} does not exist: create it with \`swarmctl ${kind} create ${name} FILE\``
      : { action: "keep", kind, key, object: namesake };
  }
  if (namesake !== undefined && !isOfStack(stack, namesake.spec?.annotations?.labels))
    return `${kind} ${name} exists already and is not of stack ${stack}`;
  const present = formsOf(wanted, stack, objects).find(
    (object) => (object.spec?.templateDriver ?? "") === templateDriver && isHeldBy(object),
  );
  if (present !== undefined) {
    const labels = nameOf(present) === name ? wanted.labels : withSource(wanted);
    return isSame(labels, labelsOf(Object.entries(present.spec?.annotations?.labels ?? {})))
      ? { action: "keep", kind, key, object: present }
      : { action: "relabel", kind, key, object: present, labels };
  }
  if (namesake === undefined)
    return {
      action: "create",
      kind,
      key,
      spec: { annotations: { name, labels: wanted.labels }, data, templateDriver },
    };
  if (wanted.hasOwnName)
    return `${kind} ${name} holds something else, and content cannot be changed: give it another name, or none`;
  const taken = new Set(objects.map((object) => nameOf(object).toLowerCase()));
  const longer = nextName(wanted, data, taken);
  return {
    action: "create",
    kind,
    key,
    spec: { annotations: { name: longer, labels: withSource(wanted) }, data, templateDriver },
  };
}

function withSource({ labels, key }: WantedContent): Labels {
  return labelsOf([...Object.entries(labels), [SOURCE_LABEL, key]]);
}

function nextName({ kind, name, templateDriver }: WantedContent, data: Buffer, taken: ReadonlySet<string>): string {
  if (kind === "config") {
    const digest = createHash("sha256").update(`${templateDriver}\0`).update(data).digest("hex").slice(0, DIGITS);
    return longer(name, digest);
  }
  for (let number = 2; ; number++) {
    const next = longer(name, String(number));
    if (!taken.has(next.toLowerCase())) return next;
  }
}

const longer = (name: string, suffix: string): string =>
  `${name.slice(0, NAME_LENGTH_MAX - suffix.length - 1)}_${suffix}`;

export function nameOf({ spec }: Pick<Content, "spec">): string {
  return spec?.annotations?.name ?? "";
}
