import type { Run } from "../cli.ts";
import { run as importImage } from "../image/import.ts";
import { usageError } from "../parse/usage.ts";
import { FROM_OPTIONS, type SHORT_IMPORT_OPTIONS } from "./options.ts";
import { run as importSwarm } from "./swarm.ts";

const SWARMS_OWN = FROM_OPTIONS.map(({ flags }) => flags.split(" ")[0] ?? "");

/** `import` means a swarm with --from, and otherwise an image, as in Docker. */
export const run: Run<typeof SHORT_IMPORT_OPTIONS> = async (cli, args, flags) => {
  if (flags.has("from")) {
    if (flags.has("change", "message", "platform", "node")) {
      throw usageError("--change, --message, --platform and --node are of images: they have no meaning with --from");
    }
    await importSwarm(cli, args, flags);
    return;
  }
  if (flags.has("plan", "tlscacert", "tlscert", "tlskey"))
    throw usageError(`${SWARMS_OWN.slice(1).join(", ")} need --from`);
  if (args.length === 0)
    throw usageError("say what to import: --from ADDRESS of a Docker Swarm, or FILE|- [NAME[:TAG]] of an image");
  await importImage(cli, args, flags);
};
