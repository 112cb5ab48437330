import { Tables } from "../../manager/store/tables.ts";
import type {
  Cluster,
  Config,
  EarlierSpec,
  Guest,
  Login,
  Network,
  Node,
  Secret,
  Service,
  Task,
} from "../../shared/objects/types.ts";
import { createCluster } from "./objects.ts";

/** A moment of the store made by hand, for decisions that are functions of a view. */
export function viewOf(parts: {
  readonly nodes?: readonly Node[];
  readonly services?: readonly Service[];
  readonly tasks?: readonly Task[];
  readonly networks?: readonly Network[];
  readonly cluster?: Cluster;
  readonly secrets?: readonly Secret[];
  readonly configs?: readonly Config[];
  readonly logins?: readonly Login[];
  readonly earlierSpecs?: readonly EarlierSpec[];
  readonly guests?: readonly Guest[];
}): Tables {
  const tables = new Tables();
  tables.put("cluster", parts.cluster ?? createCluster());
  for (const node of parts.nodes ?? []) tables.put("node", node);
  for (const service of parts.services ?? []) tables.put("service", service);
  for (const network of parts.networks ?? []) tables.put("network", network);
  for (const secret of parts.secrets ?? []) tables.put("secret", secret);
  for (const config of parts.configs ?? []) tables.put("config", config);
  for (const login of parts.logins ?? []) tables.put("login", login);
  for (const earlier of parts.earlierSpecs ?? []) tables.put("earlierSpec", earlier);
  for (const guest of parts.guests ?? []) tables.put("guest", guest);
  for (const task of parts.tasks ?? []) tables.put("task", task);
  return tables;
}
