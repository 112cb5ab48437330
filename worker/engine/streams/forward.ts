import { SwarmError } from "../../../shared/errors.ts";
import type { ForwardInput, ForwardOutput } from "../../../shared/rpc/gen/streams.ts";
import type { CallContext, Send } from "../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import { unlessAborted } from "../../../shared/unless-aborted.ts";
import type { ContainerLookup } from "../../executor/container-lookup.ts";
import type { ConnectInside } from "../../ports/connect-inside.ts";

export interface ForwardParts {
  readonly lookup: ContainerLookup;
  readonly connectInside: ConnectInside;
}

const PORT_MAX = 65_535;

/** A connection to a port inside of a container, until both sides have ended it or the caller goes. */
export async function forward(
  { lookup, connectInside }: ForwardParts,
  messages: AsyncIterable<ForwardInput>,
  { signal }: CallContext,
  send: Send<Sendable<ForwardOutput>>,
): Promise<void> {
  const incoming = messages[Symbol.asyncIterator]();
  const { done, value } = await incoming.next();
  const start = done === true ? null : (value.start ?? null);
  if (start === null) throw new SwarmError("invalidArgument", "a forwarded connection begins with where it goes");
  if (start.port < 1 || start.port > PORT_MAX) {
    throw new SwarmError("invalidArgument", `${start.port} is no port: 1 to ${PORT_MAX} are`);
  }
  const { pid, name } = await lookup.findRunning(start.container);
  using connection = await connectInside(`/proc/${pid}/ns/net`, start.port).catch((error: Error) => {
    const sentence = `cannot connect to port ${start.port} in container ${name}: ${error.message}`;
    throw new SwarmError("unavailable", sentence, { cause: error });
  });
  await send({ opened: {} });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const up = async (): Promise<void> => {
    for (let next = await incoming.next(); next.done !== true; next = await incoming.next()) {
      if (next.value.data !== undefined) await connection.write(next.value.data);
    }
    connection.end();
  };
  up().catch(failed.reject);
  const down = async (): Promise<void> => {
    for await (const data of connection.bytes) await send({ data });
  };
  await unlessAborted(Promise.race([down(), failed.promise]), signal);
}
