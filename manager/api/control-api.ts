import { type CallContext, type RpcHandlers, serverStream, unary } from "../../shared/rpc/handler.ts";
import type { services } from "../../shared/rpc/schema.ts";
import type { ApiContext } from "./api-context.ts";
import { requireOperator } from "./authorize.ts";
import { getCluster, updateCluster } from "./cluster.ts";
import { createContent, getContent, listContents, removeContent, updateContent } from "./content.ts";
import { getNetwork, listNetworks } from "./network.ts";
import { getNode, listNodes, removeNode, updateNode } from "./node.ts";
import { createService, getService, listServices, removeService, updateService } from "./service.ts";
import { getTask, listTasks } from "./task.ts";
import { watch } from "./watch.ts";
import { watchServiceProgress } from "./watch-progress.ts";

export type ControlHandlers = RpcHandlers<typeof services.control>;

/**
 * The Control service on the leader. Other managers wrap it with `forwardToLeader` (forward.ts); every call is checked
 * where it arrives and again where it is carried out.
 */
export function createControlApi(api: ApiContext): ControlHandlers {
  return {
    getCluster: operator(async () => ({ cluster: await getCluster(api) })),
    updateCluster: operator(async (request) => ({ cluster: await updateCluster(api, request) })),

    getNode: operator(async ({ ref }) => ({ node: await getNode(api, ref) })),
    listNodes: operator(async (request) => ({ nodes: await listNodes(api, request) })),
    updateNode: operator(async (request) => ({ node: await updateNode(api, request) })),
    removeNode: operator(async (request) => {
      await removeNode(api, request);
      return {};
    }),

    getService: operator(async ({ ref }) => ({ service: await getService(api, ref), warnings: [] })),
    listServices: operator(async (request) => ({ services: await listServices(api, request) })),
    createService: operator((request, { signal }) => createService(api, request, signal)),
    updateService: operator((request, { signal }) => updateService(api, request, signal)),
    removeService: operator(async ({ ref }) => {
      await removeService(api, ref);
      return {};
    }),

    getTask: operator(async ({ ref }) => ({ task: await getTask(api, ref) })),
    listTasks: operator(async (request) => ({ tasks: await listTasks(api, request) })),

    getNetwork: operator(async ({ ref }) => ({ network: await getNetwork(api, ref) })),
    listNetworks: operator(async (request) => ({ networks: await listNetworks(api, request) })),

    getSecret: operator(async ({ ref }) => ({ secret: await getContent(api, "secret", ref) })),
    listSecrets: operator(async (request) => ({ secrets: await listContents(api, "secret", request) })),
    createSecret: operator(async (request) => ({ secret: await createContent(api, "secret", request) })),
    updateSecret: operator(async (request) => ({ secret: await updateContent(api, "secret", request) })),
    removeSecret: operator(async ({ ref }) => {
      await removeContent(api, "secret", ref);
      return {};
    }),

    getConfig: operator(async ({ ref }) => ({ config: await getContent(api, "config", ref) })),
    listConfigs: operator(async (request) => ({ configs: await listContents(api, "config", request) })),
    createConfig: operator(async (request) => ({ config: await createContent(api, "config", request) })),
    updateConfig: operator(async (request) => ({ config: await updateContent(api, "config", request) })),
    removeConfig: operator(async ({ ref }) => {
      await removeContent(api, "config", ref);
      return {};
    }),

    watch: serverStream((request, context, send) => {
      requireOperator(context.caller);
      return watch(api, request, context.signal, send);
    }),
    watchServiceProgress: serverStream((request, context, send) => {
      requireOperator(context.caller);
      return watchServiceProgress(api, request, context.signal, send);
    }),
  };
}

function operator<I, O>(run: (request: I, context: CallContext) => Promise<O>) {
  return unary<I, O>(async (request, context) => {
    requireOperator(context.caller);
    return await run(request, context);
  });
}
