import type { CommandSpec } from "../command-spec.ts";
import {
  BUILD_OPTIONS,
  HISTORY_OPTIONS,
  IMPORT_OPTIONS,
  INSPECT_OPTIONS,
  LOAD_OPTIONS,
  LS_OPTIONS,
  PRUNE_OPTIONS,
  PULL_OPTIONS,
  PUSH_OPTIONS,
  PUSH_TO_NODES_OPTIONS,
  RM_OPTIONS,
  SAVE_OPTIONS,
  SEARCH_OPTIONS,
  TAG_OPTIONS,
} from "./options.ts";

const BUILD: CommandSpec = {
  name: "build",
  args: "<path>",
  summary: "Make an image as a Dockerfile says",
  options: BUILD_OPTIONS,
  examples: [
    "swarmctl image build -t shop:2 .",
    "swarmctl image build -t shop:2 --target test --build-arg VERSION=2 -f docker/Dockerfile .",
    "swarmctl image build - < Dockerfile",
  ],
  load: () => import("./build.ts"),
};
const HISTORY: CommandSpec = {
  name: "history",
  args: "<image>",
  summary: "Show how an image was made",
  options: HISTORY_OPTIONS,
  examples: ["swarmctl image history nginx"],
  load: () => import("./history.ts"),
};
const IMPORT: CommandSpec = {
  name: "import",
  args: "<file> [name]",
  summary: "Make an image from a tar of a root file system",
  options: IMPORT_OPTIONS,
  examples: ["swarmctl image import -c 'CMD [\"/bin/sh\"]' root.tar base:1", "curl -L URL | swarmctl import - base:1"],
  load: () => import("./import.ts"),
};
const LOAD: CommandSpec = {
  name: "load",
  summary: "Take images from an archive of `save`",
  options: LOAD_OPTIONS,
  examples: ["swarmctl image load -i shop.tar", "ssh build-host swarmctl save shop:2 | swarmctl load"],
  load: () => import("./load.ts"),
};
const PULL: CommandSpec = {
  name: "pull",
  args: "<name>",
  summary: "Fetch an image from its registry",
  options: PULL_OPTIONS,
  examples: ["swarmctl image pull nginx:1.27", "swarmctl image pull --all-nodes registry.example.com/shop:2"],
  load: () => import("./pull.ts"),
};
const PUSH: CommandSpec = {
  name: "push",
  args: "<name>",
  summary: "Copy an image to its registry",
  options: PUSH_OPTIONS,
  examples: ["swarmctl image push registry.example.com/shop:2"],
  load: () => import("./push.ts"),
};
const SAVE: CommandSpec = {
  name: "save",
  args: "<image...>",
  summary: "Write images into an archive",
  options: SAVE_OPTIONS,
  examples: ["swarmctl image save -o shop.tar shop:2 shop-db:2", "swarmctl save shop:2 | gzip > shop.tar.gz"],
  load: () => import("./save.ts"),
};
const SEARCH: CommandSpec = {
  name: "search",
  args: "<term>",
  summary: "Ask a registry for repositories",
  options: SEARCH_OPTIONS,
  examples: ["swarmctl search nginx", "swarmctl search --limit 5 registry.example.com/shop"],
  load: () => import("./search.ts"),
};
const TAG: CommandSpec = {
  name: "tag",
  args: "<image> <name>",
  summary: "Give an image a further name",
  options: TAG_OPTIONS,
  examples: ["swarmctl image tag shop:2 registry.example.com/shop:2"],
  load: () => import("./tag.ts"),
};
const LS: CommandSpec = {
  name: "ls",
  aliases: ["list"],
  args: "[name]",
  summary: "List images",
  options: LS_OPTIONS,
  examples: ["swarmctl image ls", "swarmctl image ls --filter dangling=true --quiet", "swarmctl image ls --node host2"],
  load: () => import("./ls.ts"),
};
const RM: CommandSpec = {
  name: "rm",
  aliases: ["remove"],
  args: "<image...>",
  summary: "Remove images",
  options: RM_OPTIONS,
  examples: ["swarmctl image rm shop:1", "swarmctl image rm $(swarmctl image ls -q --filter dangling=true)"],
  load: () => import("./rm.ts"),
};

export const IMAGE_COMMANDS: readonly CommandSpec[] = [
  BUILD,
  HISTORY,
  IMPORT,
  {
    name: "inspect",
    args: "<image...>",
    summary: "Show details of images",
    options: INSPECT_OPTIONS,
    examples: ["swarmctl image inspect nginx", "swarmctl image inspect -f '{{.Config.Cmd}}' nginx"],
    load: () => import("./inspect.ts"),
  },
  LOAD,
  LS,
  {
    name: "prune",
    summary: "Remove images that nothing needs",
    options: PRUNE_OPTIONS,
    examples: ["swarmctl image prune --force", "swarmctl image prune --all --filter until=240h"],
    load: () => import("./prune.ts"),
  },
  PULL,
  PUSH,
  {
    name: "push-to-nodes",
    args: "<image>",
    summary: "Copy an image of this host to nodes, without a registry",
    options: PUSH_TO_NODES_OPTIONS,
    examples: ["swarmctl image push-to-nodes shop:2", "swarmctl image push-to-nodes --to host2 --to host3 shop:2"],
    load: () => import("./push-to-nodes.ts"),
  },
  RM,
  SAVE,
  SEARCH,
  TAG,
];

/** Docker's short forms. */
export const IMAGE_SHORT_COMMANDS: readonly CommandSpec[] = [
  BUILD,
  HISTORY,
  { ...without(LS), name: "images" },
  LOAD,
  PULL,
  PUSH,
  { ...without(RM), name: "rmi" },
  SAVE,
  SEARCH,
  TAG,
];

/** The short form has no other name. */
function without({ aliases: _, ...spec }: CommandSpec): CommandSpec {
  return spec;
}
