import { type RpcHandlers, serverStream, unary } from "../../shared/rpc/handler.ts";
import { NotLeaderError } from "../../shared/rpc/not-leader.ts";
import type { services } from "../../shared/rpc/schema.ts";
import type { ApiContext } from "./api-context.ts";
import { getCluster, getUnlockKey, lastKnownUnlockKey, updateCluster } from "./cluster.ts";
import { createContent, getContent, isSecretSame, listContents, removeContent, updateContent } from "./content.ts";
import { forgetVolume } from "./forget-volume.ts";
import { listLogins, removeLogin, setLogin } from "./login.ts";
import { createNetwork, getNetwork, listNetworks, removeNetwork, updateNetwork } from "./network.ts";
import { getNode, listNodes, removeNode, updateNode } from "./node.ts";
import { rebalance } from "./rebalance.ts";
import { checkService, createService, getService, listServices, removeService, updateService } from "./service.ts";
import { planService } from "./service-plan.ts";
import { listEarlierSpecs } from "./service-rollout.ts";
import { getTask, listTasks } from "./task.ts";
import { watch } from "./watch.ts";
import { watchServiceProgress } from "./watch-progress.ts";

export type ControlHandlers = RpcHandlers<typeof services.control>;

/**
 * The Control service on the leader. Other managers wrap it with `forwardToLeader` (forward.ts), which also checks
 * whether the caller may make the call, where it arrives and again where it is carried out.
 */
export function createControlApi(api: ApiContext): ControlHandlers {
  return {
    ...clusterHandlers(api),

    getNode: unary(async ({ ref }) => ({ node: await getNode(api, ref) })),
    listNodes: unary(async (request) => ({ nodes: await listNodes(api, request) })),
    updateNode: unary(async (request) => ({ node: await updateNode(api, request) })),
    forgetVolume: unary(async (request) => {
      await forgetVolume(api, request);
      return {};
    }),
    removeNode: unary(async (request) => {
      await removeNode(api, request);
      return {};
    }),

    ...serviceCalls(api),

    getTask: unary(async ({ ref }) => ({ task: await getTask(api, ref) })),
    listTasks: unary(async (request) => ({ tasks: await listTasks(api, request) })),

    getNetwork: unary(async ({ ref }) => await getNetwork(api, ref)),
    listNetworks: unary(async (request) => ({ networks: await listNetworks(api, request) })),
    createNetwork: unary(async (request) => ({ network: await createNetwork(api, request) })),
    updateNetwork: unary(async (request) => ({ network: await updateNetwork(api, request) })),
    removeNetwork: unary(async ({ ref }) => {
      await removeNetwork(api, ref);
      return {};
    }),

    getSecret: unary(async ({ ref }) => ({ secret: await getContent(api, "secret", ref) })),
    listSecrets: unary(async (request) => ({ secrets: await listContents(api, "secret", request) })),
    createSecret: unary(async (request) => ({ secret: await createContent(api, "secret", request) })),
    updateSecret: unary(async (request) => ({ secret: await updateContent(api, "secret", request) })),
    removeSecret: unary(async ({ ref }) => {
      await removeContent(api, "secret", ref);
      return {};
    }),
    compareSecret: unary(async (request) => ({ same: await isSecretSame(api, request) })),

    getConfig: unary(async ({ ref }) => ({ config: await getContent(api, "config", ref) })),
    listConfigs: unary(async (request) => ({ configs: await listContents(api, "config", request) })),
    createConfig: unary(async (request) => ({ config: await createContent(api, "config", request) })),
    updateConfig: unary(async (request) => ({ config: await updateContent(api, "config", request) })),
    removeConfig: unary(async ({ ref }) => {
      await removeContent(api, "config", ref);
      return {};
    }),

    listLogins: unary(async (request) => ({ logins: await listLogins(api, request) })),
    setLogin: unary(async (request, { signal }) => ({ login: await setLogin(api, request, signal) })),
    removeLogin: unary(async ({ ref }) => {
      await removeLogin(api, ref);
      return {};
    }),

    watch: serverStream((_request, { signal }, send) => watch(api, signal, send)),
    watchServiceProgress: serverStream((request, { signal }, send) => watchServiceProgress(api, request, signal, send)),
    diagnose: serverStream((request, context, send) => api.diagnose(request, context, send)),
  };
}

/** What any manager answers by itself while there is no leader. */
export function createLeaderlessApi(api: Pick<ApiContext, "store">): Pick<ControlHandlers, "getUnlockKey"> {
  return {
    getUnlockKey: unary(async () => {
      const unlockKey = lastKnownUnlockKey(api);
      if (unlockKey === null) throw new NotLeaderError(null);
      return { unlockKey, unconfirmed: true };
    }),
  };
}

type ServiceCall = Extract<keyof ControlHandlers, `${string}Service` | "listServices" | "listEarlierSpecs">;

function serviceCalls(api: ApiContext): Pick<ControlHandlers, ServiceCall> {
  return {
    getService: unary(async ({ ref }) => ({ service: await getService(api, ref), warnings: [] })),
    listServices: unary(async (request) => ({ services: await listServices(api, request) })),
    createService: unary((request, { signal }) => createService(api, request, signal)),
    updateService: unary((request, { signal }) => updateService(api, request, signal)),
    removeService: unary(async ({ ref }) => ({ dependents: await removeService(api, ref) })),
    checkService: unary((request, { signal }) => checkService(api, request, signal)),
    listEarlierSpecs: unary(({ ref }) => listEarlierSpecs(api, ref)),
    planService: unary((request, { signal }) => planService(api, request, signal)),
  };
}

type ClusterCall = Extract<keyof ControlHandlers, `${string}Cluster` | "getUnlockKey" | "rebalance">;

function clusterHandlers(api: ApiContext): Pick<ControlHandlers, ClusterCall> {
  return {
    getUnlockKey: unary(async () => ({ unlockKey: await getUnlockKey(api), unconfirmed: false })),
    getCluster: unary(async () => ({ cluster: await getCluster(api) })),
    updateCluster: unary(async (request) => ({ cluster: await updateCluster(api, request) })),
    rebalance: unary((request) => rebalance(api, request)),
  };
}
