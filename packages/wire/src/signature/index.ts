/** Public face of the signature folder. */
export * from "./types.ts";
