import { encode, RECURSION_DESIRED } from "dns-packet";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { NameFacts } from "../../shared/rpc/gen/doctor.ts";
import type { DnsSockets } from "../ports/dns-sockets.ts";
import type { HostNames } from "./host-names.ts";
import { TRY_MS } from "./limits.ts";
import { answerLocally } from "./local-answer.ts";
import { readQuery } from "./query.ts";
import { FLAG, HEADER_BYTES, RCODE } from "./record-type.ts";

/** A packet that was lost is sent again. */
const ATTEMPTS = 2;
const IDS = 65_536;
const RCODE_MASK = 0x0f;
/** Every server knows who serves the root, or refuses at once. */
const ROOT = { name: ".", type: "NS" } as const;

export interface ExamineNamesOptions {
  readonly names: HostNames;
  /** Where tasks' questions are listened for; null = nowhere. */
  readonly address: string | null;
  /** The servers that the host asks. */
  readonly hostServers: () => Promise<readonly string[]>;
  readonly sockets: DnsSockets;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Whether this host's name server is there, knows the services that its tasks look for, and has servers that answer.
 * It is asked by a packet, as a task asks; being asked by the host it refuses, and that is an answer. What a task would
 * be told is asked of the same tables, in its name.
 */
export async function examineNames(options: ExamineNamesOptions, signal: AbortSignal): Promise<NameFacts> {
  const { address, hostServers } = options;
  const servers = await hostServers();
  const [isListening, upstreams] = await Promise.all([
    address !== null && answers(address, options, signal),
    Promise.all(servers.map(async (server) => ({ address: server, answered: await answers(server, options, signal) }))),
  ]);
  const fault =
    address !== null && !isListening
      ? `the name server of its tasks does not answer at ${address}`
      : unknownName(options);
  return { address: address ?? "", fault, upstreams };
}

/** A sentence about the first service that its own tasks would not find; "" = they find all. */
function unknownName({ names, random }: ExamineNamesOptions): string {
  for (const { taskId, service } of names.expectations()) {
    const bytes = encode({ type: "query", id: 0, questions: [{ name: service, type: "A" }] });
    const incoming = readQuery(bytes);
    if (incoming.kind !== "query") continue;
    const reply = answerLocally(names.viewOf(taskId), incoming.query, "udp", random);
    const code = reply === null ? RCODE.NXDOMAIN : reply.readUInt16BE(2) & RCODE_MASK;
    if (code !== RCODE.NOERROR) return `its tasks do not find the service ${service}, which is on a network with them`;
  }
  return "";
}

async function answers(server: string, options: ExamineNamesOptions, signal: AbortSignal): Promise<boolean> {
  const { sockets, clock, random } = options;
  for (let attempt = 0; attempt < ATTEMPTS && !signal.aborted; attempt++) {
    const id = random.below(IDS);
    const message = encode({ type: "query", id, flags: RECURSION_DESIRED, questions: [ROOT] });
    const late = new AbortController();
    using _timer = clock.schedule(TRY_MS, "doctor: answer of a name server", () => late.abort(new Error("no answer")));
    try {
      await sockets.ask(server, "udp", message, (bytes) => isReply(bytes, id), AbortSignal.any([signal, late.signal]));
      return true;
    } catch {
      // Silent, or nobody there: asked once more.
    }
  }
  return false;
}

function isReply(bytes: Uint8Array, id: number): boolean {
  if (bytes.length < HEADER_BYTES) return false;
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return message.readUInt16BE(0) === id && (message.readUInt16BE(2) & FLAG.RESPONSE) !== 0;
}
