import { type OptionRow, plain, seconds } from "./option-row.ts";

/** Rows of service-option-rows.ts: how a service gets from one spec to the next. */
export const ROLLOUT_ROWS: readonly OptionRow[] = [
  plain("--pre-deploy", "PreDeploy.Command", ["true", ["true"]], ["sh -c true", ["sh", "-c", "true"]]),
  plain("--pre-deploy-timeout", "PreDeploy.Timeout", ["1m", seconds(60)], ["2m", seconds(120)]),
  ...(["update", "rollback"] as const).flatMap((part) => {
    const config = part === "update" ? "UpdateConfig" : "RollbackConfig";
    return [
      plain(`--${part}-parallelism`, `${config}.Parallelism`, ["2", 2], ["0", 0]),
      plain(`--${part}-delay`, `${config}.Delay`, ["10ms", 1e7], ["20ms", 2e7]),
      plain(`--${part}-monitor`, `${config}.Monitor`, ["100ms", 1e8], ["200ms", 2e8]),
      plain(`--${part}-failure-action`, `${config}.FailureAction`, ["continue", "continue"], ["pause", "pause"]),
      plain(`--${part}-max-failure-ratio`, `${config}.MaxFailureRatio`, ["0.5", 0.5], ["0.25", 0.25]),
      plain(`--${part}-order`, `${config}.Order`, ["start-first", "start-first"], ["stop-first", "stop-first"]),
    ];
  }),
  plain("--update-canary", "UpdateConfig.Canary", ["50%", "50%"], ["0", "0"]),
];
