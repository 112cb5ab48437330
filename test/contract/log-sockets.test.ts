/** Ways out for lines of logs, with somebody who listens at the other end. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import koffi from "koffi";
import type { LogDestination, SyslogServer } from "../../shared/objects/log-destination.ts";
import { systemLogSockets } from "../../worker/ports/system-log-sockets.ts";
import { waitFor } from "../support/wait.ts";

const to = (server: SyslogServer): LogDestination => ({ kind: "syslog", server, facility: 3, format: "" });
const MESSAGES = ["one", "two"].map((text) => Buffer.from(`${text}\n`));
const TOGETHER = "one\ntwo\n";

describe("lines of logs get out", () => {
  let directory = "";
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "swarm-log-"));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  async function sent(server: SyslogServer): Promise<void> {
    await using socket = await systemLogSockets.open(to(server));
    await socket.send(MESSAGES);
  }

  it("in datagrams, over UDP", async () => {
    const listener = createSocket("udp4");
    using _listener = { [Symbol.dispose]: () => void listener.close() };
    const heard: string[] = [];
    listener.on("message", (bytes) => heard.push(bytes.toString()));
    listener.bind(0, "127.0.0.1");
    await once(listener, "listening");
    await sent({ kind: "udp", host: "127.0.0.1", port: listener.address().port });
    await waitFor("both", () => heard.length === 2);
    assert.deepEqual(heard, ["one\n", "two\n"]);
  });

  for (const kind of ["tcp", "unix"] as const)
    it(`in a stream, over ${kind}, and it is said when nobody listens`, async () => {
      let heard = "";
      const server = createServer((socket: Socket) => socket.on("data", (bytes) => (heard += bytes.toString())));
      const path = join(directory, "stream");
      if (kind === "tcp") server.listen(0, "127.0.0.1");
      else server.listen(path);
      await once(server, "listening");
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const way: SyslogServer = kind === "tcp" ? { kind, host: "127.0.0.1", port } : { kind, path };
      await sent(way);
      await waitFor("both", () => heard === TOGETHER);
      server.close();
      await once(server, "close");
      await assert.rejects(sent(way), /ECONNREFUSED|ENOENT/);
    });

  it("in datagrams to a socket of the host, which is waited for while it is full", async () => {
    const path = join(directory, "datagrams");
    using listener = new DatagramListener(path);
    const destination = to({ kind: "unixgram", path });
    await using socket = await systemLogSockets.open(destination);
    // More than the kernel keeps for somebody who does not read.
    const many = Array.from({ length: 200 }, (_, at) => Buffer.from(`line ${at}`));
    let isSent = false;
    const sending = socket.send(many).then(() => (isSent = true));
    await waitFor("it to be full", () => listener.hasSomething());
    assert.equal(isSent, false);
    const heard: string[] = [];
    await waitFor("all of them", () => {
      heard.push(...listener.take());
      return heard.length === many.length;
    });
    await sending;
    assert.equal(heard.at(-1), "line 199");
    await assert.rejects(systemLogSockets.open(to({ kind: "unixgram", path: join(directory, "nobody") })), /nobody/);
  });
});

/** Node makes no sockets of datagrams below a path. */
class DatagramListener implements Disposable {
  readonly #libc = koffi.load("libc.so.6");
  readonly #receive = this.#libc.func("intptr_t recv(int fd, _Out_ uint8_t *bytes, uintptr_t length, int flags)");
  readonly #close = this.#libc.func("int close(int fd)");
  readonly #socket: number;

  constructor(path: string) {
    const [AF_UNIX, SOCK_DGRAM, SOCK_NONBLOCK] = [1, 2, 0o4000];
    this.#socket = this.#libc.func("int socket(int domain, int type, int protocol)")(
      AF_UNIX,
      SOCK_DGRAM | SOCK_NONBLOCK,
      0,
    );
    const address = Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.from(`${path}\0`)]);
    const bound = this.#libc.func("int bind(int fd, const void *address, int length)")(
      this.#socket,
      address,
      address.length,
    );
    assert.equal(bound, 0);
  }

  hasSomething(): boolean {
    const PEEK = 2;
    return Number(this.#receive(this.#socket, Buffer.alloc(1), 1, PEEK)) > 0;
  }

  take(): readonly string[] {
    const taken: string[] = [];
    for (const buffer = Buffer.alloc(1_024); ; ) {
      const length = Number(this.#receive(this.#socket, buffer, buffer.length, 0));
      if (length < 0) return taken;
      taken.push(buffer.subarray(0, length).toString());
    }
  }

  [Symbol.dispose](): void {
    this.#close(this.#socket);
  }
}
