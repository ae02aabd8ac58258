// The public face of the wire package.
export * from "./contract.ts";
export * from "./failure.ts";
export type * from "./model/types.ts";
export * from "./xml.ts";
