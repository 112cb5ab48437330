/** A registry that sends what a test wants: an OCI layout as it is, or whatever else. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What it sends instead of the layout's manifest or blob; null = that. `what`: a tag or digest. */
export type Instead = (kind: "manifests" | "blobs", what: string) => Answer | null;

export class HostileRegistry implements AsyncDisposable {
  readonly #server: Server;
  /** Of the image that is offered now, whatever its name. */
  #layout = "";
  #instead: Instead = () => null;

  private constructor() {
    this.#server = createServer((asked, answer) => {
      const [, kind, what = ""] = /\/(manifests|blobs)\/([^/]+)$/.exec(asked.url ?? "") ?? [];
      if (kind !== "manifests" && kind !== "blobs") {
        answer.end("{}");
        return;
      }
      const { status = 200, headers = {}, body } = this.#instead(kind, what) ?? this.#answer(kind, what);
      answer.writeHead(status, { "content-length": `${body.length}`, ...headers });
      // A length that is a lie ends the connection.
      answer.end(body, () => {
        if (headers["content-length"] !== undefined) answer.destroy();
      });
    });
  }

  static async start(): Promise<HostileRegistry> {
    const registry = new HostileRegistry();
    await new Promise<void>((resolve) => registry.#server.listen(0, "127.0.0.1", resolve));
    return registry;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @param directory in which the layout is (test/e2e/runtime-image.ts). */
  offer(directory: string, instead: Instead = () => null): void {
    this.#layout = join(directory, "layout");
    this.#instead = instead;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(kind: "manifests" | "blobs", what: string): Answer {
    const { manifests } = JSON.parse(readFileSync(join(this.#layout, "index.json"), "utf8"));
    const { digest, mediaType } = manifests[0];
    const name = what.startsWith("sha256:") ? what : digest;
    try {
      const body = readFileSync(join(this.#layout, "blobs/sha256", name.slice("sha256:".length)));
      return { headers: kind === "manifests" ? { "content-type": mediaType } : {}, body };
    } catch {
      return { status: 404, body: Buffer.from("{}") };
    }
  }
}
