/** Docker's HTTP API as a client that keeps its connections, on any unix socket: ours or a real dockerd's. */
import { Agent, type IncomingMessage, request } from "node:http";

const ANSWER_MS_MAX = 120_000;

export class ApiClient implements Disposable {
  readonly socketPath: string;
  readonly #agent: Agent;

  constructor(socketPath: string, connections: number) {
    this.socketPath = socketPath;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @throws Error with what was answered when it is a refusal. */
  ask(method: string, path: string, body: unknown = null): Promise<unknown> {
    const bytes = body === null ? "" : JSON.stringify(body);
    const headers = body === null ? {} : { "Content-Type": "application/json", "Content-Length": bytes.length };
    const options = { socketPath: this.socketPath, agent: this.#agent, method, path, headers, timeout: ANSWER_MS_MAX };
    return new Promise((resolve, reject) => {
      const asked = request(options, (answer) => {
        textOf(answer).then((text) => {
          const status = answer.statusCode ?? 0;
          if (status < 400) resolve(text === "" ? null : JSON.parse(text));
          else reject(new Error(`${method} ${path}: ${status} ${text}`));
        }, reject);
      });
      asked.on("timeout", () => asked.destroy(new Error(`${method} ${path}: no answer for ${ANSWER_MS_MAX} ms`)));
      asked.on("error", reject);
      asked.end(bytes);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

/** Services of a bench: without tasks, so that it is the API and the store that are measured. */
export function emptyService(name: string): unknown {
  return {
    Name: name,
    TaskTemplate: { ContainerSpec: { Image: "busybox:latest" } },
    Mode: { Replicated: { Replicas: 0 } },
  };
}

/** Runs `work` for 0 .. count - 1, `inFlight` at once. */
export async function inParallel(count: number, inFlight: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}
