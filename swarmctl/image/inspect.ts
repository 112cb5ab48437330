import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { toDockerImage } from "../../shared/docker-shape/image.ts";
import type { Run } from "../cli.ts";
import { printInspected } from "../format/inspect.ts";
import { forEach } from "../names.ts";
import { imageEngine } from "./engine.ts";
import type { INSPECT_OPTIONS } from "./options.ts";

export const run: Run<typeof INSPECT_OPTIONS> = async (cli, args, flags) => {
  await using engine = await imageEngine(cli, flags.text("node"));
  const shown: DockerJson[] = [];
  try {
    await forEach(args, async (ref) => {
      shown.push(toDockerImage(await engine.images.inspect({ ref }, { signal: cli.signal })));
    });
  } finally {
    printInspected(shown, flags.text("format") ?? "", cli.output);
  }
};
