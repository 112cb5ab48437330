import { labelOf } from "../../shared/objects/labels.ts";
import type { Run } from "../cli.ts";
import { formatList } from "../format/list.ts";
import { naturalCompare } from "../format/natural-order.ts";
import type { Column } from "../format/table.ts";
import { STACK_LABEL } from "./names.ts";
import type { STACK_LS_OPTIONS } from "./options.ts";

/** A line of `stack ls`; its fields are what templates and JSON know. */
interface StackRow extends Readonly<Record<string, unknown>> {
  readonly Name: string;
  readonly Services: string;
}

const COLUMNS: readonly Column<StackRow>[] = [
  { heading: "NAME", cell: (row) => row.Name },
  { heading: "SERVICES", cell: (row) => row.Services },
];

export const run: Run<typeof STACK_LS_OPTIONS> = async (cli, _args, flags) => {
  const control = await cli.api.control();
  const { services } = await control.listServices({ labels: [STACK_LABEL] }, { signal: cli.signal });
  const counts = new Map<string, number>();
  for (const { service } of services) {
    const stack = labelOf(service?.spec?.annotations?.labels, STACK_LABEL) ?? "";
    counts.set(stack, (counts.get(stack) ?? 0) + 1);
  }
  const rows = [...counts]
    .map(([Name, count]) => ({ Name, Services: String(count) }))
    .sort((a, b) => naturalCompare(a.Name, b.Name));
  const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
  for (const line of formatList({ rows, columns: COLUMNS, id: (row) => row.Name }, options)) cli.output.line(line);
};
