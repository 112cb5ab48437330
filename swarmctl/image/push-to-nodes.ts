import { SwarmError } from "../../shared/errors.ts";
import { sleep } from "../../shared/ports/clock.ts";
import type { HostServices } from "../../shared/rpc/light/host-services.ts";
import { sendAll } from "../../shared/rpc/send-all.ts";
import type { Cli, Run } from "../cli.ts";
import { decimalSize } from "../format/size.ts";
import { engineAt, imageEngine, type UpNode, upNodes } from "./engine.ts";
import type { PUSH_TO_NODES_OPTIONS } from "./options.ts";

/** A line that says how far it is no more often than people read. */
const PROGRESS_PERIOD_MS = 500;
/** A busy node whose session breaks under so much data is back within seconds, and may be given it again. */
const TRIES_MAX = 3;
const AGAIN_MS = 2_000;

export const run: Run<typeof PUSH_TO_NODES_OPTIONS> = async (cli, [ref = ""], flags) => {
  await using source = await imageEngine(cli, flags.text("node"));
  const { summary } = await source.images.inspect({ ref }, { signal: cli.signal });
  const id = summary?.id ?? "";
  const wanted = flags.list("to");
  const nodes = chosen(await upNodes(cli), wanted);
  const isQuiet = flags.is("quiet");
  const failures: string[] = [];
  // One after the other: all of it goes through the one connection of this host.
  for (const node of nodes) {
    try {
      const image = { ref, id, bytes: summary?.sizeBytes ?? 0 };
      const state = await unlessLost(cli, () => bring(cli, source, image, node));
      if (!isQuiet) cli.output.line(`${node.name}: ${state}`);
    } catch (error) {
      if (!(error instanceof SwarmError) || cli.signal.aborted) throw error;
      failures.push(`node ${node.name}: ${error.message}`);
    }
  }
  if (failures.length > 0) throw new SwarmError("failedPrecondition", failures.join("\nError: "));
};

/** @throws SwarmError notFound for a name that no node which is up has. */
function chosen(nodes: readonly UpNode[], wanted: readonly string[]): readonly UpNode[] {
  if (wanted.length === 0) return nodes;
  return wanted.map((word) => {
    const found = nodes.filter(({ id, name }) => name === word || id.startsWith(word));
    const [node] = found;
    if (node === undefined || found.length > 1) throw new SwarmError("notFound", `no node ${word} is up`);
    return node;
  });
}

async function unlessLost<T>(cli: Cli, bringOnce: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await bringOnce();
    } catch (error) {
      const isLost = error instanceof SwarmError && error.code === "unavailable";
      if (!isLost || attempt === TRIES_MAX || cli.signal.aborted) throw error;
    }
    await sleep(cli.clock, AGAIN_MS, "image push-to-nodes: again", cli.signal);
  }
}

interface Brought {
  readonly ref: string;
  readonly id: string;
  readonly bytes: number;
}

async function bring(cli: Cli, source: HostServices, image: Brought, node: UpNode): Promise<string> {
  await using target = await engineAt(cli, { kind: "node", nodeId: node.id });
  if (await hasImage(cli, target, image)) return "has it already";
  let sent = 0;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let drawn = 0;
  async function* pieces() {
    for await (const { data } of source.images.save({ refs: [image.ref] }, { signal: cli.signal })) {
      sent += data.length;
      const nowMs = cli.clock.now();
      if (cli.output.isTerminal && nowMs - toldAtMs >= PROGRESS_PERIOD_MS) {
        toldAtMs = nowMs;
        const percent = image.bytes === 0 ? 0 : Math.min(100, Math.floor((100 * sent) / image.bytes));
        cli.output.redraw(drawn, [`${node.name}: ${percent} %, ${decimalSize(sent)} of ${decimalSize(image.bytes)}`]);
        drawn = 1;
      }
      yield { data };
    }
  }
  try {
    await sendAll(target.images.load({ signal: cli.signal }), pieces());
  } finally {
    if (drawn > 0) cli.output.redraw(drawn, []);
  }
  return "loaded";
}

async function hasImage(cli: Cli, target: HostServices, { ref, id }: Brought): Promise<boolean> {
  try {
    const { summary } = await target.images.inspect({ ref }, { signal: cli.signal });
    return summary?.id === id;
  } catch (error) {
    if (error instanceof SwarmError && error.code === "notFound") return false;
    throw error;
  }
}
