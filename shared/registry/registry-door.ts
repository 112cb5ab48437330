import { createHash } from "node:crypto";
import { jsonObject } from "../json.ts";
import { parseChallenge, tokenUrl } from "./challenge.ts";
import type { ImageSource } from "./endpoints.ts";
import { MANIFEST_BYTES_MAX } from "./image-platforms.ts";
import type { HttpAnswer, HttpQuestion, HttpStream, RegistryCertificates, RegistryHttp } from "./registry-world.ts";

/** One request: a person is waiting, and an outage must be reported soon. */
export const REQUEST_TIMEOUT_MS = 5_000;
const TOKEN_BYTES_MAX = 64 * 1024;
/** Registries send the contents of images from elsewhere, in one or two steps. */
const REDIRECTS_MAX = 5;
/** The kinds of manifests that are understood, the richer first. */
export const MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Why a place gives nothing. */
export type Refused =
  | { readonly kind: "unknown" | "denied" }
  | { readonly kind: "silent"; readonly why: string }
  /** It wants what only skopeo knows how to give. */
  | { readonly kind: "notOurs"; readonly why: string };

/** One place that may have an image, with what is shown there. */
export interface Visit {
  readonly source: ImageSource;
  /** The value of a Basic Authorization header; null = none. */
  readonly basic: string | null;
  /** What this host has for the registry in particular; absent or null = nothing. */
  readonly certificates?: RegistryCertificates | null;
  /** How long all of it may still take, in milliseconds. */
  readonly remainingMs: () => number;
}

export interface OpenDoor {
  readonly kind: "open";
  /** `https://HOST/v2/`. */
  readonly base: string;
  /** What requests show; null = nothing. */
  readonly authorization: string | null;
}

/** Whether it is a registry, over TLS or (only where that was allowed) without, and what it wants to see. */
export async function openDoor(http: RegistryHttp, visit: Visit): Promise<Refused | OpenDoor> {
  const { image, insecure } = visit.source;
  const host = image.registry === "docker.io" ? "registry-1.docker.io" : image.registry;
  let why = "";
  for (const scheme of insecure ? ["https", "http"] : ["https"]) {
    const base = `${scheme}://${host}/v2/`;
    try {
      const answer = await http.ask(plainly(base, visit));
      if (answer.status === 200) return { kind: "open", base, authorization: null };
      if (answer.status === 401) return await signIn(http, base, answer, visit);
      why = `${base} answers ${answer.status}`;
    } catch (error) {
      // Whom to trust is skopeo's judgement in the end: it may know more certificates.
      const distrust = distrustOf(error);
      if (distrust !== "") return { kind: "notOurs", why: `its certificate is not trusted (${distrust})` };
      why = (error as Error).message;
    }
  }
  return { kind: "silent", why };
}

async function signIn(http: RegistryHttp, base: string, answer: HttpAnswer, visit: Visit): Promise<Refused | OpenDoor> {
  const challenge = parseChallenge(answer.header("www-authenticate"));
  if (challenge === null) return { kind: "notOurs", why: "an unknown way to sign in" };
  const basic = visit.basic === null ? null : `Basic ${visit.basic}`;
  if (challenge.kind === "basic") {
    return basic === null ? { kind: "denied" } : { kind: "open", base, authorization: basic };
  }
  const headers = basic === null ? {} : { authorization: basic };
  const url = tokenUrl(challenge, visit.source.image.path);
  // Credentials never travel in the clear, unless the registry itself was declared insecure.
  if (!url.startsWith("https:") && !visit.source.insecure) return { kind: "notOurs", why: "a token without TLS" };
  const said = await http.ask({ ...plainly(url, visit), headers, bytesMax: TOKEN_BYTES_MAX });
  if (said.status === 401 || said.status === 403) return { kind: "denied" };
  const { token, access_token: accessToken } = jsonObject(said.body.toString()) ?? {};
  const bearer = [token, accessToken].find((each) => typeof each === "string" && /^[\x21-\x7e]+$/.test(each));
  if (said.status !== 200 || bearer === undefined) return { kind: "silent", why: `${url} answers ${said.status}` };
  return { kind: "open", base, authorization: `Bearer ${bearer}` };
}

export interface Followed {
  readonly method: "GET" | "HEAD";
  readonly url: string;
  readonly authorization: string | null;
  /** Besides what says who asks. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A whole answer, from wherever the registry sends us. @throws Error when there is none. */
export function follow(http: RegistryHttp, visit: Visit, first: Followed): Promise<HttpAnswer> {
  return followed(visit, first, (question) => http.ask(question));
}

/** The same, with a body of any length that is read as it comes. */
export function followStream(http: RegistryHttp, visit: Visit, first: Followed): Promise<HttpStream> {
  return followed(visit, first, (question) => http.open(question));
}

/** What was shown to the registry is not shown to another host it points to. */
async function followed<Answer extends Pick<HttpAnswer, "status" | "header"> & Partial<Disposable>>(
  visit: Visit,
  first: Followed,
  ask: (question: HttpQuestion) => Promise<Answer>,
): Promise<Answer> {
  let { url, authorization } = first;
  for (let step = 0; step <= REDIRECTS_MAX; step++) {
    const headers = { ...first.headers, ...(authorization === null ? {} : { authorization }) };
    const answer = await ask({ ...plainly(url, visit), method: first.method, headers });
    const location = answer.header("location");
    if (answer.status < 300 || answer.status >= 400 || location === "") return answer;
    answer[Symbol.dispose]?.();
    const next = new URL(location, url);
    if (next.protocol !== "https:" && !visit.source.insecure) throw new Error("it points to a place without TLS");
    if (next.protocol !== "https:" && next.protocol !== "http:")
      throw new Error("it points to something else than HTTP");
    if (next.origin !== new URL(url).origin) authorization = null;
    url = next.href;
  }
  throw new Error("it points from one place to the next without an end");
}

function plainly(url: string, { source, certificates = null, remainingMs }: Visit) {
  const { insecure } = source;
  const timeoutMs = Math.ceil(Math.min(REQUEST_TIMEOUT_MS, Math.max(1, remainingMs())));
  const limits = { timeoutMs, bytesMax: MANIFEST_BYTES_MAX };
  return { url, method: "GET", headers: {}, insecure, certificates, ...limits } as const;
}

/** What an answer other than 200 means. */
export function refusal({ status }: Pick<HttpAnswer, "status">): Refused {
  if (status === 404) return { kind: "unknown" };
  if (status === 401 || status === 403) return { kind: "denied" };
  if (status === 429) return { kind: "silent", why: "it answers 429: too many requests; sign in there, or try later" };
  return { kind: "silent", why: `it answers ${status}` };
}

/** The name of content: its SHA-256. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Where people put what they trust for one registry. */
export function certificatePath(registry: string): string {
  return `/etc/containers/certs.d/${registry}/ca.crt`;
}

/** The code of an error about a certificate; "" = it is another error. */
function distrustOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/.test(code) ? code : "";
}
