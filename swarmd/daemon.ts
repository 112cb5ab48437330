import { join } from "node:path";
import { DATA_KEY_FILE } from "../raft/storage/data-keys.ts";
import { endsWithin } from "../shared/ends-within.ts";
import { messageOf, SwarmError } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import { KeyLock } from "../shared/pki/key-lock.ts";
import { KeyStore, SECRET_NODE_FILES } from "../shared/pki/key-store.ts";
import { systemCrypto } from "../shared/pki/ports/crypto-engine.ts";
import { keyFilesIn } from "../shared/pki/ports/key-files.ts";
import { systemClock } from "../shared/ports/system-clock.ts";
import { systemRandom } from "../shared/ports/system-random.ts";
import type { RpcHandlers } from "../shared/rpc/handler.ts";
import { HOST_SERVICES, type HostServiceName } from "../shared/rpc/host-service-names.ts";
import { CONNECTIONS_MAX } from "../shared/rpc/limits.ts";
import { RpcServer } from "../shared/rpc/rpc-server.ts";
import { services } from "../shared/rpc/schema.ts";
import type { RpcService } from "../shared/rpc/service-types.ts";
import type { EngineHandlers } from "../worker/engine/engine-handlers.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import { delegateTo } from "./delegate.ts";
import { openDockerApi } from "./docker-api.ts";
import { FatalError } from "./exit-codes.ts";
import { type HostEngine, openHostEngine } from "./host-engine.ts";
import { localHandlers } from "./local-service.ts";
import { MemoryKeeper } from "./memory-keeper.ts";
import { NodeLife } from "./node-life.ts";
import { followInterfaceAddresses } from "./ports/interfaces.ts";
import { LoopWatch } from "./ports/loop-delay.ts";
import { NodeDatabase } from "./ports/node-database.ts";
import { openFilesMax } from "./ports/open-files.ts";
import { systemOwnMemory } from "./ports/own-memory.ts";
import { makePrivate } from "./ports/private-directories.ts";
import { listRoutes } from "./ports/routes.ts";
import { unlockKeyIn } from "./ports/unlock-key-file.ts";
import { refusals } from "./refusals.ts";
import type { ManagerRuntime } from "./runtimes.ts";
import { STOP_MS_MAX } from "./stop-within.ts";
import { SystemRuntimes } from "./system-runtimes.ts";

/**
 * Twice the connections of the managers' port: with fewer, members' connections could use up the files of everything
 * else.
 */
const OPEN_FILES_MIN = 2 * CONNECTIONS_MAX;

interface DaemonParts {
  readonly database: NodeDatabase;
  readonly life: NodeLife;
  readonly engine: HostEngine;
  readonly server: RpcServer;
  readonly loop: LoopWatch;
  readonly memory: MemoryKeeper;
}

export interface DaemonDeps {
  readonly log: Logger;
  readonly version: string;
  /** Ends the process; called once at most. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * The process on one host: the composition root.
 *
 *     node database (claims the data directory) -> host engine (containers) -> node life (in or out of a swarm)
 *       -> local socket -> Docker's API
 *
 * The socket opens last, so that whoever can connect finds the node in the state in which the daemon ended.
 */
export class Daemon {
  readonly #loop: LoopWatch;
  readonly #memory: MemoryKeeper;
  readonly #database: NodeDatabase;
  readonly #life: NodeLife;
  readonly #engine: HostEngine;
  readonly #server: RpcServer;
  readonly #docker: AsyncDisposable;

  private constructor({ database, life, engine, server, loop, memory }: DaemonParts, docker: AsyncDisposable) {
    this.#docker = docker;
    this.#loop = loop;
    this.#memory = memory;
    this.#database = database;
    this.#life = life;
    this.#engine = engine;
    this.#server = server;
  }

