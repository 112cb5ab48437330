import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { toDockerContainer } from "../../shared/docker-shape/container.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { Run } from "../cli.ts";
import { printInspected } from "../format/inspect.ts";
import { forEach } from "../names.ts";
import { containersOf } from "./host.ts";
import type { CONTAINER_INSPECT_OPTIONS } from "./options.ts";

export const run: Run<typeof CONTAINER_INSPECT_OPTIONS> = async (cli, args, flags) => {
  const found: DockerJson[] = [];
  const print = (): void => printInspected(found, flags.text("format") ?? "", cli.output);
  try {
    await forEach(args, async (ref) => {
      const containers = await containersOf(cli, flags);
      const { container } = await containers.inspect({ ref }, { signal: cli.signal });
      found.push(toDockerContainer(mustHave(container, "the container of the answer")));
    });
  } finally {
    print();
  }
};
