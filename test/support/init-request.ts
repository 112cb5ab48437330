import type { InitRequest } from "../../shared/rpc/gen/local.ts";

/** Of a host at 10.1.0.1 that leaves everything else to the daemon. */
export const INIT_REQUEST: InitRequest = {
  advertiseAddress: "10.1.0.1",
  listenAddress: "",
  availability: "ACTIVE",
  dataPathAddress: "",
  defaultAddressPools: [],
  defaultSubnetPrefix: 0,
  autoLockManagers: false,
  dataPathPort: 0,
  forceNewCluster: false,
};
