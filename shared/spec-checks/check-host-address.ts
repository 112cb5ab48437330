import { canonicalHostIp } from "../objects/host-ip.ts";
import { check } from "./refuse.ts";

/** The hosts' kernels pass nothing on that comes from one of these. */
const UNANSWERED_IPV6 = /^(?:::1$|fe[89ab])/;
const SHOWN_MAX = 100;

/** Where a port is published: everywhere (""), or at an address or block. @throws SwarmError invalidArgument. */
export function checkHostAddress(hostIp: string, targetPort: number): void {
  const canonical = canonicalHostIp(hostIp);
  const shown = JSON.stringify(hostIp.slice(0, SHOWN_MAX));
  check(canonical !== null, `invalid host address ${shown} of port ${targetPort}: not an address or block`);
  check(canonical === hostIp, `invalid host address ${shown}: write it as ${JSON.stringify(canonical)}`);
  check(
    !UNANSWERED_IPV6.test(hostIp),
    `port ${targetPort} cannot be published on ${hostIp}: ports answer over IPv6 neither on ::1 nor on link-local addresses`,
  );
}
