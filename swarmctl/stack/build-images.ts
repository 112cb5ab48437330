import type { ComposeBuild } from "../../shared/compose/build.ts";
import { labelsOf } from "../../shared/objects/labels.ts";
import { fillPart } from "../../shared/service-spec/fill-part.ts";
import { valueAt, withValueAt } from "../../shared/service-spec/paths.ts";
import type { Cli } from "../cli.ts";
import { Flags } from "../flags.ts";
import { run as build } from "../image/build.ts";
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
    services.push(service.build === null ? service : await built(cli, service, service.build, isQuiet));
  }
  return { ...loaded, wanted: { ...wanted, services } };
}

async function built(cli: Cli, service: WantedService, how: ComposeBuild, isQuiet: boolean): Promise<WantedService> {
  const image = service.spec.task?.container?.image ?? "";
  cli.output.line(`Building ${image}`);
  await build(cli, [how.context], new Flags({ ...flagsOf(how, image), quiet: isQuiet }));
  await pushToNodes(cli, [image], new Flags({ quiet: isQuiet }));
  return { ...service, spec: withImageId(service.spec, await imageId(cli, image)) };
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
    addHost: how.extraHosts.map((entry) => entry.replace("=", ":")),
  };
}

/** What a build asks for that builds here do not have. */
function faultsOf({ key, build: how }: WantedService, { place }: LoadedStack): readonly Fault[] {
  if (how === null) return [];
  const asked: readonly (readonly [string, boolean])[] = [
    ["dockerfile_inline", how.dockerfileInline !== null],
    ["additional_contexts", how.additionalContexts.size > 0],
    ["ssh", how.ssh.size > 0],
    ["secrets", how.secrets.length > 0],
    ["entitlements", how.entitlements.length > 0],
    ["privileged", how.privileged === true],
    ["platforms", how.platforms.length > 1],
    ["ulimits", how.ulimits.size > 0],
    ["shm_size", how.shmSizeBytes !== null],
  ];
  return asked
    .filter(([, isAsked]) => isAsked)
    .map(([word]) => ({
      place: place("services", key, "build", word),
      sentence: `service ${key}: build.${word} is not supported: build the image by \`swarmctl image build\`, and name it`,
      isUnsupported: false,
    }));
}