  /** @throws FatalError when this host cannot run a daemon. */
  static async start(options: DaemonOptions, { log, version, onFatal }: DaemonDeps): Promise<Daemon> {
    makePrivate(options);
    const database = await NodeDatabase.open(options.dataDir);
    const loop = new LoopWatch(systemClock, log);
    const files = openFilesMax();
    if (files !== null && files < OPEN_FILES_MIN) {
      log.warn("the limit on open files is low: raise LimitNOFILE", { files, wanted: OPEN_FILES_MIN });
    }
    const books = { containers: database.containers(log), networks: database.networks(log) };
    const engine = await openHostEngine((await database.load())?.nodeId ?? "", books, {
      options,
      log,
    });
    const lock = await openLock(options.dataDir);
    const readUnlockKey = unlockKeyIn(options.unlockKeyFile);
    const runtimes = new SystemRuntimes({ options, version, log, engine, lock, readUnlockKey, onFatal });
    const life = new NodeLife({
      ...{ options, runtimes, lock, readUnlockKey },
      records: database,
      keys: new KeyStore(lock),
      interfaces: followInterfaceAddresses(),
      routes: listRoutes,
      engine: systemCrypto,
      clock: systemClock,
      random: systemRandom,
      log,
      onFatal,
    });
    await life.resume();
    const server = new RpcServer({ kind: "unix", path: options.socketPath }, { log, onBug: onFatal });
    const manager = (): ManagerRuntime => managerOf(life);
    server.add(
      services.local,
      localHandlers({
        life,
        options,
        version,
        description: () => runtimes.describe(),
        startedAtMs: systemClock.wallNow(),
        loopDelay: () => loop.read(),
        containersRunning: () => engine.containers.runningCount(),
        clock: systemClock,
        random: systemRandom.fork("doctor"),
      }),
    );
    server.add(
      services.control,
      delegateTo(services.control, () => manager().control),
    );
    server.add(
      services.logs,
      delegateTo(services.logs, () => manager().logs),
    );
    server.add(
      services.hosts,
      delegateTo(services.hosts, () => manager().hosts),
    );
    for (const name of HOST_SERVICES) serveEngine(server, name, () => engine.handlers);
    try {
      await server.listen();
    } catch (cause) {
      throw new FatalError("listen", `cannot open the socket ${options.socketPath}: ${messageOf(cause)}`, { cause });
    }
    let docker: AsyncDisposable;
    try {
      docker = await openDockerApi({ places: options.dockerApi, door: server.inProcess, version, log });
    } catch (cause) {
      throw new FatalError("listen", messageOf(cause), { cause });
    }
    log.info("swarmd is ready", { version, socket: options.socketPath, phase: life.phase.kind });
    const memory = new MemoryKeeper(systemOwnMemory, systemClock, log);
    return new Daemon({ database, life, engine, server, loop, memory }, docker);
  }

  /** Ends the daemon; the node's containers keep running. Resolves with whether all of it ended in time. */
  stop(): Promise<boolean> {
    return endsWithin(STOP_MS_MAX, this.#stop(), systemClock);
  }

  async #stop(): Promise<void> {
    await this.#docker[Symbol.asyncDispose]();
    await this.#server.stop();
    await this.#life.stop();
    await this.#engine[Symbol.asyncDispose]();
    await this.#database[Symbol.asyncDispose]();
    this.#loop[Symbol.dispose]();
    this.#memory[Symbol.dispose]();
  }
}

/** @throws FatalError dataDir when the lock cannot be understood: going on without it would lay the keys open. */
async function openLock(dataDir: string): Promise<KeyLock> {
  try {
    const secrets = [...SECRET_NODE_FILES, DATA_KEY_FILE];
    return await KeyLock.open(keyFilesIn(join(dataDir, "certificates")), secrets, systemRandom);
  } catch (cause) {
    throw new FatalError("dataDir", messageOf(cause), { cause });
  }
}

/** The local socket's half of an engine's service; Dispatcher.Carry is the other. */
function serveEngine(server: RpcServer, name: HostServiceName, engine: () => EngineHandlers): void {
  // The pairs of service and handlers are typed where EngineHandlers is made.
  const service = services[name] as RpcService<unknown>;
  server.add(
    service,
    delegateTo(service, () => engine()[name] as RpcHandlers<RpcService<unknown>>),
  );
}

/** @throws SwarmError with Docker's sentence when this node cannot answer for the cluster. */
function managerOf(life: NodeLife): ManagerRuntime {
  const { phase } = life;
  switch (phase.kind) {
    case "inactive":
      throw refusals.notAManager(false);
    case "starting":
    case "stopping":
      throw refusals.managerNotReady();
    case "locked":
      throw refusals.locked();
    case "error":
      throw new SwarmError("failedPrecondition", phase.sentence);
    case "active":
      if (phase.node.manager === null) {
        const { managerWaitsFor } = phase.node;
        throw managerWaitsFor === "" ? refusals.notAManager(true) : refusals.managerWaits(managerWaitsFor);
      }
      return phase.node.manager;
  }
}
