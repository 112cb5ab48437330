import type { FileChangeKind } from "../../shared/rpc/gen/streams.ts";
import type { Run } from "../cli.ts";
import type { PLACE_OPTIONS } from "./options.ts";
import { engineOf, placeOf } from "./place.ts";

const LETTERS: { readonly [Kind in FileChangeKind]: string } = { ADDED: "A", CHANGED: "C", DELETED: "D" };

export const run: Run<typeof PLACE_OPTIONS> = async (cli, [ref = ""], flags) => {
  const place = await placeOf(cli, ref, flags.text("node"));
  await using engine = await engineOf(cli, place);
  const { changes } = await engine.streams.diff({ container: place.container }, { signal: cli.signal });
  for (const { kind, path } of changes) cli.output.line(`${LETTERS[kind]} ${path}`);
};
