/**
 * Language features that the bundler may rely on. Node runs `using` natively. Rewritten for engines that do not, a
 * `using` in a loop goes wrong: the rewritten code keeps a failure from one iteration to the next, so that after one
 * failure all later iterations fail with the same error, whatever they did.
 */
export const LANGUAGE = { target: "node24", supported: { using: true } } as const;
