/** What the daemon and its thread that starts programs say to each other; plain data. */
import type { SwarmError } from "../../shared/errors.ts";
import type { Priorities } from "../../shared/ports/own-priority.ts";
import type { CommandOptions, CommandResult } from "./command-runner.ts";
import type { MonitorReply } from "./monitor-launcher.ts";
import type { MonitorStart } from "./start-monitor.ts";

/** Given to the thread when it begins. */
export interface StarterData {
  /** Of the process; null = it never raised its own. */
  readonly priorities: Priorities | null;
}

/** Each piece of work has a number of its own; `stop` ends the one with that number. */
export type StarterRequest =
  | {
      readonly kind: "run";
      readonly id: number;
      readonly argv: readonly [string, ...string[]];
      readonly options: Omit<CommandOptions, "signal">;
    }
  | { readonly kind: "monitor"; readonly id: number; readonly start: MonitorStart }
  | { readonly kind: "stop"; readonly id: number };

export type StarterAnswer =
  /** Of a monitor: it runs. */
  | { readonly kind: "started"; readonly id: number }
  | { readonly kind: "done"; readonly id: number; readonly result: CommandResult | MonitorReply }
  | { readonly kind: "failed"; readonly id: number; readonly fault: StarterFault };

/** A SwarmError; `systemCode` = the kernel's reason for it, such as EMFILE; "" = there is none. */
export interface StarterFault {
  readonly code: SwarmError["code"];
  readonly message: string;
  readonly systemCode: string;
}
