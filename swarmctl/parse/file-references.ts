import type { ContentKind } from "../../shared/objects/file-reference.ts";
import type { FileReference } from "../../shared/rpc/gen/objects.ts";
import { parseCsvPairs } from "./csv.ts";
import { parseWhole } from "./numbers.ts";
import { usageError } from "./usage.ts";

/** The kernel reserves the highest number for "unchanged". */
const OWNER_MAX = 4_294_967_294;

/**
 * `NAME`, or `source=NAME[,target=PATH][,uid=0][,gid=0][,mode=0444]`; the target is the name unless given.
 * @throws SwarmError invalidArgument.
 */
export function parseFileReference(kind: ContentKind, text: string, flag: string): FileReference {
  const reference: { -readonly [Key in keyof FileReference]: FileReference[Key] } = {
    ...{ sourceId: "", sourceName: "", target: "", uid: 0, gid: 0 },
  };
  const pairs = parseCsvPairs(text, flag);
  const [first] = pairs;
  // Not read as a key, which would make it lower case.
  if (pairs.length === 1 && first?.[1] === null) reference.sourceName = text.trim();
  else for (const [key, value] of pairs) take(kind, reference, key, required(text, key, value, flag), flag);
  if (reference.sourceName === "") throw usageError(`invalid ${kind} "${text}" for ${flag}: source is missing`);
  return reference.target === "" ? { ...reference, target: reference.sourceName } : reference;
}

function take(
  kind: ContentKind,
  reference: { -readonly [Key in keyof FileReference]: FileReference[Key] },
  key: string,
  value: string,
  flag: string,
): void {
  switch (key) {
    case "source":
    case "src":
      reference.sourceName = value;
      return;
    case "target":
      reference.target = value;
      return;
    case "uid":
    case "gid":
      reference[key] = parseWhole(value, `${flag} ${key}`, { min: 0, max: OWNER_MAX });
      return;
    case "mode":
      reference.mode = parseMode(value, flag);
      return;
    default:
      throw usageError(`unexpected key '${key}' for ${flag}: expected source, target, uid, gid or mode of a ${kind}`);
  }
}

/** Without the zero, Docker reads 440 as a decimal number, which is 0670 in octal: no one means that. */
function parseMode(text: string, flag: string): number {
  if (!/^0o?[0-7]{1,4}$/.test(text)) {
    throw usageError(`invalid mode "${text}" for ${flag}: expected octal digits after a zero, such as 0440`);
  }
  return Number.parseInt(text.replace("o", ""), 8);
}

function required(text: string, key: string, value: string | null, flag: string): string {
  if (value !== null && value !== "") return value;
  throw usageError(`invalid field '${key}' in "${text}" for ${flag}: expected ${key}=VALUE`);
}
