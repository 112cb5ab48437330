import { parseIpAddress } from "../address.ts";
import { parseImageReference } from "../image-reference.ts";
import { ALL_CAPABILITIES, parseCapability } from "../linux/capabilities.ts";
import { parseSignal } from "../linux/signals.ts";
import { complaintOfSysctl } from "../linux/sysctls.ts";
import { checkResolverOption, checkSearchDomain, parseHostsLine } from "../objects/container-names.ts";
import { SPEC_LIMITS } from "../objects/limits.ts";
import type { ContainerSpec, ContainerStep } from "../rpc/gen/objects.ts";
import { complaintOfUlimit } from "../ulimits.ts";
import { bytesOf, check, checkLimit, quoted } from "./refuse.ts";
import { validateLabels } from "./validate-annotations.ts";
import { validateFiles } from "./validate-files.ts";
import { validateHostAccess } from "./validate-host-access.ts";
import { validateMounts } from "./validate-mounts.ts";

const ENV_NAME = /^[^=\0\s]+$/;
/** No group file contains a longer name. */
const GROUP = /^[^\s:,\0]{1,255}$/;
/** All that exist, added and dropped, each under both of its names. */
const CAPABILITIES_MAX = 4 * ALL_CAPABILITIES.length;
const HEALTH_WORDS = ["NONE", "CMD", "CMD-SHELL"];

/** @throws SwarmError invalidArgument. */
export function validateContainer(container: ContainerSpec): void {
  check(container.image !== "", "a service needs an image");
  parseImageReference(container.image);
  checkLimit(SPEC_LIMITS.env, container.env.length);
  for (const entry of container.env) validateEnv(entry);
  for (const words of [container.command, container.args, container.healthcheck?.test ?? []]) validateWords(words);
  validateLabels("container", container);
  checkLimit(SPEC_LIMITS.path, bytesOf(container.dir));
  // The worker would find out, but only once for each task and host.
  parseSignal(container.stopSignal);
  const capabilities = [...container.capabilityAdd, ...container.capabilityDrop].map(parseCapability);
  check(capabilities.length <= CAPABILITIES_MAX, `at most ${CAPABILITIES_MAX} capabilities can be named`);
  for (const limit of container.ulimits) {
    const complaint = complaintOfUlimit(limit);
    check(complaint === null, complaint ?? "");
  }
  const names = container.ulimits.map(({ name }) => name);
  check(new Set(names).size === names.length, "a ulimit is given twice");
  validateMounts(container.mounts);
  validateFiles(container);
  validateNames(container);
  validateHostAccess(container);
  validateHealthcheck(container);
  for (const steps of [container.initSteps, container.postStart, container.preStop]) {
    checkLimit(SPEC_LIMITS.steps, steps.length);
    for (const step of steps) validateStep(step);
  }
}

function validateStep({ command, user, dir, env }: ContainerStep): void {
  check(command.length > 0, "a step of a container needs a command");
  validateWords(command);
  check(!user.includes("\0") && user.length <= SPEC_LIMITS.user.max, `invalid user ${quoted(user)} of a step`);
  checkLimit(SPEC_LIMITS.path, bytesOf(dir));
  check(dir === "" || dir.startsWith("/"), `invalid working directory ${quoted(dir)} of a step: it must be absolute`);
  checkLimit(SPEC_LIMITS.env, env.length);
  for (const entry of env) validateEnv(entry);
}

/** The groups of its processes, and its /etc/hosts, /etc/resolv.conf and /proc/sys. */
function validateNames({ groups, hosts, dns, sysctls }: ContainerSpec): void {
  const { nameservers, search, options } = dns ?? { nameservers: [], search: [], options: [] };
  for (const list of [groups, hosts, nameservers, search, options, Object.keys(sysctls)]) {
    checkLimit(SPEC_LIMITS.listed, list.length);
  }
  for (const group of groups) check(GROUP.test(group), `invalid group ${quoted(group)}: expected a name or a number`);
  for (const line of hosts) parseHostsLine(line);
  for (const address of nameservers) parseIpAddress(address, "name server");
  for (const domain of search) checkSearchDomain(domain);
  for (const option of options) checkResolverOption(option);
  for (const [name, value] of Object.entries(sysctls)) {
    const complaint = complaintOfSysctl(name, value);
    check(complaint === null, complaint ?? "");
  }
}

export function validateWords(words: readonly string[]): void {
  checkLimit(SPEC_LIMITS.words, words.length);
  for (const word of words) {
    check(!word.includes("\0"), `invalid argument ${quoted(word)}: it contains a zero byte`);
    checkLimit(SPEC_LIMITS.word, bytesOf(word));
  }
}

function validateEnv(entry: string): void {
  checkLimit(SPEC_LIMITS.word, bytesOf(entry));
  // One without a value takes the image's away.
  const name = entry.split("=", 1)[0] ?? "";
  const valid = name !== "" && ENV_NAME.test(name) && !entry.includes("\0");
  check(valid, `invalid environment variable ${quoted(entry)}: expected KEY=VALUE, or KEY, without blanks in KEY`);
}

function validateHealthcheck({ healthcheck }: ContainerSpec): void {
  if (healthcheck === null) return;
  const word = healthcheck.test[0];
  check(
    word === undefined || HEALTH_WORDS.includes(word),
    () => `invalid health check ${quoted(word ?? "")}: its first word must be NONE, CMD or CMD-SHELL`,
  );
}
