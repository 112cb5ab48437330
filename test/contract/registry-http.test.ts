/** The client of registries against servers that answer with what nobody reads, or do not answer. */
import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { parseImageReference } from "../../shared/image-reference.ts";
import { NodeRegistryHttp } from "../../shared/registry/ports/registry-http.ts";
import { followStream, type Visit } from "../../shared/registry/registry-door.ts";

/** More than there are connections to one registry. */
const MANY = 30;

describe("connections to a registry", () => {
  let server: Server;
  let base: string;
  let listener: RequestListener = () => {};
  before(async () => {
    server = createServer((asked, answer) => listener(asked, answer));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const plainly = { method: "GET", headers: {}, insecure: true, timeoutMs: 5_000, bytesMax: 1_000_000 } as const;
  const visit = (): Visit => ({
    source: { image: parseImageReference("127.0.0.1/x"), insecure: true },
    basic: null,
    remainingMs: () => 5_000,
  });

  for (const [claim, body] of [
    ["short bodies", "moved"],
    ["long bodies", "moved".repeat(100_000)],
  ] as const) {
    it(`are free again after ${claim} that lead elsewhere`, async () => {
      using http = new NodeRegistryHttp();
      listener = ({ url }, answer) =>
        url === "/end" ? answer.end("content") : answer.writeHead(307, { location: "/end" }).end(body);
      for (let at = 0; at < MANY; at++) {
        const first = { method: "GET", url: `${base}/${at}`, authorization: null, headers: {} } as const;
        using found = await followStream(http, visit(), first);
        let content = "";
        for await (const chunk of found.body) content += chunk;
        assert.equal(content, "content");
      }
    });

    it(`are free again after ${claim} that nobody reads`, async () => {
      using http = new NodeRegistryHttp();
      listener = (_, answer) => void answer.writeHead(500).end(body);
      for (let at = 0; at < MANY; at++) {
        using refused = await http.open({ ...plainly, url: base });
        assert.equal(refused.status, 500);
      }
    });
  }

  it("are not waited for longer than for an answer", async () => {
    const http = new NodeRegistryHttp();
    listener = () => {};
    // All connections are in use, by whoever has more time.
    const patient = Array.from({ length: 8 }, () => http.open({ ...plainly, url: base, timeoutMs: 60_000 }));
    const gaveUp = Promise.allSettled(patient);
    const question = { ...plainly, url: base, timeoutMs: 300 };
    await assert.rejects(http.ask(question), /no answer in time/);
    await assert.rejects(http.open(question), /no answer in time/);
    server.closeAllConnections();
    http[Symbol.dispose]();
    listener = (_, answer) => void answer.end();
    await gaveUp;
  });
});
