/** The numbers of netlink's protocols, and of the groups that are told of changes. */
export const PROTOCOL = { route: 0, diagnosis: 4, netfilter: 12 } as const;

/** RTNLGRP_*: devices, neighbours (also forwarding entries), addresses, routes, settings. */
export const ROUTE_GROUPS = [1, 3, 5, 7, 9, 11, 24, 25] as const;
/** NFNLGRP_NFTABLES. */
export const NETFILTER_GROUPS = [7] as const;
