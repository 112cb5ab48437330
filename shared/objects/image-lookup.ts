/** In what a manager says when a registry does not answer: the image is to blame, and not the cluster. */
export const NOT_LOOKED_UP = "could not be looked up";

/** The way out, as `service create` has it. */
export const NO_RESOLVE_FLAG = "--no-resolve-image";
