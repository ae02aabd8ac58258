/** What a rule of an STS call answers when it refuses. */
export interface StsProblem {
  readonly code: string
  readonly message: string
  readonly httpStatus: 400 | 403
}

export const invalidParameter = (message: string): StsProblem => ({
  code: 'InvalidParameterValue',
  message,
  httpStatus: 400,
})
export const validationError = (message: string): StsProblem => ({ code: 'ValidationError', message, httpStatus: 400 })
