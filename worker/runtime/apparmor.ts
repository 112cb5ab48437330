import { SwarmError } from "../../shared/errors.ts";
import type { HostFiles } from "../ports/host-files.ts";

/** What administrators of a host load under this name holds for all containers that do not ask for another one. */
export const DEFAULT_PROFILE = "swarm-default";
const ENABLED = "/sys/module/apparmor/parameters/enabled";
const PROFILES = "/sys/kernel/security/apparmor/profiles";

/**
 * The AppArmor profile of a container; "" = none. Without a wish it is the default one, where the host has loaded it.
 * @throws SwarmError failedPrecondition when the host cannot give what was asked for.
 */
export async function appArmorProfile(
  wish: string,
  isPrivileged: boolean,
  files: Pick<HostFiles, "readText">,
  hostname: string,
): Promise<string> {
  if (wish === "unconfined" || (wish === "" && isPrivileged)) return "";
  const isEnabled = (await files.readText(ENABLED).catch(() => null))?.trim() === "Y";
  if (!isEnabled) {
    if (wish === "") return "";
    throw new SwarmError(
      "failedPrecondition",
      `node ${hostname} has no AppArmor to apply the profile ${wish}: run it on a node that has it`,
    );
  }
  const loaded = (await files.readText(PROFILES).catch(() => null)) ?? "";
  const name = wish || DEFAULT_PROFILE;
  if (loaded.split("\n").some((line) => line.replace(/ \([a-z]+\)$/, "") === name)) return name;
  if (wish === "") return "";
  throw new SwarmError(
    "failedPrecondition",
    `node ${hostname} has no AppArmor profile ${wish}: load it there with apparmor_parser`,
  );
}
