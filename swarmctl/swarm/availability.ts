/** The words of `--availability`. */
export const AVAILABILITIES = { active: "ACTIVE", pause: "PAUSE", drain: "DRAIN" } as const;
/** The words of `--role`, and of a token. */
export const ROLES = { worker: "WORKER", manager: "MANAGER" } as const;
