import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { ByteConnection } from "../../shared/ports/byte-connection.ts";
import type { BidiCall } from "../../shared/rpc/call-types.ts";
import type { ForwardInput, ForwardOutput } from "../../shared/rpc/gen/streams.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Run } from "../cli.ts";
import type { PLACE_OPTIONS } from "./options.ts";
import { engineOf, placeOf } from "./place.ts";

type ForwardCall = BidiCall<Sendable<ForwardInput>, ForwardOutput>;

const PIECE_BYTES = 64 * 1024;
const PORT_MAX = 65_535;

export const run: Run<typeof PLACE_OPTIONS> = async (cli, [ref = "", ...words], flags) => {
  const wanted = words.map(parseForward);
  const place = await placeOf(cli, ref, flags.text("node"));
  await using engine = await engineOf(cli, place);
  // Whether it is there and runs, before anybody connects.
  const { running } = await engine.streams.locate({ container: place.container }, { signal: cli.signal });
  if (!running) throw new SwarmError("failedPrecondition", `container ${ref} is not running`);
  const { acceptOn } = await import("../ports/accept.ts");
  await using listeners = new AsyncDisposableStack();
  for (const { address, local, remote } of wanted) {
    const listener = await acceptOn(address, local, (connection) => {
      const call = engine.streams.forward({ signal: cli.signal });
      carry(call, connection, place.container, remote).catch((error: unknown) => {
        if (!cli.signal.aborted) cli.output.warn(`Error: ${messageOf(error)}`);
      });
    });
    listeners.use(listener);
    cli.output.line(`Forwarding from ${listener.where} -> ${remote}`);
  }
  await new Promise<void>((resolve) => cli.signal.addEventListener("abort", () => resolve(), { once: true }));
};

/** `[ADDR:]LOCAL:REMOTE`, or PORT for both. @throws SwarmError invalidArgument */
export function parseForward(text: string): {
  readonly address: string;
  readonly local: number;
  readonly remote: number;
} {
  const match = /^(?:(?:\[([0-9a-fA-F:]+)\]|([^:]+)):)?(?:(\d*):)?(\d+)$/.exec(text);
  const remote = Number(match?.[4]);
  // "8080:80" has no address: the pattern's first part takes what stands before the only colon.
  const isPair = match !== null && match[3] === undefined && match[2] !== undefined;
  const local = isPair ? Number(match[2]) : match?.[3] === undefined ? remote : Number(match[3] || 0);
  const address = match?.[1] ?? (isPair ? undefined : match?.[2]) ?? "127.0.0.1";
  const isValid = match !== null && remote >= 1 && remote <= PORT_MAX && local >= 0 && local <= PORT_MAX;
  if (isValid) return { address, local, remote };
  throw new SwarmError(
    "invalidArgument",
    `invalid port ${JSON.stringify(text)}: expected [ADDRESS:]LOCAL:REMOTE or PORT`,
  );
}

async function carry(call: ForwardCall, connection: ByteConnection, container: string, port: number): Promise<void> {
  using _connection = connection;
  await call.send({ start: { container, port } });
  const up = async (): Promise<void> => {
    for await (const chunk of connection.bytes) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        await call.send({ data: chunk.subarray(at, at + PIECE_BYTES) });
      }
    }
    call.end();
  };
  // Its failure shows as the end of the answers.
  up().catch(() => call.end());
  for await (const { data } of call.messages) if (data !== undefined) await connection.write(data);
  connection.end();
}
