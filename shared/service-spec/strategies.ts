/** How a node is chosen among those that fit. */
export type Strategy = "spread" | "binpack";

export const STRATEGIES = ["spread", "binpack"] as const satisfies readonly Strategy[];

/** What a strategy may say. */
export const STRATEGY = /^(?:spread|binpack)$/;

/** As people switch a setting. */
export const ON_OFF = { on: true, off: false } as const;
