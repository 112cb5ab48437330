import { SwarmError } from "../../shared/errors.ts";
import { CONTENT_LIMITS } from "../../shared/objects/limits.ts";
import type { Cli } from "../cli.ts";
import type { Content } from "../content/calls.ts";
import { type FilledContent, formsOf } from "./plan-contents.ts";
import type { StackState } from "./state.ts";
import type { Fault } from "./translate/notes.ts";
import type { WantedContent, WantedStack } from "./translate/wanted.ts";

/** Reads what secrets and configs are to hold, and has managers compare it with what they keep. */
export async function fillContents(
  cli: Cli,
  { stack, contents }: WantedStack,
  state: StackState,
  place: (...path: readonly string[]) => Fault["place"],
): Promise<{ readonly filled: readonly FilledContent[]; readonly faults: readonly Fault[] }> {
  const filled: FilledContent[] = [];
  const faults: Fault[] = [];
  for (const wanted of contents) {
    const { kind, key } = wanted;
    const wrong = (sentence: string): void => {
      faults.push({ place: place(`${kind}s`, key), sentence, isUnsupported: false });
    };
    try {
      const data = await bytesOf(cli, wanted);
      if (data.length === 0 && !wanted.isExternal) wrong(`${kind} ${key} is empty: it must hold at least one byte`);
      const holders = wanted.isExternal
        ? []
        : await holdersOf(cli, wanted, data, formsOf(wanted, stack, state.contents[kind]));
      filled.push({ wanted, data, isHeldBy: ({ id }) => holders.includes(id) });
    } catch (error) {
      if (!(error instanceof SwarmError) || error.code !== "invalidArgument") throw error;
      wrong(`${kind} ${key}: ${error.message}`);
    }
  }
  return { filled, faults };
}

async function bytesOf(cli: Cli, { kind, source }: WantedContent): Promise<Buffer> {
  switch (source.kind) {
    case "file":
      return await cli.readBytes(source.path, CONTENT_LIMITS[kind].max);
    case "environment":
      return Buffer.from(source.value ?? "");
    case "content":
      return Buffer.from(source.text);
    default:
      return Buffer.alloc(0);
  }
}

/** Ids of the objects that hold exactly these bytes. A secret's are nobody's to read, so managers are asked. */
async function holdersOf(
  cli: Cli,
  { kind }: WantedContent,
  data: Buffer,
  objects: readonly Content[],
): Promise<readonly string[]> {
  if (kind === "config") return objects.filter(({ spec }) => spec?.data.equals(data)).map(({ id }) => id);
  const control = await cli.api.control();
  const holders: string[] = [];
  for (const { id } of objects) {
    const { same } = await control.compareSecret({ ref: id, data }, { signal: cli.signal });
    if (same) holders.push(id);
  }
  return holders;
}
