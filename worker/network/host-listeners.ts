import type { HostListener } from "../../shared/rpc/gen/objects.ts";
import type { Listener } from "../netlink/listeners.ts";
import { isPublished, listenerKey, type PortClaims } from "./port-claims.ts";

/** As many as the managers take (HOST_LIMITS.listeners). */
const LISTENERS_MAX = 256;
/** As many characters of a program's name as the managers take (HOST_LIMITS.word). */
const PROGRAM_LENGTH_MAX = 64;
/** A process may call itself anything; the managers take what can be shown. */
const UNFIT = /[^\w.+~: -]/g;

/**
 * What the managers are told of who listens here: one line for each protocol, port, address and program. Where there
 * are too many, those that clash with a published port come first.
 */
export function hostListeners(
  listeners: readonly Listener[],
  programs: ReadonlyMap<number, string | null>,
  claims: PortClaims,
): readonly HostListener[] {
  const lines = new Map<string, HostListener>();
  for (const listener of listeners) {
    const key = listenerKey(listener);
    const program = (programs.get(listener.inode) ?? "").replace(UNFIT, "_").slice(0, PROGRAM_LENGTH_MAX);
    lines.set(`${key} ${listener.address} ${program}`, {
      protocol: listener.protocol === "tcp" ? "TCP" : "UDP",
      port: listener.port,
      address: listener.address,
      program,
      clash: !isPublished(listener, claims.published) ? "NONE" : claims.left.has(key) ? "LEFT" : "TAKEN",
    });
  }
  const isClash = ({ clash }: HostListener): number => (clash === "NONE" ? 1 : 0);
  return [...lines.values()]
    .sort((a, b) => isClash(a) - isClash(b))
    .slice(0, LISTENERS_MAX)
    .sort(
      (a, b) =>
        a.port - b.port || order(a.protocol, b.protocol) || order(a.address, b.address) || order(a.program, b.program),
    );
}

const order = (a: string, b: string): number => a.localeCompare(b, "en");
