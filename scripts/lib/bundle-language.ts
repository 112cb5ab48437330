/**
 * What the bundler may take for granted. Node runs `using` as it is. Rewritten for engines that do not, a `using` in a
 * loop goes wrong: the rewritten code keeps its note of a failure from one turn to the next, so that after one that
 * failed all later ones fail with the same error, whatever they did.
 */
export const LANGUAGE = { target: "node24", supported: { using: true } } as const;
