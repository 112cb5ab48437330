import { SwarmError } from "./errors.ts";
import { HOST_LIMITS, type Limit } from "./objects/limits.ts";
import type { GenericResource } from "./rpc/gen/objects.ts";
import { isPrintable } from "./visible-text.ts";

const COUNT = /^[0-9]+$/;
/** Nobody means a resource of such a name. */
const NUMBER = /^[-+]?\d+(?:\.\d+)?$/;
const KIND = /^[a-zA-Z0-9][\w.-]*$/;

/**
 * `gpu=2`, as a service asks for it: each task gets any two; `gpu=UUID-1,UUID-2`: these two.
 * @throws SwarmError invalidArgument that quotes the text.
 */
export function parseGenericRequest(text: string, flag: string): GenericResource {
  const [kind, value] = halves(text, flag);
  if (COUNT.test(value)) return discrete(kind, Number(value), flag, text);
  if (NUMBER.test(value)) throw invalid(flag, text, "a count is a whole number of at least 1");
  const names = value.split(",").map((name) => name.trim());
  const request = { kind, value: names.length, names };
  const complaint = names.includes("") ? "expected KIND=COUNT or KIND=NAME,NAME" : complaintOfRequest(request);
  if (complaint !== null) throw invalid(flag, text, complaint);
  return request;
}

/**
 * What a host has, from all values of its daemon's flag: `fpga=2`, or one by one `gpu=UUID-1`, `gpu=UUID-2`.
 * @throws SwarmError invalidArgument that quotes what is wrong.
 */
export function parseHostResources(texts: readonly string[], flag: string): readonly GenericResource[] {
  const kinds = new Map<string, GenericResource>();
  for (const text of texts) {
    const [kind, value] = halves(text, flag);
    const before = kinds.get(kind);
    if (COUNT.test(value)) {
      if (before !== undefined) throw invalid(flag, text, `${kind} was already given`);
      kinds.set(kind, discrete(kind, Number(value), flag, text));
      continue;
    }
    if (before?.names.length === 0) throw invalid(flag, text, `${kind} was already given as a number`);
    if (before?.names.includes(value) === true) throw invalid(flag, text, "it was already given");
    const names = [...(before?.names ?? []), value];
    kinds.set(kind, { kind, value: names.length, names });
  }
  const resources = [...kinds.values()];
  checkHostLimits(resources, flag);
  return resources;
}

/** What managers would refuse from this host is refused where it is typed. */
function checkHostLimits(resources: readonly GenericResource[], flag: string): void {
  const check = ({ max, unit, of }: Limit, count: number): void => {
    if (count > max) throw new SwarmError("invalidArgument", `${flag}: ${of}: ${count} ${unit}, but at most ${max}`);
  };
  check(HOST_LIMITS.genericResources, resources.length);
  for (const { names } of resources) {
    check(HOST_LIMITS.genericNames, names.length);
    for (const name of names) {
      check(HOST_LIMITS.genericName, Buffer.byteLength(name));
      if (!isPrintable(name)) throw invalid(flag, name, "it must be printable");
    }
  }
}

/** As people write it: one `fpga=2`, or `gpu=UUID-1` and `gpu=UUID-2`. */
export function resourceTexts({ kind, value, names }: GenericResource): readonly string[] {
  const nameless = value - names.length;
  return [...(nameless > 0 ? [`${kind}=${nameless}`] : []), ...names.map((name) => `${kind}=${name}`)];
}

/** What is wrong with a resource that a host says it has, in one sentence; null = nothing. */
export function complaintOfResource(resource: GenericResource): string | null {
  const { kind, value, names } = resource;
  if (names.length > 0 && names.length < value) {
    return `invalid generic resource ${JSON.stringify(kind)}: ${value} of them need as many different names`;
  }
  return complaintOfRequest(resource);
}

/** The same of a resource that a service asks for. */
export function complaintOfRequest({ kind, value, names }: GenericResource): string | null {
  const what = `invalid generic resource ${JSON.stringify(kind)}`;
  if (!isKind(kind)) return `${what}: ${KIND_HINT}`;
  if (!Number.isSafeInteger(value) || value < 1) return `${what}: ${value} is not a number from 1 on`;
  if (names.length > value || new Set(names).size !== names.length) {
    return `${what}: ${value} of them need as many different names`;
  }
  const { max, unit } = HOST_LIMITS.genericName;
  const long = names.find((name) => Buffer.byteLength(name) > max);
  if (long !== undefined)
    return `${what}: a name has ${Buffer.byteLength(long)} ${unit}, but at most ${max} are allowed`;
  return names.every(isPrintable) ? null : `${what}: its names must be printable`;
}

const KIND_HINT = `its kind may have letters, digits, ".", "-" and "_", at most ${HOST_LIMITS.word.max}`;
const isKind = (kind: string): boolean => KIND.test(kind) && kind.length <= HOST_LIMITS.word.max;

function halves(text: string, flag: string): readonly [kind: string, value: string] {
  const at = text.indexOf("=");
  const [kind, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at < 1 || value === "") throw invalid(flag, text, "expected KIND=VALUE");
  if (!isKind(kind)) throw invalid(flag, text, KIND_HINT);
  return [kind, value];
}

function discrete(kind: string, value: number, flag: string, text: string): GenericResource {
  if (value < 1 || !Number.isSafeInteger(value)) throw invalid(flag, text, "it must be at least 1");
  return { kind, value, names: [] };
}

function invalid(flag: string, text: string, why: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid value ${JSON.stringify(text)} for ${flag}: ${why}`);
}
