import type { ComposeBuild } from "../../shared/compose/build.ts";
import type { ComposeProject } from "../../shared/compose/project.ts";
import type { FileUse } from "../../shared/compose/service-parts.ts";
import { SwarmError } from "../../shared/errors.ts";
import { labelsOf } from "../../shared/objects/labels.ts";
import type { BuildSecret } from "../../shared/rpc/gen/images.ts";
import { fillPart } from "../../shared/service-spec/fill-part.ts";
import { valueAt, withValueAt } from "../../shared/service-spec/paths.ts";
import type { Cli } from "../cli.ts";
import { Flags } from "../flags.ts";
import { build, SECRET_BYTES_MAX } from "../image/build.ts";
import { imageEngine } from "../image/engine.ts";
import { run as pushToNodes } from "../image/push-to-nodes.ts";
import { type LoadedStack, refuseFaults } from "./load.ts";
import type { Fault } from "./translate/notes.ts";
import type { WantedService } from "./translate/wanted.ts";

/** As Compose calls it: a container made from another build of the same name is another one. */
const BUILT_LABEL = "com.docker.compose.image";
const CONTAINER_LABELS = "task.container.labels";

/** Builds what the files say how to build, and brings it to all nodes. Resolves with services that run just that. */
export async function buildImages(cli: Cli, loaded: LoadedStack, isQuiet: boolean): Promise<LoadedStack> {
  const { wanted } = loaded;
  refuseFaults(wanted.services.flatMap((service) => faultsOf(service, loaded)));
  const services: WantedService[] = [];
  for (const service of wanted.services) {
    services.push(await built(cli, loaded, service, isQuiet));
  }
  return { ...loaded, wanted: { ...wanted, services } };
}

async function built(cli: Cli, loaded: LoadedStack, service: WantedService, isQuiet: boolean): Promise<WantedService> {
  if (service.build === null) return service;
  const how = service.build;
  const image = service.spec.task?.container?.image ?? "";
  cli.output.line(`Building ${image}`);
  const secrets = await Promise.all(how.secrets.map((use) => secretOf(cli, loaded.project, use)));
  const given = { dockerfile: how.dockerfileInline, secrets };
  await build(cli, how.context, new Flags({ ...flagsOf(how, image), quiet: isQuiet }), given);
  await pushToNodes(cli, [image], new Flags({ quiet: isQuiet }));
  return { ...service, spec: withImageId(service.spec, await imageId(cli, image)) };
}

/** A secret of the project for the steps of a build, by the id that they mount it by. */
async function secretOf(cli: Cli, { secrets }: ComposeProject, { source, target }: FileUse): Promise<BuildSecret> {
  const id = target ?? source;
  const from = secrets.get(source)?.source;
  switch (from?.kind) {
    case "file":
      return { id, data: await cli.readBytes(from.path, SECRET_BYTES_MAX) };
    case "environment":
      return { id, data: Buffer.from(from.value ?? "") };
    default:
      throw new SwarmError("invalidArgument", `secret ${source}: a build needs one with a file or a variable`);
  }
}

async function imageId(cli: Cli, ref: string): Promise<string> {
  await using engine = await imageEngine(cli, undefined);
  const { summary } = await engine.images.inspect({ ref }, { signal: cli.signal });
  return summary?.id ?? "";
}

function withImageId(spec: WantedService["spec"], id: string): WantedService["spec"] {
  const labels = Object.entries((valueAt(spec, CONTAINER_LABELS) ?? {}) as Readonly<Record<string, string>>);
  return withValueAt(spec, CONTAINER_LABELS, labelsOf([...labels, [BUILT_LABEL, id]]), fillPart);
}

/** The same words as `swarmctl image build` has. */
function flagsOf(how: ComposeBuild, image: string): Readonly<Record<string, unknown>> {
  const args = [...how.args].map(([name, value]) => (value === null ? name : `${name}=${value}`));
  return {
    tag: [image, ...how.tags],
    ...(how.dockerfile === null
      ? {}
      : { file: how.dockerfile.startsWith("/") ? how.dockerfile : `${how.context}/${how.dockerfile}` }),
    buildArg: args,
    ...(how.target === null ? {} : { target: how.target }),
    cache: how.noCache !== true,
    pull: how.pull === true,
    label: [...how.labels].map(([key, value]) => `${key}=${value}`),
    ...(how.network === null ? {} : { network: how.network }),
    ...(how.platforms[0] === undefined ? {} : { platform: how.platforms[0] }),
    ...(how.shmSizeBytes === null ? {} : { shmSize: String(how.shmSizeBytes) }),
    ulimit: [...how.ulimits].map(([name, { soft, hard }]) => `${name}=${soft}:${hard}`),
    addHost: how.extraHosts.map((entry) => entry.replace("=", ":")),
  };
}

const BUILD_APART = "build the image elsewhere, and name it";
const AS_CONTAINERS = "a step of a build is a container like others, and never more";

/** What a build asks for that builds here do not have. */
function faultsOf({ key, build: how }: WantedService, { place }: LoadedStack): readonly Fault[] {
  if (how === null) return [];
  const asked: readonly (readonly [word: string, isAsked: boolean, instead?: string])[] = [
    ["additional_contexts", how.additionalContexts.size > 0],
    ["ssh", how.ssh.size > 0],
    ["entitlements", how.entitlements.length > 0, AS_CONTAINERS],
    ["privileged", how.privileged === true, AS_CONTAINERS],
    ["platforms", how.platforms.length > 1],
  ];
  return asked
    .filter(([, isAsked]) => isAsked)
    .map(([word, , instead = BUILD_APART]) => ({
      place: place("services", key, "build", word),
      sentence: `service ${key}: build.${word} is not supported: ${instead}`,
      isUnsupported: false,
    }));
}
