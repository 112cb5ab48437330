import { SwarmError } from "../shared/errors.ts";
import type { Node } from "../shared/rpc/gen/objects.ts";
import type { Cli } from "./cli.ts";

/** Characters of an id that tables show. */
const SHORT_ID_LENGTH = 12;

export function shortId(id: string): string {
  return id.slice(0, SHORT_ID_LENGTH);
}

/** `READY` as "Ready", `ROLLBACK_STARTED` as "Rollback started". */
export function pretty(word: string): string {
  const text = word.toLowerCase().replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** This host's node id. @throws SwarmError failedPrecondition when it is in no swarm. */
export async function selfId(cli: Cli): Promise<string> {
  const local = await cli.api.local();
  const { nodeId } = await local.info({}, { signal: cli.signal });
  if (nodeId === "") {
    throw new SwarmError(
      "failedPrecondition",
      "This node is not part of a swarm: use `swarmctl init` or `swarmctl join` first",
    );
  }
  return nodeId;
}

/** A node reference as the API takes it: only the command line knows `self`. */
export async function nodeRef(cli: Cli, ref: string): Promise<string> {
  return ref === "self" ? await selfId(cli) : ref;
}

/** Nodes by id, for tables that name them. */
export async function nodesById(cli: Cli): Promise<ReadonlyMap<string, Node>> {
  const control = await cli.api.control();
  const { nodes } = await control.listNodes({}, { signal: cli.signal });
  return new Map(nodes.map((node) => [node.id, node]));
}

/** Names of all networks by id. */
export async function networksById(cli: Cli): Promise<ReadonlyMap<string, string>> {
  const control = await cli.api.control();
  const { networks } = await control.listNetworks({}, { signal: cli.signal });
  return new Map(networks.map(({ id, spec }) => [id, spec?.annotations?.name ?? id]));
}

/** Runs `act` for each argument, prints every failure, and fails at the end if there was one. */
export async function forEach<T>(args: readonly T[], act: (arg: T) => Promise<void>): Promise<void> {
  const failures: Error[] = [];
  for (const arg of args) {
    try {
      await act(arg);
    } catch (error) {
      if (!(error instanceof SwarmError) || error.code === "unavailable" || error.code === "cancelled") throw error;
      failures.push(error);
    }
  }
  const [first, ...others] = failures;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  throw new SwarmError("failedPrecondition", failures.map(({ message }) => message).join("\nError: "));
}

/**
 * Finds what each of several words means, and shows what was found before it fails for the others: one that is mistyped
 * does not hide the rest.
 */
export async function showFound<T>(
  args: readonly string[],
  find: (arg: string) => Promise<T | null>,
  show: (found: readonly T[]) => Promise<void> | void,
): Promise<void> {
  const found: T[] = [];
  let failure: unknown = null;
  try {
    await forEach(args, async (arg) => {
      const one = await find(arg);
      if (one !== null) found.push(one);
    });
  } catch (error) {
    failure = error;
  }
  if (failure === null || found.length > 0) await show(found);
  if (failure !== null) throw failure;
}
