import type { Run } from "../cli.ts";
import { formatList } from "../format/list.ts";
import { ellipsis } from "../format/table.ts";
import { parseFilters } from "../parse/filters.ts";
import { parseChoice } from "../parse/numbers.ts";
import { usageError } from "../parse/usage.ts";
import { imageEngine } from "./engine.ts";
import type { SEARCH_OPTIONS } from "./options.ts";

const DESCRIPTION_CHARACTERS = 45;
const BOOLEANS = { true: true, "1": true, false: false, "0": false };

export const run: Run<typeof SEARCH_OPTIONS> = async (cli, [term = ""], flags) => {
  const filters = parseFilters(flags.list("filter"), ["is-official", "stars"]);
  const official = filters["is-official"].map((word) => parseChoice(word, "--filter is-official", BOOLEANS)).at(-1);
  const stars = numberOf(filters.stars.at(-1) ?? "0", "--filter stars");
  const limit = numberOf(flags.text("limit") ?? "0", "--limit");
  await using engine = await imageEngine(cli, flags.text("node"));
  const { found } = await engine.images.search({ term, limit }, { signal: cli.signal });
  const rows = found
    .filter((each) => (official === undefined || each.isOfficial === official) && each.stars >= stars)
    .map((each) => ({
      Name: each.name,
      Description: flags.is("noTrunc") ? each.description : ellipsis(each.description, DESCRIPTION_CHARACTERS),
      StarCount: String(each.stars),
      IsOfficial: each.isOfficial ? "[OK]" : "",
    }));
  type Row = (typeof rows)[number];
  const columns = [
    { heading: "NAME", cell: (row: Row) => row.Name },
    { heading: "DESCRIPTION", cell: (row: Row) => row.Description },
    { heading: "STARS", cell: (row: Row) => row.StarCount },
    { heading: "OFFICIAL", cell: (row: Row) => row.IsOfficial },
  ];
  const options = { quiet: false, format: flags.text("format") ?? "" };
  for (const line of formatList({ rows, columns, id: (row) => row.Name }, options)) cli.output.line(line);
};

function numberOf(text: string, flag: string): number {
  if (!/^\d{1,9}$/.test(text)) throw usageError(`invalid ${flag} "${text}": expected a number`);
  return Number(text);
}
