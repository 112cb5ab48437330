/**
 * Run on a host of the lab: calls every method of proto/ at an address, as one caller, and prints the code each call
 * was answered with. Requests are empty: only whether one is let in is of interest.
 *
 *     door-knocker.ts ADDRESS BASE64(JSON of TlsMaterial, or "local")
 */
import { SwarmError } from "../../shared/errors.ts";
import { TlsCredentials, type TlsMaterial } from "../../shared/pki/tls-credentials.ts";
import type { BidiCall, ClientStreamCall } from "../../shared/rpc/call-types.ts";
import { connect } from "../../shared/rpc/client.ts";
import { services } from "../../shared/rpc/schema.ts";
import type { AnyMethod } from "../../shared/rpc/service-types.ts";

/** A stream that nobody ended by then was let in. */
const STREAM_MS = 700;
/** Not empty, so that a certificate request is a newcomer's. */
const REQUEST = { token: "SWMTKN-1-none" };
/** Would change the host it is asked of. */
const NOT_CALLED = new Set(["local.init", "local.join", "local.leave"]);

type AnyClient = AsyncDisposable & Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

const [address = "", encoded = ""] = process.argv.slice(2);
const given = JSON.parse(Buffer.from(encoded, "base64").toString()) as TlsMaterial | "local";
const credentials = given === "local" ? given : new TlsCredentials(given);
const answers: Record<string, string> = {};
for (const [name, service] of Object.entries(services)) {
  for (const [method, { kind }] of Object.entries(service.methods as Readonly<Record<string, AnyMethod>>)) {
    const key = `${name}.${method}`;
    if (given === "local" && NOT_CALLED.has(key)) continue;
    // One for each call: a stranger's connection is cut after a few.
    await using client = connect(service, address, credentials) as unknown as AnyClient;
    answers[key] = await codeOf(knock(client, method, kind));
  }
}
process.stdout.write(`${JSON.stringify(answers)}\n`);

async function knock(client: AnyClient, method: string, kind: AnyMethod["kind"]): Promise<void> {
  const call = client[method];
  if (call === undefined) throw new Error(`no ${method}`);
  const signal = AbortSignal.timeout(STREAM_MS);
  switch (kind) {
    case "unary":
      await call(REQUEST);
      return;
    case "serverStream":
      for await (const _ of call(REQUEST, { signal }) as AsyncIterable<unknown>) return;
      return;
    case "clientStream":
      await (call({ signal }) as ClientStreamCall<unknown, unknown>).response;
      return;
    case "bidi":
      for await (const _ of (call({ signal }) as BidiCall<unknown, unknown>).messages) return;
      return;
    default:
      kind satisfies never;
  }
}

async function codeOf(call: Promise<void>): Promise<string> {
  try {
    await call;
    return "ok";
  } catch (error) {
    if (error instanceof SwarmError) return error.code;
    if (error instanceof DOMException && error.name === "TimeoutError") return "open";
    throw error;
  }
}
