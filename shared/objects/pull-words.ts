import type { PullProgress } from "../rpc/gen/images.ts";

const BYTES_PER_MB = 1_000_000;
/** How such words begin. */
export const PULLING = "pulling ";
const BYTES_PER_KB = 1_000;

/** A few words for people while layers arrive: `pulling nginx:1.27: 45 %, 12 of 30 MB`. */
export function progressWords({ image, layers, isWhole, bytesSoFar }: PullProgress): string {
  if (!isWhole) {
    return bytesSoFar === 0 ? `${PULLING}${image}` : `${PULLING}${image}: ${amount(bytesSoFar)} so far`;
  }
  const fetched = layers.filter(({ state }) => state !== "EXISTS");
  const total = fetched.reduce((sum, layer) => sum + layer.total, 0);
  const current = fetched.reduce((sum, layer) => sum + layer.current, 0);
  if (fetched.length === 0 || current >= total) return `${PULLING}${image}: unpacking ${amount(total)}`;
  const percent = Math.floor((100 * current) / total);
  const unit = total >= BYTES_PER_MB ? BYTES_PER_MB : BYTES_PER_KB;
  return `${PULLING}${image}: ${percent} %, ${Math.floor(current / unit)} of ${amount(total)}`;
}

function amount(bytes: number): string {
  const unit = bytes >= BYTES_PER_MB ? BYTES_PER_MB : BYTES_PER_KB;
  return `${Math.ceil(bytes / unit)} ${unit === BYTES_PER_MB ? "MB" : "kB"}`;
}
