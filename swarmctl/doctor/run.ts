import { isRetryable, SwarmError } from "../../shared/errors.ts";
import type { DiagnoseResponse, Finding } from "../../shared/rpc/gen/doctor.ts";
import { explain } from "../api.ts";
import type { Cli, Run } from "../cli.ts";
import { ExitStatus } from "../exit-status.ts";
import { formatList } from "../format/list.ts";
import type { DOCTOR_OPTIONS } from "./options.ts";
import { ProgressLine } from "./progress-line.ts";
import { FINDING_COLUMNS, findingLines, findingRow, summary } from "./row.ts";

/** Something is broken. 1 is what every command ends with that was refused. */
const BROKEN_STATUS = 2;

export const run: Run<typeof DOCTOR_OPTIONS> = async (cli, _args, flags) => {
  const format = flags.text("format") ?? "";
  const isQuiet = flags.is("quiet");
  const isTable = format === "" || format === "table";
  const progress = new ProgressLine(cli.output, isTable && !isQuiet);
  const findings = await diagnosis(cli, flags.is("local"), progress);
  progress.clear();
  if (!isQuiet) {
    const rows = findings.map(findingRow);
    for (const line of isTable
      ? findingLines(rows, cli.output)
      : formatList({ rows, columns: FINDING_COLUMNS, id: () => "" }, { quiet: false, format }))
      cli.output.line(line);
    if (isTable) cli.output.line(summary(findings));
  }
  if (findings.some(({ severity }) => severity === "BROKEN")) throw new ExitStatus(BROKEN_STATUS);
};

/** The managers know all hosts; without them this host still knows itself. */
async function diagnosis(cli: Cli, isLocal: boolean, progress: ProgressLine): Promise<readonly Finding[]> {
  const local = await cli.api.local();
  const { controlAvailable } = await local.info({}, { signal: cli.signal });
  const here = (reason: string): Promise<readonly Finding[]> =>
    lastOf(local.diagnose({ reason }, { signal: cli.signal }), progress);
  if (isLocal || !controlAvailable) return await here("");
  const control = await cli.api.control();
  try {
    return await lastOf(control.diagnose({ reason: "" }, { signal: cli.signal }), progress);
  } catch (error) {
    // Another examination is no trouble of the managers.
    const isTheirs = error instanceof SwarmError && isRetryable(error) && error.code !== "resourceExhausted";
    if (cli.signal.aborted || !isTheirs) throw error;
    return await here(explain(error, cli.api.socketPath));
  }
}

async function lastOf(messages: AsyncIterable<DiagnoseResponse>, progress: ProgressLine): Promise<readonly Finding[]> {
  for await (const message of messages) {
    if (message.progress) progress.show(message.progress);
    if (message.diagnosis) return message.diagnosis.findings;
  }
  throw new SwarmError("unavailable", "the examination ended without a diagnosis: try again");
}
