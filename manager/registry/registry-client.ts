import { createHash } from "node:crypto";
import { jsonObject } from "../../shared/json.ts";
import { configDigestOf, MANIFEST_BYTES_MAX, platformsOfConfig, platformsOfList } from "../ports/image-platforms.ts";
import type { ResolvedImage } from "../ports/image-resolver.ts";
import type { HttpAnswer, RegistryHttp } from "../ports/registry-world.ts";
import { parseChallenge, tokenUrl } from "./challenge.ts";
import type { ImageSource } from "./endpoints.ts";

/** One request: a person is waiting, and an outage must be reported soon. */
export const REQUEST_TIMEOUT_MS = 5_000;
const TOKEN_BYTES_MAX = 64 * 1024;
/** Registries send the contents of images from elsewhere, in one or two steps. */
const REDIRECTS_MAX = 5;
const ACCEPT = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** How one place that may have the image answered. */
export type Outcome =
  | { readonly kind: "found"; readonly image: ResolvedImage }
  | { readonly kind: "unknown" | "denied" }
  | { readonly kind: "silent"; readonly why: string }
  /** It wants what only skopeo knows how to give. */
  | { readonly kind: "notOurs"; readonly why: string };

export interface RegistryQuestion {
  readonly source: ImageSource;
  /** The value of a Basic Authorization header; null = none. */
  readonly basic: string | null;
  /** What the same reference was last time: if the digest is still the same, nothing is fetched. */
  readonly known: ResolvedImage | null;
  /** How long all of it may still take, in milliseconds. */
  readonly remainingMs: () => number;
}

/** Asks one registry what a reference means: distribution specification, version 2 of the API. */
export async function askRegistry(http: RegistryHttp, question: RegistryQuestion): Promise<Outcome> {
  const { image } = question.source;
  const host = image.registry === "docker.io" ? "registry-1.docker.io" : image.registry;
  const door = await openDoor(http, host, question);
  if (door.kind !== "open") return door;
  const manifests = `${door.base}${image.path}/manifests/${image.digest ?? image.tag}`;
  const ask = (method: "GET" | "HEAD", url: string): Promise<HttpAnswer> =>
    follow(http, question, { method, url, authorization: door.authorization });
  try {
    if (question.known !== null) {
      const head = await ask("HEAD", manifests);
      // Some registries take no HEAD or say no digest: then the manifest itself tells.
      if (head.status === 200 && head.header("docker-content-digest") === question.known.digest) {
        return { kind: "found", image: question.known };
      }
    }
    const manifest = await ask("GET", manifests);
    if (manifest.status !== 200) return refusal(manifest);
    const digest = digestOf(manifest.body);
    if (image.digest !== null && image.digest !== digest) return { kind: "silent", why: "it sent another manifest" };
    const listed = platformsOfList(manifest.body, image);
    if (listed !== null) return { kind: "found", image: { digest, platforms: listed } };
    const configDigest = configDigestOf(manifest.body, image);
    if (configDigest === null) return { kind: "notOurs", why: "a manifest of an older kind" };
    const config = await ask("GET", `${door.base}${image.path}/blobs/${configDigest}`);
    if (config.status !== 200) return refusal(config);
    if (digestOf(config.body) !== configDigest) return { kind: "silent", why: "it sent another configuration" };
    return { kind: "found", image: { digest, platforms: platformsOfConfig(config.body, image) } };
  } catch (error) {
    return { kind: "silent", why: (error as Error).message };
  }
}

type Door = Outcome | { readonly kind: "open"; readonly base: string; readonly authorization: string | null };

/** Whether it is a registry, over TLS or (only where that was allowed) without, and what it wants to see. */
async function openDoor(http: RegistryHttp, host: string, question: RegistryQuestion): Promise<Door> {
  const { insecure } = question.source;
  let why = "";
  for (const scheme of insecure ? ["https", "http"] : ["https"]) {
    const base = `${scheme}://${host}/v2/`;
    try {
      const answer = await http.ask(plainly(base, question));
      if (answer.status === 200) return { kind: "open", base, authorization: null };
      if (answer.status === 401) return await signIn(http, base, answer, question);
      why = `${base} answers ${answer.status}`;
    } catch (error) {
      // Whom to trust is skopeo's judgement in the end: it may know more certificates.
      if (isDistrust(error)) return { kind: "notOurs", why: (error as Error).message };
      why = (error as Error).message;
    }
  }
  return { kind: "silent", why };
}

async function signIn(http: RegistryHttp, base: string, answer: HttpAnswer, question: RegistryQuestion): Promise<Door> {
  const challenge = parseChallenge(answer.header("www-authenticate"));
  if (challenge === null) return { kind: "notOurs", why: "an unknown way to sign in" };
  const basic = question.basic === null ? null : `Basic ${question.basic}`;
  if (challenge.kind === "basic") {
    return basic === null ? { kind: "denied" } : { kind: "open", base, authorization: basic };
  }
  const headers = basic === null ? {} : { authorization: basic };
  const url = tokenUrl(challenge, question.source.image.path);
  // Credentials never travel in the clear, unless the registry itself was declared insecure.
  if (!url.startsWith("https:") && !question.source.insecure) return { kind: "notOurs", why: "a token without TLS" };
  const said = await http.ask({ ...plainly(url, question), headers, bytesMax: TOKEN_BYTES_MAX });
  if (said.status === 401 || said.status === 403) return { kind: "denied" };
  const { token, access_token: accessToken } = jsonObject(said.body.toString()) ?? {};
  const bearer = [token, accessToken].find((each) => typeof each === "string" && /^[\x21-\x7e]+$/.test(each));
  if (said.status !== 200 || bearer === undefined) return { kind: "silent", why: `${url} answers ${said.status}` };
  return { kind: "open", base, authorization: `Bearer ${bearer}` };
}

interface Followed {
  readonly method: "GET" | "HEAD";
  readonly url: string;
  readonly authorization: string | null;
}

/** What was shown to the registry is not shown to another host it points to. */
async function follow(http: RegistryHttp, question: RegistryQuestion, first: Followed): Promise<HttpAnswer> {
  let { url, authorization } = first;
  for (let step = 0; step <= REDIRECTS_MAX; step++) {
    const headers = { accept: ACCEPT, ...(authorization === null ? {} : { authorization }) };
    const answer = await http.ask({ ...plainly(url, question), method: first.method, headers });
    const location = answer.header("location");
    if (answer.status < 300 || answer.status >= 400 || location === "") return answer;
    const next = new URL(location, url);
    if (next.protocol !== "https:" && !question.source.insecure) throw new Error("it points to a place without TLS");
    if (next.protocol !== "https:" && next.protocol !== "http:")
      throw new Error("it points to something else than HTTP");
    if (next.origin !== new URL(url).origin) authorization = null;
    url = next.href;
  }
  throw new Error("it points from one place to the next without an end");
}

function plainly(url: string, { source, remainingMs }: RegistryQuestion) {
  const { insecure } = source;
  const timeoutMs = Math.ceil(Math.min(REQUEST_TIMEOUT_MS, Math.max(1, remainingMs())));
  const limits = { timeoutMs, bytesMax: MANIFEST_BYTES_MAX };
  return { url, method: "GET", headers: {}, insecure, ...limits } as const;
}

function refusal({ status }: HttpAnswer): Outcome {
  if (status === 404) return { kind: "unknown" };
  if (status === 401 || status === 403) return { kind: "denied" };
  return { kind: "silent", why: `it answers ${status}` };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function isDistrust(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/.test(code);
}
