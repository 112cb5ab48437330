import { buildRoutes } from "./build/build.ts";
import { containerRoutes } from "./containers/routes.ts";
import { contentRoutes } from "./contents/routes.ts";
import { eventRoutes } from "./events/events.ts";
import { execRoutes } from "./exec/routes.ts";
import { imageRoutes } from "./images/routes.ts";
import { networkRoutes } from "./networks/routes.ts";
import { nodeRoutes } from "./nodes/routes.ts";
import { notOffered, type Route } from "./route.ts";
import { serviceRoutes } from "./services/routes.ts";
import { swarmRoutes } from "./swarm/routes.ts";
import { systemRoutes } from "./system/routes.ts";
import { taskRoutes } from "./tasks/routes.ts";
import { usageRoutes } from "./usage/usage.ts";
import { volumeRoutes } from "./volumes/volumes.ts";

/** Docker's operations that are not offered, each with the reason or what to do instead. */
const NOT_OFFERED: readonly Route[] = [
  notOffered(
    "POST",
    "/session",
    "BuildKit's sessions are not offered: build with the classic builder (DOCKER_BUILDKIT=0)",
  ),
  notOffered("POST", "/grpc", "BuildKit is not offered: build with the classic builder (DOCKER_BUILDKIT=0)"),
];

/** Every operation. Of several that match a path, the first counts: put what is more exact before what is less. */
export const ROUTES: readonly Route[] = [
  ...systemRoutes,
  ...containerRoutes,
  ...execRoutes,
  ...imageRoutes,
  ...networkRoutes,
  ...swarmRoutes,
  ...nodeRoutes,
  ...serviceRoutes,
  ...taskRoutes,
  ...contentRoutes,
  ...buildRoutes,
  ...volumeRoutes,
  ...eventRoutes,
  ...usageRoutes,
  ...NOT_OFFERED,
];
