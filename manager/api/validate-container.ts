import { parseImageReference } from "../../shared/image-reference.ts";
import type { ContainerSpec } from "../../shared/rpc/gen/objects.ts";
import { complaintOfUlimit } from "../../shared/ulimits.ts";
import { check, quoted } from "./refuse.ts";
import { validateMounts } from "./validate-mounts.ts";

const ENV_NAME = /^[^=\0\s]+$/;
const CAPABILITY = /^(?:CAP_)?[A-Z][A-Z_]*$/i;
const HEALTH_WORDS = ["NONE", "CMD", "CMD-SHELL"];

/** @throws SwarmError invalidArgument. */
export function validateContainer(container: ContainerSpec): void {
  check(container.image !== "", "a service needs an image");
  parseImageReference(container.image);
  for (const entry of container.env) validateEnv(entry);
  for (const word of [...container.command, ...container.args]) {
    check(!word.includes("\0"), `invalid argument ${quoted(word)}: it holds a zero byte`);
  }
  for (const capability of [...container.capabilityAdd, ...container.capabilityDrop]) {
    check(CAPABILITY.test(capability), `invalid capability ${quoted(capability)}`);
  }
  for (const limit of container.ulimits) {
    const complaint = complaintOfUlimit(limit);
    check(complaint === null, complaint ?? "");
  }
  const names = container.ulimits.map(({ name }) => name);
  check(new Set(names).size === names.length, "a ulimit is given twice");
  validateMounts(container.mounts);
  validateHealthcheck(container);
}

function validateEnv(entry: string): void {
  const at = entry.indexOf("=");
  const valid = at > 0 && ENV_NAME.test(entry.slice(0, at)) && !entry.includes("\0");
  check(valid, `invalid environment variable ${quoted(entry)}: expected KEY=VALUE without blanks in KEY`);
}

function validateHealthcheck({ healthcheck }: ContainerSpec): void {
  if (healthcheck === null) return;
  const word = healthcheck.test[0];
  check(
    word === undefined || HEALTH_WORDS.includes(word),
    () => `invalid health check ${quoted(word ?? "")}: its first word must be NONE, CMD or CMD-SHELL`,
  );
}
