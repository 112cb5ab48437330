import { type FaultCode, SwarmError } from "../../shared/errors.ts";
import { certificatePath } from "../../shared/registry/registry-door.ts";

type Rule = readonly [pattern: RegExp, code: FaultCode, sentence: (image: string, registry: string) => string];

/** First match wins. What may go away by itself is "unavailable"; the rest needs a person. */
const RULES: readonly Rule[] = [
  [
    /no image found in (manifest list|image index) for/i,
    "failedPrecondition",
    (image) => `image ${image} was not built for this host's platform`,
  ],
  [
    /server gave HTTP response to HTTPS client/i,
    "failedPrecondition",
    (image, registry) =>
      `cannot pull ${image}: registry ${registry} speaks plain HTTP; mark it insecure in registries.conf`,
  ],
  [
    /x509:|certificate/i,
    "failedPrecondition",
    (image, registry) =>
      `cannot pull ${image}: the certificate of registry ${registry} is not trusted: put its authority's into ${certificatePath(registry)}`,
  ],
  [
    /toomanyrequests|\b429\b/i,
    "unavailable",
    (image, registry) => `registry ${registry} limits the rate of pulls of ${image}`,
  ],
  [
    /manifest unknown|name unknown|repository name not known|status 404|not found/i,
    "notFound",
    (image, registry) => `no such image: registry ${registry} does not have ${image}`,
  ],
  [
    /unauthorized|authentication required|denied|invalid username|status 40[13]/i,
    "permissionDenied",
    (image, registry) => `no access to ${image}: registry ${registry} requires a login or does not have it`,
  ],
  [/no space left on device/i, "resourceExhausted", (image) => `no space left on this host to store image ${image}`],
  [
    /rejected by policy|Source image rejected/i,
    "failedPrecondition",
    (image) => `image ${image} is rejected by this host's signature policy`,
  ],
  [
    /connection refused|no such host|i\/o timeout|timed? ?out|network is unreachable|no route to host|connection reset|broken pipe|\bEOF\b|server misbehaving|temporary failure|status 5\d\d|\b50[0234]\b|service unavailable/i,
    "unavailable",
    (image, registry) => `cannot pull ${image}: registry ${registry} cannot be reached`,
  ],
  [
    /digest .*did not match|does not match|unexpected end/i,
    "unavailable",
    (image) => `cannot pull ${image}: what arrived does not match its digest`,
  ],
];

/** Longer causes are cut; the beginning of skopeo's sentences repeats what we say ourselves. */
const CAUSE_CHARACTERS_MAX = 160;

/** What skopeo said when it could not copy, as one sentence for `service ps`. */
export function toPullError(stderr: string, image: string, registry: string): SwarmError {
  const message = fatalMessage(stderr);
  const cause = message.split(": ").slice(-2).join(": ").slice(-CAUSE_CHARACTERS_MAX);
  for (const [pattern, code, sentence] of RULES) {
    if (pattern.test(message)) return new SwarmError(code, `${sentence(image, registry)} (${cause})`);
  }
  return new SwarmError("internal", `cannot pull ${image}: ${cause === "" ? "skopeo gave no reason" : cause}`);
}

/** The same of a push. */
export function toPushError(stderr: string, exitCode: number, image: string, registry: string): SwarmError {
  if (exitCode === 127) return new SwarmError("failedPrecondition", "skopeo is not installed on this host");
  const { code, message } = toPullError(stderr, image, registry);
  return new SwarmError(code === "notFound" ? "permissionDenied" : code, toPush(message));
}

/** Our own sentences; what skopeo said stands behind them, unchanged. */
function toPush(sentence: string): string {
  return `push failed: ${sentence.replace(/^cannot pull /, "cannot push ")}`;
}

/** The text of the last `level=fatal msg="..."` line, or everything if there is none. */
function fatalMessage(stderr: string): string {
  const fatal = [...stderr.matchAll(/level=fatal msg="((?:[^"\\]|\\.)*)"/g)].at(-1)?.[1];
  return fatal === undefined ? stderr.trim() : fatal.replaceAll(/\\(.)/g, "$1");
}
