import { SPEC_LIMITS } from "../objects/limits.ts";
import { field, type ServiceField } from "./field.ts";

const CONCURRENCY = { forbid: "FORBID", allow: "ALLOW", replace: "REPLACE" } as const;
const onlyFor = ["replicatedJob", "globalJob"] as const;

/** When a job begins runs by itself. */
export const SCHEDULE_FIELDS: readonly ServiceField[] = [
  field("schedule.cron", {
    type: { kind: "text", lengthMax: SPEC_LIMITS.cron.max },
    flag: "--schedule <cron>",
    run: null,
    help: "when a job begins runs: five fields as cron has them, such as '0 3 * * *', or @daily",
    noun: "schedule",
    docker: "Schedule.Cron",
    pretty: ["Schedule", "Cron"],
    onlyFor,
  }),
  field("schedule.timeZone", {
    type: { kind: "text", lengthMax: SPEC_LIMITS.cron.max },
    flag: "--timezone <zone>",
    run: null,
    help: "by whose clocks, such as Europe/Berlin; unless given, UTC",
    noun: "time zone",
    docker: "Schedule.TimeZone",
    pretty: ["Schedule", "Time Zone"],
    onlyFor,
  }),
  field("schedule.concurrency", {
    type: { kind: "choice", choices: CONCURRENCY },
    flag: "--concurrency <word>",
    run: null,
    help: "when a run is due while another is under way: forbid it, allow both, or replace the other",
    noun: "concurrency",
    docker: "Schedule.Concurrency",
    pretty: ["Schedule", "Concurrency"],
    onlyFor,
  }),
  field("schedule.startDeadlineMs", {
    type: { kind: "duration" },
    flag: "--start-deadline <duration>",
    run: null,
    help: "leave a run out that cannot begin so long after its time; 0s for no such limit",
    noun: "start deadline",
    docker: "Schedule.StartDeadline",
    pretty: ["Schedule", "Start Deadline"],
    onlyFor,
  }),
  field("schedule.history", {
    type: { kind: "whole", min: 0, max: SPEC_LIMITS.attempts.max },
    flag: "--history <number>",
    run: null,
    help: "runs kept, with exit codes and logs; 0 for as many as tasks of a slot",
    noun: "number of runs",
    docker: "Schedule.History",
    pretty: ["Schedule", "History"],
    onlyFor,
  }),
];
