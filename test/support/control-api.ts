import type { ApiContext } from "../../manager/api/api-context.ts";
import type { ImageResolver, ResolvedImage } from "../../manager/ports/image-resolver.ts";
import { createMovePlanner } from "../../manager/scheduler/rebalance/plan-now.ts";
import { SwarmError } from "../../shared/errors.ts";
import { type ImageReference, toShortText } from "../../shared/image-reference.ts";
import { silentLogger } from "../../shared/log.ts";
import { systemCrypto } from "../../shared/pki/ports/crypto-engine.ts";
import { seededRandom } from "../../shared/ports/seeded-random.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { createMemoryStore, type MemoryStore, type MemoryStoreOptions } from "./memory-store.ts";
import { createCluster } from "./objects.ts";

export const digestOf = (digit: string): string => `sha256:${digit.repeat(64)}`;

/** A registry in memory. */
export class FakeRegistry implements ImageResolver {
  /** By short text, such as nginx:latest. */
  readonly images = new Map<string, ResolvedImage>([
    ["nginx:latest", { digest: digestOf("a"), platforms: [{ architecture: "x86_64", os: "linux" }] }],
    ["nginx:1.27", { digest: digestOf("b"), platforms: [] }],
  ]);
  /** Answers nothing, as in an outage. */
  down = false;
  readonly asked: string[] = [];

  resolve(image: ImageReference): Promise<ResolvedImage> {
    const name = toShortText(image);
    this.asked.push(name);
    if (this.down) return Promise.reject(new SwarmError("unavailable", "registry docker.io cannot be reached"));
    const found = this.images.get(name);
    if (found !== undefined) return Promise.resolve(found);
    return Promise.reject(new SwarmError("notFound", `image ${name} not found in registry docker.io`));
  }
}

export interface TestApi extends ApiContext {
  readonly store: MemoryStore;
  readonly images: FakeRegistry;
}

/** The control API's context on the real store in memory, with a cluster object in it. */
export async function createTestApi(options: MemoryStoreOptions = {}): Promise<TestApi> {
  const store = createMemoryStore(systemClock, { autoCommit: true });
  await store.update("cluster", (tx) => tx.create("cluster", createCluster()));
  store.raft.autoCommit = options.autoCommit ?? true;
  return {
    store,
    raft: store.raft,
    images: new FakeRegistry(),
    loginCheck: { check: async () => {} },
    engine: systemCrypto,
    diagnose: () => Promise.reject(new SwarmError("unimplemented", "not in this test")),
    planMoves: createMovePlanner({ store, clock: systemClock }),
    clock: systemClock,
    random: seededRandom(1),
    log: silentLogger,
  };
}

export const never: AbortSignal = new AbortController().signal;

/** An update that asks for nothing, to which a test adds what it asks for. */
export const NO_CHANGE = {
  ...{ spec: null, noResolveImage: false, rollback: false, rollbackTo: 0 },
  ...{ runNow: false, login: null, promote: false, abort: false, replicasGiven: false },
} as const;
