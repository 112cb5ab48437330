/** What one cycle starts and stops on a host, by Docker's API: a task that is replaced, and a container of its own. */
import { type IncomingMessage, request } from "node:http";
import { ApiClient } from "../api/api-client.ts";
import { until } from "../worker/side.ts";

/** By digest, so that no task asks the registry. */
const NAME = "busybox";
const SERVICE = "cycled";
/** Says a line, is healthy at once, and ends at once when it is asked to. */
const WORDS = ["sh", "-c", "trap 'exit 0' TERM; echo said; while :; do sleep 0.1; done"];
const NANOSECONDS = 1_000_000;
const HEALTH = {
  Test: ["CMD", "true"],
  Interval: 200 * NANOSECONDS,
  Timeout: 5_000 * NANOSECONDS,
  Retries: 3,
};
const VOLUME = { Type: "volume", Target: "/data" };
const STREAM_MS_MAX = 30_000;
/** Of an exec or of a log that is followed; both say a word. */
const FIRST_BYTES = 1;

interface Task {
  readonly ID: string;
  readonly Spec: { readonly ForceUpdate?: number };
  readonly Status: { readonly State: string };
}

export class Cycle implements Disposable {
  readonly #client: ApiClient;
  #image = NAME;
  #forced = 0;

  constructor(socket: string) {
    this.#client = new ApiClient(socket, 2);
  }

  /** Makes the service whose task the cycles replace; the host has the image. */
  async begin(): Promise<void> {
    const { RepoDigests } = (await this.#client.ask("GET", `/images/${NAME}/json`)) as { RepoDigests: string[] };
    this.#image = RepoDigests[0] ?? NAME;
    await this.#client.ask("POST", "/services/create", this.#spec());
    await this.#untilRuns();
  }

  async run(): Promise<void> {
    await this.#replaceTask();
    await this.#ownContainer();
  }

  /** Removes the service and waits until the host has no container. */
  async end(): Promise<void> {
    await this.#client.ask("DELETE", `/services/${SERVICE}`);
    await until("the end of all containers", async () => {
      return ((await this.#client.ask("GET", "/containers/json?all=1")) as readonly unknown[]).length === 0;
    });
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }

  #spec(): object {
    return {
      Name: SERVICE,
      TaskTemplate: {
        ContainerSpec: { Image: this.#image, Command: WORDS, Healthcheck: HEALTH, Mounts: [VOLUME] },
        ForceUpdate: this.#forced,
      },
      Mode: { Replicated: { Replicas: 1 } },
      EndpointSpec: { Ports: [{ Protocol: "tcp", TargetPort: 80, PublishedPort: 8080 }] },
    };
  }

  async #replaceTask(): Promise<void> {
    this.#forced++;
    const { Version } = (await this.#client.ask("GET", `/services/${SERVICE}`)) as { Version: { Index: number } };
    await this.#client.ask("POST", `/services/${SERVICE}/update?version=${Version.Index}`, this.#spec());
    await this.#untilRuns();
  }

  async #untilRuns(): Promise<void> {
    const filters = encodeURIComponent(JSON.stringify({ service: [SERVICE], "desired-state": ["running"] }));
    await until(`task ${this.#forced}`, async () => {
      const tasks = (await this.#client.ask("GET", `/tasks?filters=${filters}`)) as readonly Task[];
      return tasks.some(({ Status, Spec }) => Status.State === "running" && (Spec.ForceUpdate ?? 0) === this.#forced);
    });
  }

  async #ownContainer(): Promise<void> {
    const { Id } = (await this.#client.ask("POST", "/containers/create", {
      Image: this.#image,
      Cmd: WORDS,
      Healthcheck: HEALTH,
      ExposedPorts: { "80/tcp": {} },
      HostConfig: { Mounts: [VOLUME], PublishAllPorts: true },
    })) as { Id: string };
    await this.#client.ask("POST", `/containers/${Id}/start`);
    const followed = await this.#stream("GET", `/containers/${Id}/logs?follow=1&stdout=1`);
    const { Id: exec } = (await this.#client.ask("POST", `/containers/${Id}/exec`, {
      AttachStdout: true,
      Cmd: ["echo", "said"],
    })) as { Id: string };
    const said = await this.#stream("POST", `/exec/${exec}/start`, { Detach: false, Tty: false });
    await this.#client.ask("GET", `/containers/${Id}/stats?stream=0&one-shot=1`);
    await this.#client.ask("DELETE", `/containers/${Id}?force=1&v=1`);
    for (const stream of [followed, said]) stream.destroy();
  }

  /** Resolves once something was said; the stream stays open. */
  #stream(method: string, path: string, body: unknown = null): Promise<IncomingMessage> {
    const text = body === null ? "" : JSON.stringify(body);
    const headers = body === null ? {} : { "Content-Type": "application/json", "Content-Length": text.length };
    return new Promise((resolve, reject) => {
      const options = { socketPath: this.#client.socketPath, method, path, headers, timeout: STREAM_MS_MAX };
      const asked = request(options, (answer) => {
        if ((answer.statusCode ?? 0) >= 400) reject(new Error(`${method} ${path}: ${answer.statusCode}`));
        let bytes = 0;
        answer.on("data", (piece: Buffer) => {
          bytes += piece.length;
          if (bytes >= FIRST_BYTES) resolve(answer);
        });
        answer.on("error", () => {});
        answer.on("end", () => resolve(answer));
      });
      asked.on("timeout", () => asked.destroy(new Error(`${method} ${path}: silent for ${STREAM_MS_MAX} ms`)));
      asked.on("error", reject);
      asked.end(text);
    });
  }
}
