import { parseImageReference, toShortText, withDefaultTag } from "../../../shared/image-reference.ts";
import type { PullImageRequest, PullProgress } from "../../../shared/rpc/gen/images.ts";
import { bidi, clientStream, type RpcHandlers, type Send, serverStream, unary } from "../../../shared/rpc/handler.ts";
import type { services } from "../../../shared/rpc/schema.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import { lookUp } from "../../images/catalog.ts";
import { parsePlatform } from "../../images/pull/manifest.ts";
import { build } from "./build.ts";
import { checkLogin, credentialsWith } from "./call-logins.ts";
import { commit } from "./commit.ts";
import { noteImage, noteRemoved, noteTransfer } from "./image-events.ts";
import type { ImageServiceParts } from "./image-parts.ts";
import { importImage } from "./import-image.ts";
import { inspectImage, listImages } from "./list-images.ts";
import { load } from "./load.ts";
import { nameToGive } from "./names.ts";
import { push } from "./push.ts";
import { resolveImage } from "./resolve.ts";
import { save } from "./save.ts";
import { search } from "./search.ts";
import { listTags } from "./tags.ts";

/** How often a person sees the progress of a pull at most; the last message comes in any case. */
const PROGRESS_PERIOD_MS = 200;

/** The images of this host, for people. */
export function imageService(parts: ImageServiceParts): RpcHandlers<typeof services.images> {
  return {
    list: unary(() => listImages(parts)),
    inspect: unary(({ ref }) => inspectImage(parts, ref)),
    pull: serverStream((request, { signal }, send) => pull(parts, request, signal, send)),
    push: serverStream(async (request, { signal }, send) => {
      await push(parts, request, signal, send);
      await noteTransfer(parts, "push", request.ref);
    }),
    tag: unary(async ({ ref, name }) => {
      const { image } = lookUp(await parts.catalog.read(), ref);
      await parts.tools.tag(image.id, nameToGive(name));
      await noteImage(parts, "tag", image.id, toShortText(parseImageReference(nameToGive(name))));
      return {};
    }),
    remove: unary(async ({ ref, force, noPrune }) => {
      const { removed } = await parts.keeper.remove(ref, { force, noPrune });
      noteRemoved(parts, removed);
      return { removed };
    }),
    prune: unary(async ({ all, untilMs, labels, labelsNot }) => {
      const { removed, reclaimedBytes } = await parts.keeper.prune({ all, untilMs, labels, labelsNot });
      noteRemoved(parts, removed);
      parts.events.note("image", "prune", "", { reclaimed: String(reclaimedBytes) });
      return { removed, reclaimedBytes };
    }),
    save: serverStream(async ({ refs }, { signal }, send) => {
      await save(parts, refs, signal, send);
      for (const ref of refs) await noteImage(parts, "save", ref);
    }),
    load: clientStream(async (messages, { signal }) => {
      const loaded = await load(parts, messages, signal);
      for (const name of loaded.names) await noteImage(parts, "load", name);
      return loaded;
    }),
    import: clientStream(async (messages, { signal }) => {
      const imported = await importImage(parts, messages, signal);
      await noteImage(parts, "import", imported.id);
      return imported;
    }),
    commit: unary((request, { signal }) => commit(parts, request, signal)),
    resolve: unary((request, { signal }) => resolveImage(parts, request, signal)),
    listTags: unary((request, { signal }) => listTags(parts, request, signal)),
    checkLogin: unary(({ login }, { signal }) => checkLogin(parts, login, signal)),
    search: unary(({ term, limit }) => search(parts, term, limit)),
    build: bidi((messages, { signal }, send) => build(parts, messages, signal, send)),
  };
}

async function pull(
  parts: ImageServiceParts,
  { ref, platform, policy, login }: PullImageRequest,
  signal: AbortSignal,
  send: Send<Sendable<PullProgress>>,
): Promise<void> {
  const reference = withDefaultTag(parseImageReference(ref));
  const wanted = {
    platform: platform === "" ? null : parsePlatform(platform),
    policy: policy === "PULL_DEFAULT" ? "PULL_ALWAYS" : policy,
    ...(login === null ? {} : { credentials: credentialsWith(parts, [login]) }),
  } as const;
  const latest = new LatestOnly(send, () => parts.clock.now());
  const result = await parts.store.pull(reference, wanted, signal, (progress) => latest.offer(progress));
  const { last } = latest;
  await latest.idle();
  await noteTransfer(parts, "pull", ref);
  await send({ image: ref, layers: last?.layers ?? [], isWhole: last?.isWhole ?? false, bytesSoFar: 0, result });
}

/** Sends what is newest when the way is free; what comes in between is left out. */
class LatestOnly {
  readonly #send: Send<Sendable<PullProgress>>;
  readonly #now: () => number;
  #sending: Promise<void> = Promise.resolve();
  #isSending = false;
  #sentAtMs = Number.NEGATIVE_INFINITY;
  last: PullProgress | null = null;

  constructor(send: Send<Sendable<PullProgress>>, now: () => number) {
    this.#send = send;
    this.#now = now;
  }

  offer(progress: PullProgress): void {
    this.last = progress;
    if (this.#isSending || this.#now() - this.#sentAtMs < PROGRESS_PERIOD_MS) return;
    this.#isSending = true;
    this.#sentAtMs = this.#now();
    // A caller that has gone is noticed by the signal of its call.
    this.#sending = this.#send(progress)
      .catch(() => {})
      .finally(() => {
        this.#isSending = false;
      });
  }

  idle(): Promise<void> {
    return this.#sending;
  }
}
