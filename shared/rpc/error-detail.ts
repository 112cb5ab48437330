import type { ErrorDetail } from "../errors.ts";
import { jsonObject } from "../json.ts";

/** The gRPC metadata key that carries an error's detail beside its code and sentence. */
export const DETAIL_METADATA_KEY = "swarm-detail";

/** As JSON in printable ASCII, the only text that gRPC takes in a header. */
export function encodeDetail(detail: ErrorDetail): string {
  return JSON.stringify(detail).replaceAll(
    /[^ -~]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

type Said = Readonly<Record<string, unknown>>;

const DECODERS: {
  readonly [Kind in ErrorDetail["kind"]]: (said: Said) => Extract<ErrorDetail, { kind: Kind }> | null;
} = {
  notLeader: ({ leaderAddress }) =>
    leaderAddress === null || typeof leaderAddress === "string" ? { kind: "notLeader", leaderAddress } : null,
  imageNotLookedUp: ({ image, reason }) =>
    typeof image === "string" && typeof reason === "string" ? { kind: "imageNotLookedUp", image, reason } : null,
  nodeRemoved: ({ nodeId }) => (typeof nodeId === "string" ? { kind: "nodeRemoved", nodeId } : null),
};

/** null for what makes no sense or what only a later release knows: the code and the sentence are still valid. */
export function decodeDetail(text: string): ErrorDetail | null {
  const said = jsonObject(text);
  const kind = said?.["kind"];
  if (said === null || typeof kind !== "string" || !Object.hasOwn(DECODERS, kind)) return null;
  return DECODERS[kind as ErrorDetail["kind"]](said);
}
