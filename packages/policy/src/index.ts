/** The policy engine: parse, compile, decide, explain. Pure; imports nothing, reads no clock and does no I/O. */
export type * from './types.ts'
export { compilePolicy } from './compile.ts'
export { CONTEXT_KEYS, requestContext, type ContextKey, type KeyType } from './context-keys.ts'
export { decide } from './decision/decide.ts'
export { explain } from './decision/explain.ts'
export { denialMessage, type Dialect } from './decision/message.ts'
export { matchesArn } from './language/arn.ts'
