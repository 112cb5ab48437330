import type { ContentKind } from "../../shared/objects/file-reference.ts";
import type { CommandSpec } from "../command-spec.ts";
import { LABEL_CHANGE_OPTIONS } from "../label-flags.ts";
import { INSPECT_OPTIONS, LIST_OPTIONS } from "../list-options.ts";
import { CREATE_OPTIONS } from "./options.ts";

const WORDS = {
  secret: {
    example: "db_password",
    file: "./password",
    from: "openssl rand -base64 32 |",
    shows: "except for the content",
  },
  config: { example: "site.conf", file: "./site.conf", from: "generate-site |", shows: "content included" },
} as const;

/** `swarmctl secret ...` or `swarmctl config ...`. */
export function contentCommands(kind: ContentKind): readonly CommandSpec[] {
  const { example, file, from, shows } = WORDS[kind];
  return [
    {
      name: "create",
      args: "<name> <file|->",
      summary: `Create a ${kind} from a file, or from standard input (-)`,
      options: CREATE_OPTIONS,
      examples: [`swarmctl ${kind} create ${example} ${file}`, `${from} swarmctl ${kind} create ${example} -`],
      load: async () => ({ run: (await import("./create.ts")).createRun(kind) }),
    },
    {
      name: "ls",
      aliases: ["list"],
      summary: `List the ${kind}s`,
      options: LIST_OPTIONS,
      examples: [`swarmctl ${kind} ls`, `swarmctl ${kind} ls --filter name=${example} --format '{{.Name}}'`],
      load: async () => ({ run: (await import("./ls.ts")).createRun(kind) }),
    },
    {
      name: "inspect",
      args: `<${kind}...>`,
      summary: `Show details of ${kind}s, ${shows}`,
      options: INSPECT_OPTIONS,
      examples: [`swarmctl ${kind} inspect --pretty ${example}`],
      completes: kind,
      load: async () => ({ run: (await import("./inspect.ts")).createRun(kind) }),
    },
    {
      name: "update",
      args: `<${kind}>`,
      summary: `Change the labels of a ${kind}; its content cannot be changed`,
      options: LABEL_CHANGE_OPTIONS,
      examples: [`swarmctl ${kind} update --label-add stage=test ${example}`],
      completes: kind,
      load: async () => ({ run: (await import("./update.ts")).createRun(kind) }),
    },
    {
      name: "rm",
      aliases: ["remove"],
      args: `<${kind}...>`,
      summary: `Remove ${kind}s that no service uses`,
      examples: [`swarmctl ${kind} rm ${example}`],
      completes: kind,
      load: async () => ({ run: (await import("./rm.ts")).createRun(kind) }),
    },
  ];
}
