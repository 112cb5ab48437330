import { createHash, timingSafeEqual } from "node:crypto";
import { SwarmError } from "../errors.ts";
import type { Random } from "../ports/random.ts";
import type { NodeRole } from "../rpc/gen/objects.ts";

const PREFIX = "SWMTKN";
const VERSION = "1";
/** Base 36 digits of a sha256. */
const DIGEST_LENGTH = 50;
/** Base 36 digits of 16 bytes. */
const SECRET_LENGTH = 25;
const SECRET_BYTES = 16;

/** The two tokens of a cluster; each lets hosts join with one role. */
export interface JoinTokenPair {
  readonly worker: string;
  readonly manager: string;
}

/** `SWMTKN-1-<digest of the root certificate>-<secret>`: its holder knows whom to trust, and is trusted. */
export function createJoinToken(rootCaPem: string, random: Random): string {
  return `${PREFIX}-${VERSION}-${rootDigest(rootCaPem)}-${base36(random.bytes(SECRET_BYTES), SECRET_LENGTH)}`;
}

export function createJoinTokens(rootCaPem: string, random: Random): JoinTokenPair {
  return { worker: createJoinToken(rootCaPem, random), manager: createJoinToken(rootCaPem, random) };
}

/** The pair, with new secrets for the requested roles; old tokens stop working with the commit that stores it. */
export function rotateJoinTokens(
  tokens: JoinTokenPair,
  rotate: { readonly worker: boolean; readonly manager: boolean },
  rootCaPem: string,
  random: Random,
): JoinTokenPair {
  return {
    worker: rotate.worker ? createJoinToken(rootCaPem, random) : tokens.worker,
    manager: rotate.manager ? createJoinToken(rootCaPem, random) : tokens.manager,
  };
}

/** sha256 over the PEM text, byte for byte, as 50 digits of base 36. */
export function rootDigest(rootCaPem: string): string {
  return base36(createHash("sha256").update(rootCaPem, "utf8").digest(), DIGEST_LENGTH);
}

export interface ParsedToken {
  readonly token: string;
  /** What `rootDigest` must give for the cluster's root certificate. */
  readonly digest: string;
}

/** @throws SwarmError invalidArgument that says which part of the token is wrong. */
export function parseJoinToken(text: string): ParsedToken {
  const token = text.trim();
  if (token === "") throw invalid("a join token is needed: get one with `swarmctl join-token worker` on a manager");
  const [prefix, version, digest, secret, ...rest] = token.split("-");
  if (prefix !== PREFIX || digest === undefined || secret === undefined || rest.length > 0) {
    throw invalid("invalid join token: it must look like SWMTKN-1-DIGEST-SECRET");
  }
  if (version !== VERSION)
    throw invalid(`invalid join token: version ${version} is not known here, only version ${VERSION}`);
  if (!isBase36(digest, DIGEST_LENGTH)) {
    throw invalid(`invalid join token: its digest must have ${DIGEST_LENGTH} characters of 0-9 and a-z: copy it again`);
  }
  if (!isBase36(secret, SECRET_LENGTH)) {
    throw invalid(`invalid join token: its secret must have ${SECRET_LENGTH} characters of 0-9 and a-z: copy it again`);
  }
  return { token, digest };
}

/**
 * The role that a token gives; null if it is not one of the cluster's tokens. Both comparisons are always made and take
 * the same time for any token, so that a secret cannot be guessed digit by digit.
 */
export function roleOfToken(token: string, tokens: JoinTokenPair): NodeRole | null {
  const isWorker = equalInConstantTime(token, tokens.worker);
  const isManager = equalInConstantTime(token, tokens.manager);
  if (isManager) return "MANAGER";
  return isWorker ? "WORKER" : null;
}

/** Hashing first makes both sides equally long, which the comparison needs and which hides their lengths. */
function equalInConstantTime(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Big-endian bytes as a number in base 36, padded with zeros on the left. */
function base36(bytes: Uint8Array, length: number): string {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`)
    .toString(36)
    .padStart(length, "0");
}

function isBase36(text: string, length: number): boolean {
  return text.length === length && /^[0-9a-z]*$/.test(text);
}

function invalid(message: string): SwarmError {
  return new SwarmError("invalidArgument", message);
}
