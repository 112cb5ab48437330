/** A Backend whose calls are what a test says; any other call is refused with its name. */
import type { Backend } from "../../http-api/backend.ts";
import { SwarmError } from "../../shared/errors.ts";

/** By service and method, what a call answers: `{ control: { listNodes: async () => ({ nodes: [] }) } }`. */
export type FakeCalls = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** @param noted gets the name of each call and its request. */
export function fakeBackend(calls: FakeCalls, noted: (readonly [name: string, request: unknown])[] = []): Backend {
  const client = (service: string): unknown =>
    new Proxy(
      {},
      {
        get: (_target, method) =>
          // Otherwise it would pass for a promise.
          method === "then"
            ? undefined
            : (request: unknown, options: unknown) => {
                const name = `${service}.${String(method)}`;
                noted.push([name, request]);
                const run = calls[service]?.[String(method)] as ((...args: unknown[]) => unknown) | undefined;
                if (run !== undefined) return run(request, options);
                return refusedCall(new SwarmError("unimplemented", `no ${name} in this test`));
              },
      },
    );
  const engine = new Proxy({}, { get: (_target, service) => client(String(service)) });
  return {
    control: client("control"),
    logs: client("logs"),
    hosts: client("hosts"),
    local: client("local"),
    engine: () => engine,
  } as unknown as Backend;
}

/** Refused as calls are: never at once, whether an answer, messages or a talk was expected. */
function refusedCall(error: SwarmError): object {
  const answer = Promise.reject(error);
  // Whoever takes it for messages does not look at it.
  answer.catch(() => {});
  async function* refusing(): AsyncGenerator<never> {
    yield await answer;
  }
  return Object.assign(answer, {
    messages: { [Symbol.asyncIterator]: refusing },
    response: answer,
    send: () => answer,
    end: () => {},
    [Symbol.asyncIterator]: refusing,
  });
}
