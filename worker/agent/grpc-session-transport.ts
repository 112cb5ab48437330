import { mustHave } from "../../shared/invariant.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import { connect, type RpcCredentials } from "../../shared/rpc/client.ts";
import { services } from "../../shared/rpc/schema.ts";
import type { SessionTransport } from "./session-transport.ts";

/** A manager that does not accept the connection within this time is skipped: its host may be off. */
export const SESSION_CONNECT_MS_MAX = 1_500;

/** Sessions over gRPC. Credentials are read for each connection, since certificates are renewed. */
export function createGrpcSessionTransport(credentials: () => RpcCredentials, clock: Clock): SessionTransport {
  return {
    connect(address) {
      const client = connect(services.dispatcher, address, credentials(), {
        clock,
        connectTimeoutMs: SESSION_CONNECT_MS_MAX,
      });
      return {
        openSession: (signal) => client.session({ signal }),
        publishLogs(signal) {
          const call = client.publishLogs({ signal });
          const done = call.response.then(() => {});
          // A publication that fails while sending never looks at `done`; an unhandled failure would end the daemon.
          done.catch(() => {});
          return { send: call.send, end: call.end, done };
        },
        carry: (signal) => client.carry({ signal }),
        guests: {
          async findNetwork(ref, signal) {
            return mustHave((await client.findNetwork({ ref }, { signal })).network, "the network of an answer");
          },
          tellGuests: async (guests, signal) => (await client.tellGuests({ guests }, { signal })).guests,
        },
        [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
      };
    },
  };
}
