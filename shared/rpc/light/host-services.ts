import { SwarmError } from "../../errors.ts";
import type { ConnectOptions, RpcClient } from "../client.ts";
import { HOST_SERVICES, type HostServiceName } from "../host-service-names.ts";
import type { RpcService } from "../service-types.ts";
import { connectLocally } from "./local-client.ts";
import { clientOver, type RawCall } from "./raw-client.ts";
import { type LightServiceName, type LightServices, lightService } from "./services.ts";

/** Whose engine is meant: of this host, of a node's by its id, or of the host of a task. */
export type HostTarget =
  | { readonly kind: "here" }
  | { readonly kind: "node"; readonly nodeId: string }
  | { readonly kind: "task"; readonly taskId: string };

/** The services of one host's engine, each made when it is first asked for. Dispose it to give its calls up. */
export type HostServices = { readonly [Name in HostServiceName]: RpcClient<LightServices[Name]> } & AsyncDisposable;

/**
 * The engine of a host, through the local socket: of this host directly, of any other by way of the managers. A caller
 * cannot tell the two ways apart, but for the errors of the longer one: unavailable when the host cannot be reached.
 */
export function hostServices(socketPath: string, target: HostTarget, options: ConnectOptions = {}): HostServices {
  return hostServicesBy((name) => connectLocally(name, socketPath, options), target);
}

/** Opens a client of one of this daemon's services. */
export type OpenService = <Name extends LightServiceName>(name: Name) => RpcClient<LightServices[Name]>;

/** As `hostServices`, by clients that the caller opens. */
export function hostServicesBy(openService: OpenService, target: HostTarget): HostServices {
  const opened = new AsyncDisposableStack();
  const services = { [Symbol.asyncDispose]: () => opened.disposeAsync() };
  for (const name of HOST_SERVICES) {
    Object.defineProperty(services, name, {
      configurable: true,
      enumerable: true,
      get: () => {
        const value = open(name, openService, target);
        opened.use(value as AsyncDisposable);
        Object.defineProperty(services, name, { value, enumerable: true });
        return value;
      },
    });
  }
  return services as unknown as HostServices;
}

function open(name: HostServiceName, openService: OpenService, target: HostTarget): unknown {
  if (target.kind === "here") return openService(name);
  const hosts = openService("hosts");
  const where = target.kind === "node" ? { nodeId: target.nodeId } : { taskId: target.taskId };
  return clientOver(
    // Which of the services it is, is known to whoever asks for it by its name.
    lightService(name) as RpcService<unknown>,
    ({ path }, { signal, timeoutMs }) =>
      carried(
        hosts.call({
          ...(signal === undefined ? {} : { signal }),
          ...(timeoutMs === null ? {} : { timeoutMs }),
        }),
        { ...where, path },
      ),
    async () => hosts[Symbol.asyncDispose](),
  );
}

type Envelope = ReturnType<RpcClient<LightServices["hosts"]>["call"]>;

/** The call inside of the envelope. */
function carried(envelope: Envelope, head: { readonly path: string }): RawCall {
  const begun = envelope.send({ head });
  begun.catch(() => {});
  return {
    // In order: the head has been queued before.
    send: (request) => envelope.send({ request }),
    end: () => envelope.end(),
    over: envelope.over,
    messages: {
      async *[Symbol.asyncIterator]() {
        for await (const { reply, status } of envelope.messages) {
          if (reply !== undefined) yield reply;
          else if (status !== undefined) throw new SwarmError("internal", "a call's status came inside its envelope");
        }
      },
    },
  };
}
