import { SwarmError } from "../../shared/errors.ts";
import { type ImageReference, toFullText, toShortText } from "../../shared/image-reference.ts";
import { unreachable } from "../../shared/invariant.ts";
import type { Logger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import { sourcesOf } from "../../shared/registry/endpoints.ts";
import type { RegistryCredentials } from "../../shared/registry/find-credentials.ts";
import { parseRegistriesConf } from "../../shared/registry/registries-conf.ts";
import type { RegistryFiles, RegistryHttp } from "../../shared/registry/registry-world.ts";
import { unlessAborted } from "../../shared/unless-aborted.ts";
import { blockedRegistry, deniedImage, silentRegistry, unknownImage } from "../ports/image-faults.ts";
import { type ImageResolver, RESOLVE_TIMEOUT_MS, type ResolvedImage } from "../ports/image-resolver.ts";
import { askRegistry, type Outcome, type RegistryQuestion } from "./registry-client.ts";

/** References whose last digest is remembered; one takes a few hundred bytes. */
const REMEMBERED_MAX = 1_000;
const MS_PER_MINUTE = 60_000;

type Refusal = Extract<Outcome, { kind: "unknown" | "denied" | "silent" }>;

interface Remembered {
  readonly image: ResolvedImage;
  readonly atMs: number;
}

export interface RegistryResolverOptions {
  readonly http: RegistryHttp;
  readonly files: RegistryFiles;
  readonly credentials: RegistryCredentials;
  /** Answers what only skopeo can: credential helpers, certificates of its own, proxies, manifests of older kinds. */
  readonly fallback: ImageResolver;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default RESOLVE_TIMEOUT_MS. */
  readonly timeoutMs?: number;
}

/**
 * Resolves in this process, over connections that are kept. Who asks for a reference that is just being looked up waits
 * for that. When no registry answers, what the last answer was is returned with a warning.
 */
export class RegistryResolver implements ImageResolver {
  readonly #options: RegistryResolverOptions;
  /** By full text, the least recently looked up first. */
  readonly #remembered = new Map<string, Remembered>();
  readonly #underWay = new Map<string, Promise<ResolvedImage>>();

  constructor(options: RegistryResolverOptions) {
    this.#options = options;
  }

  async resolve(image: ImageReference, signal: AbortSignal): Promise<ResolvedImage> {
    const name = toFullText(image);
    // Not stopped by a caller that leaves: others may wait for it, and its own time-outs end it.
    const running = this.#underWay.get(name) ?? this.#begin(name, image);
    return await unlessAborted(running, signal);
  }

  #begin(name: string, image: ImageReference): Promise<ResolvedImage> {
    const running = this.#resolve(name, image).finally(() => this.#underWay.delete(name));
    // All callers may have left before it fails.
    running.catch(() => {});
    this.#underWay.set(name, running);
    return running;
  }

  async #resolve(name: string, image: ImageReference): Promise<ResolvedImage> {
    const known = this.#remembered.get(name) ?? null;
    try {
      const found = await this.#ask(image, known?.image ?? null);
      this.#remember(name, found);
      return found;
    } catch (error) {
      if (!(error instanceof SwarmError)) throw error;
      if (error.code === "notFound") this.#remembered.delete(name);
      if (known === null || error.code !== "unavailable") throw error;
      const minutes = Math.ceil((this.#options.clock.now() - known.atMs) / MS_PER_MINUTE);
      const warning = `${error.message}: image ${toShortText(image)} is taken as it was ${minutes} min ago, when the registry last answered`;
      return { ...known.image, warning };
    }
  }

  #remember(name: string, image: ResolvedImage): void {
    this.#remembered.delete(name);
    this.#remembered.set(name, { image, atMs: this.#options.clock.now() });
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > REMEMBERED_MAX && oldest !== undefined) this.#remembered.delete(oldest);
  }

  /** One place after the other; where none has the image, the last one's answer counts: it is the registry's own. */
  async #ask(image: ImageReference, known: ResolvedImage | null): Promise<ResolvedImage> {
    const { files, http, log, clock, timeoutMs = RESOLVE_TIMEOUT_MS } = this.#options;
    const conf = parseRegistriesConf(files.conf());
    const where = sourcesOf(image, conf.rules);
    if (where.kind === "blocked") throw blockedRegistry(image);
    const untilMs = clock.now() + timeoutMs;
    const remainingMs = (): number => untilMs - clock.now();
    let last: Refusal = { kind: "silent", why: "there is nowhere to ask" };
    for (const source of where.sources) {
      const outcome = await this.#askOne(http, { source, known, remainingMs });
      if (outcome.kind === "found") return outcome.image;
      if (outcome.kind === "notOurs") return await this.#leave(image, outcome.why);
      last = outcome;
      // Mirrors and their addresses concern only the operator: they are logged and not sent to callers.
      log.info("image not resolved", { image: toFullText(image), at: toFullText(source.image), ...last });
    }
    throw faultOf(image, last);
  }

  async #askOne(http: RegistryHttp, question: Omit<RegistryQuestion, "basic" | "certificates">): Promise<Outcome> {
    const { source } = question;
    const { files, credentials } = this.#options;
    const { registry } = source.image;
    if (files.isSpecial(registry)) return { kind: "notOurs", why: "there is a proxy" };
    const found = await credentials.find(source.image);
    if (found.kind === "notOurs") return { kind: "notOurs", why: "its credentials are a token, or a program's" };
    const basic = found.kind === "basic" ? found.encoded : null;
    return await askRegistry(http, { ...question, basic, certificates: files.certificates(registry) });
  }

  #leave(image: ImageReference, why: string): Promise<ResolvedImage> {
    this.#options.log.debug("image left to skopeo", { image: toFullText(image), why });
    return this.#options.fallback.resolve(image, new AbortController().signal);
  }
}

function faultOf(image: ImageReference, refusal: Refusal): SwarmError {
  switch (refusal.kind) {
    case "unknown":
      return unknownImage(image);
    case "denied":
      return deniedImage(image);
    case "silent":
      return silentRegistry(image);
    default:
      return unreachable(refusal);
  }
}
