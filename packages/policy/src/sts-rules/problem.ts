/** What a rule of an STS call answers when it refuses. */
export interface StsProblem {
  readonly code: string
  readonly message: string
  readonly httpStatus: 400 | 403
}

export const validationError = (message: string): StsProblem => ({ code: 'ValidationError', message, httpStatus: 400 })

export const invalidToken = (message: string): StsProblem => ({
  code: 'InvalidIdentityToken',
  message,
  httpStatus: 400,
})

/** STS echoes the value; `path` is lower camel, list items count from 1. */
export const constraint = (value: string, path: string, rule: string): StsProblem =>
  validationError(
    `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: Member must ${rule}`,
  )
