import { labelsOf } from "../../../shared/objects/labels.ts";
import { STACK_LABEL } from "../names.ts";
import { environmentOf, hostsOf, ipcMode, pidMode, userMode } from "./container-words.ts";
import { devicesOf, gpusOf } from "./devices.ts";
import { type FieldRow, row, wholeMs } from "./field-row.ts";
import { filesOf } from "./files.ts";
import { mountsOf } from "./mounts.ts";
import { securityOf } from "./security.ts";
import { initStepsOf, stepsOf } from "./steps.ts";

const CONTAINER = "task.container";

/** What the containers of a service are. */
export const CONTAINER_ROWS: readonly FieldRow[] = [
  // The label says which of the host's containers are of the stack, as Docker does it.
  row("labels", `${CONTAINER}.labels`, ({ labels }, { stack }) => labelsOf([...labels, [STACK_LABEL, stack]])),
  row("command", `${CONTAINER}.args`, ({ command }) => command),
  row("entrypoint", `${CONTAINER}.command`, ({ entrypoint }) => entrypoint),
  row("environment", `${CONTAINER}.env`, environmentOf),
  row("working_dir", `${CONTAINER}.dir`, ({ workingDir }) => workingDir),
  row("user", `${CONTAINER}.user`, ({ user }) => user),
  row("group_add", `${CONTAINER}.groups`, ({ groupAdd }) => groupAdd),
  row("hostname", `${CONTAINER}.hostname`, ({ hostname }) => hostname),
  row("domainname", `${CONTAINER}.domainname`, ({ domainname }) => domainname),
  row("volumes", `${CONTAINER}.mounts`, (_service, reading) => mountsOf(reading)),
  row("stop_signal", `${CONTAINER}.stopSignal`, ({ stopSignal }) => stopSignal),
  row("stop_grace_period", `${CONTAINER}.stopGracePeriodMs`, ({ stopGracePeriodMs }) => wholeMs(stopGracePeriodMs)),
  row("read_only", `${CONTAINER}.readOnly`, ({ readOnly }) => readOnly),
  row("stdin_open", `${CONTAINER}.openStdin`, ({ stdinOpen }) => stdinOpen),
  row("pre_start", `${CONTAINER}.initSteps`, (_s, reading) => initStepsOf(reading)),
  row("post_start", `${CONTAINER}.postStart`, (_s, reading) => stepsOf("post_start", reading)),
  row("pre_stop", `${CONTAINER}.preStop`, (_s, reading) => stepsOf("pre_stop", reading)),
  row("tty", `${CONTAINER}.tty`, ({ tty }) => tty),
  row("init", `${CONTAINER}.init`, ({ init }) => init),
  row("healthcheck.test", `${CONTAINER}.healthcheck.test`, ({ healthcheck }) =>
    healthcheck?.isDisabled === true ? ["NONE"] : healthcheck?.test,
  ),
  row("healthcheck.interval", `${CONTAINER}.healthcheck.intervalMs`, (s) => wholeMs(s.healthcheck?.intervalMs)),
  row("healthcheck.timeout", `${CONTAINER}.healthcheck.timeoutMs`, (s) => wholeMs(s.healthcheck?.timeoutMs)),
  row("healthcheck.start_period", `${CONTAINER}.healthcheck.startPeriodMs`, (s) =>
    wholeMs(s.healthcheck?.startPeriodMs),
  ),
  row("healthcheck.start_interval", `${CONTAINER}.healthcheck.startIntervalMs`, (s) =>
    wholeMs(s.healthcheck?.startIntervalMs),
  ),
  row("healthcheck.retries", `${CONTAINER}.healthcheck.retries`, ({ healthcheck }) => healthcheck?.retries),
  row("cap_add", `${CONTAINER}.capabilityAdd`, ({ capAdd }) => capAdd),
  row("cap_drop", `${CONTAINER}.capabilityDrop`, ({ capDrop }) => capDrop),
  row("security_opt", `${CONTAINER}.noNewPrivileges`, (_s, reading) => securityOf(reading)?.noNewPrivileges),
  row("security_opt", `${CONTAINER}.seccomp`, (_s, reading) => securityOf(reading)?.seccomp),
  row("security_opt", `${CONTAINER}.apparmor`, (_s, reading) => securityOf(reading)?.apparmor),
  row("security_opt", `${CONTAINER}.unconfinedPaths`, (_s, reading) => securityOf(reading)?.unconfinedPaths),
  row("security_opt", `${CONTAINER}.writableCgroups`, (_s, reading) => securityOf(reading)?.writableCgroups),
  row("ulimits", `${CONTAINER}.ulimits`, ({ ulimits }) =>
    [...ulimits].map(([name, { soft, hard }]) => ({ name, soft, hard })),
  ),
  row("extra_hosts", `${CONTAINER}.hosts`, (_s, reading) => hostsOf(reading)),
  row("dns", `${CONTAINER}.dns.nameservers`, ({ dns }) => dns),
  row("dns_search", `${CONTAINER}.dns.search`, ({ dnsSearch }) => dnsSearch),
  row("dns_opt", `${CONTAINER}.dns.options`, ({ dnsOptions }) => dnsOptions),
  row("sysctls", `${CONTAINER}.sysctls`, ({ sysctls }) => labelsOf(sysctls)),
  row("oom_score_adj", `${CONTAINER}.oomScoreAdj`, ({ oomScoreAdj }) => oomScoreAdj),
  row("privileged", `${CONTAINER}.privileged`, ({ privileged }) => privileged),
  row("devices", `${CONTAINER}.devices`, devicesOf),
  row("device_cgroup_rules", `${CONTAINER}.deviceRules`, ({ deviceCgroupRules }) => deviceCgroupRules),
  row("gpus", `${CONTAINER}.gpus`, (_s, reading) => gpusOf(reading)),
  row("pid", `${CONTAINER}.pidMode`, (_s, reading) => pidMode(reading)),
  row("ipc", `${CONTAINER}.ipcMode`, (_s, reading) => ipcMode(reading)),
  row("uts", `${CONTAINER}.utsMode`, ({ uts }) => uts),
  row("cgroup", `${CONTAINER}.cgroupMode`, ({ cgroup }) => cgroup),
  row("userns_mode", `${CONTAINER}.userMode`, (_s, reading) => userMode(reading)),
  row("shm_size", `${CONTAINER}.shmSizeBytes`, ({ shmSizeBytes }) => shmSizeBytes),
  row("runtime", `${CONTAINER}.runtime`, ({ runtime }) => runtime),
  row("cgroup_parent", `${CONTAINER}.cgroupParent`, ({ cgroupParent }) => cgroupParent),
  row("storage_opt", `${CONTAINER}.storageOptions`, ({ storageOptions }) => labelsOf(storageOptions)),
  row("annotations", `${CONTAINER}.annotations`, ({ annotations }) => labelsOf(annotations)),
  row("pull_policy", `${CONTAINER}.pullPolicy`, ({ pullPolicy, pullRefreshAfterMs, build }) => {
    if (pullRefreshAfterMs !== null && pullPolicy?.kind !== "never") return "always";
    switch (pullPolicy?.kind) {
      case "always":
      case "missing":
      case "never":
        return pullPolicy.kind;
      case "every":
        // Managers look the image up at each deployment, and hosts each time they start a task of it: no less often.
        return "always";
      case "build":
        return "missing";
      default:
        // What was built here and brought to the nodes is in no registry that could be asked.
        return build === null ? null : "missing";
    }
  }),
  row("secrets", `${CONTAINER}.secrets`, (_s, reading) => filesOf("secret", reading)),
  row("configs", `${CONTAINER}.configs`, (_s, reading) => filesOf("config", reading)),
];
